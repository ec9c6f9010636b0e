"""What a verdict is worth telling: the events that it becomes."""

from collections.abc import Iterator
from dataclasses import replace

from edge_gate.access.case import Case
from edge_gate.access.claim import Claim, Seen, Shown
from edge_gate.access.decision import Denied, Granted
from edge_gate.access.events import (
    AccessDenied,
    AccessGranted,
    AccessPending,
    DoorEvent,
    DuressRaised,
    GrantExpired,
    PassedAgain,
    told,
)
from edge_gate.access.verdict import Admitted, Refusal, Refused, Verdict


def telling(claim: Claim, verdict: Verdict, case: Case | None = None) -> Iterator[DoorEvent]:
    """The events, the one that carries the case first.

    A face that nobody's card announced, where one must, is worth no record.
    """
    if isinstance(verdict, Admitted):
        yield from _admitted(claim, verdict, case)
    elif isinstance(verdict, Refused):
        yield _refused(claim, verdict, case)
    elif verdict.person is not None:
        awaited = "+".join(verdict.factors) or "second_person"
        yield AccessPending(verdict.person, awaited, case)
    if isinstance(claim, Shown) and claim.duress and claim.genuine and claim.holder:
        yield DuressRaised(claim.holder)


def _admitted(claim: Claim, verdict: Admitted, case: Case | None) -> Iterator[DoorEvent]:
    *others, last = verdict.people
    yield told(claim.decision, case) if isinstance(claim, Seen) else AccessGranted(last.name, case=case)
    for person in others:
        yield AccessGranted(person.name)
    for name in verdict.repeats:
        yield PassedAgain(name)


def _refused(claim: Claim, verdict: Refused, case: Case | None) -> DoorEvent:
    if isinstance(claim, Shown):
        return AccessDenied(verdict.reason, subject=verdict.person, case=case)
    if isinstance(claim.decision, Denied) and verdict.reason is Refusal(claim.decision.reason):
        event = told(claim.decision, case)
        return replace(event, subject=verdict.person) if isinstance(event, AccessDenied) else event
    if isinstance(claim.decision, Granted) and verdict.reason is Refusal.STALE:
        return GrantExpired(claim.decision.subject, case=case)
    best = max(claim.decision.evidence, key=lambda sighting: sighting.score)
    frames = tuple(sighting.frame for sighting in claim.decision.evidence)
    return AccessDenied(verdict.reason, best.score, best.track, frames, verdict.person, case)
