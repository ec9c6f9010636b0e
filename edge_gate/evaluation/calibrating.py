"""How the record of what a score means is made. A door only reads it, and loads none of this."""

from itertools import accumulate, takewhile
from math import exp, sqrt

import msgspec

from edge_gate.evaluation.calibration import Calibration, Level
from edge_gate.evaluation.tally import Tally
from edge_gate.evaluation.trials import Evidence
from edge_gate.evaluation.verification import RULE_OF_30, levels

KNOWN_WITHIN = 3
"""A rate counts as measured where its bound is at most this many times as high."""
TAIL_FROM = 500
"""The tail is fitted to about this many of the highest non-mated scores: its slope is known to a tenth."""
TAIL_TO = 1e-8
"""The fitted tail is not written down past this false match rate."""


def calibrate(
    evidence: Evidence, *, pack: str, detector: str, embedder: str, preprocessing: str, dataset: str
) -> Calibration:
    """Turn an experiment into a record.

    The body is what was counted, as far as the bound stays within a factor of 3 of the rate itself:
    past that a threshold would be set by what is not known rather than by what is. The tail is an
    exponential: for a log-concave density (a Gaussian's, in practice a cosine's) it lies above the
    truth (Bagnoli & Bergstrom, *Economic Theory* 26 (2005)).

    Raises:
        ValueError: if there are too few comparisons of different people.
    """
    mated, nonmated = Tally(evidence.mated), Tally(evidence.nonmated)
    table = [
        Level(row.threshold, row.fmr.value, row.fmr.high, row.fnmr.value, row.fnmr.high, "measured")
        for row in levels(mated, nonmated)
    ]
    counts = [nonmated.count(row.threshold) for row in table]
    body = list(takewhile(lambda row: row.fmr_bound <= KNOWN_WITHIN * row.fmr, table))
    if not body or counts[0] < RULE_OF_30:
        raise ValueError(f"{len(nonmated)} comparisons of different people are too few to calibrate on")
    origin = max(sum(count >= TAIL_FROM for count in counts) - 1, 0)
    return Calibration(
        pack=pack,
        detector=detector,
        embedder=embedder,
        preprocessing=preprocessing,
        dataset=dataset,
        people=evidence.people,
        mated=len(mated),
        nonmated=len(nonmated),
        spread=max(nonmated.spread(count) for count in counts if count >= RULE_OF_30),
        levels=(*_falling(body), *_tail(nonmated, table, origin, after=body[-1])),
    )


def _falling(body: list[Level]) -> list[Level]:
    """The same with each bound no higher than the one before it: a higher threshold cannot match more."""
    bounds = accumulate((row.fmr_bound for row in body), min)
    return [msgspec.structs.replace(row, fmr_bound=bound) for row, bound in zip(body, bounds, strict=True)]


def _tail(nonmated: Tally, table: list[Level], origin: int, after: Level) -> list[Level]:
    start = table[origin]
    count = nonmated.count(start.threshold)
    scale = float(nonmated.scores[:count].mean(dtype=float)) - start.threshold
    # The mean of m exponential excesses has a standard error of scale / sqrt(m).
    steepest = scale * (1 + 1.96 / sqrt(count / nonmated.design_effect(count)))
    tail = []
    for row in table:
        past = row.threshold - start.threshold
        fmr, bound = start.fmr * exp(-past / scale), start.fmr_bound * exp(-past / steepest)
        if row.threshold > after.threshold and fmr >= TAIL_TO:
            bound = min(bound, after.fmr_bound)
            tail.append(Level(row.threshold, fmr, bound, row.fnmr, row.fnmr_bound, "fitted"))
    return tail
