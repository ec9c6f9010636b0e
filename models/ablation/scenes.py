"""Faces somewhere in a scene: the picture that a network without a detector would have to read."""

from pathlib import Path
from typing import cast

import cv2
import numpy as np
from embedder.crops import Image
from numpy.typing import NDArray

SIDE = 224
"""Width and height of a scene, pixels; the detector sees it so."""
INPUT = 64
"""Width and height of what the network sees, scene or chip. Small, to see more pictures in the time."""
SMALLEST, LARGEST = 0.35, 0.8
"""Width of the 112 px crop in a scene, as a share of the scene: a generous range for a door."""
TILT = 8.0
"""Standard deviation of a head's tilt, degrees."""
HELD_OUT = 97
"""So many backgrounds are kept for the test."""


def backgrounds(data: Path) -> list[Image]:
    """The face-free photographs of ``scenes.npz``, brought to a shorter side of about 1.2 scenes."""
    with np.load(data / "scenes.npz") as archive:
        webp, length, kind = archive["webp"], archive["length"].astype(np.int64), archive["kind"]
    start = np.concatenate([[0], np.cumsum(length)])
    pictures = []
    for k in np.flatnonzero(kind == "background"):
        image = cast("Image", cv2.imdecode(webp[start[k] : start[k + 1]], cv2.IMREAD_COLOR))
        scale = 1.2 * SIDE / min(image.shape[:2])
        pictures.append(
            np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        )
    return pictures


def _oval() -> NDArray[np.float32]:
    mask = np.zeros((112, 112), np.float32)
    cv2.ellipse(mask, (56, 56), (47, 53), 0, 0, 360, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 2.5), np.float32)


_OVAL = _oval()


def scene(crop: Image, background: Image, rng: np.random.Generator) -> Image:
    """(SIDE, SIDE, 3) BGR: a (112, 112, 3) crop, oval and feathered, anywhere on a window of a background."""
    rows, columns = background.shape[:2]
    top, left = rng.integers((rows - SIDE + 1, columns - SIDE + 1))
    picture = background[top : top + SIDE, left : left + SIDE, :]
    picture = np.ascontiguousarray(picture[:, ::-1] if rng.random() < 0.5 else picture)
    width = int(rng.uniform(SMALLEST, LARGEST) * SIDE)
    y, x = rng.integers(SIDE - width + 1, size=2)
    matrix = cv2.getRotationMatrix2D((55.5, 55.5), rng.normal(0, TILT), width / 112)
    matrix[:, 2] += width / 2 - 55.5
    face = cv2.warpAffine(crop, matrix, (width, width), flags=cv2.INTER_LINEAR)
    mask = cv2.warpAffine(_OVAL, matrix, (width, width), flags=cv2.INTER_LINEAR)
    under = picture[y : y + width, x : x + width]
    under[:] = cv2.blendLinear(face, under, mask, 1 - mask)
    return picture


def shrunk(picture: Image) -> Image:
    """A scene or a chip as the network sees it: (INPUT, INPUT, 3)."""
    return np.asarray(cv2.resize(picture, (INPUT, INPUT), interpolation=cv2.INTER_AREA), np.uint8)
