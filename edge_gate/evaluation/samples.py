"""What an experiment saw: one probe, or the reason there is none, for every picture of a dataset."""

from collections import Counter
from typing import Literal, TypeAlias

import numpy as np
from msgspec import Struct

from edge_gate.evaluation.intervals import Rate, rate
from edge_gate.evaluation.trials import Indices
from edge_gate.face.frame import Floats

Part: TypeAlias = Literal["enrol", "probe", "stranger", "attack"]


class Samples(Struct, frozen=True):
    """A dataset after the product's own path has looked at each picture.

    Attributes:
        names: of the people, sorted; a number elsewhere is an index into it.
        images: paths inside the dataset.
        people: (n,) intp, whose picture each is; of an attack, who is impersonated.
        parts: the role of each.
        species: of an attack, how it was made; empty elsewhere.
        reasons: why a picture gave no probe; empty where it gave one.
        vectors: (n, d) float32 unit vectors; zeros where there is no probe.
        live: (n,) float32, the liveness score; not a number where no model looked.
        digest: of the pictures' bytes, people and roles: the same data, the same digest.
    """

    names: tuple[str, ...]
    images: tuple[str, ...]
    people: Indices
    parts: tuple[Part, ...]
    species: tuple[str, ...]
    reasons: tuple[str, ...]
    vectors: Floats
    live: Floats
    digest: str

    def of(self, *parts: Part) -> Indices:
        """Rows with one of these roles."""
        return np.flatnonzero([part in parts for part in self.parts])

    @property
    def bona_fide(self) -> Indices:
        """Rows that are no attack."""
        return self.of("enrol", "probe", "stranger")


class FailureToAcquire(Struct, frozen=True):
    """How many pictures of real faces gave no probe, and why."""

    overall: Rate
    reasons: dict[str, int]


def failure_to_acquire(samples: Samples) -> FailureToAcquire:
    """Count the pictures that gave no probe; attacks are left out."""
    reasons = Counter(samples.reasons[row] for row in samples.bona_fide)
    tries = reasons.total()
    failed = tries - reasons.pop("", 0)
    return FailureToAcquire(rate(failed, tries), dict(reasons.most_common()))
