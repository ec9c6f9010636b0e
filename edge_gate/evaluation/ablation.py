"""The founding claim, measured: detect, align and embed, against one network on more of the picture."""

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

from edge_gate.evaluation.bootstrap import Estimate, estimate, resample
from edge_gate.evaluation.pairs import Pair, folded, scored
from edge_gate.evaluation.samples import Samples
from edge_gate.evaluation.tally import Tally
from edge_gate.evaluation.trials import Evidence, Trials
from edge_gate.evaluation.verification import curve, eer

Look: TypeAlias = Callable[[str, bool], Samples]
"""The dataset seen in one of `looking.WAYS`, its pictures as they are or somewhere in a larger scene."""


class Arm(Struct, frozen=True):
    """One way of looking at the same pairs.

    Attributes:
        way: of `looking.WAYS`: whole, box or aligned.
        in_a_scene: whether each photograph was put somewhere in a larger scene first.
        accuracy: of the folds, with the 95 % interval of their mean; a face not found counts as different.
        eer: over the same pairs, with the bootstrap's interval over people.
        pairs: how many.
        failed: pairs with a face not found.
    """

    way: str
    in_a_scene: bool
    accuracy: Estimate
    eer: Estimate
    pairs: int
    failed: int


def ablate(look: Look, ways: tuple[str, ...], pairs: tuple[Pair, ...], seed: int) -> tuple[Arm, ...]:
    """Compare the same pairs in every way, in the pictures as they are and in larger scenes."""
    return tuple(
        _arm(look(way, in_a_scene), way, pairs, seed, in_a_scene=in_a_scene)
        for in_a_scene in (False, True)
        for way in ways
    )


def _arm(samples: Samples, way: str, pairs: tuple[Pair, ...], seed: int, *, in_a_scene: bool) -> Arm:
    folds = folded(samples, pairs)
    error = 1.96 * folds.accuracy_std / folds.folds**0.5
    evidence = _evidence(samples, pairs)
    _, fmr, fnmr = curve(Tally(evidence.mated), Tally(evidence.nonmated))
    again = resample(evidence, seed)
    return Arm(
        way=way,
        in_a_scene=in_a_scene,
        accuracy=Estimate(folds.accuracy, folds.accuracy - error, min(folds.accuracy + error, 1.0)),
        eer=estimate(eer(fmr, fnmr), eer(again.fmr, again.fnmr), evidence.people),
        pairs=folds.pairs,
        failed=folds.failed,
    )


def _evidence(samples: Samples, pairs: tuple[Pair, ...]) -> Evidence:
    known = scored(samples, pairs)
    same = known.same
    first, second = samples.people[known.one], samples.people[known.two]
    return Evidence(
        Trials(known.scores[same], first[same], second[same]),
        Trials(known.scores[~same], first[~same], second[~same]),
    )
