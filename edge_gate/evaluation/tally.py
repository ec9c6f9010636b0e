"""Counting trials that reach a threshold, and how far shared people make the count uncertain."""

import numpy as np

from edge_gate.evaluation.intervals import Rate, rate
from edge_gate.evaluation.trials import Doubles, Trials


class Tally:
    """Trials with the highest score first, so that those which reach a threshold are the first few.

    The variance of their share lets any two trials that have a person in common depend on each other
    (dyadic-robust: Fafchamps & Gubert, *J. Development Economics* 83 (2007)).
    """

    def __init__(self, trials: Trials) -> None:
        order = np.argsort(-trials.scores, kind="stable")
        self.scores = trials.scores[order]
        self._ascending = -self.scores
        self._first, self._second = trials.first[order], trials.second[order]
        self._alone = self._first == self._second
        self._size = 1 + int(max(self._first.max(initial=-1), self._second.max(initial=-1)))
        self._tried = self._per_person(len(self.scores))

    def __len__(self) -> int:
        return len(self.scores)

    def count(self, threshold: float) -> int:
        """How many trials score at least `threshold`."""
        return int(np.searchsorted(self._ascending, np.float32(-threshold), side="right"))

    def reaching(self, threshold: float, effect: float = 1.0) -> Rate:
        """The share that scores at least `threshold`; `effect` is the least design effect to assume."""
        count = self.count(threshold)
        return rate(count, len(self), max(effect, self.design_effect(count)))

    def below(self, threshold: float) -> Rate:
        """The share that scores less than `threshold`."""
        count = self.count(threshold)
        return rate(len(self) - count, len(self), self.design_effect(count))

    def design_effect(self, count: int) -> float:
        """Variance of the share of the best `count` trials, over what independence would give; at least 1."""
        tries = len(self)
        if count in (0, tries):
            return 1.0
        share = count / tries
        variance = float(((self._per_person(count) - share * self._tried) ** 2).sum())
        # Two trials of the same two people were counted for each of them; once is enough.
        variance -= float((self._per_pair(count) ** 2).sum())
        return max(variance / (tries * share * (1 - share)), 1.0)

    def spread(self, count: int) -> float:
        """How unlike people are: squared coefficient of variation of their own rates, at least 0.

        From two trials of one person with two different others: E[rate^2] / E[rate]^2 - 1. Needs
        trials of different people.
        """
        per_person, per_pair = self._per_person(count), self._per_pair(count)
        both = float((per_person * (per_person - 1)).sum() - 2 * (per_pair * (per_pair - 1)).sum())
        chances = float((self._tried * (self._tried - 1)).sum())
        return max(both / chances / (count / len(self)) ** 2 - 1, 0.0) if count else 0.0

    def _per_person(self, count: int) -> Doubles:
        first, second, alone = self._first[:count], self._second[:count], self._alone[:count]
        size = self._size
        seconds = np.bincount(second, weights=~alone, minlength=size)
        return np.asarray(np.bincount(first, minlength=size) + seconds, dtype=np.float64)

    def _per_pair(self, count: int) -> Doubles:
        first, second = self._first[:count], self._second[:count]
        two = ~self._alone[:count]
        low, high = np.minimum(first[two], second[two]), np.maximum(first[two], second[two])
        return np.unique(low * self._size + high, return_counts=True)[1].astype(np.float64)
