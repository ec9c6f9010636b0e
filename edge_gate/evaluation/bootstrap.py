"""Intervals for figures that are no simple share: draw the people anew, again and again.

Every person gets a Poisson weight in each draw and a comparison the product of its people's weights
(Owen, "The pigeonhole bootstrap", *Annals of Applied Statistics* 1 (2007): mildly conservative).
"""

import numpy as np
from msgspec import Struct

from edge_gate.evaluation.trials import Doubles, Evidence, Trials

DRAWS = 200
BINS = 2000
"""Thresholds of a drawn curve lie 1/1000 apart."""


class Estimate(Struct, frozen=True):
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float


class Draws(Struct, frozen=True):
    """Both error curves of each draw.

    Attributes:
        fmr: (draws, bins + 1), at thresholds that rise from -1 past 1; the last matches nothing.
        fnmr: the same for mated comparisons.
    """

    fmr: Doubles
    fnmr: Doubles


def resample(evidence: Evidence, seed: int, draws: int = DRAWS) -> Draws:
    """Draw the people `draws` times; the same seed draws the same."""
    weights = np.random.default_rng(seed).poisson(1.0, (draws, evidence.clusters)).astype(np.float64)
    return Draws(fmr=_reached(evidence.nonmated, weights), fnmr=1 - _reached(evidence.mated, weights))


def estimate(value: Doubles | float, drawn: Doubles, people: int) -> Estimate:
    """A share with the middle 95 % of what it became in the draws, widened to hold the share itself.

    Where it is 0 or 1 no draw can differ: then three in so many people who took part (rule of three).
    """
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    unseen = min(3 / people, 1.0)
    if value == 0:
        high = max(high, unseen)
    if value == 1:
        low = min(low, 1 - unseen)
    return Estimate(float(value), float(min(low, value)), float(max(high, value)))


def _reached(trials: Trials, weights: Doubles) -> Doubles:
    place = ((trials.scores + 1) * (BINS / 2)).astype(np.intp).clip(0, BINS - 1)
    alone = trials.first == trials.second
    shares = np.empty((len(weights), BINS + 1))
    for share, weight in zip(shares, weights, strict=True):
        each = weight[trials.first] * np.where(alone, 1.0, weight[trials.second])
        drawn = np.bincount(place, weights=each, minlength=BINS)
        share[:-1] = drawn[::-1].cumsum()[::-1] / max(drawn.sum(), 1.0)
        share[-1] = 0.0
    return shares
