"""What a member may put on for a scene."""

from enum import StrEnum

import cv2
import numpy as np

from edge_gate.face.frame import Floats
from edge_gate.simulated.brush import HEIGHT, UNIT, WIDTH, blob, blurred, grid, lay, outline, pixel, ramp

_MASK = [
    (0, 0.33),
    (0.35, 0.42),
    (0.72, 0.62),
    (1.04, 0.6),
    (1.02, 1.1),
    (0.78, 1.52),
    (0.4, 1.84),
    (0, 1.93),
]
_CAP = [(0, -1.98), (0.6, -1.9), (1.08, -1.5), (1.33, -0.95), (1.36, -0.72), (0, -0.72)]
_PEAK = [(0, -0.86), (0.9, -0.84), (1.22, -0.66), (1.05, -0.56), (0.55, -0.48), (0, -0.46)]


class Wear(StrEnum):
    """A thing to wear, as scripts call it."""

    GLASSES = "glasses"
    SUNGLASSES = "sunglasses"
    MASK = "a mask"
    CAP = "a cap"


def put_on(canvas: Floats, wears: Wear) -> None:
    """Draw it on a finished head."""
    match wears:
        case Wear.MASK:
            _mask(canvas)
        case Wear.CAP:
            _cap(canvas)
        case Wear.GLASSES | Wear.SUNGLASSES:
            _glasses(canvas, tint=0.08 if wears is Wear.GLASSES else 0.93)


def _mask(canvas: Floats) -> None:
    """A surgical mask from the nose to below the chin."""
    x, y = grid()
    folds = 1 + 0.05 * np.sin(y * 21) * ramp(y, 0.6, 0.8) * ramp(y, 1.6, 1.4)
    shade = (0.62 + 0.38 * np.cos(np.clip(x, -1.3, 1.3))) * folds
    for side in (-1, 1):
        loop = np.zeros((HEIGHT, WIDTH), np.float32)
        cv2.line(loop, pixel((side * 0.95, 0.68)), pixel((side * 1.24, 0.1)), 1.0, 3, cv2.LINE_AA)
        cv2.line(loop, pixel((side * 0.98, 1.15)), pixel((side * 1.22, 0.5)), 1.0, 3, cv2.LINE_AA)
        lay(canvas, loop, np.array((225, 228, 228), np.float32))
    lay(canvas, outline(_MASK, 0.02), np.array((205, 188, 158), np.float32) * shade[..., None])


def _cap(canvas: Floats) -> None:
    """A peaked cap, low over the brow; its peak throws a shadow."""
    x, _ = grid()
    shadow = blob((0, -0.35), (1.1, 0.35), 0.3)
    lay(canvas, 0.45 * shadow * canvas[..., 3], np.array((20, 20, 20), np.float32))
    shade = 0.55 + 0.45 * np.cos(np.clip(x, -1.4, 1.4))
    lay(canvas, outline(_CAP, 0.02), np.array((92, 54, 40), np.float32) * shade[..., None])
    lay(canvas, outline(_PEAK, 0.02), np.array((70, 40, 30), np.float32) * shade[..., None])


def _glasses(canvas: Floats, tint: float) -> None:
    """Two lenses in a dark frame."""
    frame, lens = np.zeros((HEIGHT, WIDTH), np.float32), np.zeros((HEIGHT, WIDTH), np.float32)
    for side in (-1, 1):
        size = (round(0.41 * UNIT), round(0.31 * UNIT))
        rim = np.array(cv2.ellipse2Poly(pixel((side * 0.5, 0.06)), size, 0, 0, 360, 4), np.int32)
        cv2.fillPoly(lens, [rim], 1.0, cv2.LINE_AA)
        cv2.polylines(frame, [rim], isClosed=True, color=1.0, thickness=4, lineType=cv2.LINE_AA)
        cv2.line(frame, pixel((side * 0.9, -0.02)), pixel((side * 1.24, -0.08)), 1.0, 4, cv2.LINE_AA)
    cv2.ellipse(
        frame, pixel((0, 0.06)), (round(0.1 * UNIT), round(0.08 * UNIT)), 0, 180, 360, 1.0, 4, cv2.LINE_AA
    )
    lay(canvas, blurred(lens, 1) * tint, np.array((38, 34, 30), np.float32))
    for side in (-1, 1):
        glint = blob((side * 0.5 - 0.12, -0.06), (0.14, 0.06), 0.06)
        lay(canvas, 0.35 * glint * lens, np.array((250, 248, 240), np.float32))
    lay(canvas, frame, np.array((30, 26, 24), np.float32))
