"""The owner states what they can accept; the evidence says which threshold keeps it, or that none does."""

from enum import StrEnum
from math import ceil
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from edge_gate.evaluation.calibration import Calibration, Level

DAYS = 365.25

QUANTILE = 1.959963984540054
"""Of the normal distribution, at 1 - `DOUBT`: to compute it loads a library that no door needs otherwise."""


class Budget(Struct, frozen=True):
    """What the owner can accept.

    Attributes:
        false_opens: chance that one stranger's attempt opens the door, above 0, below 1.
        false_rejects: share of the rightful people's comparisons that may fail, 0..1.
        attempts_a_day: how often strangers try; None where nobody knows.
    """

    false_opens: float
    false_rejects: float
    attempts_a_day: float | None = None


class Demand(Struct, frozen=True):
    """What one attempt at this door amounts to.

    Attributes:
        people: how many are enrolled.
        comparisons: templates that one look is compared with: all of them in a search, one person's
            where a card or PIN named the person.
        looks: frames an attempt can hold for each that must agree, at least 1. Whatever the frames
            have to do with each other, k of m agree with at most m/k times the chance of one
            (Markov's inequality on their number).
    """

    people: int
    comparisons: int
    looks: float = 1.0


class Shortfall(StrEnum):
    """Why no threshold will do."""

    EVIDENCE = "evidence"
    """The false match rate needed is lower than the evidence can vouch for."""
    REJECTS = "rejects"
    """It can be kept, but too many of the rightful would be turned away."""


class Promise(Struct, frozen=True):
    """A threshold and what it is good for.

    Attributes:
        threshold: least score, -1..1.
        demand: what it was derived for.
        fpir: expected chance that a stranger's single look opens: 1 - (1 - FMR)^comparisons.
        fpir_bound: what a whole attempt stays under at 95 % of sites like this.
        fnir: expected share of one rightful person's looks that fail.
        fnir_bound: what that stays under.
        false_opens_a_year: expected; None where the attempts a day are not known.
        false_opens_a_year_bound: what that stays under.
    """

    threshold: float
    demand: Demand
    fpir: float
    fpir_bound: float
    fnir: float
    fnir_bound: float
    false_opens_a_year: float | None
    false_opens_a_year_bound: float | None


class Refusal(Struct, frozen=True):
    """Why no promise can be made.

    Attributes:
        shortfall: what is wanting.
        demand: what was asked.
        needed_fmr: false match rate of one comparison that the budget asks for.
        supported_fmr: the lowest that the evidence can vouch for.
        fnir: share of rightful looks that would fail at the threshold it takes; of the fitted tail
            where nothing was measured there, 1 past that.
        people: how many this budget could serve, with as many templates each; 0 where none.
        one_to_one: whether it could be kept if a card or PIN named the person first.
        message: all that, for the owner.
        remedy: what would do.
    """

    shortfall: Shortfall
    demand: Demand
    needed_fmr: float
    supported_fmr: float
    fnir: float
    people: int
    one_to_one: bool
    message: str
    remedy: str


Answer: TypeAlias = Promise | Refusal


def derive(budget: Budget, calibration: Calibration, demand: Demand) -> Answer:
    """The lowest threshold that keeps the budget, or why there is none."""
    level = _kept(budget, calibration, demand)
    if level is not None:
        return promised(budget, calibration, demand, level.threshold)
    level = _level(budget, calibration.measured, calibration.spread, demand)
    shortfall = Shortfall.EVIDENCE if level is None else Shortfall.REJECTS
    reached = level or _level(budget, calibration.levels, calibration.spread, demand)
    refusal = Refusal(
        shortfall=shortfall,
        demand=demand,
        needed_fmr=budget.false_opens / _factor(calibration.spread, demand),
        supported_fmr=calibration.supports,
        fnir=reached.fnmr if reached else 1.0,
        people=servable(
            budget,
            calibration,
            demand.comparisons / max(demand.people, 1),
            demand.looks,
            max(demand.people, 1),
        ),
        one_to_one=_kept(budget, calibration, named(demand)) is not None,
        message="",
        remedy="",
    )
    message, remedy = _explained(refusal, budget, calibration), _remedied(refusal)
    return replace(refusal, message=message, remedy=remedy)


def promised(budget: Budget, calibration: Calibration, demand: Demand, threshold: float) -> Promise:
    """What a threshold is good for, whoever chose it."""
    level = calibration.at(threshold)
    fpir = 1 - (1 - level.fmr) ** demand.comparisons
    bound = min(level.fmr_bound * _factor(calibration.spread, demand), 1.0)
    yearly = None if budget.attempts_a_day is None else budget.attempts_a_day * DAYS
    return Promise(
        threshold=threshold,
        demand=demand,
        fpir=fpir,
        fpir_bound=bound,
        fnir=level.fnmr,
        fnir_bound=level.fnmr_bound,
        false_opens_a_year=None if yearly is None else fpir * yearly,
        false_opens_a_year_bound=None if yearly is None else bound * yearly,
    )


def named(demand: Demand) -> Demand:
    """The same door where a card or PIN names one of the enrolled first, with as many templates each."""
    return replace(demand, comparisons=ceil(demand.comparisons / max(demand.people, 1)))


def promise_in_words(answer: Answer) -> str:
    """A promise, or why there is none, in one sentence for the owner."""
    if isinstance(answer, Refusal):
        return f"{answer.message}. What would do: {answer.remedy}"
    yearly = ""
    if answer.false_opens_a_year is not None and answer.false_opens_a_year_bound is not None:
        expected, most = answer.false_opens_a_year, answer.false_opens_a_year_bound
        yearly = f", {expected:.2g} false openings a year expected and {most:.2g} at most"
    return (
        f"score {answer.threshold:.3f}, {answer.demand.people:,} people: {_odds(answer.fpir)} of a "
        f"stranger's looks expected to match, {_odds(answer.fpir_bound)} of their attempts let in at "
        f"most{yearly}; "
        f"{answer.fnir:.0%} of looks at the rightful fail"
    )


def _odds(chance: float) -> str:
    return f"1 in {1 / chance:,.0f}" if chance else "none"


def servable(
    budget: Budget, calibration: Calibration, each: float, looks: float, fewer_than: int = 1_000_000
) -> int:
    """How many people face alone can serve, with so many templates each; 0 where none."""
    fine, wrong = 0, fewer_than
    while wrong - fine > 1:
        people = (fine + wrong) // 2
        demand = Demand(people, ceil(each * people), looks)
        fine, wrong = (people, wrong) if _kept(budget, calibration, demand) else (fine, people)
    return fine


def unluckiest(spread: float, people: int) -> float:
    """How much worse than the average gallery one of so many people can be, at 97.5 % of galleries.

    People's own false match rates have a squared coefficient of variation of `spread`; their mean over
    a gallery is taken as gamma, its quantile by Wilson & Hilferty (*PNAS* 17 (1931)).
    """
    v = spread / (9 * people)
    return float(max((1 - v + QUANTILE * v**0.5) ** 3, 1.0))


def _factor(spread: float, demand: Demand) -> float:
    """By how much an attempt's bound exceeds that of one comparison; the union bound, so no independence."""
    return max(demand.comparisons, 1) * demand.looks * unluckiest(spread, max(demand.people, 1))


def _level(budget: Budget, levels: tuple[Level, ...], spread: float, demand: Demand) -> Level | None:
    allowed = budget.false_opens / _factor(spread, demand)
    return next((level for level in levels if level.fmr_bound <= allowed), None)


def _kept(budget: Budget, calibration: Calibration, demand: Demand) -> Level | None:
    level = _level(budget, calibration.measured, calibration.spread, demand)
    return level if level is not None and level.fnmr <= budget.false_rejects else None


def _explained(refusal: Refusal, budget: Budget, calibration: Calibration) -> str:
    people, odds = refusal.demand.people, f"1 in {1 / budget.false_opens:,.0f}"
    if refusal.shortfall is Shortfall.EVIDENCE:
        why = (
            f"That asks for at most one false match in {1 / refusal.needed_fmr:,.0f} comparisons; the pack "
            f"{calibration.pack!r} was measured on {calibration.people:,} people ({calibration.dataset}), "
            f"which vouches for one in {1 / refusal.supported_fmr:,.0f} and no better"
        )
    else:
        why = (
            f"The threshold it takes would turn away {refusal.fnir:.0%} of the looks at rightful people "
            f"(allowed: {budget.false_rejects:.0%})"
        )
    return (
        f"Face alone cannot keep this promise: at most {odds} stranger attempts let in, with {people:,} "
        f"enrolled. {why}"
    )


def _remedied(refusal: Refusal) -> str:
    ways = []
    if refusal.people:
        ways.append(f"enrol no more than {refusal.people:,} at this door")
    if refusal.one_to_one:
        ways.append("ask for a card or PIN as well, so that a face is compared with one person only")
    ways.append("install a pack with better rates, or one measured on more people")
    ways.append(
        "allow more false openings" if refusal.shortfall is Shortfall.EVIDENCE else "allow more of either"
    )
    return "; or ".join(ways)
