"""Live video through OpenCV: USB cameras (V4L2) and network cameras (RTSP)."""

import re
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import cv2
import numpy as np

from edge_gate.access.instant import Instant, Millis
from edge_gate.devices.mode import Mode
from edge_gate.errors import CameraError, CameraTimeout
from edge_gate.face.frame import Frame, Picture
from edge_gate.ports import Clock

RECONNECT_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Pauses before each further attempt to reach a network camera; the last one repeats."""

NETWORK_TIMEOUT_MS = 5000
"""How long FFmpeg waits to connect, and for data."""


class Stream(Protocol):
    """The part of `cv2.VideoCapture` that is used."""

    def grab(self) -> bool:
        """Wait for the next frame and take it from the device; False when the stream has failed."""
        ...

    def retrieve(self) -> tuple[bool, Any]:
        """Decode the frame taken last: whether it was whole, and its pixels."""
        ...

    def release(self) -> None:
        """Let go of the device."""
        ...


class LiveVideo:
    """A camera whose driver may block for ever, watched by a thread of its own.

    The thread takes every frame from the device, so that none grows old in a queue, and decodes only
    the one that `capture` waits for.

    Args:
        name: for messages; without secrets.
        connect: opens the stream; raises CameraError.
        clock: stamps each frame as it is taken.
        reconnect: pauses in seconds before each further attempt, the last one repeating; empty means that
            a lost camera stays lost.
    """

    def __init__(
        self, name: str, connect: Callable[[], Stream], clock: Clock, reconnect: Sequence[float] = ()
    ) -> None:
        self._name = name
        self._connect = connect
        self._clock = clock
        self._pauses = reconnect
        self._news = threading.Condition()
        self._closing = threading.Event()
        self._wanted = False
        self._since: Instant = 0
        self._frame: Frame | None = None
        self._trouble: str | None = None
        self._lost = False
        self._taken = 0
        self._thread = threading.Thread(target=self._watch, name=f"camera {name}", daemon=True)
        self._thread.start()

    def capture(self, timeout: Millis, since: Instant = 0) -> Frame:
        """The next frame the camera takes, or the first from `since` on.

        Raises:
            CameraTimeout: if none came in time.
            CameraError: if the camera is lost and will not be tried again.
        """
        with self._news:
            self._since, self._wanted = since, True
            self._news.wait_for(lambda: self._frame is not None or self._lost, timeout / 1000)
            self._wanted = False
            frame, self._frame = self._frame, None
            if frame is not None:
                return frame
            if self._lost:
                raise CameraError(f"{self._name}: {self._trouble}")
            raise CameraTimeout(f"{self._name}: {self._trouble or 'silent'}, no frame within {timeout} ms")

    def close(self) -> None:
        """Let go of the device, unless its driver hangs: then the process's end does."""
        self._closing.set()
        self._thread.join(0.5)

    def _watch(self) -> None:
        failures = 0
        while not self._closing.is_set():
            before = self._taken
            try:
                stream = self._connect()
            except CameraError as error:
                trouble = error.what
            else:
                trouble = self._take_from(stream)
                stream.release()
            failures = failures + 1 if self._taken == before else 1
            with self._news:
                self._trouble, self._lost = trouble, not self._pauses
                self._news.notify_all()
            if not self._pauses:
                return
            self._closing.wait(self._pauses[min(failures, len(self._pauses)) - 1])

    def _take_from(self, stream: Stream) -> str:
        """Take frames until the stream fails; says how it did."""
        while not self._closing.is_set():
            if not stream.grab():
                return "the stream broke off"
            self._taken += 1
            self._trouble = None
            if self._wanted and (taken := self._clock.now()) >= self._since:
                self._hand_over(stream, self._taken - 1, taken)
        return "closed"

    def _hand_over(self, stream: Stream, sequence: int, taken: Instant) -> None:
        whole, pixels = stream.retrieve()
        if not whole:
            return
        with self._news:
            # Whoever waited may have given up meanwhile; the frame would be old when somebody waits again.
            if not self._wanted:
                return
            self._frame = Frame(sequence, taken, Picture(np.asarray(pixels, dtype=np.uint8)))
            self._news.notify_all()


def usb_camera(device: str, mode: Mode, clock: Clock) -> LiveVideo:
    """A V4L2 camera such as ``/dev/video0``; once lost it stays lost."""

    def connect() -> Stream:
        capture = cv2.VideoCapture(device, cv2.CAP_V4L2)
        if not capture.isOpened():
            raise CameraError(f"{device} cannot be opened")
        # The pixel format first: which sizes there are depends on it.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*mode.fourcc))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, mode.width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, mode.height)
        capture.set(cv2.CAP_PROP_FPS, mode.fps)
        return capture

    return LiveVideo(device, connect, clock)


def network_camera(address: str, clock: Clock) -> LiveVideo:
    """An RTSP camera, over TCP; tried again for ever, since networks come back."""
    name = without_password(address)

    def connect() -> Stream:
        patience = [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
            NETWORK_TIMEOUT_MS,
            cv2.CAP_PROP_READ_TIMEOUT_MSEC,
            NETWORK_TIMEOUT_MS,
        ]
        capture = cv2.VideoCapture(address, cv2.CAP_FFMPEG, patience)
        if not capture.isOpened():
            raise CameraError(f"{name} does not answer")
        return capture

    return LiveVideo(name, connect, clock, RECONNECT_S)


def without_password(address: str) -> str:
    """The address as it may be shown and logged."""
    return re.sub(r"(?<=://)[^/]*@", "***@", address)
