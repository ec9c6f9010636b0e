"""Detector tensors become faces: our own decode of the YuNet family's outputs."""

import math
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import TypeAlias

import numpy as np
from msgspec import Struct

from edge_gate.face.frame import Floats

STRIDES = (8, 16, 32)
"""Pixels between neighbouring anchor points on each of the three output levels."""

SHARED = 0.3
"""Most overlap (IoU) of two faces: what the YuNet family was published with."""

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, width and height, pixels."""


class Face(Struct, frozen=True):
    """A face in a picture, in that picture's pixels.

    Attributes:
        box: left, top, width, height; may reach past the picture's edge.
        landmarks: (5, 2) float32, read-only: right eye, left eye, nose tip, right and left corner of the
            mouth, right and left being the person's own.
        score: the detector's, 0..1.
    """

    box: Box
    landmarks: Floats
    score: float

    def scaled(self, factor: float) -> "Face":
        """The same face in a picture `factor` times as large."""
        left, top, width, height = self.box
        landmarks = self.landmarks * np.float32(factor)
        landmarks.setflags(write=False)
        return Face((left * factor, top * factor, width * factor, height * factor), landmarks, self.score)

    def shifted(self, across: float, down: float) -> "Face":
        """The same face in a picture that begins so many pixels farther left and up."""
        left, top, width, height = self.box
        landmarks = self.landmarks + np.array((across, down), np.float32)
        landmarks.setflags(write=False)
        return Face((left + across, top + down, width, height), landmarks, self.score)


def decode(
    outputs: Mapping[str, Floats], width: int, height: int, least: float, most: float = SHARED
) -> tuple[Face, ...]:
    """Faces scoring at least `least`, the best first, overlaps removed.

    Args:
        outputs: for each stride s of 8, 16, 32, with n = (height / s) * (width / s): ``cls_s`` and
            ``obj_s`` of (1, n, 1), ``bbox_s`` of (1, n, 4), ``kps_s`` of (1, n, 10), float32.
        width: of the network's input, pixels, a multiple of 32.
        height: likewise.
        least: 0..1.
        most: overlap (IoU) with a better face beyond which a face is dropped, 0..1.

    The encoding is YuNet's (Wu, Peng, Yu: *YuNet: A Tiny Millisecond-level Face Detector*, 2023, and
    OpenCV's ``face_detect.cpp``): the score is the geometric mean of class and objectness, the centre
    and the landmarks are offsets from the anchor point in strides, the size is a logarithm.
    """
    # In plain floats: for a handful of candidates an array operation costs more than its arithmetic.
    candidates, bar = [], least * least
    for stride in STRIDES:
        columns = width // stride
        squared = (outputs[f"cls_{stride}"] * outputs[f"obj_{stride}"]).reshape(-1)
        if squared.size != columns * (height // stride):
            raise ValueError(f"stride {stride}: {squared.size} outputs do not fit {width}x{height} pixels")
        # numpy finds the best one's place sooner than all that reach the bar, and mostly none does.
        if squared[squared.argmax()] < bar:
            continue
        boxes = outputs[f"bbox_{stride}"].reshape(-1, 4)
        # One by one: after a network, fetching numpy's code for taking many takes longer than that.
        for row in (squared >= bar).nonzero()[0].tolist():
            right, below, wide, high = boxes[row].tolist()
            across = math.exp(10 if wide > 10 else wide) * stride  # noqa: FURB136 - as in `_shared`
            down = math.exp(10 if high > 10 else high) * stride  # noqa: FURB136
            left = (row % columns + right) * stride - across / 2
            top = (row // columns + below) * stride - down / 2
            candidates.append((squared.item(row), (left, top, across, down), stride, row))
    candidates.sort(key=itemgetter(0), reverse=True)
    faces: list[Face] = []
    for score, box, stride, row in candidates:
        for face in faces:
            if _shared(box, face.box) > most:
                break
        else:
            down, across = divmod(row, width // stride)
            offsets = outputs[f"kps_{stride}"].reshape(-1, 5, 2)[row].tolist()
            points = [((x + across) * stride, (y + down) * stride) for x, y in offsets]
            landmarks = np.array(points, np.float32)
            landmarks.setflags(write=False)
            faces.append(Face(box, landmarks, min(1.0, math.sqrt(score))))
    return tuple(faces)


def without_overlaps(faces: Sequence[Face], most: float = SHARED) -> tuple[Face, ...]:
    """Non-maximum suppression: drop each face that overlaps a better one by more than `most` (IoU).

    Args:
        faces: the best first.
        most: 0..1.
    """
    kept: list[Face] = []
    for face in faces:
        if all(overlap(face, other) <= most for other in kept):
            kept.append(face)
    return tuple(kept)


def overlap(one: Face, other: Face, grown: float = 1.0) -> float:
    """Intersection over union of two boxes, 0..1, each grown about its middle to so many times its size."""
    if grown == 1:
        return _shared(one.box, other.box)
    return _shared(_grown(one.box, grown), _grown(other.box, grown))


def _grown(box: Box, times: float) -> Box:
    left, top, width, height = box
    return left - (times - 1) / 2 * width, top - (times - 1) / 2 * height, times * width, times * height


def _shared(box: Box, other: Box) -> float:
    # Dozens of times a look: the calls of min and max would take most of its time.
    left, top, width, height = box
    left2, top2, width2, height2 = other
    end, end2 = left + width, left2 + width2
    across = (end if end < end2 else end2) - (left if left > left2 else left2)  # noqa: FURB136
    if across <= 0:
        return 0.0
    end, end2 = top + height, top2 + height2
    down = (end if end < end2 else end2) - (top if top > top2 else top2)  # noqa: FURB136
    if down <= 0:
        return 0.0
    shared = across * down
    return shared / (width * height + width2 * height2 - shared)
