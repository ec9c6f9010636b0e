"""What the boards' camera is shown: stretches of the door clip, as raw frames a loopback camera takes."""

from pathlib import Path

import cv2
import numpy as np

SHARED = Path(__file__).parents[3] / "shared"
CLIP = SHARED / "clips" / "door_clip.mp4"
WIDTH, HEIGHT = 640, 480

STRETCHES = {"nobody": range(12), "a": range(52, 64), "b": range(150, 158), "print": range(262, 274)}
"""Frames of the clip in which that alone is to be seen, near and sharp: see door_clip.json beside it."""


def written(folder: Path) -> None:
    """Write each stretch below `folder` as NAME/NUMBER.yuyv, 640x480."""
    wanted = {number: name for name, numbers in STRETCHES.items() for number in numbers}
    clip = cv2.VideoCapture(str(CLIP))
    for number in range(max(wanted) + 1):
        whole, picture = clip.read()
        assert whole, f"{CLIP} ends at frame {number}"
        if name := wanted.get(number):
            (folder / name).mkdir(parents=True, exist_ok=True)
            yuyv = cv2.cvtColor(np.asarray(picture), cv2.COLOR_BGR2YUV_YUY2)
            (folder / name / f"{number:03}.yuyv").write_bytes(yuyv.tobytes())
    clip.release()
