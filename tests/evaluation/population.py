"""People whose scores are known in advance: what a test of arithmetic can be checked against."""

from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from edge_gate.evaluation.trials import Doubles, Evidence, Indices, Trials

SPREAD = 0.1
"""Standard deviation of a score between two people, about that of a real embedder."""


@dataclass(frozen=True)
class Population:
    """Gaussian scores: non-mated about 0, mated about `mated`.

    `likeness` is the part of the variance that people carry along: above 0, some resemble everybody.
    """

    likeness: float = 0.0
    mated: float = 0.6

    def traits(self, people: int, rng: np.random.Generator) -> Doubles:
        return rng.normal(0, SPREAD * (self.likeness / 2) ** 0.5, people)

    def between(self, one: Doubles, two: Doubles, rng: np.random.Generator) -> Doubles:
        """Scores (len(one), len(two)) of everybody in one crowd with everybody in another."""
        noise = rng.normal(0, SPREAD * (1 - self.likeness) ** 0.5, (len(one), len(two)))
        return np.asarray(one[:, None] + two[None] + noise)

    def evidence(self, people: int, rng: np.random.Generator) -> Evidence:
        """An experiment: every pair of so many people once, and a mated comparison of each."""
        traits = self.traits(people, rng)
        above, beside = np.triu_indices(people, 1)
        scores = self.between(traits, traits, rng)[above, beside]
        mated = rng.normal(self.mated, SPREAD, people)
        everybody = np.arange(people)
        return Evidence(_trials(mated, everybody, everybody), _trials(scores, above, beside))

    def fmr(self, threshold: float) -> float:
        """The true rate."""
        return float(stats.norm.sf(threshold / SPREAD))

    def fpir(self, gallery: Doubles, threshold: float) -> float:
        """The true rate at which a stranger finds a match in this gallery (quadrature over traits)."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(20)
        own = nodes[:, None] * SPREAD * (self.likeness / 2) ** 0.5
        noise = SPREAD * (1 - self.likeness) ** 0.5
        matches = special.ndtr((own + gallery[None] - threshold) / noise)
        some = -np.expm1(np.log1p(-matches).sum(axis=1))
        return float(some @ weights / weights.sum())


def _trials(scores: Doubles, first: Indices, second: Indices) -> Trials:
    return Trials(scores.astype(np.float32), first.astype(np.intp), second.astype(np.intp))
