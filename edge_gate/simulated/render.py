"""Pixels of a scene: the wall and the door behind, figures before them, light, and the sensor's noise."""

import math
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from edge_gate.face.frame import Floats, Pixels
from edge_gate.simulated.brush import EYES_X, EYES_Y, UNIT, blurred
from edge_gate.simulated.fakes import phone_with, print_of
from edge_gate.simulated.figure import OUTLINE, figure
from edge_gate.simulated.script import Light, Medium
from edge_gate.simulated.stage import HEIGHT, WIDTH, Moment, Pose, Presence

_HEAD = (EYES_X - 140, EYES_Y - 170, 280, 360)
_DEPTH, _NOSE = 83.0, 30.0


class _Exposure(Struct, frozen=True):
    """What becomes of daylight.

    Attributes:
        behind: how much of it falls on the wall.
        before: how much of it falls on people.
        noise: standard deviation of a pixel, grey levels.
        tint: by which blue, green and red are multiplied.
        veil: how much of the wall's light strays over the picture.
        slope: how much brighter the left is than the right.
    """

    behind: float = 1.0
    before: float = 1.0
    noise: float = 2.0
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    veil: float = 0.0
    slope: float = 0.0


_EXPOSURES = {
    Light.DAY: _Exposure(),
    Light.NIGHT: _Exposure(behind=0.32, before=0.5, noise=5.0, tint=(0.8, 0.97, 1.1)),
    Light.DARKNESS: _Exposure(behind=0.12, before=0.12, noise=4.0),
    Light.BACK_LIGHT: _Exposure(behind=1.6, before=0.3, noise=2.5, veil=0.06),
    Light.SIDE_LIGHT: _Exposure(behind=0.8, before=0.95, slope=0.75),
    Light.GLARE: _Exposure(behind=1.8, before=2.4, noise=1.5),
}


def photograph(moment: Moment, seed: int, number: int) -> Pixels:
    """What the sensor delivers: (480, 640, 3) uint8, blue first, read-only; the same for equal arguments."""
    exposure = _EXPOSURES[moment.light]
    scene = background() * np.float32(exposure.behind)
    for presence in moment.present:
        shine = 0.9 if presence.medium is Medium.PHONE else 0.0  # a screen has a light of its own
        place(scene, _sprite(presence), presence.pose, max(exposure.before, shine))
    if exposure.slope:
        across = exposure.slope * (0.5 - np.arange(WIDTH, dtype=np.float32) / WIDTH)
        scene *= (1 + across)[None, :, None]
    scene = scene * np.array(exposure.tint, np.float32) + np.float32(255 * exposure.veil)
    return developed(scene, exposure.noise, np.random.default_rng((seed, number)))


def _sprite(presence: Presence) -> Pixels:
    match presence.medium:
        case Medium.SKIN:
            return figure(presence.member, presence.wears)
        case Medium.PRINT:
            return print_of(presence.member)
        case Medium.PHONE:
            return phone_with(presence.member)


def place(scene: Floats, sprite: Pixels, pose: Pose, gain: float = 1.0) -> None:
    """Draw a figure, lit by `gain`, into a scene (h, w, 3) float32."""
    in_view = math.ceil((scene.shape[0] - pose.y) / pose.scale) + EYES_Y + 60
    sprite = posed(sprite[:in_view], pose)
    scale, shrunk = pose.scale, 1.0
    while scale < 0.6:  # two steps, or fine detail would flicker
        sprite = np.asarray(cv2.resize(sprite, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
        scale, shrunk = scale * 2, shrunk * 0.5
    height, width = scene.shape[:2]
    reach = (sprite.shape[1] / 2 + 40) * scale + abs(pose.smear)
    left, right = max(0, math.floor(pose.x - reach)), min(width, math.ceil(pose.x + reach))
    top = max(0, math.floor(pose.y - (EYES_Y * shrunk + 20) * scale))
    if left >= right or top >= height:
        return
    cos, sin = scale * math.cos(math.radians(pose.roll)), scale * math.sin(math.radians(pose.roll))
    x, y = EYES_X * shrunk, EYES_Y * shrunk
    matrix = np.array(
        [[cos, -sin, pose.x - left - cos * x + sin * y], [sin, cos, pose.y - top - sin * x - cos * y]],
        np.float32,
    )
    drawn = cv2.warpAffine(sprite, matrix, (right - left, height - top), flags=cv2.INTER_LINEAR)
    if abs(pose.smear) > 1:
        drawn = cv2.blur(drawn, (round(abs(pose.smear)) + 1, 1), borderType=cv2.BORDER_CONSTANT)
    patch = scene[top:, left:right]
    # By whole channels: arithmetic that stretches one channel over three takes several times as long.
    patch *= cv2.merge([255 - drawn[..., 3]] * 3) / np.float32(255)
    patch += cv2.cvtColor(drawn, cv2.COLOR_BGRA2BGR) * np.float32(gain)


def posed(sprite: Pixels, pose: Pose) -> Pixels:
    """A figure with its head turned and its mouth moved.

    The head is taken for an ellipsoid that turns within its own outline, with a nose before it.
    """
    left, top, width, height = _HEAD
    head = _head()
    x = head.radius * np.sin(head.longitude - np.float32(pose.turn)) + np.float32(head.middle)
    x -= np.float32(_NOSE * math.sin(pose.turn)) * head.nose
    y = head.y - np.float32(_DEPTH * math.sin(pose.nod)) * head.near + np.float32(pose.smile) * head.mouth
    part = np.ascontiguousarray(sprite[top : top + height, left : left + width])
    result = sprite.copy()
    result[top : top + height, left : left + width] = cv2.remap(
        part, np.where(head.inside, x, head.x), y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return result


class _Head(Struct, frozen=True):
    """Of each pixel of the head's part of a figure: where it is, and what turning does to it.

    Attributes:
        x: columns.
        y: rows.
        middle: the column of the nose.
        inside: whether it lies on the ellipsoid.
        radius: of the ellipsoid in that row, pixels.
        longitude: on the ellipsoid, radians from the middle.
        near: 0 at the outline, 1 where the ellipsoid is nearest.
        nose: how much of the nose's height it has, 0..1.
        mouth: how far a smile lifts it, pixels.
    """

    x: Floats
    y: Floats
    middle: float
    inside: npt.NDArray[np.bool_]
    radius: Floats
    longitude: Floats
    near: Floats
    nose: Floats
    mouth: Floats


@cache
def _head() -> _Head:
    left, top, width, height = _HEAD
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    across, down = (x + left - EYES_X) / UNIT, (y + top - EYES_Y) / UNIT
    half, rows = zip(*OUTLINE, strict=True)
    radius = np.interp(down, rows, half).astype(np.float32) * np.float32(0.97) + np.float32(0.01)
    longitude = np.arcsin(np.clip(across / radius, -1, 1))
    near = np.clip(1 - (across / 1.54) ** 2 - ((down - 0.2) / 2.2) ** 2, 0, 1)
    nose = np.exp(-((across / 0.34) ** 2) - ((down - 0.5) / 0.34) ** 2)
    mouth = 2.5 * np.exp(-(((np.abs(across) - 0.42) / 0.2) ** 2) - ((down - 1.0) / 0.2) ** 2)
    inside = np.abs(across) < radius
    return _Head(x, y, EYES_X - left, inside, radius * UNIT, longitude, near, nose, mouth)


def developed(scene: Floats, noise: float, rng: np.random.Generator) -> Pixels:
    """Light to grey levels, with the sensor's noise: uint8, read-only."""
    height, width = scene.shape[:2]
    grain = _grain()
    down, across = (
        int(rng.integers(0, have - need)) for have, need in zip(grain.shape, (height, width), strict=False)
    )
    noisy = cv2.addWeighted(
        scene, 1, grain[down : down + height, across : across + width], noise, 0, dtype=cv2.CV_8U
    )
    pixels = np.asarray(noisy, np.uint8)
    pixels.setflags(write=False)
    return pixels


@cache
def _grain() -> Floats:
    """Noise to cut each frame's from: drawing it afresh would cost more than all the rest."""
    return np.asarray(np.random.default_rng(0).standard_normal((900, 1100, 3)), np.float32)


@cache
def background() -> Floats:
    """The empty space before the door: (480, 640, 3) float32, read-only."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    light = 1 - 0.35 * np.hypot((x - 300) / WIDTH, (y - 60) / HEIGHT)
    scene: Floats = np.array([168, 178, 182], np.float32) * light[..., None]
    rng = np.random.default_rng(3)
    plaster = blurred(rng.standard_normal((HEIGHT, WIDTH)).astype(np.float32), 1.5)
    scene += (12 * plaster)[..., None]
    cv2.rectangle(scene, (452, 36), (604, HEIGHT), (96, 104, 110), -1)
    cv2.rectangle(scene, (464, 48), (592, HEIGHT), (74, 100, 128), -1)
    for top in (70, 270):
        cv2.rectangle(scene, (482, top), (574, top + 170), (60, 84, 110), 3)
    cv2.circle(scene, (478, 258), 6, (150, 170, 180), -1, cv2.LINE_AA)
    cv2.rectangle(scene, (0, 440), (450, HEIGHT), (88, 92, 98), -1)
    cv2.line(scene, (0, 438), (450, 438), (200, 204, 206), 4)
    cv2.rectangle(scene, (60, 70), (150, 190), (110, 96, 84), -1)
    cv2.rectangle(scene, (66, 76), (144, 184), (140, 150, 120), -1)
    scene.setflags(write=False)
    return scene
