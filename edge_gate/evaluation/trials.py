"""Comparison scores, and who took part in each."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from edge_gate.face.frame import Floats

Indices: TypeAlias = npt.NDArray[np.intp]
Doubles: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]


class Trials(Struct, frozen=True):
    """Comparisons of one kind: all mated, or all non-mated.

    Two comparisons that share a person are not independent; `first` and `second` say which do. In an
    identification trial `second` is the gallery that was searched.

    Attributes:
        scores: (n,) float32, -1..1; -1 where nothing could be compared.
        first: (n,) intp, a person's number.
        second: (n,) intp, the other person's number; the same as `first` where there is no other.

    Raises:
        ValueError: if the three differ in length.
    """

    scores: Floats
    first: Indices
    second: Indices

    def __post_init__(self) -> None:
        if not len(self.scores) == len(self.first) == len(self.second):
            raise ValueError(f"{len(self.scores)} scores, {len(self.first)} and {len(self.second)} people")

    def __len__(self) -> int:
        return len(self.scores)


class Evidence(Struct, frozen=True):
    """What an experiment yields: how the right people score, and how the wrong ones do."""

    mated: Trials
    nonmated: Trials

    @property
    def people(self) -> int:
        """How many people (and galleries) took part."""
        parts = (self.mated.first, self.mated.second, self.nonmated.first, self.nonmated.second)
        return len(np.unique(np.concatenate(parts)))

    @property
    def clusters(self) -> int:
        """One more than the largest person's (or gallery's) number."""
        parts = (self.mated.first, self.mated.second, self.nonmated.first, self.nonmated.second)
        return 1 + max(int(part.max(initial=-1)) for part in parts)


def every_pair(vectors: Floats, people: Indices, *, failures: bool = False) -> Evidence:
    """Compare every image with every other, each pair once.

    Args:
        vectors: (n, d) float32 unit vectors; a row of zeros stands for an image that gave no probe.
        people: (n,) intp, whose image each row is.
        failures: whether an image without a probe counts, as one that matches nothing; else it is left out.
    """
    usable: Flags = np.asarray(vectors.any(axis=1))
    if not failures:
        vectors, people, usable = vectors[usable], people[usable], usable[usable]
    above, beside = np.triu_indices(len(people), 1)
    scores = (vectors @ vectors.T)[above, beside]
    scores[~(usable[above] & usable[beside])] = -1
    first, second = people[above].astype(np.intp), people[beside].astype(np.intp)
    same = np.asarray(first == second)
    return Evidence(
        Trials(scores[same], first[same], second[same]),
        Trials(scores[~same], first[~same], second[~same]),
    )
