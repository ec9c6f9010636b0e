"""The door: a Moore machine whose state alone sets the level of the strike.

::

                        unlock                    opened (relock on open)
        ┌── SECURED ─────────────▶ UNLOCKED ─────────────────────────▶ OPEN ──┐ held_open_ms
        │      ▲  │ opened            │ │ deadline, closed again          │      ▼
        │      │  ▼                   │ └──▶ SECURED, or OPEN if open     │  HELD_OPEN
        │      │ FORCED_OPEN          │                                   │      │
        │      └──────────────────────┴───────── closed ──────────────────┴──────┘
        └── lockdown ⇄ LOCKDOWN (nobody in, nobody's grant)      free ⇄ FREE (strike released until told)

The strike is released in UNLOCKED and in FREE, nowhere else; UNLOCKED always has a deadline, and
FREE is entered by an operator, the fire input, or a grant in open hours, which has one. Decided here,
and why:

- *Relock* on ``open`` (a strike: the bolt may spring back as soon as the leaf has left it) or on
  ``close`` (a magnet: it must not grab a leaf in motion); never later than the unlock time.
- *No position switch*: the door is never OPEN, HELD_OPEN or FORCED_OPEN; the unlock time rules alone.
- *Booting with the door open*: the first report of the switch seeds the state (OPEN), it is no alarm.
- *REX* unlocks as a grant does, or only shunts the forced-open alarm where the inner handle frees
  the door mechanically.
- *Fire* goes before everything while its input lasts: FREE, whatever anybody asks. A lockdown ordered
  before or meanwhile holds again afterwards, so that a pulled alarm is no way around it.
- *Interlock*: while the other door stands open nothing unlocks this one, and an unlocking not used yet
  ends. An operator's FREE and the fire input go before it.
- *Forced open in lockdown* is reported like any other; the door stays in LOCKDOWN.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from edge_gate.access.instant import Instant, Millis


class State(StrEnum):
    """Where the door stands."""

    SECURED = "secured"
    UNLOCKED = "unlocked"
    OPEN = "open"
    HELD_OPEN = "held_open"
    FORCED_OPEN = "forced_open"
    LOCKDOWN = "lockdown"
    FREE = "free"


RELEASED = frozenset({State.UNLOCKED, State.FREE})
"""The states in which the strike is released."""


class DoorTimes(Struct, frozen=True):
    """How long things last, in whole milliseconds, and which way this door relocks."""

    unlock_ms: Millis = 5_000
    held_open_ms: Millis = 30_000
    shunt_ms: Millis = 5_000
    pre_alarm_ms: Millis = 10_000
    stuck_ms: Millis = 120_000
    debounce_ms: Millis = 30
    relock: Literal["open", "close"] = "open"
    rex: Literal["unlock", "shunt"] = "unlock"


class Unlock(Struct, frozen=True):
    """Release the strike for the unlock time: a grant, or an operator's hand."""


class RequestToExit(Struct, frozen=True):
    """Somebody inside pressed REX."""


class Position(Struct, frozen=True):
    """The door position switch reports the leaf open or closed."""

    open: bool


class Secure(Struct, frozen=True):
    """End a release now; also lifts FREE and LOCKDOWN."""


class Lockdown(Struct, frozen=True):
    """Secure, and stay so whatever asks, until Secure lifts it."""


class Free(Struct, frozen=True):
    """Release until Secure, or until an instant: an operator's act."""

    until: Instant | None = None


class Stay(Struct, frozen=True):
    """Release until an instant: a grant in open hours.

    Attributes:
        until: when open hours end.
        toggle: a door that is free already is secured instead.
    """

    until: Instant
    toggle: bool = False


class Fire(Struct, frozen=True):
    """The fire alarm's contact: FREE while it is active."""

    active: bool


class Barred(Struct, frozen=True):
    """The other door of an interlock is open, or closed."""

    barred: bool


class Tick(Struct, frozen=True):
    """Nothing happened; deadlines still pass."""


Input: TypeAlias = Unlock | RequestToExit | Position | Secure | Lockdown | Free | Stay | Fire | Barred | Tick


class Door(Struct, frozen=True):
    """The door at an instant.

    Attributes:
        state: where it stands.
        since: when it came to stand there.
        deadline: when that ends by itself; None where it does not.
        open: what the position switch last reported; None before the first report, or without a switch.
        shunted_until: an opening before this instant is an exit, not an alarm.
        locked_down: a lockdown was ordered and not lifted; LOCKDOWN, or FREE while there is fire.
        fire: the fire input is active.
        barred: the other door of an interlock is open.
        breached: it was opened in LOCKDOWN without leave, and is open still.
    """

    state: State = State.SECURED
    since: Instant = 0
    deadline: Instant | None = None
    open: bool | None = None
    shunted_until: Instant | None = None
    locked_down: bool = False
    fire: bool = False
    barred: bool = False
    breached: bool = False

    @property
    def strike_released(self) -> bool:
        """The commanded level of the strike."""
        return self.state in RELEASED


def step(door: Door, asked: Input, now: Instant, times: DoorTimes) -> Door:
    """The door after `asked` at `now`: the last of `path`."""
    for reached in path(door, asked, now, times):
        door = reached
    return door


def path(door: Door, asked: Input, now: Instant, times: DoorTimes) -> Iterator[Door]:
    """Every state the door passes through: deadlines up to `now` first, then the input.

    A `now` before the door's own `since` counts as `since`: time does not run backward here.
    """
    while door.deadline is not None and door.deadline <= now:
        door = _expired(door, door.deadline, times)
        yield door
    yield _answered(door, asked, max(now, door.since), times)


def pre_alarm(door: Door, now: Instant, times: DoorTimes) -> bool:
    """Whether the door has stood open so long that it will soon count as held."""
    return (
        door.state is State.OPEN and door.deadline is not None and now >= door.deadline - times.pre_alarm_ms
    )


def _expired(door: Door, now: Instant, times: DoorTimes) -> Door:
    if door.state is State.OPEN:
        return _enter(door, State.HELD_OPEN, now)
    return _rest(door, now, times)


def _answered(door: Door, asked: Input, now: Instant, times: DoorTimes) -> Door:
    match asked:
        case Position(open=is_open):
            return _moved(door, is_open, now, times)
        case Fire(active=active):
            return _fire(replace(door, fire=active), now, times) if active is not door.fire else door
        case Barred(barred=barred):
            door = replace(door, barred=barred)
            return _rest(door, now, times) if barred and door.state is State.UNLOCKED else door
        case Lockdown():
            return _locked_down(replace(door, locked_down=True), now)
        case Secure():
            return _secured(replace(door, locked_down=False), now, times)
        case _:
            return door if door.fire else _asked(door, asked, now, times)


def _asked(door: Door, asked: Input, now: Instant, times: DoorTimes) -> Door:
    match asked:
        case Free(until=until):
            return _freed(replace(door, locked_down=False), now, until)
        case Stay() if door.state is State.LOCKDOWN or door.barred:
            return door
        case Stay(toggle=toggle) if door.state is State.FREE:
            return _rest(door, now, times) if toggle else door
        case Stay(until=until):
            return _freed(door, now, until)
        case RequestToExit() if times.rex == "shunt":
            return replace(door, shunted_until=now + times.shunt_ms)
        case Unlock() | RequestToExit():
            return _unlocked(door, now, times)
        case _:
            return door


def _fire(door: Door, now: Instant, times: DoorTimes) -> Door:
    if door.fire:
        return _enter(door, State.FREE, now)
    return _locked_down(door, now) if door.locked_down else _rest(door, now, times)


def _locked_down(door: Door, now: Instant) -> Door:
    return door if door.fire or door.state is State.LOCKDOWN else _enter(door, State.LOCKDOWN, now)


def _secured(door: Door, now: Instant, times: DoorTimes) -> Door:
    if not door.fire and door.state in (State.UNLOCKED, State.FREE, State.LOCKDOWN):
        return _rest(door, now, times)
    return door


def _freed(door: Door, now: Instant, until: Instant | None) -> Door:
    return _enter(door, State.FREE, now, None if until is None else max(until, now))


def _unlocked(door: Door, now: Instant, times: DoorTimes) -> Door:
    """Only a shut door, or one being unlocked again, is unlocked: an open one needs no release."""
    if door.state in (State.SECURED, State.UNLOCKED) and not door.barred:
        return _enter(door, State.UNLOCKED, now, now + times.unlock_ms)
    return door


def _moved(door: Door, is_open: bool, now: Instant, times: DoorTimes) -> Door:
    before, door = door.open, replace(door, open=is_open)
    if before == is_open or door.state is State.FREE:
        return door
    shunted = before is None or (door.shunted_until is not None and now < door.shunted_until)
    if door.state is State.LOCKDOWN:
        return replace(door, breached=is_open and not shunted)
    if not is_open:
        if door.state is State.UNLOCKED and before is None:
            return door
        return _enter(door, State.SECURED, now)
    if door.state is State.UNLOCKED:
        return door if times.relock == "close" else _open(door, now, times)
    return _open(door, now, times) if shunted else _enter(door, State.FORCED_OPEN, now)


def _rest(door: Door, now: Instant, times: DoorTimes) -> Door:
    """Secured: shut, or open and timed."""
    return _open(door, now, times) if door.open else _enter(door, State.SECURED, now)


def _open(door: Door, now: Instant, times: DoorTimes) -> Door:
    return _enter(door, State.OPEN, now, now + times.held_open_ms)


def _enter(door: Door, state: State, now: Instant, deadline: Instant | None = None) -> Door:
    return replace(door, state=state, since=now, deadline=deadline, shunted_until=None, breached=False)
