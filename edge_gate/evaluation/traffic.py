"""What a door's own journal says of its error rates: scores and decisions, no template and no picture.

A record holds only the looks that its decision rests on, so these are figures of decisions, not of single
looks; and who somebody was is known only where a card or PIN said so. `docs/accuracy.md` has the limits.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from edge_gate.access.case import Case, reheard
from edge_gate.access.claim import Seen
from edge_gate.access.decision import Decision, Denied, Granted, Reason
from edge_gate.access.sighting import Flaw
from edge_gate.evaluation.intervals import Rate, rate
from edge_gate.evaluation.tally import Tally
from edge_gate.evaluation.trials import Trials

MARKS = (5, 50, 95)
"""Percentiles told of scores."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One record of a decision.

    Attributes:
        number: of the record.
        utc: when, ISO 8601.
        case: what was decided on.
    """

    number: int
    utc: str
    case: Case


@dataclass(frozen=True, slots=True)
class Scores:
    """Decisions of one kind.

    Attributes:
        erred: how many went wrong, with an interval in which people, not decisions, are the witnesses.
        people: how many took part.
        percentiles: of the scores, -1..1.
    """

    erred: Rate
    people: int
    percentiles: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a journal holds of faces.

    Attributes:
        since: when the first decision was; empty where there is none.
        until: when the last was.
        named_first: faces compared with the holder of a card or PIN; `erred`: below the threshold (FNMR).
        others: searches that named somebody, by the score of the best other person; `erred`: that one
            reached the threshold as well.
        unknown: searches that named nobody: strangers, or members not recognised; nobody knows which.
        not_live: faces taken for a presentation attack.
        flawed: faces never good enough to compare, by the flaw (failure to acquire).
        wrong_grants: records of people let in that somebody has marked as wrong.
        wrong_denials: records of people kept out that somebody has marked as wrong.
        left_out: decisions of another embedder, whose scores mean something else.
    """

    since: str = ""
    until: str = ""
    named_first: Scores | None = None
    others: Scores | None = None
    unknown: int = 0
    not_live: int = 0
    flawed: Mapping[str, int] = field(default_factory=dict)
    wrong_grants: tuple[int, ...] = ()
    wrong_denials: tuple[int, ...] = ()
    left_out: int = 0


@dataclass(slots=True)
class _Trials:
    """Scores, and by how much each passed its own threshold."""

    people: list[str] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    past: list[float] = field(default_factory=list)

    def add(self, person: str, score: float, threshold: float) -> None:
        self.people.append(person)
        self.scores.append(score)
        self.past.append(score - threshold)

    def told(self, *, reaching: bool) -> Scores | None:
        """The figures; an error is a score that reaches its threshold, or one that does not."""
        if not self.scores:
            return None
        people = np.unique(self.people, return_inverse=True)[1].astype(np.intp)
        tally = Tally(Trials(np.array(self.past, np.float32), people, people))
        reached, tries, known = tally.count(0.0), len(self.scores), int(people.max()) + 1
        errors = reached if reaching else tries - reached
        # No error, or nothing else, says nothing of how people differ: then each of them counts once.
        effect = tally.design_effect(reached) if 0 < errors < tries else tries / known
        marks = np.percentile(self.scores, MARKS)
        percentiles = {mark: float(score) for mark, score in zip(MARKS, marks, strict=True)}
        return Scores(rate(errors, tries, effect), known, percentiles)


def measured(decisions: Iterable[Heard], embedder: str, wrong: frozenset[int]) -> Traffic:
    """Sum up the decisions about faces, one after the other.

    Args:
        decisions: in the journal's order; those about a card or PIN are passed over.
        embedder: identity of the network whose scores count.
        wrong: numbers of records that somebody has marked as wrong; they label nobody.

    Raises:
        ValueError: if what a record holds decides nothing; the door writes none like that.
    """
    named_first, others, moments = _Trials(), _Trials(), ("", "")
    counts: Counter[str] = Counter()
    flawed: Counter[Flaw] = Counter()
    marked: dict[type[Decision], list[int]] = {Granted: [], Denied: []}
    for heard in decisions:
        decision = _decision(heard.case)
        if decision is None:
            continue
        if heard.case.site.embedder != embedder:
            counts["left_out"] += 1
            continue
        moments = (moments[0] or heard.utc, heard.utc)
        if heard.number in wrong:
            marked[type(decision)].append(heard.number)
        else:
            _label(heard.case, decision, named_first, others)
        if isinstance(decision, Denied):
            counts[decision.reason] += not (heard.case.memory.holding and decision.reason is Reason.UNKNOWN)
            if decision.reason is Reason.FLAWED:
                flawed[decision.evidence[-1].flaws[0]] += 1
    return Traffic(
        *moments,
        named_first=named_first.told(reaching=False),
        others=others.told(reaching=True),
        unknown=counts[Reason.UNKNOWN],
        not_live=counts[Reason.NOT_LIVE],
        flawed={flaw.value: count for flaw, count in flawed.items()},
        wrong_grants=tuple(marked[Granted]),
        wrong_denials=tuple(marked[Denied]),
        left_out=counts["left_out"],
    )


def _decision(case: Case) -> Decision | None:
    """A face's decision; None where a card or PIN was shown."""
    if case.claim is not None:
        return None
    claim, _ = reheard(case)
    return claim.decision if isinstance(claim, Seen) else None


def _label(case: Case, decision: Decision, named_first: _Trials, others: _Trials) -> None:
    holding, best = case.memory.holding, max(decision.evidence, key=lambda look: look.score)
    if isinstance(decision, Denied) and decision.reason in (Reason.NOT_LIVE, Reason.FLAWED):
        return
    if holding:
        # A search that was under way when the card was shown found somebody among everybody.
        if all(look.subject in (None, holding.name) for look in decision.evidence):
            named_first.add(holding.name, best.score, decision.threshold)
    elif best.subject and best.lead < 2 and not _unknown(decision):
        # Of somebody who is named, the best other person is an impostor.
        beside = max(look.score - look.lead for look in decision.evidence)
        others.add(best.subject, beside, decision.threshold)


def _unknown(decision: Decision) -> bool:
    return isinstance(decision, Denied) and decision.reason is Reason.UNKNOWN
