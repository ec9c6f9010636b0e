"""Recorded pictures as a camera: a video clip, or a folder of stills."""

import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from edge_gate.access.instant import Instant, Millis
from edge_gate.devices.pictures import SUFFIXES, read_picture
from edge_gate.devices.y4m import PlainClip
from edge_gate.errors import CameraTimeout, EndOfFootage, UnreadableInput
from edge_gate.face.frame import Frame, Picture
from edge_gate.ports import Clock


class Reel(Protocol):
    """Pictures in order.

    Attributes:
        rate: pictures a second.
    """

    rate: Fraction

    def read(self) -> Picture:
        """The next picture.

        Raises:
            EndOfFootage: if there is none.
            UnreadableInput: if it is damaged.
        """
        ...

    def skip(self) -> None:
        """Pass over the next picture; raises as `read`."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


class Footage:
    """A reel shown as a camera would show it.

    Args:
        reel: what to show.
        clock: show it in this clock's time, dropping what comes too late. Without one the footage has its
            own time, in which picture i was captured at i / rate seconds: exact, and the same every time.
        pause: how to wait, seconds.
    """

    def __init__(
        self, reel: Reel, clock: Clock | None = None, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._reel = reel
        self._clock = clock
        self._pause = pause
        # In floats, exact for any clip there is: a fraction's own division takes as long as a glimpse.
        self._ms, self._pictures = 1000 * reel.rate.denominator, reel.rate.numerator
        self._start: Instant | None = None
        self._next = 0

    def capture(self, timeout: Millis, since: Instant = 0) -> Frame:
        """The next frame, or in a clock's time the newest that is due, or the first from `since` on."""
        clock = self._clock
        captured = self._instant(self._next) if clock is None else self._due(clock, timeout, since)
        picture, sequence = self._reel.read(), self._next
        self._next += 1
        return Frame(sequence, captured, picture)

    def close(self) -> None:
        """Let go of the file."""
        self._reel.close()

    def _due(self, clock: Clock, timeout: Millis, since: Instant) -> Instant:
        """Wait for the next picture, or pass over those that are late already; when it was captured."""
        now = clock.now()
        if self._start is None:
            self._start = now
        while (captured := self._start + self._instant(self._next)) < since:
            self._skip()
        wait = captured - now
        if wait > timeout:
            self._pause(timeout / 1000)
            raise CameraTimeout(f"The footage has no picture for the next {timeout} ms")
        if wait > 0:
            self._pause(wait / 1000)
            return captured
        newest = (now - self._start) * self._pictures // self._ms
        while self._next < newest:
            self._skip()
        return self._start + self._instant(self._next)

    def _skip(self) -> None:
        self._reel.skip()
        self._next += 1

    def _instant(self, index: int) -> Millis:
        return round(index * self._ms / self._pictures)


class Clip:
    """A video file, read by OpenCV.

    Raises:
        UnreadableInput: if it is missing, no video, or shows not one picture; while reading, if it ends
            more than a twentieth short of what its header promises.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.is_file():
            raise UnreadableInput(f"There is no clip at {path}")
        # One thread: a decoder that runs ahead would take its time from the recognition it feeds.
        self._capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        rate = self._capture.get(cv2.CAP_PROP_FPS) if self._capture.isOpened() else 0.0
        if not 0 < rate < 1000 or not self._capture.grab():
            self.close()
            raise UnreadableInput(f"{path} is not a whole clip: it shows not one picture")
        # 30000/1001 and its like arrive as rounded floats.
        self.rate = Fraction(rate).limit_denominator(1001)
        self._promised = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self._shown = 0
        self._more = True

    def read(self) -> Picture:
        """The next picture, BGR."""
        self._expect()
        whole, pixels = self._capture.retrieve()
        if not whole:
            raise UnreadableInput(f"Picture {self._shown} of {self._path} is damaged")
        self._advance()
        return Picture(np.asarray(pixels, dtype=np.uint8))

    def skip(self) -> None:
        """Pass over the next picture."""
        self._expect()
        self._advance()

    def close(self) -> None:
        """Let go of the file."""
        self._capture.release()

    def _advance(self) -> None:
        self._shown += 1
        self._more = self._capture.grab()

    def _expect(self) -> None:
        if self._more:
            return
        # Where a container does not count its pictures, the promise is an estimate.
        if self._shown < self._promised - self._promised // 20:
            raise UnreadableInput(f"{self._path} breaks off after {self._shown} of {self._promised} pictures")
        raise EndOfFootage(f"{self._path} has been shown to its end")


class Stills:
    """A folder of JPEG and PNG pictures, in the order of their names.

    Raises:
        UnreadableInput: if there is no such folder, or no picture in it.
    """

    rate = Fraction(10)

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        if not folder.is_dir():
            raise UnreadableInput(f"There is no folder at {folder}")
        self._waiting = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)
        if not self._waiting:
            raise UnreadableInput(f"{folder} holds no JPEG or PNG picture")

    def read(self) -> Picture:
        """The next picture, BGR."""
        return read_picture(self._take())

    def skip(self) -> None:
        """Pass over the next picture."""
        self._take()

    def close(self) -> None:
        """Nothing is held open."""

    def _take(self) -> Path:
        if not self._waiting:
            raise EndOfFootage(f"{self._folder} has been shown to its end")
        return self._waiting.pop(0)


def clip(path: Path) -> Reel:
    """The clip at a path, by its name.

    Raises:
        UnreadableInput: if it cannot be read, or shows not one picture.
    """
    return PlainClip(path) if path.suffix.lower() == ".y4m" else Clip(path)
