"""A photograph of a member of the cast, held up before the camera."""

from functools import cache

import cv2
import numpy as np

from edge_gate.face.frame import Floats
from edge_gate.simulated.figure import BROW, CENTRE, HAND, HEIGHT, WIDTH, figure

_SHEET = (CENTRE - 108, BROW - 140, 216, 290)


@cache
def print_of(name: str) -> Floats:
    """Somebody unknown behind a sheet of paper with the member on it: shaped as a figure, read-only."""
    member = figure(name)
    canvas = np.zeros((HEIGHT, WIDTH, 4), np.float32)
    body = member[BROW + 90 :, :, 3:]
    canvas[BROW + 90 :] = np.concatenate([body * (58, 52, 50), body], axis=2)
    left, top, width, height = _SHEET
    sheet = canvas[top : top + height, left : left + width]
    sheet[:] = (232, 238, 240, 1)
    margin = 10
    seen = member[top + margin : top + height - margin, left + margin : left + width - margin]
    picture = seen[..., :3] + (1 - seen[..., 3:]) * np.array((205, 190, 175), np.float32)
    grey = picture.mean(axis=2, keepdims=True)
    # Ink has less colour and less depth than what it was printed from.
    sheet[margin:-margin, margin:-margin, :3] = 22 + 0.82 * (0.8 * picture + 0.2 * grey)
    for side in (-1, 1):
        thumb = (CENTRE + side * (width // 2 - 4), BROW + 100)
        cv2.ellipse(canvas, thumb, (13, 26), side * 50, 0, 360, (*HAND, 1.0), -1, cv2.LINE_AA)
    canvas.setflags(write=False)
    return canvas
