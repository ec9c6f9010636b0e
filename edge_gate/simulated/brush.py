"""What figures are drawn with.

Lengths are inter-ocular distances, places are counted from the point between the eyes, right and down; a
length of 1 is `UNIT` pixels of the figure.
"""

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from edge_gate.face.frame import Floats

UNIT = 72
WIDTH, HEIGHT = 664, 1400
EYES_X, EYES_Y = WIDTH // 2, 270
"""A figure: pixels across and down, and where in it the point between the eyes lies."""

Place = tuple[float, float]


def canvas() -> Floats:
    """Nothing yet: (1400, 664, 4) float32, colour times opacity, and opacity 0..1."""
    return np.zeros((HEIGHT, WIDTH, 4), np.float32)


@cache
def grid() -> tuple[Floats, Floats]:
    """How far right and how far down each pixel lies, (1400, 664) each."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    return (x - EYES_X) / UNIT, (y - EYES_Y) / UNIT


def pixel(place: Place) -> tuple[int, int]:
    """The pixel at a place."""
    return round(EYES_X + place[0] * UNIT), round(EYES_Y + place[1] * UNIT)


def lay(on: Floats, opacity: npt.NDArray[np.floating], colour: npt.NDArray[np.floating]) -> None:
    """Paint `colour` over a canvas, as far as `opacity` (1400, 664) says."""
    cover = opacity[..., None]
    on *= 1 - cover
    on[..., :3] += colour * cover
    on[..., 3:] += cover


def blob(centre: Place, axes: Place, feather: float) -> Floats:
    """An ellipse whose edge fades over `feather`."""
    x, y = grid()
    radius = np.hypot((x - centre[0]) / axes[0], (y - centre[1]) / axes[1])
    return np.asarray(np.clip((1 - radius) * min(axes) / feather + 0.5, 0, 1), np.float32)


def outline(half: Sequence[Place], feather: float) -> Floats:
    """The area within a rounded line down the right side, from the middle to the middle, and mirrored."""
    whole = [*half, *((-x, y) for x, y in reversed(half))]
    area = np.zeros((HEIGHT, WIDTH), np.float32)
    corners = np.array([(EYES_X + x * UNIT, EYES_Y + y * UNIT) for x, y in whole]) * 16
    for _ in range(3):  # Chaikin's rounding: cut every corner at a quarter of its sides
        following = np.roll(corners, -1, axis=0)
        corners = np.stack([0.75 * corners + 0.25 * following, 0.25 * corners + 0.75 * following], 1).reshape(
            -1, 2
        )
    cv2.fillPoly(area, [np.rint(corners).astype(np.int32)], 1.0, cv2.LINE_AA, 4)
    return blurred(area, feather * UNIT)


def ramp(values: Floats, start: float, end: float) -> Floats:
    """0 before `start`, 1 past `end`, smooth between; `end` may lie below `start`."""
    along = np.clip((values - start) / (end - start), 0, 1)
    return np.asarray(along * along * (3 - 2 * along), np.float32)


def blurred(picture: Floats, sigma: float, down: float = 0.0) -> Floats:
    """Gaussian blur by `sigma` pixels, another downwards where `down` says so."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma, sigmaY=down), np.float32)


def noise(name: str, grain: float) -> Floats:
    """Noise of standard deviation 1 with spots of `grain` pixels, (1400, 664), a name's own."""
    rng = np.random.default_rng(list(name.encode()))
    spots = blurred(rng.standard_normal((HEIGHT, WIDTH)).astype(np.float32), grain)
    return np.asarray(spots / spots.std(), np.float32)


def streaks(name: str, origin: Place) -> Floats:
    """Noise of standard deviation 1 in lines that run outwards from a place, (1400, 664)."""
    rng = np.random.default_rng(list(name.encode()))
    lines = blurred(rng.standard_normal((1300, 500)).astype(np.float32), 18, down=1.3)
    lines /= lines.std()
    flags = cv2.WARP_POLAR_LINEAR | cv2.WARP_FILL_OUTLIERS | cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    return np.asarray(cv2.warpPolar(lines, (WIDTH, HEIGHT), pixel(origin), 1400, flags), np.float32)
