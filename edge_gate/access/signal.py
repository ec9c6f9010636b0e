"""What the lamp and the buzzer say: a pure function of the door, its faults and the last answer given.

Alarms go before answers, answers before faults. Nothing here knows of duress.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from itertools import accumulate

from msgspec import Struct

from edge_gate.access.door import Door, DoorTimes, State, pre_alarm
from edge_gate.access.fault import Fault
from edge_gate.access.instant import Instant, Millis
from edge_gate.access.rules import Policy
from edge_gate.access.verdict import Admitted, Refusal, Refused, Verdict


class Signal(StrEnum):
    """Something the person at the door should know."""

    READY = "ready"
    GRANTED = "granted"
    DENIED = "denied"
    COME_CLOSER = "come_closer"
    SHOW_MORE = "show_more"
    FREE = "free"
    LOCKDOWN = "lockdown"
    FORCED = "forced"
    HELD = "held"
    PRE_ALARM = "pre_alarm"
    FAULT = "fault"


class Levels(Struct, frozen=True):
    """The two outputs: True lights the lamp, sounds the buzzer."""

    lamp: bool = False
    buzzer: bool = False


_LIT, _SOUND, _BOTH, _NONE = Levels(lamp=True), Levels(buzzer=True), Levels(lamp=True, buzzer=True), Levels()

PATTERNS: Mapping[Signal, tuple[tuple[Millis, Levels], ...]] = {
    Signal.READY: ((1000, _NONE),),
    Signal.GRANTED: ((200, _BOTH), (60_000, _LIT)),
    Signal.DENIED: ((150, _BOTH), (100, _NONE), (150, _BOTH), (100, _NONE), (150, _BOTH), (60_000, _NONE)),
    Signal.COME_CLOSER: ((400, _LIT), (400, _NONE)),
    Signal.SHOW_MORE: ((150, _LIT), (150, _NONE)),
    Signal.FREE: ((60_000, _LIT),),
    Signal.LOCKDOWN: ((100, _LIT), (1900, _NONE)),
    Signal.FORCED: ((200, _BOTH), (200, _NONE)),
    Signal.HELD: ((500, _BOTH), (500, _NONE)),
    Signal.PRE_ALARM: ((100, _SOUND), (900, _NONE)),
    Signal.FAULT: ((100, _LIT), (200, _NONE), (100, _LIT), (1600, _NONE)),
}
"""For each signal its steps, each so many milliseconds long, over and over."""

TOLD_MS: Millis = 2_000
"""How long an answer to a claim is shown."""


class Answer(Struct, frozen=True):
    """What was last said to somebody, and until when it is worth showing."""

    signal: Signal = Signal.READY
    until: Instant = 0


def answered(verdict: Verdict, now: Instant, policy: Policy) -> Answer:
    """What a verdict says to the person who made the claim."""
    match verdict:
        case Admitted():
            return Answer(Signal.GRANTED, now + TOLD_MS)
        case Refused(reason=Refusal.FLAWED):
            return Answer(Signal.COME_CLOSER, now + TOLD_MS)
        case Refused(reason=Refusal.LOOK_ALIKE):
            return Answer(Signal.SHOW_MORE, now + TOLD_MS)
        case Refused():
            return Answer(Signal.DENIED, now + TOLD_MS)
        case _:
            return Answer(Signal.SHOW_MORE, now + policy.patience_ms)


def signal(door: Door, faults: Collection[Fault], answer: Answer, now: Instant, times: DoorTimes) -> Signal:
    """The gravest thing to be said."""
    if door.state is State.FORCED_OPEN or door.breached:
        return Signal.FORCED
    if door.state is State.HELD_OPEN:
        return Signal.HELD
    if pre_alarm(door, now, times):
        return Signal.PRE_ALARM
    if door.state is State.UNLOCKED:
        return Signal.GRANTED
    if now < answer.until:
        return answer.signal
    if faults:
        return Signal.FAULT
    return {State.LOCKDOWN: Signal.LOCKDOWN, State.FREE: Signal.FREE}.get(door.state, Signal.READY)


def levels(shown: Signal, since: Instant, now: Instant) -> Levels:
    """What the outputs are at `now`, if the signal began at `since`."""
    steps = PATTERNS[shown]
    ends = tuple(accumulate(length for length, _ in steps))
    into = (now - since) % ends[-1]
    return next(level for end, (_, level) in zip(ends, steps, strict=True) if into < end)
