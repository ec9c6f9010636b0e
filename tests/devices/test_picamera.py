"""The Raspberry Pi's camera, through a fake of the part of picamera2 that is used."""

import sys
import threading

import fake_picamera2
import numpy as np
import pytest
from fake_picamera2 import FakeLibrary, FakePicamera2

from edge_gate.devices.mode import Mode
from edge_gate.devices.picamera import SETTLED, PiCamera, unpadded
from edge_gate.errors import CameraError, CameraTimeout
from edge_gate.face.frame import Frame, PixelFormat
from edge_gate.simulated.clock import ManualClock


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> FakeLibrary:
    library = FakeLibrary()
    monkeypatch.setitem(sys.modules, "picamera2", library)
    monkeypatch.setitem(sys.modules, "libcamera", fake_picamera2.libcamera())
    return library


def taken(camera: PiCamera, sensor: FakePicamera2, started_ns: int = 0, exposure_us: int = 0) -> Frame:
    """The frame of a capture for which the sensor delivers at once."""
    with pytest.raises(CameraTimeout):
        camera.capture(0)
    sensor.deliver(SensorTimestamp=started_ns, ExposureTime=exposure_us, AnalogueGain=2.0)
    return camera.capture(0)


def test_one_instant_is_delivered_large_and_small_without_padding(library: FakeLibrary) -> None:
    camera = PiCamera(Mode(width=640, height=480), ManualClock(now=5_000))

    frame = taken(camera, library.camera)

    assert frame.small is not None
    assert (frame.full.width, frame.full.height) == (640, 480)
    assert (frame.small.width, frame.small.height) == (320, 240)
    for picture in (frame.full, frame.small):
        assert picture.format is PixelFormat.I420
        luma, chroma = np.split(picture.pixels, [picture.height])
        assert (luma == np.arange(picture.height, dtype=np.uint8)[:, None]).all()
        assert (chroma[: picture.height // 4] == 100).all()
        assert (chroma[picture.height // 4 :] == 200).all()


def test_a_picture_without_padding_is_not_copied() -> None:
    rows = np.zeros((6, 4), np.uint8)
    assert unpadded(rows, 4, 4) is rows


def test_a_frame_was_captured_when_its_exposure_ended_and_never_in_the_future(library: FakeLibrary) -> None:
    camera = PiCamera(Mode(), ManualClock(now=5_000))

    assert taken(camera, library.camera, started_ns=4_000_000_000, exposure_us=20_000).captured == 4_020
    assert taken(camera, library.camera, started_ns=9_000_000_000).captured == 5_000


def test_the_camera_is_asked_for_fresh_frames_in_the_colours_a_picture_means(library: FakeLibrary) -> None:
    PiCamera(Mode(width=1281, height=721, fps=10), ManualClock())

    asked = library.camera.configuration
    assert asked["main"] == {"size": (1280, 720), "format": "YUV420"}
    assert asked["lores"] == {"size": (320, 180), "format": "YUV420"}
    assert asked["controls"] == {"FrameDurationLimits": (100_000, 100_000)}
    assert asked["colour_space"] == "BT.601"
    assert asked["queue"] is False
    assert library.camera.running


def test_a_capture_that_timed_out_is_not_asked_for_again(library: FakeLibrary) -> None:
    camera = PiCamera(Mode(), ManualClock())
    for _ in range(3):
        with pytest.raises(CameraTimeout, match="no frame within 1 ms"):
            camera.capture(1)

    request = library.camera.deliver(SensorTimestamp=0)
    frame = camera.capture(1)

    assert len(library.camera.jobs) == 1
    assert frame.sequence == 0
    assert request.released


def test_a_frame_that_nobody_would_look_at_is_not_asked_for(library: FakeLibrary) -> None:
    clock, asked = ManualClock(now=5_000), list[int]()

    def pause(seconds: float) -> None:
        asked.append(len(library.camera.jobs))
        clock.advance(round(1000 * seconds))

    camera = PiCamera(Mode(), clock, pause)
    for since, now in ((5_090, 5_090), (5_180, 5_090)):
        with pytest.raises(CameraTimeout):
            camera.capture(200, since=since)
        assert clock.now() == now
    assert (asked, len(library.camera.jobs)) == ([0], 1)
    assert library.camera.jobs[0].waits == [
        0.11,
        0.2,
    ]  # 90 ms were spent before it was asked for


def test_every_buffer_goes_back_to_the_camera_even_if_the_frame_is_no_picture(library: FakeLibrary) -> None:
    camera = PiCamera(Mode(), ManualClock())
    with pytest.raises(CameraTimeout):
        camera.capture(0)
    request = library.camera.deliver()

    with pytest.raises(CameraError):
        camera.capture(0)
    assert request.released


def test_a_failing_camera_is_told_and_asked_anew(library: FakeLibrary) -> None:
    camera = PiCamera(Mode(), ManualClock())
    with pytest.raises(CameraTimeout):
        camera.capture(0)
    library.camera.jobs[0].future.set_exception(RuntimeError("frontend has timed out"))

    with pytest.raises(CameraError, match="frontend has timed out"):
        camera.capture(0)
    assert taken(camera, library.camera).sequence == 0


@pytest.mark.parametrize("locked", [True, False])
def test_locked_exposure_keeps_what_the_automatic_found(locked: bool, library: FakeLibrary) -> None:
    camera = PiCamera(Mode(locked_exposure=locked), ManualClock())
    for _ in range(SETTLED - 1):
        taken(camera, library.camera)
    assert library.camera.controls == {}

    taken(camera, library.camera, exposure_us=8_000)

    kept = {"AeEnable": False, "ExposureTime": 8_000, "AnalogueGain": 2.0}
    assert library.camera.controls == (kept if locked else {})


def test_a_missing_library_names_the_package_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)

    with pytest.raises(CameraError, match="apt install python3-picamera2"):
        PiCamera(Mode(), ManualClock())


def test_a_missing_camera_is_told(library: FakeLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_found() -> FakePicamera2:
        raise IndexError("list index out of range")

    monkeypatch.setattr(library, "Picamera2", none_found)

    with pytest.raises(CameraError, match="finds no camera"):
        PiCamera(Mode(), ManualClock())


def test_a_refused_mode_lets_the_camera_go_again(
    library: FakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        library.camera.running = True
        raise RuntimeError("Invalid camera configuration")

    monkeypatch.setattr(library.camera, "start", refuse)

    with pytest.raises(CameraError, match="refuses 1280x720"):
        PiCamera(Mode(), ManualClock())
    assert not library.camera.running


def test_closing_a_camera_that_hangs_does_not_hang_the_door(
    library: FakeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging, let_go = threading.Event(), threading.Event()

    def hang() -> None:
        hanging.set()
        let_go.wait()

    camera = PiCamera(Mode(), ManualClock())
    monkeypatch.setattr(library.camera, "close", hang)

    camera.close()

    assert hanging.is_set()
    let_go.set()
