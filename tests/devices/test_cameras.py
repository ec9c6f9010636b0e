"""What `camera.source` may say."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_gate.devices.cameras import open_camera
from edge_gate.devices.footage import Footage
from edge_gate.devices.mode import Mode
from edge_gate.devices.video import LiveVideo
from edge_gate.errors import CameraError, ConfigError
from edge_gate.simulated.clock import ManualClock


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((8, 8, 3), np.uint8))
    return tmp_path


def test_footage_keeps_its_own_time_if_asked_and_the_clocks_otherwise(folder: Path) -> None:
    clock = ManualClock(now=777)
    replayed = open_camera(f"images:{folder}", clock, Mode(), own_time=True)
    watched = open_camera(f"images:{folder}", clock, Mode())

    assert replayed.capture(10).captured == 0
    assert watched.capture(10).captured == 777


def test_a_clip_is_footage(folder: Path) -> None:
    writer = cv2.VideoWriter(str(folder / "a.mkv"), cv2.VideoWriter.fourcc(*"FFV1"), 10, (8, 8))
    writer.write(np.zeros((8, 8, 3), np.uint8))
    writer.release()

    camera = open_camera(f"file:{folder / 'a.mkv'}", ManualClock(), Mode(), own_time=True)

    assert isinstance(camera, Footage)
    assert camera.capture(10).full.width == 8


@pytest.mark.parametrize(
    "source", ["v4l2:/dev/nowhere", "rtsp://127.0.0.1:9/door", "rtsps://127.0.0.1:9/door"]
)
def test_usb_and_network_cameras_are_live(source: str) -> None:
    camera = open_camera(source, ManualClock(), Mode())
    camera.close()

    assert isinstance(camera, LiveVideo)


def test_picamera2_is_never_pretended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)

    with pytest.raises(CameraError, match="picamera2 cannot be loaded"):
        open_camera("picamera2", ManualClock(), Mode())


@pytest.mark.parametrize(
    "source", ["", "webcam", "v4l2:", "file:", "images:", "rtsp:", "picamera2:1", "scene:x"]
)
def test_any_other_source_is_refused_with_the_kinds_there_are(source: str) -> None:
    with pytest.raises(ConfigError, match="which is none of: picamera2, v4l2:"):
        open_camera(source, ManualClock(), Mode())
