"""A picture from the camera, and when it was taken."""

from enum import StrEnum
from typing import Any, TypeAlias

import cv2
import numpy as np
from msgspec import Struct

from edge_gate.access.instant import Instant

Pixels: TypeAlias = np.ndarray[Any, np.dtype[np.uint8]]
Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]


class PixelFormat(StrEnum):
    """How the bytes of a picture are laid out."""

    BGR = "bgr"
    """(height, width, 3) uint8, blue first: what OpenCV reads and the detectors were trained on."""
    I420 = "i420"
    """(height * 3 / 2, width) uint8: the luma plane, then both chroma planes at half size (BT.601)."""


BGR, I420 = PixelFormat.BGR, PixelFormat.I420
"""Python 3.11 calls a function for each mention of a member, and every frame mentions some."""

_BYTES = np.dtype(np.uint8)


class Picture(Struct, frozen=True):
    """Pixels and their layout.

    Attributes:
        pixels: uint8, of the shape its format states; not to be written to.
        format: the layout.

    Raises:
        ValueError: if the array is not of that shape, or has no pixels.
    """

    pixels: Pixels
    format: PixelFormat = BGR

    def __post_init__(self) -> None:
        shape, dtype = self.pixels.shape, self.pixels.dtype
        if self.format is I420:
            fits = len(shape) == 2 and shape[0] % 3 == 0 and shape[1] % 2 == 0
        else:
            fits = len(shape) == 3 and shape[2] == 3
        if not fits or dtype != _BYTES or 0 in shape:
            raise ValueError(f"not a {self.format} picture: shape {shape}, dtype {dtype}")

    @property
    def width(self) -> int:
        """Pixels across."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Pixels down."""
        rows = int(self.pixels.shape[0])
        return rows * 2 // 3 if self.format is I420 else rows

    def bgr(self) -> Pixels:
        """The picture as (height, width, 3) uint8, blue first."""
        if self.format is BGR:
            return self.pixels
        return np.asarray(cv2.cvtColor(self.pixels, cv2.COLOR_YUV2BGR_I420), dtype=np.uint8)

    def window(self, left: int, top: int, right: int, bottom: int) -> Pixels:
        """The part of `bgr` from (left, top) to before (right, bottom); converts no more than it must.

        Args:
            left: 0 or more, pixels; likewise `top`.
            top: as `left`.
            right: above `left`, at most `width`; `bottom` likewise with `height`.
            bottom: as `right`.
        """
        if self.format is BGR:
            return self.pixels[top:bottom, left:right]
        # Chroma comes for two pixels at a time.
        x, y, x2, y2 = left // 2 * 2, top // 2 * 2, (right + 1) // 2 * 2, (bottom + 1) // 2 * 2
        height, width = y2 - y, x2 - x
        chroma = self.pixels[self.height :].reshape(2, self.height // 2, self.width // 2)
        part = np.empty((height * 3 // 2, width), np.uint8)
        part[:height] = self.pixels[y:y2, x:x2]
        part[height:].reshape(2, height // 2, width // 2)[:] = chroma[:, y // 2 : y2 // 2, x // 2 : x2 // 2]
        bgr = np.asarray(cv2.cvtColor(part, cv2.COLOR_YUV2BGR_I420), np.uint8)
        return bgr[top - y : bottom - y, left - x : right - x]

    def luma(self) -> Pixels:
        """Brightness as (height, width) uint8; of a BGR picture its green channel, close enough and free."""
        if self.format is BGR:
            return self.pixels[:, :, 1]
        return self.pixels[: self.pixels.shape[0] * 2 // 3]


class Frame(Struct, frozen=True):
    """One capture.

    Attributes:
        sequence: counts the captures of this camera from 0; a gap means frames were dropped.
        captured: when the shutter closed, as near as the camera can tell.
        full: the picture that faces are cropped from.
        small: the same instant at a smaller size for the detector, where the camera makes one for nothing.
    """

    sequence: int
    captured: Instant
    full: Picture
    small: Picture | None = None
