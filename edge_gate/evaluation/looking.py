"""Three ways from a picture to a probe: the product's own, and the two it is measured against."""

from collections.abc import Callable
from math import nan
from typing import TypeAlias

import cv2
import numpy as np

from edge_gate.access.withheld import Withheld
from edge_gate.face.alignment import SIDE, Chip, align
from edge_gate.face.detection import Face
from edge_gate.face.frame import Floats, Picture, Pixels
from edge_gate.face.quality import flaws_before_cropping, flaws_of_chip
from edge_gate.recognition.recognise import Eyes

NO_FACE = "no_face"


class Seen(Withheld, frozen=True):
    """What came of one picture.

    Attributes:
        reason: why there is no probe; empty where there is one.
        vector: (d,) float32 of length 1; None without a probe.
        live: 0..1; not a number where no model looked.
    """

    reason: str
    vector: Floats | None = None
    live: float = nan


Way: TypeAlias = Callable[[Picture, Eyes], Seen]


def street(picture: Picture, eyes: Eyes) -> Seen:
    """What the door does: detect, judge, align, embed. Of several faces the one nearest to the middle."""
    face = _subject(picture, eyes)
    if face is None:
        return Seen(NO_FACE)
    flaws = flaws_before_cropping(face, picture, eyes.gates)
    chip = None if flaws else align(picture, face)
    if chip is not None:
        flaws = flaws_of_chip(chip, eyes.gates)
    live = eyes.liveness.live(picture, face) if eyes.liveness else nan
    if flaws or chip is None:
        return Seen(flaws[0].value, live=live)
    return Seen("", eyes.embedder.embed(chip).vector, live)


def detect_and_align(picture: Picture, eyes: Eyes) -> Seen:
    """As `street`, without quality gates."""
    face = _subject(picture, eyes)
    return Seen(NO_FACE) if face is None else Seen("", eyes.embedder.embed(align(picture, face)).vector)


def box_only(picture: Picture, eyes: Eyes) -> Seen:
    """The square about the detector's box, not aligned."""
    face = _subject(picture, eyes)
    if face is None:
        return Seen(NO_FACE)
    left, top, width, height = face.box
    scale = SIDE / max(width, height)
    shift = (SIDE / 2 - (left + width / 2) * scale, SIDE / 2 - (top + height / 2) * scale)
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    chip = cv2.warpAffine(picture.bgr(), matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    return Seen("", eyes.embedder.embed(Chip(np.asarray(chip, np.uint8))).vector)


def whole_picture(picture: Picture, eyes: Eyes) -> Seen:
    """The whole picture, resized into the embedder; no detector."""
    chip = cv2.resize(picture.bgr(), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return Seen("", eyes.embedder.embed(Chip(np.asarray(chip, np.uint8))).vector)


WAYS: dict[str, Way] = {"whole": whole_picture, "box": box_only, "aligned": detect_and_align}


def in_a_scene(picture: Picture, seed: int) -> Picture:
    """The photograph at half its size, anywhere in a 640x480 scene of smooth coloured noise.

    A face 100 px wide becomes 50 px: somebody two steps from the door, not centred for the camera.
    """
    rng = np.random.default_rng(seed)
    rough = rng.uniform(0, 255, (6, 8, 3)).astype(np.float32)
    scene: Pixels = cv2.resize(rough, (640, 480), interpolation=cv2.INTER_CUBIC).clip(0, 255).astype(np.uint8)
    small = cv2.resize(picture.bgr(), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)[:480, :640]
    top = int(rng.integers(480 - small.shape[0] + 1))
    left = int(rng.integers(640 - small.shape[1] + 1))
    scene[top : top + small.shape[0], left : left + small.shape[1]] = small
    return Picture(scene)


def _subject(picture: Picture, eyes: Eyes) -> Face | None:
    def off_centre(face: Face) -> float:
        left, top, width, height = face.box
        return float(np.hypot(left + (width - picture.width) / 2, top + (height - picture.height) / 2))

    return min(eyes.detector.detect(picture), key=off_centre, default=None)
