"""Enrolled people whom this door could take for each other."""

from dataclasses import dataclass

import numpy as np

from edge_gate.face.comparison import Roster

BLOCK = 512
"""Templates compared with the whole gallery at a time: 20 MB where 10,000 are enrolled."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Two names whose templates match.

    Attributes:
        first: the name that sorts first.
        second: the other.
        score: of their two most alike templates, -1..1.
        duplicate: whether they are as alike as two pictures of one person usually are.
    """

    first: str
    second: str
    score: float
    duplicate: bool


def look_alikes(roster: Roster, threshold: float, usual: float) -> tuple[Alike, ...]:
    """Every pair of people with a score of at least `threshold`, the most alike first.

    Args:
        roster: everybody enrolled.
        threshold: what the budget allows; two people above it need more than a face.
        usual: a score that half of all pairs of pictures of one person reach.
    """
    rows = np.searchsorted(roster.starts, np.arange(len(roster.matrix)), side="right") - 1
    best: dict[tuple[int, int], float] = {}
    for start in range(0, len(roster.matrix), BLOCK):
        scores = roster.matrix[start : start + BLOCK] @ roster.matrix[start:].T
        for above, beside in np.argwhere(scores >= threshold):
            one, two = int(rows[start + above]), int(rows[start + beside])
            if one < two:
                score = float(scores[above, beside])
                best[one, two] = max(score, best.get((one, two), -1.0))
    pairs = sorted(best.items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        Alike(roster.subjects[one], roster.subjects[two], score, score >= usual)
        for (one, two), score in pairs
    )
