"""A face, upright and in place: the chip that embedders are trained on."""

import cv2
import numpy as np
from msgspec import Struct

from edge_gate.face.detection import Face
from edge_gate.face.frame import Floats, Picture, Pixels

SIDE = 112
"""Width and height of a chip, pixels."""

TEMPLATE = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
"""Where the five landmarks lie in a chip: the ArcFace template (Deng et al. 2019, insightface)."""

CENTRE = (sum(u for u, _ in TEMPLATE) / 5, sum(v for _, v in TEMPLATE) / 5)
SPOKES = tuple((u - CENTRE[0], v - CENTRE[1]) for u, v in TEMPLATE)

PREPROCESSING = "similarity-112-arcface/1"
"""Version of everything between a frame and the embedder; a calibration holds for one version only."""


class Chip(Struct, frozen=True):
    """An aligned face.

    Attributes:
        pixels: (112, 112, 3) uint8, blue first.
    """

    pixels: Pixels


def similarity(landmarks: Floats) -> tuple[float, float, float, float]:
    """Rotation-scale (a, b) and shift (x, y) that bring the landmarks nearest to the template.

    The least-squares solution of ``a + ib`` in closed form (Umeyama 1991, in two dimensions, where it
    needs no decomposition): a point p goes to ``(a*px - b*py + x, b*px + a*py + y)``.

    Args:
        landmarks: (5, 2) float32.

    Raises:
        ValueError: if all landmarks coincide, or are not finite.
    """
    points = landmarks.tolist()
    mean_x = sum(x for x, _ in points) / 5
    mean_y = sum(y for _, y in points) / 5
    to_x, to_y = CENTRE
    dot = cross = spread = 0.0
    for (x, y), (u, v) in zip(points, SPOKES, strict=True):
        x, y = x - mean_x, y - mean_y  # noqa: PLW2901
        dot += x * u + y * v
        cross += x * v - y * u
        spread += x * x + y * y
    if not 0 < spread < float("inf"):
        raise ValueError("the landmarks coincide or are not finite")
    a, b = dot / spread, cross / spread
    return a, b, to_x - a * mean_x + b * mean_y, to_y - b * mean_x - a * mean_y


def align(picture: Picture, face: Face) -> Chip:
    """Warp the face into a chip; what lies outside the picture is black."""
    a, b, x, y = similarity(face.landmarks)
    left, top, right, bottom = _reach(a, b, x, y, picture)
    if left >= right or top >= bottom:
        return Chip(np.zeros((SIDE, SIDE, 3), np.uint8))
    x, y = x + a * left - b * top, y + b * left + a * top
    matrix = np.array([[a, -b, x], [b, a, y]], dtype=np.float64)
    # OpenCV warps four channels in half of the time that it takes for three, to the same values.
    window = cv2.cvtColor(picture.window(left, top, right, bottom), cv2.COLOR_BGR2BGRA)
    warped = cv2.warpAffine(window, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    return Chip(np.asarray(cv2.cvtColor(warped, cv2.COLOR_BGRA2BGR), dtype=np.uint8))


def _reach(a: float, b: float, x: float, y: float, picture: Picture) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what the chip needs of the picture, with what interpolation reads."""
    squared = a * a + b * b
    # Where the chip's first corner lies, and from there the middle and half the extent of the square.
    half_a, half_b = a * SIDE / 2 / squared, b * SIDE / 2 / squared
    across, down = half_a + half_b - (a * x + b * y) / squared, half_a - half_b + (b * x - a * y) / squared
    reach = abs(half_a) + abs(half_b)
    left, top = max(0, int(across - reach) - 2), max(0, int(down - reach) - 2)
    right, bottom = int(across + reach) + 3, int(down + reach) + 3
    return left, top, min(picture.width, right), min(picture.height, bottom)
