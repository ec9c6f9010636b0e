"""The Raspberry Pi's own camera, through picamera2."""

import importlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import TimeoutError as StillWaiting
from typing import Any

import numpy as np

from edge_gate.access.instant import Instant, Millis
from edge_gate.devices.mode import Mode
from edge_gate.errors import CameraError, CameraTimeout
from edge_gate.face.frame import Frame, Picture, PixelFormat, Pixels
from edge_gate.ports import Clock

SMALL_WIDTH = 320
"""Width of the detector's picture, pixels; its height keeps the full picture's proportions."""

SETTLED = 30
"""Frames after which the automatic exposure has found its level."""

INSTALL = "`sudo apt install python3-picamera2`, into an environment made with `--system-site-packages`"


class PiCamera:
    """A camera at the ribbon cable: a full I420 picture and, scaled by the hardware, a small one.

    Args:
        mode: size, rate and exposure.
        clock: the monotonic clock, against which the sensor's stamps are checked.
        pause: how to wait, seconds.

    Raises:
        CameraError: if the library or the camera is missing, or refuses the mode.
    """

    def __init__(self, mode: Mode, clock: Clock, pause: Callable[[float], None] = time.sleep) -> None:
        self._clock = clock
        self._pause = pause
        self._taken = 0
        self._lock_exposure = mode.locked_exposure
        # A request for a frame outlives the capture that timed out on it; a second one would cost a buffer.
        self._pending: Any = None
        try:
            library = importlib.import_module("picamera2")
            colours = importlib.import_module("libcamera").ColorSpace
        except ImportError as error:
            raise CameraError(f"picamera2 cannot be loaded: {error}", INSTALL) from error
        try:
            self._camera: Any = library.Picamera2()
        except Exception as error:
            # An IndexError where there is none; bare RuntimeErrors elsewhere.
            raise CameraError(f"picamera2 finds no camera: {error}") from error
        try:
            self._camera.configure(_configuration(self._camera, mode, colours))
            self._camera.start()
            chosen = self._camera.camera_configuration()
        except Exception as error:
            self.close()
            raise CameraError(f"The camera refuses {mode.width}x{mode.height}: {error}") from error
        self._sizes: dict[str, tuple[int, int]] = {name: chosen[name]["size"] for name in ("main", "lores")}

    def capture(self, timeout: Millis, since: Instant = 0) -> Frame:
        """The next frame the sensor takes; one from before `since` is not asked for.

        Raises:
            CameraTimeout: if none came in time; the next call goes on waiting for it.
            CameraError: if the camera failed.
        """
        left = timeout
        try:
            if self._pending is None:
                if (early := min(since - self._clock.now(), timeout)) > 0:
                    self._pause(early / 1000)
                    left -= early
                self._pending = self._camera.capture_request(wait=False)
            request = self._pending.get_result(timeout=left / 1000)
        except StillWaiting as error:
            raise CameraTimeout(f"picamera2 gave no frame within {timeout} ms") from error
        except Exception as error:
            self._pending = None
            raise CameraError(f"picamera2 failed: {error}") from error
        self._pending = None
        try:
            return self._frame(request)
        except (KeyError, ValueError) as error:
            raise CameraError(f"picamera2 gave a frame that cannot be read: {error!r}") from error
        finally:
            request.release()

    def close(self) -> None:
        """Stop the camera, unless it hangs: then the process's end does."""
        # `stop` waits without bound for an event loop that may have died.
        thread = threading.Thread(target=self._camera.close, name="camera stop", daemon=True)
        thread.start()
        thread.join(0.5)

    def _frame(self, request: Any) -> Frame:
        metadata = request.get_metadata()
        full, small = self._picture(request, "main"), self._picture(request, "lores")
        self._taken += 1
        if self._lock_exposure and self._taken == SETTLED:
            found = {name: metadata[name] for name in ("ExposureTime", "AnalogueGain")}
            self._camera.set_controls({"AeEnable": False, **found})
        return Frame(self._taken - 1, self._instant(metadata), full, small)

    def _instant(self, metadata: dict[str, Any]) -> Instant:
        """When the exposure ended. libcamera stamps its start, in nanoseconds of our clock's scale."""
        ended: int = metadata["SensorTimestamp"] // 1_000_000 + metadata.get("ExposureTime", 0) // 1000
        return min(ended, self._clock.now())

    def _picture(self, request: Any, stream: str) -> Picture:
        width, height = self._sizes[stream]
        return Picture(unpadded(request.make_array(stream), width, height), PixelFormat.I420)


def unpadded(rows: Pixels, width: int, height: int) -> Pixels:
    """An I420 picture without what the hardware adds to each row.

    Args:
        rows: (height * 3 / 2, stride) uint8, stride >= width. In the chroma part each row holds two rows of
            half the stride, each padded by itself.
        width: pixels across, even.
        height: pixels down, even.

    Returns:
        (height * 3 / 2, width) uint8.
    """
    stride = rows.shape[1]
    if stride == width:
        return rows
    chroma = rows[height:].reshape(height, stride // 2)[:, : width // 2]
    return np.concatenate([rows[:height, :width], chroma.reshape(height // 2, width)])


def _configuration(camera: Any, mode: Mode, colours: Any) -> Any:
    full = (mode.width // 2 * 2, mode.height // 2 * 2)
    small = (SMALL_WIDTH, round(SMALL_WIDTH * mode.height / mode.width / 2) * 2)
    frame_us = 1_000_000 // mode.fps
    return camera.create_video_configuration(
        main={"size": full, "format": "YUV420"},
        lores={"size": min(small, full), "format": "YUV420"},
        # BT.601 at every size: what `Picture` says an I420 picture is.
        colour_space=colours.Smpte170m(),
        # A frame from after the asking, not one that lay waiting.
        queue=False,
        controls={"FrameDurationLimits": (frame_us, frame_us)},
    )
