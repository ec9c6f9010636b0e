"""What a verdict, and a move of the door, are worth telling: the events that they become."""

from collections.abc import Iterator

from msgspec.structs import replace

from edge_gate.access.case import Case
from edge_gate.access.claim import Claim, Seen, Shown
from edge_gate.access.decision import Decision, Denied, Granted, Reason
from edge_gate.access.door import Door, State
from edge_gate.access.events import (
    AccessDenied,
    AccessGranted,
    AccessPending,
    DoorClosed,
    DoorEvent,
    DoorForced,
    DoorHeld,
    DoorOpened,
    DuressRaised,
    FireBegan,
    FireEnded,
    FreeBegan,
    GrantExpired,
    LivenessFailed,
    LockdownBegan,
    LockdownLifted,
    PassedAgain,
    QualityRejected,
    StrikeReleased,
    StrikeSecured,
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


def told(decision: Decision, case: Case | None = None) -> DoorEvent:
    """The event that a decision about a face is."""
    best = max(decision.evidence, key=lambda sighting: sighting.score)
    track, frames = best.track, tuple(sighting.frame for sighting in decision.evidence)
    if isinstance(decision, Granted):
        return AccessGranted(decision.subject, best.score, best.lead, best.live, track, frames, case)
    match decision.reason:
        case Reason.NOT_LIVE:
            worst = min(sighting.live if sighting.live is not None else 0.0 for sighting in decision.evidence)
            return LivenessFailed(worst, track, frames, case=case)
        case Reason.FLAWED:
            flaw = decision.evidence[-1].flaws[0]
            return QualityRejected(flaw.value, flaw.advice, track, frames, case)
        case _:
            return AccessDenied(decision.reason.value, best.score, track, frames, case=case)


_REACHED = {
    State.OPEN: DoorOpened(),
    State.HELD_OPEN: DoorHeld(),
    State.FORCED_OPEN: DoorForced(),
    State.LOCKDOWN: LockdownBegan(),
    State.FREE: FreeBegan(),
}


def changes(before: Door, after: Door, cause: str) -> Iterator[DoorEvent]:
    """What one move of the door is worth telling; `cause` names what released the strike."""
    if before.state is not after.state and after.state in _REACHED:
        yield _REACHED[after.state]
    if before.open and after.open is False:
        yield DoorClosed()
    if after.breached and not before.breached:
        yield DoorForced()
    if before.fire is not after.fire:
        yield FireBegan() if after.fire else FireEnded()
    if before.locked_down and not after.locked_down:
        yield LockdownLifted()
    if not before.strike_released and after.strike_released:
        yield StrikeReleased(cause)
    if before.strike_released and not after.strike_released:
        yield StrikeSecured()
