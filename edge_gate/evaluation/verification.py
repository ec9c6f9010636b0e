"""One comparison: is this the person they claim to be?"""

import numpy as np
from msgspec import Struct

from edge_gate.evaluation.bootstrap import Estimate, estimate, resample
from edge_gate.evaluation.intervals import Rate
from edge_gate.evaluation.tally import Tally
from edge_gate.evaluation.trials import Doubles, Evidence

STEP = 0.005
"""Distance between two thresholds of a table."""
RULE_OF_30 = 30
"""Errors needed to know a rate within 30 % at 90 % (Doddington et al., *Speech Communication* 31 (2000))."""


class Level(Struct, frozen=True):
    """Both error rates of one comparison at a threshold."""

    threshold: float
    fmr: Rate
    fnmr: Rate


class Accepted(Struct, frozen=True):
    """How many of the right people pass where few of the wrong ones do.

    Attributes:
        fmr: the false match rate asked for.
        threshold: the least threshold that keeps it.
        tar: true accept rate there.
        errors: false matches that the threshold rests on.
        supported: whether they are enough to speak of that rate at all (rule of 30).
    """

    fmr: float
    threshold: float
    tar: Estimate
    errors: int
    supported: bool


class Verification(Struct, frozen=True):
    """The one-to-one figures of an experiment."""

    people: int
    mated: int
    nonmated: int
    eer: Estimate
    eer_threshold: float
    accepted: tuple[Accepted, ...]
    levels: tuple[Level, ...]


def verify(
    evidence: Evidence, seed: int, rates: tuple[float, ...] = (1e-3, 1e-4, 1e-5, 1e-6)
) -> Verification:
    """Measure FMR, FNMR, EER and the true accept rate at chosen false match rates.

    Raises:
        ValueError: if there is no mated or no non-mated comparison.
    """
    if not len(evidence.mated) or not len(evidence.nonmated):
        raise ValueError("an error rate needs two pictures of one person, and pictures of two")
    mated, nonmated = Tally(evidence.mated), Tally(evidence.nonmated)
    thresholds, fmr, fnmr = curve(mated, nonmated)
    again = resample(evidence, seed)
    crossing, tested = equal_error(fmr, fnmr), len(np.unique(evidence.mated.first))
    return Verification(
        people=evidence.people,
        mated=len(mated),
        nonmated=len(nonmated),
        eer=estimate(eer(fmr, fnmr), eer(again.fmr, again.fnmr), tested),
        eer_threshold=float(thresholds[crossing]),
        accepted=tuple(
            Accepted(
                rate,
                float(thresholds[keeping(fmr, rate)]),
                estimate(true_accepts(fmr, fnmr, rate), true_accepts(again.fmr, again.fnmr, rate), tested),
                nonmated.count(float(thresholds[keeping(fmr, rate)])),
                rate * len(nonmated) >= RULE_OF_30,
            )
            for rate in rates
        ),
        levels=levels(mated, nonmated),
    )


def curve(mated: Tally, nonmated: Tally) -> tuple[Doubles, Doubles, Doubles]:
    """Every threshold at which an error rate changes, ascending, with FMR and FNMR there.

    A comparison matches where its score is at least the threshold. The last threshold matches nothing.
    """
    scores = np.unique(np.concatenate([mated.scores, nonmated.scores]))
    thresholds = np.append(scores, np.nextafter(scores[-1], np.float32(2)))
    fmr = 1 - np.searchsorted(nonmated.scores[::-1], thresholds) / len(nonmated)
    fnmr = np.searchsorted(mated.scores[::-1], thresholds) / len(mated)
    return thresholds.astype(np.float64), fmr, fnmr


def levels(mated: Tally, nonmated: Tally, worst: float = 0.2) -> tuple[Level, ...]:
    """A table of both rates, from the threshold with FMR `worst` to the highest non-mated score."""
    lowest = np.floor(float(nonmated.scores[int(worst * len(nonmated))]) / STEP) * STEP
    highest = float(max(nonmated.scores[0], mated.scores[0])) + STEP
    table, effect = [], 1.0
    for threshold in np.arange(lowest, min(highest, 1.0), STEP).round(6).tolist():
        count = nonmated.count(threshold)
        if count >= RULE_OF_30:
            effect = nonmated.design_effect(count)
        # Few errors cannot show that they depend on each other: what the last many showed still holds.
        table.append(Level(threshold, nonmated.reaching(threshold, effect), mated.below(threshold)))
    return tuple(table)


def equal_error(fmr: Doubles, fnmr: Doubles) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    """Index, along the last axis, where the two rates are nearest to each other."""
    return np.asarray(np.abs(fmr - fnmr).argmin(axis=-1))


def keeping(fmr: Doubles, rate: float) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    """Index, along the last axis, of the least threshold with an FMR of at most `rate`."""
    return np.asarray((fmr <= rate).argmax(axis=-1))


def true_accepts(fmr: Doubles, fnmr: Doubles, rate: float) -> Doubles:
    """1 - FNMR at the least threshold that keeps FMR to `rate`."""
    return 1 - np.take_along_axis(fnmr, keeping(fmr, rate)[..., None], axis=-1)[..., 0]


def eer(fmr: Doubles, fnmr: Doubles) -> Doubles:
    """Mean of both rates where they are nearest to each other."""
    at = equal_error(fmr, fnmr)[..., None]
    return (np.take_along_axis(fmr, at, axis=-1) + np.take_along_axis(fnmr, at, axis=-1))[..., 0] / 2
