"""Enrolled people whom this door could take for each other."""

import numpy as np
from msgspec import Struct

from edge_gate.face.comparison import Roster

BLOCK = 512
"""Templates compared with the whole gallery at a time: 20 MB where 10,000 are enrolled."""


class Alike(Struct, frozen=True):
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

    @property
    def names(self) -> tuple[str, str]:
        """Both."""
        return self.first, self.second


def look_alikes(
    roster: Roster, threshold: float, usual: float, about: str | None = None
) -> tuple[Alike, ...]:
    """Every pair of people with a score of at least `threshold`, the most alike first.

    Args:
        roster: everybody enrolled.
        threshold: what the budget allows; two people above it need more than a face.
        usual: a score that half of all pairs of pictures of one person reach.
        about: only pairs with this subject; None takes everybody.
    """
    owner = np.searchsorted(roster.starts, np.arange(len(roster.matrix)), side="right") - 1
    asked = np.arange(len(roster.matrix))
    if about is not None:
        asked = asked[owner == roster.subjects.index(about)] if about in roster.subjects else asked[:0]
    best: dict[tuple[int, int], float] = {}
    for start in range(0, len(asked), BLOCK):
        rows = asked[start : start + BLOCK]
        # Where everybody is asked about, each pair once: whoever comes before has been compared already.
        first = start if about is None else 0
        scores = roster.matrix[rows] @ roster.matrix[first:].T
        for above, beside in np.argwhere(scores >= threshold):
            one, two = sorted((int(owner[rows[above]]), int(owner[first + beside])))
            if one != two:
                best[one, two] = max(float(scores[above, beside]), best.get((one, two), -1.0))
    pairs = sorted(best.items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        Alike(roster.subjects[one], roster.subjects[two], score, score >= usual)
        for (one, two), score in pairs
    )


def between(roster: Roster, one: str, two: str) -> float:
    """The score of the most alike templates of two people who are enrolled, -1..1."""
    return float((roster.only(one).matrix @ roster.only(two).matrix.T).max())


def alike_in_words(pair: Alike) -> str:
    """What a technician does about a pair."""
    names = f"{pair.first} and {pair.second} look alike (score {pair.score:.3f})"
    if pair.duplicate:
        return f"{names}: one person? Then `edge-gate gallery merge`; if not, give both a card or PIN"
    return f"{names}: neither is let in by face alone; give both a card or PIN"
