"""A face with what lies around it: what a liveness model looks at."""

import cv2
import numpy as np

from edge_gate.face.detection import Face
from edge_gate.face.frame import Picture, Pixels


def with_surroundings(picture: Picture, face: Face, scale: float, side: int) -> Pixels:
    """The face's box, enlarged about its centre and kept inside the picture, as (side, side, 3) BGR.

    Where the enlarged box does not fit it is made smaller, then moved inside, as MiniFASNet was
    trained (Silent-Face-Anti-Spoofing, ``generate_patches.py``).

    Args:
        picture: where the face is.
        face: in the picture's pixels.
        scale: how many times the box's width and height, where there is room.
        side: of the square that comes out, pixels.

    Raises:
        ValueError: if the face has no size.
    """
    left, top, width, height = face.box
    if not (width > 0 and height > 0):
        raise ValueError("a face without size has no surroundings")
    scale = min(scale, (picture.width - 1) / width, (picture.height - 1) / height)
    across, down = width * scale, height * scale
    x = min(max(left + width / 2 - across / 2, 0.0), picture.width - 1 - across)
    y = min(max(top + height / 2 - down / 2, 0.0), picture.height - 1 - down)
    crop = picture.window(int(x), int(y), int(x + across) + 1, int(y + down) + 1)
    return np.asarray(cv2.resize(crop, (side, side)), dtype=np.uint8)
