"""Training frames: door scenes composed of photographs; labels are carried through exact transforms.

The labels are the teacher's on the clear photograph, not on the composite: the student learns to see the
face that light, blur and masks hide from the teacher.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.backdrop import Boxes, Rng, anywhere, backdrop, colour
from detector.degrade import OCCLUDED, degrade, occlude
from detector.distractors import cut_out_thing, distractor, drawn_head
from detector.labels import CERTAIN, mirror
from detector.library import Library, Picture
from detector.paste import Patch, cut, cutout, retone, similarity, soften, transform_faces
from edge_gate.face.frame import Floats, Pixels

SMALLEST = 9.0  # px; smaller faces are neither learned nor punished
NEGATIVE, MOSAIC, FILLED = 0.14, 0.1, 0.14  # shares of kinds of frame; the rest are rooms with people
MINED, EMPTIER = 0.12, 0.08
APART, BEHIND = 0.12, 0.45
"""How much of a face the next person may cover, usually and in a crowd."""
CUT_OFF = 0.38
"""How much of a face the edge of its photograph may cut off in a crowd."""
THINGS = 0.35
"""How many of a crowd's distractors are cut-out things."""
DRESSED, BODY = 0.2, 77
"""How often in a crowd a face has a drawn body below it, and how wide the face of such a body would be."""
DRAWN, ANYWHERE = 0.06, 0.5
"""How many in a crowd are the scene's figures, and how often something else than a room is behind them."""
CLEAR = 0.5
"""How many of a crowd's frames nothing is done to: most doors are lit, most of the time."""
HIDDEN, OUT_OF_FOCUS = 0.35, 0.12
"""How often in a crowd somebody stands before another, or out of focus."""


@dataclass
class Frame:
    """A picture being composed: pixels, faces (x0, y0, x1, y1, landmarks) and zones to ignore."""

    pixels: Pixels
    faces: list[NDArray[np.float32]] = field(default_factory=list)
    zones: list[NDArray[np.float32]] = field(default_factory=list)
    covered: list[float] = field(default_factory=list)
    """How much of each face somebody nearer hides."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, px."""
        return self.pixels.shape[1], self.pixels.shape[0]

    def hides_a_face(self, patch: Patch, limit: float) -> bool:
        """Whether painting the patch would cover more than `limit` of any face, or leave too little of it."""
        more = [patch.cover(face[:4]) for face in self.faces]
        hidden = [a + b for a, b in zip(more, self.covered, strict=True)]
        if any(m > limit or (m > APART and h > BEHIND) for m, h in zip(more, hidden, strict=True)):
            return True
        self.covered = hidden
        return False


class Composer:
    """An endless, seeded source of frames.

    Args:
        library: the photographs.
        seed: of everything drawn.
        mined: negatives of `detector.mine`, if there are any.
        crowd: people stand before each other, out of focus and at the edges of photographs, and more frames
            are empty. The exam's do not.
    """

    def __init__(
        self, library: Library, seed: int, mined: Path | None = None, *, crowd: bool = False
    ) -> None:
        self._library = library
        self.clear: Pixels = np.zeros((0, 0, 3), np.uint8)
        """The last frame before anything was put before its faces and before its light went bad."""
        self._rng = np.random.default_rng(seed)
        self._crowd = crowd
        self._mined_path = mined
        self._mined = np.zeros((0, 0, 0, 3), np.uint8)
        self.refresh()

    def refresh(self) -> None:
        """Read the mined negatives again, if there are any."""
        if self._mined_path is not None and self._mined_path.exists():
            self._mined = np.load(self._mined_path, mmap_mode="r")

    def __call__(self, width: int, height: int) -> tuple[Pixels, NDArray[np.float32], Boxes]:
        """A frame of that size: pixels (BGR), faces n x 14, zones m x 4."""
        rng = self._rng
        lot = rng.random()
        if len(self._mined) and rng.random() < MINED:
            frame = self._mined_frame(width, height)
        elif lot < NEGATIVE or self._now_and_then(EMPTIER):
            frame = self._empty(width, height)
            self._distract(frame, int(rng.integers(0, 6)))
        elif lot < NEGATIVE + MOSAIC:
            frame = self._mosaic(width, height)
        elif lot < NEGATIVE + MOSAIC + FILLED:
            frame = self._plain(width, height) if rng.random() < 0.5 else self._empty(width, height)
            self._person(frame, rng.uniform(0.25, 0.66) * height)
        else:
            frame = self._people(width, height)
        self.clear = frame.pixels.copy()
        if self._now_and_then(CLEAR):
            return self.clear, *_labels(frame)
        for face in frame.faces:
            if rng.random() < OCCLUDED:
                occlude(rng, self._library, frame.pixels, face)
        return degrade(rng, frame.pixels), *_labels(frame)

    def _now_and_then(self, share: float) -> bool:
        return self._crowd and bool(self._rng.random() < share)

    def negative(self, width: int, height: int) -> Pixels | None:
        """A frame without a face for mining, or None if a teacher hesitated over its background."""
        frame = self._empty(width, height)
        if frame.zones:
            return None
        self._distract(frame, int(self._rng.integers(0, 6)))
        return degrade(self._rng, frame.pixels) if self._rng.random() < 0.7 else frame.pixels

    def _plain(self, width: int, height: int) -> Frame:
        return Frame(np.full((height, width, 3), colour(self._rng), np.uint8))

    def _empty(self, width: int, height: int) -> Frame:
        if self._now_and_then(ANYWHERE):
            return Frame(anywhere(self._rng, self._library, width, height))
        image, zones = backdrop(self._rng, self._library, width, height)
        return Frame(image, [], list(zones))

    def _mined_frame(self, width: int, height: int) -> Frame:
        rng = self._rng
        image = self._mined[int(rng.integers(len(self._mined)))]
        y, x = int(rng.integers(image.shape[0] - height + 1)), int(rng.integers(image.shape[1] - width + 1))
        window = image[y : y + height, x : x + width]
        frame = Frame(np.array(window[:, ::-1] if rng.random() < 0.5 else window))
        if rng.random() < 0.3:
            self._person(frame)
        return frame

    def _mosaic(self, width: int, height: int) -> Frame:
        """Small photographs side by side: natural surroundings for small faces."""
        rng = self._rng
        frame = self._plain(width, height)
        xs = np.linspace(0, width, int(rng.integers(3, 6))).astype(int)
        ys = np.linspace(0, height, int(rng.integers(3, 5))).astype(int)
        for y0, y1 in pairwise(ys):
            for x0, x1 in pairwise(xs):
                w, h = int(x1 - x0), int(y1 - y0)
                if rng.random() < 0.3:
                    tile = self._empty(w, h)
                else:
                    tile = self._plain(w, h)
                    self._person(tile, rng.uniform(0.3, 0.6) * min(w, h))
                frame.pixels[y0:y1, x0:x1] = tile.pixels
                frame.faces += [face + np.tile(np.array([x0, y0], np.float32), 7) for face in tile.faces]
                frame.covered += tile.covered
                frame.zones += [zone + np.tile(np.array([x0, y0], np.float32), 2) for zone in tile.zones]
        return frame

    def _people(self, width: int, height: int) -> Frame:
        rng = self._rng
        frame = self._empty(width, height)
        light = 1.0
        if rng.random() < 0.14:  # back light
            light = rng.uniform(0.25, 0.6)
            frame.pixels = np.asarray(
                cv2.convertScaleAbs(frame.pixels, alpha=rng.uniform(1, 1.5), beta=rng.uniform(0, 50)),
                np.uint8,
            )
        elif rng.random() < 0.06:  # flash
            light = rng.uniform(1.3, 1.8)
        self._distract(frame, int(rng.integers(0, 3)))
        for _ in range(rng.integers(1, 5)):
            self._person(frame, light=light)
        self._distract(frame, int(rng.random() < 0.3))
        return frame

    def _distract(self, frame: Frame, count: int) -> None:
        for _ in range(count):
            make = cut_out_thing if self._now_and_then(THINGS) else distractor
            patch = make(self._rng, self._library, *frame.size)
            if patch is not None and not frame.hides_a_face(patch, 0.05):
                patch.paint(frame.pixels)

    def _choose(self) -> tuple[Picture, bool]:
        rng, numbers = self._rng, self._library.numbers
        if rng.random() < 0.2:  # turned heads are rare and come to doors often
            number = int(rng.choice(self._library.turned))
        else:
            kind = rng.choice(["face", "mask", "crop"], p=[0.5, 0.25, 0.25])
            number = int(rng.choice(numbers[str(kind)]))
        return self._library[number], number in self._library.crops

    def _width(self, width: int, height: int) -> float:
        rng = self._rng
        largest = min(0.68 * width, 0.84 * height)
        lot = rng.random()
        if lot < 0.64:
            return float(np.exp(rng.uniform(np.log(11), np.log(largest))))
        if lot < 0.86:
            return float(np.exp(rng.normal(np.log(44), 0.45)))
        return float(rng.uniform(0.35 * largest, largest))

    def _person(self, frame: Frame, wanted: float | None = None, light: float = 1.0) -> None:
        """Paste one photograph of a face, its largest face `wanted` px wide, if it hides nobody."""
        rng = self._rng
        if self._library.figures and self._now_and_then(DRAWN):
            self._figure(frame, wanted, light)
            return
        picture, is_crop = self._choose()
        main = picture.largest
        if main is None:
            return
        image, faces = picture.image, picture.faces
        if rng.random() < 0.5:
            image, faces = np.ascontiguousarray(image[:, ::-1]), mirror(faces, image.shape[1])
            main = mirror(main[None], image.shape[1])[0]
        width, height = frame.size
        size = self._width(width, height) if wanted is None else wanted
        if is_crop:
            size = min(size, 100.0)
        target = self._place(frame, size)
        degrees = rng.uniform(-25, 25) if rng.random() < 0.6 else rng.normal(0, 6)
        middle = (main[:2] + main[2:4]) / 2
        move = similarity(size / float(main[2] - main[0]), degrees, middle, target)
        mask = cutout(rng, image.shape[0], image.shape[1], main[:4], cut_off=CUT_OFF * self._crowd)
        patch = cut(image, mask, move, width, height)
        limit = BEHIND if self._now_and_then(HIDDEN) else APART
        if patch is None or frame.hides_a_face(patch, limit):
            return
        placed = transform_faces(faces, move)
        seen = [self._visible(face, patch, width, height) for face in placed]
        if not any(
            visible > 0.55 and face[14] >= CERTAIN for visible, face in zip(seen, placed, strict=True)
        ):
            return
        if is_crop and rng.random() < 0.6:
            self._head_behind(frame, size, degrees, target, light)
        if self._now_and_then(DRESSED):
            self._body(frame, size, target, light)
        self._seen_in(light, patch, size).paint(frame.pixels)
        self._record(frame, placed, seen)

    def _seen_in(self, light: float, patch: Patch, size: float) -> Patch:
        """A person, the face `size` px wide, in another tone and in the light there is."""
        pixels = retone(self._rng, patch.pixels)
        if self._now_and_then(OUT_OF_FOCUS):
            reach = size * float(self._rng.uniform(0.01, 0.05))
            pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), reach), np.uint8)
        if light != 1:
            pixels = np.asarray(cv2.convertScaleAbs(pixels, alpha=light), np.uint8)
        return Patch(patch.corner, pixels, patch.mask)

    def _place(self, frame: Frame, size: float) -> tuple[float, float]:
        """Where the middle of a face of that width may be."""
        margin, (width, height) = 0.35 * size, frame.size
        return _between(self._rng, margin, width), _between(self._rng, 1.2 * margin, height)

    def _figure(self, frame: Frame, wanted: float | None, light: float) -> None:
        """Put one of the scene's figures there, if it hides nobody."""
        rng = self._rng
        person = self._library.figures[int(rng.integers(len(self._library.figures)))]
        image, opacity = np.ascontiguousarray(person.image[..., :3]), person.image[..., 3] / np.float32(255)
        face = person.faces[0]
        width, height = frame.size
        size = self._width(width, height) if wanted is None else wanted
        middle = (face[:2] + face[2:4]) / 2
        move = similarity(size / float(face[2] - face[0]), 0, middle, self._place(frame, size))
        patch = cut(image, opacity, move, width, height)
        if patch is None or frame.hides_a_face(patch, APART):
            return
        placed = transform_faces(person.faces, move)
        self._seen_in(light, patch, size).paint(frame.pixels)
        self._record(frame, placed, [self._visible(placed[0], patch, width, height)])

    @staticmethod
    def _visible(face: NDArray[np.float32], patch: Patch, width: int, height: int) -> float:
        """Share of the face that is in the patch and in the frame."""
        inside = np.clip(face[[0, 1, 2, 3]], 0, [width, height, width, height]).astype(np.float32)
        return patch.cover(inside) * float(np.prod(inside[2:] - inside[:2]) / np.prod(face[2:4] - face[:2]))

    @staticmethod
    def _record(frame: Frame, placed: Floats, seen: list[float]) -> None:
        for face, visible in zip(placed, seen, strict=True):
            if face[14] >= CERTAIN and visible > 0.6 and face[2] - face[0] >= SMALLEST:
                frame.faces.append(face[:14])
                frame.covered.append(0.0)
            elif visible > 0.1:
                frame.zones.append(face[:4])

    def _body(self, frame: Frame, size: float, target: tuple[float, float], light: float) -> None:
        """A drawn body below a face."""
        bodies = self._library.bodies
        if not bodies:
            return
        body = bodies[int(self._rng.integers(len(bodies)))]
        image, opacity = np.ascontiguousarray(body[..., :3]), body[..., 3].astype(np.float32) / 255
        top = np.array([image.shape[1] / 2, 0], np.float32)
        chin = (target[0], target[1] + size * self._rng.uniform(0.55, 0.85))
        patch = cut(image, opacity, similarity(size / BODY, 0, top, chin), *frame.size)
        if patch is not None and not frame.hides_a_face(patch, APART):
            pixels = np.asarray(cv2.convertScaleAbs(retone(self._rng, patch.pixels), alpha=light), np.uint8)
            Patch(patch.corner, pixels, patch.mask).paint(frame.pixels)

    def _head_behind(
        self, frame: Frame, size: float, degrees: float, target: tuple[float, float], light: float
    ) -> None:
        """A drawn head and shoulders behind an aligned crop, which has no hair."""
        image, mask = drawn_head(self._rng, 160, 200)
        middle = np.array([80, 200 * 0.43], np.float32)
        move = similarity(size / 72, degrees, middle, target)
        patch = cut(image, soften(self._rng, mask, 60), move, *frame.size)
        if patch is not None and not frame.hides_a_face(patch, 0.12):
            pixels = np.asarray(cv2.convertScaleAbs(patch.pixels, alpha=light), np.uint8)
            Patch(patch.corner, pixels, patch.mask).paint(frame.pixels)


def _labels(frame: Frame) -> tuple[NDArray[np.float32], Boxes]:
    faces, zones = np.asarray(frame.faces, np.float32), np.asarray(frame.zones, np.float32)
    return faces.reshape(-1, 14), zones.reshape(-1, 4)


def _between(rng: Rng, margin: float, length: int) -> float:
    low = min(margin, length / 2)
    return float(rng.uniform(low, max(length - margin, low + 1e-3)))
