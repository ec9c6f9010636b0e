"""Clips that are not compressed, YUV4MPEG2: each picture is shown where it lies, and nothing is copied."""

import mmap
from fractions import Fraction
from pathlib import Path

import numpy as np

from edge_gate.errors import EndOfFootage, UnreadableInput
from edge_gate.face.frame import I420, Picture, Pixels

MAGIC = b"YUV4MPEG2"
FRAME = b"FRAME\n"
"""Before each picture; parameters of a single one are not taken."""

LAYOUTS = ("420", "420jpeg", "420mpeg2", "420paldv")
"""8-bit 4:2:0, wherever the chroma is thought to lie."""

LONGEST = 256
"""Bytes of a header at most."""

KEPT = 8
"""Pictures that stay in this process's memory before they are left to the kernel's cache: 4 MB of 640x480."""


class PlainClip:
    """A YUV4MPEG2 file of I420 pictures, as from a Raspberry Pi's camera: only what is looked at is read.

    Its colours are taken for BT.601, as everywhere here.

    Raises:
        UnreadableInput: if it is missing, not such a file, of another layout, or shows not one picture; while
            reading, if a picture does not begin where it must, or the last one is not whole.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with path.open("rb") as file:
                header = file.readline(LONGEST)
                self._start = file.tell()
                self.rate, self._width, self._height = _read(header)
                self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise UnreadableInput(f"There is no clip at {path} ({error.strerror})") from error
        except (ValueError, KeyError, ZeroDivisionError) as error:
            raise UnreadableInput(
                f"{path} is no clip of 8-bit 4:2:0 pictures of even size: it begins with {header[:60]!r}",
                f"Make one with `ffmpeg -i CLIP -pix_fmt yuv420p {path.name}`",
            ) from error
        rows, across = self._height * 3 // 2, self._width
        self._size = len(FRAME) + rows * across
        self._shown = self._left = 0
        whole, self._rest = divmod(len(self._bytes) - self._start, self._size)
        if whole == 0:
            raise UnreadableInput(f"{path} is not a whole clip: it shows not one picture")
        begin, steps = self._start + len(FRAME), (self._size, across, 1)
        self._pictures: Pixels = np.ndarray((whole, rows, across), np.uint8, self._bytes, begin, steps)

    def read(self) -> Picture:
        """The next picture, I420; it stays what it is after the next."""
        number = self._next()
        start = self._start + number * self._size
        if self._bytes[start : start + len(FRAME)] != FRAME:
            raise self._broken_off(number)
        if number - self._left >= KEPT:
            self._leave(number)
        return Picture(self._pictures[number], I420)

    def skip(self) -> None:
        """Pass over the next picture, and whether it begins where it must."""
        self._next()

    def close(self) -> None:
        """The file is let go of with the last of its pictures."""

    def _next(self) -> int:
        """The number of the next picture."""
        if self._shown == len(self._pictures):
            over = EndOfFootage(f"{self._path} has been shown to its end")
            raise self._broken_off(self._shown) if self._rest else over
        self._shown += 1
        return self._shown - 1

    def _broken_off(self, after: int) -> UnreadableInput:
        return UnreadableInput(f"{self._path} breaks off after {after} pictures")

    def _leave(self, number: int) -> None:
        """Leave what was shown before this picture to the kernel; what somebody still looks at comes back."""
        past = (self._start + self._left * self._size) // mmap.PAGESIZE * mmap.PAGESIZE
        self._bytes.madvise(mmap.MADV_DONTNEED, past, self._start + number * self._size - past)
        self._left = number


def _read(header: bytes) -> tuple[Fraction, int, int]:
    """Rate, width and height; a ValueError, KeyError or ZeroDivisionError if it is of no such clip."""
    magic, *words = header.decode().split()
    told = {word[0]: word[1:] for word in words}
    rate, width, height = Fraction(told["F"].replace(":", "/")), int(told["W"]), int(told["H"])
    known = magic == MAGIC.decode() and header.endswith(b"\n") and told.get("C", "420") in LAYOUTS
    if not (known and 0 < rate < 1000 and width > 0 and height > 0 and width % 2 == height % 2 == 0):
        raise ValueError("another layout")
    return rate, width, height
