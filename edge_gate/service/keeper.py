"""The one owner of the strike: turns decisions, hands and switches into the level of a line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from edge_gate.access.debounce import Line, settle
from edge_gate.access.decision import Decision, Denied, Granted
from edge_gate.access.door import Door, DoorTimes, Input, Position, RequestToExit, Secure, Tick, Unlock, path
from edge_gate.access.events import DoorEvent, GrantExpired, OperatorCommand, changes, told
from edge_gate.access.instant import Instant, Millis
from edge_gate.ports import DoorHardware, EventSink


@dataclass(frozen=True, slots=True)
class Ordered:
    """An operator's command that the control socket has let through."""

    user: str
    command: str
    reason: str
    asks: Input


Message: TypeAlias = Decision | Ordered | DoorEvent
"""What may be put before the keeper. A bare event is only written down."""


class Keeper:
    """Keeps the door. Belongs to the door loop's thread; does no inference and touches no disk.

    Args:
        hardware: the lines; the strike is secured before this returns.
        times: of the door.
        debounce_ms: how long an input must be steady to count.
        grant_max_age_ms: a grant whose newest sighting is older than this is dropped.
        sink: where events go.
        now: the present.

    Raises:
        DoorHardwareError: here and in `turn`, if a line is lost.
    """

    def __init__(
        self,
        hardware: DoorHardware,
        times: DoorTimes,
        *,
        debounce_ms: Millis,
        grant_max_age_ms: Millis,
        sink: EventSink,
        now: Instant,
    ) -> None:
        hardware.assert_strike(released=False)
        self.door = Door(since=now)
        self._hardware = hardware
        self._times = times
        self._debounce_ms = debounce_ms
        self._grant_max_age_ms = grant_max_age_ms
        self._sink = sink
        self._position = Line()
        self._rex = Line()

    def turn(self, messages: Sequence[Message], now: Instant) -> None:
        """One turn of the door loop: deadlines, switches, messages, then the strike's level again."""
        self._move(Tick(), now, "")
        self._read_switches(now)
        for message in messages:
            self._hear(message, now)
        self._hardware.assert_strike(released=self.door.strike_released)

    def secure(self, now: Instant) -> None:
        """Secure the strike at once, whatever the state: the last thing before leaving."""
        self._move(Secure(), now, "")
        self._hardware.assert_strike(released=False)

    def _read_switches(self, now: Instant) -> None:
        is_open = self._hardware.door_open()
        if is_open is not None:
            self._position = settle(self._position, is_open, now, self._debounce_ms)
            if self._position.level is not None and self._position.level != self.door.open:
                self._move(Position(self._position.level), now, "")
        pressed = bool(self._rex.level)
        self._rex = settle(self._rex, self._hardware.exit_requested(), now, self._debounce_ms)
        if self._rex.level and not pressed:
            self._move(RequestToExit(), now, "rex")

    def _hear(self, message: Message, now: Instant) -> None:
        match message:
            case Granted(subject=subject, decided=decided):
                self._sink.post(told(message), now)
                if now - decided > self._grant_max_age_ms:
                    self._sink.post(GrantExpired(subject), now)
                else:
                    self._move(Unlock(), now, "grant")
            case Denied():
                self._sink.post(told(message), now)
            case Ordered(user=user, command=command, reason=reason, asks=asks):
                self._sink.post(OperatorCommand(user, reason, command), now)
                self._move(asks, now, "operator")
            case DoorEvent():
                self._sink.post(message, now)

    def _move(self, asked: Input, now: Instant, cause: str) -> None:
        for after in path(self.door, asked, now, self._times):
            before, self.door = self.door, after
            for event in changes(before, after, cause):
                self._sink.post(event, after.since if after.state is not before.state else now)
