"""The one owner of the strike: reads the lines, takes a turn, and sets what came of it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from edge_gate.access import gate
from edge_gate.access.case import Site
from edge_gate.access.claim import Seen
from edge_gate.access.decision import Decision, Denied, Granted
from edge_gate.access.door import Door, DoorTimes, State
from edge_gate.access.events import StrikeSecured
from edge_gate.access.gate import Gate, Ordered, Readings, World, turn
from edge_gate.access.instant import Instant, Millis
from edge_gate.access.memory import Memory
from edge_gate.access.signal import Signal
from edge_gate.ports import DoorHardware, DoorPanel, EventSink, Fuse

__all__ = ["Keeper", "Message", "Ordered"]

Message: TypeAlias = Decision | gate.Message
"""What may be put before the keeper. A decision is the claim of a face."""


OVERDUE: Millis = 500
"""So long after a release should have ended the process is ended instead: some 25 turns have been missed."""


DOZE: Millis = 200
"""A door at rest takes a whole turn this often though nothing has changed: the clocks are compared, too."""


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
        self._last: tuple[Readings, World] | None = None

    @property
    def door(self) -> Door:
        """How the door stands."""
        return self.gate.door

    def turn(self, messages: Sequence[Message], world: World) -> bool:
        """One turn of the door loop; the strike's level is set again whether or not it changed.

        Returns:
            Whether anything else was to be done: at a door at rest, where nothing has changed, it is not.
        """
        readings = Readings(
            self._hardware.door_open(), self._hardware.exit_requested(), self._panel.contacts()
        )
        if not messages and self._may_doze(readings, world):
            self._secure()
            return False
        claims = [Seen(each) if isinstance(each, Granted | Denied) else each for each in messages]
        self.gate, told = turn(self.gate, readings, claims, world, self._fixed)
        if self.door.strike_released:
            limit = self.door.deadline
            self._fuse.burn(None if limit is None else limit + OVERDUE)
            self._hardware.assert_strike(released=True)
        else:
            self._secure()
        self._panel.show(self.gate.levels(world.now))
        for event, at in told:
            self._sink.post(event, at)
        self._last = (readings, world) if _at_rest(self.gate) else None
        return True

    def secure(self, now: Instant) -> None:
        """Secure the strike at once, whatever the state: the last thing before leaving."""
        self._secure()
        if self.door.strike_released:
            self._sink.post(StrikeSecured(), now)
        self.gate, self._last = replace(self.gate, door=Door(since=now)), None

    def _may_doze(self, readings: Readings, world: World) -> bool:
        if self._last is None:
            return False
        lines, last = self._last
        return (
            world.now - last.now < DOZE
            and readings == lines
            and world.rules is last.rules
            and world.faults == last.faults
            and (world.utc_ms is None) is (last.utc_ms is None)
        )

    def _secure(self) -> None:
        self._hardware.assert_strike(released=False)
        self._fuse.burn(None)


def _at_rest(gate: Gate) -> bool:
    """Whether a further turn would change nothing, but for what comes from the lines or the world.

    No deadline runs, nobody is being answered, nothing is broken, and no line is settling or in use.
    """
    lines = (gate.fire, gate.other, gate.tamper, gate.exit, gate.position)
    return (
        gate.shows is Signal.READY
        and gate.door.state is State.SECURED
        and not gate.exit.level
        and all(line.raw is line.level for line in lines)
    )
