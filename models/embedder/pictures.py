"""The training set as one list of pictures and targets, in an order that the seed decides."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from embedder import blends, targets, teachers
from embedder.augment import spoil
from embedder.crops import Image, decode
from embedder.teachers import Vectors


@dataclass(frozen=True)
class Pictures:
    """(n, 128, 128, 3) BGR pictures in `parts`, their blank strips, and their (n, 512) targets."""

    parts: list[Image]
    strip: NDArray[np.int64]
    target: Vectors

    def __len__(self) -> int:
        return len(self.target)

    def __getitem__(self, k: int) -> Image:
        for part in self.parts:
            if k < len(part):
                return np.asarray(part[k])
            k -= len(part)
        raise IndexError(k)


def load(data: Path, work: Path) -> Pictures:
    """Chosen crops and every blend made so far, with targets."""
    crops = decode(data, work)
    labels = targets.both_sides(teachers.read(work))
    project = targets.projection(labels, crops.source, work)
    pool = blends.read(work)
    return Pictures(
        [crops.images, *(part.images for part in pool)],
        np.concatenate([crops.strip, *(part.strip for part in pool)]),
        np.concatenate([project(labels), *(project(part.labels) for part in pool)]),
    )


class Stream:
    """Endless batches: every picture once an epoch, spoiled anew each time.

    Batch `step` of `rank` is a function of (seed, step, rank) alone, so a run that was killed goes on as
    if it had not been.
    """

    def __init__(self, pictures: Pictures, seed: int, batch: int, rank: int, ranks: int) -> None:
        cv2.setNumThreads(1)
        self._pictures, self._seed, self._batch, self._rank, self._ranks = pictures, seed, batch, rank, ranks
        self._order: tuple[int, NDArray[np.int64]] = (-1, np.zeros(0, np.int64))
        self._whole = np.flatnonzero(pictures.strip == 0)

    def _row(self, position: int) -> int:
        epoch, place = divmod(position, len(self._pictures))
        if self._order[0] != epoch:
            self._order = (epoch, np.random.default_rng((self._seed, epoch)).permutation(len(self._pictures)))
        return int(self._order[1][place])

    def __call__(self, step: int, side: int) -> tuple[Tensor, Tensor]:
        """(batch, 3, side, side) RGB in -1..1, channels last, and (batch, 512) targets."""
        rng = np.random.default_rng((self._seed, step, self._rank))
        first = (step * self._ranks + self._rank) * self._batch
        rows = [self._row(first + k) for k in range(self._batch)]
        images = np.empty((self._batch, side, side, 3), np.uint8)
        for k, row in enumerate(rows):
            other = self._pictures[int(rng.choice(self._whole))]
            images[k] = spoil(self._pictures[row], int(self._pictures.strip[row]), other, side, rng)
        x = torch.from_numpy(images).flip(3).permute(0, 3, 1, 2).float().sub_(127.5).div_(127.5)
        return x.contiguous(memory_format=torch.channels_last), torch.from_numpy(self._pictures.target[rows])
