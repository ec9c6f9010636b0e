"""Pictures to measure a detector on, none of which it was trained on, with the faces it should find.

- photographs: LFW's development half, each largest face brought to six widths in 320x240; YuNet-n on the
  original is the reference
- composites: door scenes of held-out faces and backgrounds, in bad light, blurred, occluded; labels carried
  through from clear pictures
- clip: the door clip, its labels
- empty: 500 windows of held-out photographs in which neither teacher saw a face
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from engines import opened

from detector.compose import Composer
from detector.library import Library
from detector.prepare import Paths
from detector.yunet import YuNet
from edge_gate.face.frame import Floats, Pixels

WIDTH, HEIGHT = 320, 240
FACE_WIDTHS = (24, 32, 48, 72, 110, 160)
PHOTOGRAPHS, COMPOSITES, EMPTY = 400, 500, 500
SURE, POSSIBLE = 0.7, 0.3
"""The reference's score from which a face must be found, and below which it may not be."""
GREY = (110, 115, 112)


@dataclass(frozen=True)
class Question:
    """A picture, the faces to be found, (n, 14), and zones where finding or not is no error, (m, 4)."""

    image: Pixels
    faces: Floats
    zones: Floats


def photographs(data: Path) -> Iterator[Question]:
    """LFW's development half."""
    reference = YuNet(opened(Paths(data).teacher), POSSIBLE)
    files = sorted((data / "faces/lfw_dev").glob("*/*.jpg"))
    rng = np.random.default_rng(11)
    for number in sorted(rng.choice(len(files), PHOTOGRAPHS, replace=False)):
        image = np.asarray(cv2.imread(str(files[number])), np.uint8)
        faces = reference(image)
        sure = faces[faces[:, 14] >= SURE]
        if not len(sure):
            continue
        main = sure[np.argmax(sure[:, 2] - sure[:, 0])]
        for width in FACE_WIDTHS:
            scale = width / float(main[2] - main[0])
            middle = (main[:2] + main[2:4]) / 2 * scale
            place = rng.uniform(
                np.minimum(width * 0.7, (160, 120)),
                np.maximum((WIDTH, HEIGHT) - np.array(width) * 0.7, (160, 120)),
            )
            yield _window(image, faces, scale, np.round(place - middle))


def _window(image: Pixels, faces: Floats, scale: float, move: Floats) -> Question:
    """The picture scaled and moved into the frame."""
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled = cv2.resize(image, None, fx=scale, fy=scale, interpolation=flags)
    shift = np.array([[1, 0, move[0]], [0, 1, move[1]]])
    frame = cv2.warpAffine(scaled, shift, (WIDTH, HEIGHT), flags=cv2.INTER_NEAREST, borderValue=GREY)
    placed = faces.copy()
    ratio = np.array([scaled.shape[1] / image.shape[1], scaled.shape[0] / image.shape[0]])
    placed[:, :14] = (faces[:, :14] + 0.5) * np.tile(ratio, 7) - 0.5 + np.tile(move, 7)
    inside = np.clip(placed[:, :4], 0, [WIDTH, HEIGHT, WIDTH, HEIGHT])
    visible = (inside[:, 2:] - inside[:, :2]).prod(1) / (placed[:, 2:4] - placed[:, :2]).prod(1)
    must = (placed[:, 14] >= SURE) & (visible > 0.85)
    return Question(np.asarray(frame, np.uint8), placed[must, :14], placed[~must & (visible > 0), :4])


def composites(work: Path) -> Iterator[Question]:
    """Held-out door scenes."""
    composer = Composer(Library(work, held_out=True), 999)
    for _ in range(COMPOSITES):
        yield Question(*composer(WIDTH, HEIGHT))


def clip(data: Path) -> Iterator[Question]:
    """The door clip at half size."""
    frames = json.loads((data / "clips/door_clip.json").read_text())["per_frame"]
    video = cv2.VideoCapture(str(data / "clips/door_clip.mp4"))
    for frame in frames:
        _, image = video.read()
        must, may = [], []
        for person in frame["people"]:
            left, top, width, height = person["bbox"]
            points = np.array(person["landmarks"], np.float32).reshape(-1)
            face = np.concatenate([[left, top, left + width, top + height], points]) / 2
            if person["visible"] >= 0.9:
                must.append(face)
            else:
                may.append(face[:4])
            if person["kind"] != "live":  # who holds the print stands behind it
                may.append(
                    np.array([left - width / 2, top - height / 2, left + width * 1.5, top + height * 1.5]) / 2
                )
        half = cv2.resize(np.asarray(image, np.uint8), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        yield Question(
            np.asarray(half, np.uint8),
            np.array(must, np.float32).reshape(-1, 14),
            np.array(may, np.float32).reshape(-1, 4),
        )


def empty(work: Path) -> Iterator[Question]:
    """Face-free photographs: each whole, then windows of it."""
    library = Library(work, held_out=True)
    rng = np.random.default_rng(5)
    none = np.zeros((0, 14), np.float32), np.zeros((0, 4), np.float32)
    for i in range(EMPTY):
        image = library[int(library.clear[i % len(library.clear)])].image
        rows, columns = image.shape[:2]
        scale = max(WIDTH / columns, HEIGHT / rows) * (1 if i < len(library.clear) else rng.uniform(1, 2))
        x, y = rng.uniform(0, columns * scale - WIDTH + 1e-3), rng.uniform(0, rows * scale - HEIGHT + 1e-3)
        window = cv2.warpAffine(
            image,
            np.array([[scale, 0, -x], [0, scale, -y]]),
            (WIDTH, HEIGHT),
            borderMode=cv2.BORDER_REFLECT_101,
        )
        yield Question(np.asarray(window, np.uint8), *none)
