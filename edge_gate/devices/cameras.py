"""Which camera `camera.source` means; no other camera's library is loaded."""

from pathlib import Path

from edge_gate.devices.footage import Footage, Stills, clip
from edge_gate.devices.mode import Mode
from edge_gate.errors import ConfigError
from edge_gate.ports import Camera, Clock

KINDS = "picamera2, v4l2:/dev/video0, rtsp://HOST/PATH, file:CLIP.mp4, images:FOLDER"


def open_camera(source: str, clock: Clock, mode: Mode, *, own_time: bool = False) -> Camera:
    """The camera that a source names.

    Args:
        source: one of `KINDS`.
        clock: the monotonic clock that frames are stamped with.
        mode: what is asked of a live camera.
        own_time: footage keeps its own time, from 0, and no frame of it is dropped.

    Raises:
        ConfigError: if the source is of no known kind.
        CameraError: if a picamera2 camera is not to be had; the others tell at the first capture.
        UnreadableInput: if footage cannot be read.
    """
    kind, _, rest = source.partition(":")
    pace = None if own_time else clock
    match kind:
        case "picamera2" if not rest:
            from edge_gate.devices.picamera import PiCamera  # noqa: PLC0415 - see above

            return PiCamera(mode, clock)
        case "v4l2" if rest:
            from edge_gate.devices.video import usb_camera  # noqa: PLC0415 - see above

            return usb_camera(rest, mode, clock)
        case "rtsp" | "rtsps" if rest:
            from edge_gate.devices.video import network_camera  # noqa: PLC0415 - see above

            return network_camera(source, clock)
        case "file" if rest:
            return Footage(clip(Path(rest)), pace)
        case "images" if rest:
            return Footage(Stills(Path(rest)), pace)
    from edge_gate.devices.video import without_password  # noqa: PLC0415 - see above

    raise ConfigError(f"camera.source is {without_password(source)!r}, which is none of: {KINDS}")
