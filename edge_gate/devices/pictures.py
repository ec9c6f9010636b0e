"""Still pictures from files."""

from pathlib import Path

import cv2
import numpy as np

from edge_gate.errors import UnreadableInput
from edge_gate.face.frame import Picture, Pixels

SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
"""Whole-file formats whose decoder notices that a part is missing."""


def jpeg(pixels: Pixels, widest: int = 640) -> bytes:
    """A BGR picture as a JPEG file, at most `widest` pixels across."""
    height, width = pixels.shape[:2]
    if width > widest:
        pixels = np.asarray(cv2.resize(pixels, (widest, height * widest // width)), np.uint8)
    return bytes(cv2.imencode(".jpg", pixels)[1])


def read_picture(path: Path) -> Picture:
    """A JPEG or PNG file as a BGR picture, turned upright as its EXIF orientation says.

    Raises:
        UnreadableInput: if it is missing, truncated, or not such a file.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UnreadableInput(f"{path} is not named as a JPEG or PNG picture")
    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise UnreadableInput(f"{path} cannot be read: {error.strerror}") from error
    pixels = cv2.imdecode(content, cv2.IMREAD_COLOR) if content.size else None
    if pixels is None:
        raise UnreadableInput(f"{path} is not a whole picture")
    return Picture(np.asarray(pixels, dtype=np.uint8))
