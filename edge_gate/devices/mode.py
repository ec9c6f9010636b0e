"""How a live camera is asked to look."""

from msgspec import Struct


class Mode(Struct, frozen=True):
    """What is asked of a camera; its driver gives the nearest it can.

    Attributes:
        width: of the full picture, pixels.
        height: of the full picture, pixels.
        fps: frames a second.
        fourcc: pixel format on a USB camera's wire; MJPG needs least of the bus.
        locked_exposure: a picamera2 camera keeps the exposure it has found after its first frames, so that
            a white shirt or a headlight does not darken the face.
    """

    width: int = 1280
    height: int = 720
    fps: int = 15
    fourcc: str = "MJPG"
    locked_exposure: bool = False
