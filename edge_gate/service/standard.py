"""The threshold for the gallery as it stands: derived from the owner's budget, anew when it changes."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Protocol

import msgspec
import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from edge_gate.access.consensus import ConsensusRules
from edge_gate.access.events import DoorEvent, PromiseRefused, ThresholdDerived
from edge_gate.evaluation.budget import (
    Answer,
    Budget,
    Demand,
    Promise,
    Refusal,
    derive,
    promise_in_words,
    promised,
)
from edge_gate.evaluation.calibration import Calibration
from edge_gate.evaluation.lookalikes import Alike, look_alikes
from edge_gate.face.comparison import Roster

NOBODY = 2.0
"""A threshold that no score reaches."""


class Mode(StrEnum):
    """With whom a face is compared."""

    SEARCH = "search"
    """With everybody enrolled."""
    ONE_HOLDER = "one_holder"
    """With the person whom a card or PIN named."""


class Ruling(Struct, frozen=True):
    """What a face must reach now.

    Attributes:
        rules: with the threshold for this gallery and this search.
        news: what has changed since the ruling before.
    """

    rules: ConsensusRules
    news: tuple[DoorEvent, ...] = ()


class Standard(Protocol):
    """Says what a face must reach."""

    def ruling(self, everybody: Roster, mode: Mode) -> Ruling:
        """For a search among everybody, or for a comparison with one of them."""
        ...


class BudgetStandard:
    """Derives thresholds from a budget; `ruling` belongs to one thread, the attributes may be read by others.

    Args:
        budget: what the owner can accept.
        calibration: of the pack.
        rules: everything but the threshold.
        looks: frames that an attempt can hold, for each that must agree.
        expert: a threshold set by hand, which promises nothing; None derives it.

    Attributes:
        answers: what was promised or refused, for searches and for comparisons with one holder, as far as
            either has been asked of the present gallery; swapped whole.
        alike: look-alikes in the gallery, set before anybody is searched for in it; swapped whole.
    """

    def __init__(
        self,
        budget: Budget,
        calibration: Calibration,
        rules: ConsensusRules,
        looks: float,
        expert: float | None = None,
    ) -> None:
        self.answers: Mapping[Mode, Answer] = {}
        self.alike: tuple[Alike, ...] = ()
        self._budget = budget
        self._calibration = calibration
        self._rules = rules
        self._looks = looks
        self._expert = expert
        self._everybody: Roster | None = None
        self._settled: dict[Mode, Ruling] = {}
        self._told: dict[Mode, Answer] = {}

    def ruling(self, everybody: Roster, mode: Mode) -> Ruling:
        """For a search among everybody, or for a comparison with one of them."""
        if everybody is not self._everybody:
            self._everybody, self.answers, self._settled = everybody, {}, {}
        if mode in self._settled:
            return self._settled[mode]
        news = tuple(self._derived(everybody, mode))
        answer = self.answers[mode]
        threshold = answer.threshold if isinstance(answer, Promise) else NOBODY
        settled = self._settled[mode] = Ruling(replace(self._rules, threshold=threshold))
        return Ruling(settled.rules, news)

    def answer(self, demand: Demand) -> Answer:
        """What is promised, or refused, where an attempt amounts to this much."""
        if self._expert is None:
            return derive(self._budget, self._calibration, demand)
        return promised(self._budget, self._calibration, demand, self._expert)

    def in_words(self) -> str:
        """What is promised or refused at present, for the owner."""
        said = [f"{mode.value}: {promise_in_words(answer)}" for mode, answer in self.answers.items()]
        shout = [] if self._expert is None else ["EXPERT THRESHOLD, SET BY HAND: NO PROMISE HOLDS"]
        return "; ".join([*shout, *said]) or "none before the first look"

    def figures(self) -> dict[str, object]:
        """The same for a script: by mode, a promise or a refusal."""
        return {mode.value: msgspec.to_builtins(answer) for mode, answer in self.answers.items()}

    def _derived(self, everybody: Roster, mode: Mode) -> Iterator[DoorEvent]:
        answer = self.answer(demanded(everybody, mode, self._looks))
        self.answers = {**self.answers, mode: answer}
        if answer != self._told.get(mode):
            self._told[mode] = answer
            yield told(answer, mode, "budget" if self._expert is None else "expert")
        # Where faces open nothing nobody can be taken for another, and 10,000 people take seconds to compare.
        if mode is Mode.SEARCH:
            kept = isinstance(answer, Promise)
            self.alike = audited(everybody, answer, self._calibration) if kept else ()


def audited(
    everybody: Roster, answer: Answer, calibration: Calibration, about: str | None = None
) -> tuple[Alike, ...]:
    """Look-alikes at the threshold that holds, or at the highest that was measured where none does."""
    return look_alikes(everybody, strictest(answer, calibration), usual(calibration), about)


def strictest(answer: Answer, calibration: Calibration) -> float:
    """The score from which two people are look-alikes: what the budget allows, or could allow at most."""
    return answer.threshold if isinstance(answer, Promise) else calibration.measured[-1].threshold


def told(answer: Answer, mode: Mode, reason: str) -> DoorEvent:
    """What the journal keeps of a promise or a refusal."""
    people, comparisons = answer.demand.people, answer.demand.comparisons
    if isinstance(answer, Refusal):
        return PromiseRefused(
            answer.shortfall.value, mode.value, people, comparisons, promise_in_words(answer)
        )
    figures = (people, comparisons, answer.fpir, answer.fpir_bound, answer.fnir)
    return ThresholdDerived(reason, mode.value, answer.threshold, *figures)


def demanded(everybody: Roster, mode: Mode, looks: float) -> Demand:
    """What an attempt amounts to at this gallery."""
    people = len(everybody.subjects)
    sizes = np.diff(np.append(everybody.starts, len(everybody.matrix)))
    comparisons = len(everybody.matrix) if mode is Mode.SEARCH else int(sizes.max(initial=1))
    return Demand(people, comparisons, looks)


def usual(calibration: Calibration) -> float:
    """The score that half of all pairs of one person's pictures reach."""
    reached = [level.threshold for level in calibration.levels if level.fnmr <= 0.5]
    return reached[-1] if reached else calibration.levels[0].threshold
