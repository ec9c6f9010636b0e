"""Pixels of a scene: the wall and the door behind, figures before them, light, and the sensor's noise."""

import math
from functools import cache

import cv2
import numpy as np

from edge_gate.face.frame import Floats, Pixels
from edge_gate.simulated.figure import BROW, CENTRE, blurred, figure
from edge_gate.simulated.prints import print_of
from edge_gate.simulated.script import Light, Medium
from edge_gate.simulated.stage import HEIGHT, WIDTH, Moment, Pose, Presence

GAIN = {Light.DAY: 1.0, Light.DARKNESS: 0.12}
"""How much of daylight reaches the sensor."""
NOISE = {Light.DAY: 2.0, Light.DARKNESS: 4.0}
"""Standard deviation of a pixel's noise, grey levels."""

_HEAD = (CENTRE - 100, BROW - 120, 200, 260)
_DEPTH = 60.0


def photograph(moment: Moment, seed: int, number: int) -> Pixels:
    """What the sensor delivers: (480, 640, 3) uint8, blue first, read-only; the same for equal arguments."""
    scene = background().copy()
    for presence in moment.present:
        place(scene, of(presence), presence.pose)
    scene *= GAIN[moment.light]
    return developed(scene, NOISE[moment.light], np.random.default_rng((seed, number)))


def of(presence: Presence) -> Floats:
    """The figure to draw for somebody."""
    return figure(presence.member) if presence.medium is Medium.SKIN else print_of(presence.member)


def place(scene: Floats, sprite: Floats, pose: Pose) -> None:
    """Draw a figure into a scene (h, w, 3) float32 as posed."""
    in_view = math.ceil((scene.shape[0] - pose.y) / pose.scale) + BROW + 60
    sprite = turned(sprite[:in_view], pose.turn, pose.nod)
    scale, shrunk = pose.scale, 1.0
    while scale < 0.6:  # two steps, or fine detail would flicker
        sprite = np.asarray(
            cv2.resize(sprite, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32
        )
        scale, shrunk = scale * 2, shrunk * 0.5
    height, width = scene.shape[:2]
    reach = (sprite.shape[1] / 2 + 40) * scale
    left, right = max(0, math.floor(pose.x - reach)), min(width, math.ceil(pose.x + reach))
    top = max(0, math.floor(pose.y - (BROW * shrunk + 20) * scale))
    if left >= right or top >= height:
        return
    cos, sin = scale * math.cos(math.radians(pose.roll)), scale * math.sin(math.radians(pose.roll))
    x, y = CENTRE * shrunk, BROW * shrunk
    matrix = np.array(
        [[cos, -sin, pose.x - left - cos * x + sin * y], [sin, cos, pose.y - top - sin * x - cos * y]],
        np.float32,
    )
    drawn = cv2.warpAffine(sprite, matrix, (right - left, height - top), flags=cv2.INTER_LINEAR)
    patch = scene[top:, left:right]
    # By whole channels: arithmetic that stretches one channel over three takes several times as long.
    patch *= cv2.merge([1 - drawn[..., 3]] * 3)
    patch += cv2.cvtColor(drawn, cv2.COLOR_BGRA2BGR)


def turned(sprite: Floats, turn: float, nod: float) -> Floats:
    """A figure with its head turned: what is nearer to the camera moves farther, the outline stays."""
    left, top, width, height = _HEAD
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    depth = _DEPTH * np.clip(1 - ((x - width / 2) / 80) ** 2 - ((y - 132) / 115) ** 2, 0, 1)
    head = np.ascontiguousarray(sprite[top : top + height, left : left + width])
    result = sprite.copy()
    result[top : top + height, left : left + width] = cv2.remap(
        head,
        x - math.sin(turn) * depth,
        y - math.sin(nod) * depth,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return result


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
