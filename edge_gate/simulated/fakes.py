"""Presentation attacks: pictures of a member of the cast, held up before the camera, shaped as a figure."""

from functools import lru_cache

import cv2
import numpy as np

from edge_gate.face.frame import Floats, Pixels
from edge_gate.simulated.brush import EYES_X, EYES_Y, blurred, canvas, grid, lay
from edge_gate.simulated.figure import figure, sealed

_SHEET = (EYES_X - 150, EYES_Y - 195, 300, 405)
_PHONE = (EYES_X - 128, EYES_Y - 235, 256, 500)
_HAND = (120, 140, 180)
_WALL = (205, 190, 175)


@lru_cache(maxsize=8)
def print_of(name: str) -> Pixels:
    """Somebody unknown behind a sheet of paper with the member on it."""
    drawn = _holder()
    left, top, width, height = _SHEET
    sheet = drawn[top : top + height, left : left + width]
    sheet[:] = (232, 238, 240, 1)
    picture = _picture(name, _SHEET)[14:-14, 14:-14]
    # Ink has less colour and less depth than what it was printed from.
    grey = picture.mean(axis=2, keepdims=True)
    sheet[14:-14, 14:-14, :3] = 22 + 0.82 * (0.8 * picture + 0.2 * grey)
    _thumbs(drawn, width // 2 - 6, 140)
    return sealed(drawn)


@lru_cache(maxsize=8)
def phone_with(name: str) -> Pixels:
    """Somebody unknown behind a phone with the member on its screen."""
    drawn = _holder()
    left, top, width, height = _PHONE
    case = np.zeros(drawn.shape[:2], np.float32)
    cv2.rectangle(case, (left + 24, top + 24), (left + width - 24, top + height - 24), 1.0, -1)
    case = np.asarray(cv2.dilate(case, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (49, 49))), np.float32)
    lay(drawn, blurred(case, 1), np.array((24, 22, 22), np.float32))
    picture = _picture(name, _PHONE)[30:-30, 10:-10]
    # A screen is bluish and hard, and its rows beat against the sensor's.
    x, y = (axis[top + 30 : top + height - 30, left + 10 : left + width - 10] for axis in grid())
    moire = 1 + 0.035 * np.sin(55 * y + 9 * x)
    vivid = np.clip((picture - 118) * 1.15 + 126, 0, 255) * (1.06, 1.0, 0.94) * moire[..., None]
    drawn[top + 30 : top + height - 30, left + 10 : left + width - 10, :3] = np.clip(vivid, 0, 255)
    _thumbs(drawn, width // 2 - 2, 190)
    return sealed(drawn)


def _holder() -> Floats:
    """A dark coat: whoever holds the picture up hides behind it."""
    drawn = canvas()
    below = EYES_Y + 125
    body = figure("ada")[below:, :, 3:] / np.float32(255)
    drawn[below:] = np.concatenate([body * np.array((58, 52, 50), np.float32), body], axis=2)
    return drawn


def _picture(name: str, part: tuple[int, int, int, int]) -> Floats:
    left, top, width, height = part
    seen = figure(name)[top : top + height, left : left + width].astype(np.float32)
    return np.asarray(seen[..., :3] + (1 - seen[..., 3:] / 255) * np.array(_WALL, np.float32), np.float32)


def _thumbs(drawn: Floats, apart: int, down: int) -> None:
    for side in (-1, 1):
        middle = (EYES_X + side * apart, EYES_Y + down)
        cv2.ellipse(drawn, middle, (18, 36), side * 50, 0, 360, (*_HAND, 1.0), -1, cv2.LINE_AA)
