"""The one owner of the strike: reads the lines, takes a turn, and sets what came of it."""

from collections.abc import Sequence
from typing import TypeAlias

from msgspec.structs import replace

from edge_gate.access import gate
from edge_gate.access.case import Site
from edge_gate.access.claim import Seen
from edge_gate.access.debounce import Line
from edge_gate.access.decision import Decision, Denied, Granted
from edge_gate.access.door import Door, DoorTimes, State
from edge_gate.access.events import StrikeSecured
from edge_gate.access.gate import Contacts, Gate, Ordered, Readings, World, turn
from edge_gate.access.instant import Instant, Millis
from edge_gate.access.memory import Memory
from edge_gate.access.signal import Signal
from edge_gate.ports import DoorHardware, DoorPanel, EventSink, Fuse

__all__ = ["Keeper", "Message", "Ordered"]

Message: TypeAlias = Decision | gate.Message
"""What may be put before the keeper. A decision is the claim of a face."""

_Lines: TypeAlias = tuple[bool | None, bool, Contacts]
"""What `Readings` are made of."""

OVERDUE: Millis = 500
"""So long after a release should have ended the process is ended instead: some 25 turns have been missed."""

TURN: Millis = 20
"""A door in use turns at least this often: lines are read, deadlines kept, the strike asserted."""

STEP: Millis = 10
"""One with a line that settles turns this often."""

DOZE: Millis = 500
"""A door at rest takes a whole turn this often though nobody comes and no line moves. So late at most, and
one scan, it heeds rules, faults and clocks that changed while nobody asks: who tells it looks for them no
more often. Whatever is put before it has its turn at once, in the world as it is then."""


class Keeper:
    """Keeps the door. Belongs to the door loop's thread; does no inference and touches no disk.

    Args:
        hardware: the strike and its lines; the strike is secured before this returns.
        panel: the door's other lines.
        fuse: lit before every release that has a deadline, put out after the strike is secured.
        times: of the door.
        site: what the door runs with.
        sink: where events go.
        now: the present.
        memory: what is known of people from before.

    Attributes:
        gate: all that the door knows.
        patience: how long the next turn may wait if nobody comes.

    Raises:
        DoorHardwareError: here and in `turn`, if a line is lost.
    """

    def __init__(
        self,
        hardware: DoorHardware,
        panel: DoorPanel,
        fuse: Fuse,
        times: DoorTimes,
        site: Site,
        *,
        sink: EventSink,
        now: Instant,
        memory: Memory | None = None,
    ) -> None:
        hardware.assert_strike(released=False)
        self.gate = Gate(door=Door(since=now), memory=memory or Memory(), since=now)
        self._hardware = hardware
        self._panel = panel
        self._fuse = fuse
        self._fixed = (times, site)
        self._sink = sink
        self._lines: _Lines = (None, False, Contacts())
        self._until = now
        self.patience: Millis = TURN

    @property
    def door(self) -> Door:
        """How the door stands."""
        return self.gate.door

    def doze(self, now: Instant) -> bool:
        """Pass over a turn of a door at rest: the lines are read and the strike's level is set as ever.

        Returns:
            False where there is more to do than that: take the turn.
        """
        hardware = self._hardware
        read = hardware.door_open(), hardware.exit_requested(), self._panel.contacts()
        if now >= self._until or read != self._lines:
            return False
        # The fuse has been out since the turn that found the door at rest.
        hardware.assert_strike(released=False)
        return True

    def turn(self, messages: Sequence[Message], world: World) -> None:
        """One turn of the door loop; the strike's level is set again whether or not it changed."""
        lines = self._read()
        claims = [Seen(each) if isinstance(each, Granted | Denied) else each for each in messages]
        self.gate, told = turn(self.gate, Readings(*lines), claims, world, self._fixed)
        if self.door.strike_released:
            limit = self.door.deadline
            self._fuse.burn(None if limit is None else limit + OVERDUE)
            self._hardware.assert_strike(released=True)
        else:
            self._secure()
        self._panel.show(self.gate.levels(world.now))
        for event, at in told:
            self._sink.post(event, at)
        settling = _settling(self.gate)
        resting = not settling and _at_rest(self.gate)
        self._lines, self._until = lines, world.now + DOZE if resting else world.now
        self.patience = STEP if settling else scan(self._fixed[0].debounce_ms) if resting else TURN

    def secure(self, now: Instant) -> None:
        """Secure the strike at once, whatever the state: the last thing before leaving."""
        self._secure()
        if self.door.strike_released:
            self._sink.post(StrikeSecured(), now)
        self.gate, self._until, self.patience = replace(self.gate, door=Door(since=now)), now, TURN

    def _read(self) -> _Lines:
        return self._hardware.door_open(), self._hardware.exit_requested(), self._panel.contacts()

    def _secure(self) -> None:
        self._hardware.assert_strike(released=False)
        self._fuse.burn(None)


def scan(debounce_ms: Millis) -> Millis:
    """How often a door at rest reads its lines.

    What shorter steps save while a line settles is spent on the wait before it is read: a line is answered as
    soon, and one that is active for as short a time is sure of it, as if all were read every `TURN`.
    """
    return TURN + -debounce_ms % TURN // STEP * STEP


def _lines_of(gate: Gate) -> tuple[Line, ...]:
    return gate.fire, gate.other, gate.tamper, gate.exit, gate.position


def _settling(gate: Gate) -> bool:
    return any(line.raw is not line.level for line in _lines_of(gate))


def _at_rest(gate: Gate) -> bool:
    """Whether a further turn, where no line is settling, would change nothing but by what comes from outside.

    No deadline runs, nobody is being answered, nothing is broken, and no line is in use.
    """
    return gate.shows is Signal.READY and gate.door.state is State.SECURED and not gate.exit.level
