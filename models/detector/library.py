"""The prepared pictures and their labels, memory-mapped."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.labels import CERTAIN
from edge_gate.face.frame import Floats, Pixels

BODIES = 8
"""How often each figure's body is among the things: there are few, and every scene has them."""


@dataclass(frozen=True)
class Picture:
    """One photograph, BGR, with the teacher's faces (n x 15)."""

    image: Pixels
    faces: Floats

    @property
    def largest(self) -> NDArray[np.float32] | None:
        """The largest certain face, or None."""
        certain = self.faces[self.faces[:, 14] >= CERTAIN]
        return certain[np.argmax(certain[:, 2] - certain[:, 0])] if len(certain) else None


def turned(face: NDArray[np.float32]) -> bool:
    """Whether the head is turned: the nose is off the eyes' middle, or the eyes are close for the face."""
    landmarks = face[4:14].reshape(5, 2)
    eyes = landmarks[1] - landmarks[0]
    length = float(np.hypot(*eyes)) + 1e-6
    off = float((landmarks[2] - landmarks[:2].mean(0)) @ eyes) / length**2
    return abs(off) > 0.2 or length < 0.32 * float(face[2] - face[0])


class Library:
    """Prepared pictures by kind: `face`, `mask` (with and without), `crop`, `background`, `scenery`."""

    def __init__(self, work: Path, held_out: bool) -> None:
        with np.load(work / "pictures.npz") as index:
            kind, shape, count, faces = (
                index["kind"],
                index["shape"].astype(np.int64),
                index["count"],
                index["faces"],
            )
            chosen = index["held_out"] == held_out
        self._pixels = np.memmap(work / "pixels.bin", np.uint8, "r")
        self._shape = shape
        self._end = np.cumsum(shape.prod(1) * 3)
        self._faces = np.split(faces, np.cumsum(count)[:-1])
        self.numbers = {str(k): np.flatnonzero((kind == k) & chosen) for k in np.unique(kind)}
        self.numbers.setdefault("scenery", np.zeros(0, np.int64))
        clear = [n for n in self.numbers["background"] if count[n] == 0]
        self.clear = np.array([*clear, *self.numbers["scenery"]], np.int64)
        """Backgrounds in which no teacher saw anything."""
        self.things: list[Pixels] = []
        """Cut-out pictures of things, (h, w, 4), the last channel their opacity: `detector.objects`."""
        self.figures: list[Picture] = []
        """The scene's figures, (h, w, 4), with their faces."""
        self.bodies: list[Pixels] = []
        """The same from the neck down."""
        if not held_out and (work / "objects.npz").exists():
            self._read_objects(work / "objects.npz")
        self.crops = frozenset(self.numbers["crop"].tolist())
        self.turned = np.array(
            [n for k in ("face", "mask", "crop") for n in self.numbers[k] if self._largest_turned(int(n))],
            np.int64,
        )

    def _largest_turned(self, number: int) -> bool:
        face = Picture(np.zeros((0, 0, 3), np.uint8), self._faces[number]).largest
        return face is not None and turned(face)

    def _read_objects(self, path: Path) -> None:
        with np.load(path) as data:
            pixels, shapes, faces, chin = (
                data["pixels"],
                data["shape"].astype(np.int64),
                data["faces"],
                data["chin"],
            )
        parts = np.split(pixels, np.cumsum(shapes.prod(1) * 4)[:-1])
        things = [part.reshape(*shape, 4) for part, shape in zip(parts, shapes, strict=True)]
        people = things[len(things) - len(faces) :]
        self.figures = [Picture(person, face[None]) for person, face in zip(people, faces, strict=True)]
        self.bodies = [person[int(chin) :] for person in people]
        self.things = things[: len(things) - len(faces)] + self.bodies * BODIES

    def __getitem__(self, number: int) -> Picture:
        height, width = self._shape[number]
        end = self._end[number]
        image = np.asarray(self._pixels[end - height * width * 3 : end]).reshape(height, width, 3)
        return Picture(image, self._faces[number])
