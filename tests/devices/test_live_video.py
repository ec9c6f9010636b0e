"""Cameras that hang, break off and come back, played by a stream the test holds in its hand."""

import os
import queue
import threading
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from edge_gate.devices.cameras import open_camera
from edge_gate.devices.clock import SystemClock
from edge_gate.devices.mode import Mode
from edge_gate.devices.video import LiveVideo, Stream, network_camera, usb_camera, without_password
from edge_gate.errors import CameraError, CameraTimeout
from edge_gate.simulated.clock import ManualClock

LONG = 10_000


class HandFedStream:
    """A camera that shows a picture when the test says so, and hangs otherwise."""

    def __init__(self) -> None:
        self.shown: queue.Queue[int | None] = queue.Queue()
        self.asked = threading.Semaphore(0)
        self.decoded: list[int] = []
        self.released = False
        self._shade = 0

    def grab(self) -> bool:
        self.asked.release()
        shade = self.shown.get()
        self._shade = shade or 0
        return shade is not None

    def retrieve(self) -> tuple[bool, Any]:
        self.decoded.append(self._shade)
        return True, np.full((4, 6, 3), self._shade, np.uint8)

    def release(self) -> None:
        self.released = True


class Site:
    """Streams that are connected one after the other; None is a camera that does not answer."""

    def __init__(self, *streams: HandFedStream | None) -> None:
        self._streams = list(streams)
        self.attempts = threading.Semaphore(0)

    def connect(self) -> Stream:
        self.attempts.release()
        stream = self._streams.pop(0) if self._streams else None
        if stream is None:
            raise CameraError("nobody answers")
        return stream


@pytest.fixture
def stream() -> Iterator[HandFedStream]:
    stream = HandFedStream()
    yield stream
    stream.shown.put(None)


def captured_in_background(camera: LiveVideo, since: int = 0) -> "queue.Queue[int]":
    """The sequence of the frame that a waiting capture gets."""
    got: queue.Queue[int] = queue.Queue()
    threading.Thread(target=lambda: got.put(camera.capture(LONG, since).sequence), daemon=True).start()
    return got


def test_a_camera_that_hangs_costs_no_more_than_the_timeout(stream: HandFedStream) -> None:
    camera = LiveVideo("lens", Site(stream).connect, ManualClock())

    with pytest.raises(CameraTimeout, match="lens: silent, no frame within 5 ms"):
        camera.capture(5)


def test_a_frame_bears_the_instant_it_was_taken_and_its_pixels(stream: HandFedStream) -> None:
    camera = LiveVideo("lens", Site(stream).connect, ManualClock(now=1_234))
    for _ in range(200):
        stream.shown.put(77)

    frame = camera.capture(LONG)

    assert frame.captured == 1_234
    assert (frame.full.width, frame.full.height) == (6, 4)
    assert int(frame.full.pixels.max()) == 77


def test_frames_that_nobody_waits_for_are_dropped_undecoded_and_the_next_is_fresh(
    stream: HandFedStream,
) -> None:
    camera = LiveVideo("lens", Site(stream).connect, ManualClock())
    for shade in range(10):
        stream.shown.put(shade)
    for _ in range(11):
        assert stream.asked.acquire(timeout=10)

    got = captured_in_background(camera)
    while got.empty():
        stream.shown.put(99)

    assert got.get() >= 10
    assert set(stream.decoded) == {99}


def test_frames_that_nobody_would_look_at_are_dropped_undecoded_too(stream: HandFedStream) -> None:
    class Minutes(ManualClock):
        """Each time it is asked it is a minute later."""

        def now(self) -> int:
            self.advance(60_000)
            return super().now()

    clock = Minutes()
    camera = LiveVideo("lens", Site(stream).connect, clock)
    got = captured_in_background(camera, since=300_000)
    while got.empty() and stream.asked.acquire(timeout=10):
        stream.shown.put(77)
    stream.shown.put(None)
    camera.close()

    taken_while_waiting = clock.now() // 60_000 - 1
    assert len(stream.decoded) == taken_while_waiting - 4


def test_a_usb_camera_that_is_pulled_out_stays_lost(stream: HandFedStream) -> None:
    camera = LiveVideo("lens", Site(stream).connect, ManualClock())
    stream.shown.put(None)

    for _ in range(2):
        with pytest.raises(CameraError, match="lens: the stream broke off"):
            camera.capture(LONG)
    assert stream.released


def test_a_network_camera_is_tried_again_until_it_is_back(stream: HandFedStream) -> None:
    broken = HandFedStream()
    broken.shown.put(None)
    site = Site(None, broken, None, stream)
    camera = LiveVideo("lens", site.connect, ManualClock(), reconnect=[0.0])
    for _ in range(4):
        assert site.attempts.acquire(timeout=10)

    got = captured_in_background(camera)
    while got.empty():
        stream.shown.put(50)

    assert got.get() >= 0
    assert broken.released
    camera.close()  # else it would try on, without a pause, beside every later test


def test_while_a_network_camera_is_away_the_timeout_says_why() -> None:
    site = Site()
    camera = LiveVideo("lens", site.connect, ManualClock(), reconnect=[0.0, 60.0])
    for _ in range(2):
        assert site.attempts.acquire(timeout=10)

    with pytest.raises(CameraTimeout, match="lens: nobody answers, no frame within 5 ms"):
        camera.capture(5)
    tried_while_pausing = site.attempts.acquire(blocking=False)
    camera.close()

    assert not tried_while_pausing


def test_closing_lets_go_of_the_device(stream: HandFedStream) -> None:
    camera = LiveVideo("lens", Site(stream).connect, ManualClock())
    assert stream.asked.acquire(timeout=10)
    closing = threading.Thread(target=camera.close)
    closing.start()
    while closing.is_alive():
        stream.shown.put(1)

    camera.close()

    assert stream.released


def test_a_device_that_is_not_there_is_named() -> None:
    camera = usb_camera("/dev/video-nowhere", Mode(), SystemClock())

    with pytest.raises(CameraError, match="/dev/video-nowhere cannot be opened"):
        camera.capture(LONG)


def test_a_network_camera_that_refuses_is_named_without_its_password() -> None:
    camera = network_camera("rtsp://user:secret@127.0.0.1:9/door", SystemClock())

    with pytest.raises(CameraTimeout) as caught:
        camera.capture(300)
    camera.close()
    assert "rtsp://***@127.0.0.1:9/door" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_password_with_an_at_sign_is_hidden_whole() -> None:
    assert without_password("rtsp://u:p@ss@host/x") == "rtsp://***@host/x"
    assert without_password("rtsp://host/x@y") == "rtsp://host/x@y"


@pytest.mark.hardware
def test_a_real_camera_delivers_fresh_frames() -> None:
    source = os.environ.get("EDGE_GATE_TEST_CAMERA")
    if source is None:
        pytest.skip("EDGE_GATE_TEST_CAMERA names no camera, as v4l2:/dev/video0 or picamera2")
    clock = SystemClock()
    camera = open_camera(source, clock, Mode())
    frames = [camera.capture(5_000) for _ in range(10)]
    camera.close()

    assert all(one.sequence < other.sequence for one, other in pairwise(frames))
    assert all(one.captured < other.captured for one, other in pairwise(frames))
    assert clock.now() - frames[-1].captured < 1_000
