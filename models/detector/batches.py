"""Batches of composed frames, fresh from worker processes or met again."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info

from detector.compose import Composer
from detector.library import Library
from detector.mimic import Teacher

SIZES = ((256, 192, 32, 0.75), (320, 256, 20, 0.25))
"""Width, height, batch size and share of batches; the larger for faces that fill the picture."""
MOST_FACES, MOST_ZONES = 12, 10


@dataclass(frozen=True)
class Batch:
    """Frames N x H x W x 3 (uint8, BGR), faces N x F x 14, present N x F, zones N x Z x 4.

    `features`, N x cells x 64, are the teacher's.
    """

    frames: Tensor
    faces: Tensor
    present: Tensor
    zones: Tensor
    features: Tensor

    @staticmethod
    def compose(composer: Composer, teacher: Teacher, width: int, height: int, count: int) -> "Batch":
        """`count` fresh frames."""
        frames = torch.empty(count, height, width, 3, dtype=torch.uint8)
        features = []
        faces, zones = torch.zeros(count, MOST_FACES, 14), torch.full((count, MOST_ZONES, 4), -9.0)
        present = torch.zeros(count, MOST_FACES, dtype=torch.bool)
        for i in range(count):
            pixels, f, z = composer(width, height)
            z = np.concatenate([f[MOST_FACES:, :4], z])[:MOST_ZONES]
            f = f[:MOST_FACES]
            frames[i] = torch.from_numpy(pixels)
            features.append(torch.from_numpy(teacher(composer.clear[None])))
            faces[i, : len(f)], present[i, : len(f)], zones[i, : len(z)] = (
                torch.from_numpy(f),
                True,
                torch.from_numpy(z),
            )
        return Batch(frames, faces, present, zones, torch.cat(features))


class Stream(IterableDataset[Batch]):
    """Batches without end; each worker its own seed."""

    def __init__(self, work: Path, teacher: Path, seed: int) -> None:
        self._work, self._teacher, self._seed = work, teacher, seed

    def __iter__(self) -> Iterator[Batch]:
        """Batches of the sizes in turn."""
        torch.set_num_threads(1)
        cv2.setNumThreads(1)
        info = get_worker_info()
        rng = np.random.default_rng([self._seed, info.id if info else 0])
        composer = Composer(
            Library(self._work, held_out=False),
            int(rng.integers(2**31)),
            self._work / "mined.npy",
            crowd=True,
        )
        teacher = Teacher(self._teacher)
        while True:
            composer.refresh()
            for _ in range(100):
                width, height, count, _ = SIZES[int(rng.random() < SIZES[1][3])]
                yield Batch.compose(composer, teacher, width, height, count)


class Pool:
    """Fresh batches from the stream, and again ones seen lately."""

    def __init__(self, stream: Iterator[Batch], rng: random.Random, size: int = 200, again: int = 1) -> None:
        self._stream, self._rng, self._size, self._again = stream, rng, size, again
        self._recent: list[Batch] = []
        self._turn = 0

    def __next__(self) -> Batch:
        """The next batch to learn from."""
        self._turn += 1
        if len(self._recent) < 12 or self._turn % (self._again + 1) == 0:
            self._recent.append(next(self._stream))
            if len(self._recent) > self._size:
                self._recent.pop(0)
            return self._recent[-1]
        return self._rng.choice(self._recent)
