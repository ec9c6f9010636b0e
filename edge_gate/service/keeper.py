"""The one owner of the strike: reads the lines, takes a turn, and sets what came of it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from edge_gate.access import gate
from edge_gate.access.case import Site
from edge_gate.access.claim import Seen
from edge_gate.access.decision import Decision, Denied, Granted
from edge_gate.access.door import Door, DoorTimes
from edge_gate.access.events import StrikeSecured
from edge_gate.access.gate import Gate, Ordered, Readings, World, turn
from edge_gate.access.instant import Instant, Millis
from edge_gate.access.memory import Memory
from edge_gate.ports import DoorHardware, DoorPanel, EventSink, Fuse

__all__ = ["Keeper", "Message", "Ordered"]

Message: TypeAlias = Decision | gate.Message
"""What may be put before the keeper. A decision is the claim of a face."""


OVERDUE: Millis = 500
"""So long after a release should have ended the process is ended instead: some 25 turns have been missed."""


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

    @property
    def door(self) -> Door:
        """How the door stands."""
        return self.gate.door

    def turn(self, messages: Sequence[Message], world: World) -> None:
        """One turn of the door loop; the strike's level is set again whether or not it changed."""
        claims = [Seen(each) if isinstance(each, Granted | Denied) else each for each in messages]
        readings = Readings(
            self._hardware.door_open(), self._hardware.exit_requested(), self._panel.contacts()
        )
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

    def secure(self, now: Instant) -> None:
        """Secure the strike at once, whatever the state: the last thing before leaving."""
        self._secure()
        if self.door.strike_released:
            self._sink.post(StrikeSecured(), now)
        self.gate = replace(self.gate, door=Door(since=now))

    def _secure(self) -> None:
        self._hardware.assert_strike(released=False)
        self._fuse.burn(None)
