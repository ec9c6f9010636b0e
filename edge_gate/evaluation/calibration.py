"""What a score means: the record that maps a threshold to its false match rate, and how sure that is."""

from itertools import pairwise
from typing import Literal

import msgspec

DOUBT = 0.025
"""Chance that a true rate lies above its bound. The gallery's own share of doubt is as large: 95 % in all."""


class Level(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of the map.

    Attributes:
        threshold: least score that matches, -1..1.
        fmr: false match rate of one comparison, as measured or fitted.
        fmr_bound: what it stays under, with a doubt of 2.5 %.
        fnmr: false non-match rate of one comparison.
        fnmr_bound: what it stays under, with a doubt of 2.5 %.
        basis: `measured`, or `fitted`: extrapolated past the evidence, to inform and never to rely on.
    """

    threshold: float
    fmr: float
    fmr_bound: float
    fnmr: float
    fnmr_bound: float
    basis: Literal["measured", "fitted"]


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was measured of one pack, and on what.

    Attributes:
        pack: name in the manifest.
        detector: sha256 of the detector it was measured with.
        embedder: sha256 of the embedder.
        preprocessing: version of the way from picture to chip.
        dataset: name and digest of the pictures.
        people: how many took part.
        mated: comparisons of one person's pictures.
        nonmated: comparisons of two people's.
        spread: how unlike people are as impostors: squared coefficient of variation of their own FMR.
        levels: the map, thresholds ascending.
    """

    pack: str
    detector: str
    embedder: str
    preprocessing: str
    dataset: str
    people: int
    mated: int
    nonmated: int
    spread: float
    levels: tuple[Level, ...]

    def __post_init__(self) -> None:
        rows = self.levels
        ascending = all(low.threshold < high.threshold for low, high in pairwise(rows))
        falling = all(low.fmr_bound >= high.fmr_bound for low, high in pairwise(rows))
        if not rows or not ascending or not falling or rows[0].basis != "measured":
            raise ValueError("the levels must rise in threshold and fall in fmr_bound, and begin measured")

    @property
    def measured(self) -> tuple[Level, ...]:
        """The levels that a promise may rest on."""
        return tuple(level for level in self.levels if level.basis == "measured")

    @property
    def supports(self) -> float:
        """The lowest false match rate the evidence can vouch for."""
        return self.measured[-1].fmr_bound

    def at(self, threshold: float) -> Level:
        """The level of the highest listed threshold that is not above `threshold`; else the first."""
        return next(
            (level for level in reversed(self.levels) if level.threshold <= threshold), self.levels[0]
        )
