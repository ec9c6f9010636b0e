"""The whole of the door's mind: what it knows, and one turn of it.

`turn` is pure. The daemon's door loop, a replay and the tests all run this function; whoever calls it
writes the strike's level, the lamp and the journal, and decides nothing.
"""

from collections.abc import Iterable
from typing import TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from edge_gate.access.case import Site, filed
from edge_gate.access.claim import Claim, Seen, Shown
from edge_gate.access.debounce import Line, settle
from edge_gate.access.door import (
    Barred,
    Door,
    DoorTimes,
    Fire,
    Input,
    Position,
    RequestToExit,
    State,
    Stay,
    Tick,
    Unlock,
    path,
)
from edge_gate.access.events import (
    AntiPassbackForgiven,
    ClockJumped,
    DoorEvent,
    FaultBegan,
    FaultEnded,
    OperatorCommand,
)
from edge_gate.access.fault import Fault
from edge_gate.access.instant import Instant, Millis
from edge_gate.access.memory import Memory, forgiven, left_shut, opened, remembered
from edge_gate.access.rules import Rules
from edge_gate.access.signal import Answer, Levels, Signal, answered, levels, signal
from edge_gate.access.telling import changes, telling
from edge_gate.access.verdict import Admitted, Moment, Search, decide, search

JUMP_MS: Millis = 60_000
"""The wall clock is reported to have jumped when it moves so far against the door's own between two turns."""


class Contacts(Struct, frozen=True):
    """The panel's input lines, as read: fire alarm, housing, the interlock's other door."""

    fire: bool = False
    tampered: bool = False
    other_open: bool = False


class Readings(Struct, frozen=True):
    """All the input lines, as read. What a door does not have stays at rest."""

    open: bool | None = None
    exit: bool = False
    panel: Contacts = Contacts()


class Forgive(Struct, frozen=True):
    """Anti-passback is to forget where a person is; None: where everybody is."""

    name: str | None = None


class Ordered(Struct, frozen=True):
    """An operator's command that the control socket has let through."""

    user: str
    command: str
    reason: str
    asks: Input | Forgive


Message: TypeAlias = Claim | Ordered | DoorEvent
"""What may be put before the door. A bare event is only written down."""


class World(Struct, frozen=True):
    """How things stand in this turn.

    Attributes:
        now: the door's own time.
        utc_ms: the wall clock's; None while it is unset.
        rules: the owner's; None where they cannot be read.
        faults: what others found broken.
    """

    now: Instant
    utc_ms: int | None = None
    rules: Rules | None = field(default_factory=Rules)
    faults: tuple[Fault, ...] = ()


class Gate(Struct, frozen=True):
    """Everything the door knows from one turn to the next.

    Attributes:
        unlocked_for: whose faces unlocked it this time; empty where it is not unlocked.
    """

    door: Door = field(default_factory=Door)
    unlocked_for: frozenset[str] = frozenset()
    memory: Memory = field(default_factory=Memory)
    position: Line = field(default_factory=Line)
    exit: Line = field(default_factory=Line)
    fire: Line = field(default_factory=Line)
    tamper: Line = field(default_factory=Line)
    other: Line = field(default_factory=Line)
    faults: tuple[Fault, ...] = ()
    answer: Answer = field(default_factory=Answer)
    shows: Signal = Signal.READY
    since: Instant = 0
    clock_offset: Millis | None = None

    def levels(self, now: Instant) -> Levels:
        """What the lamp and the buzzer are at `now`."""
        return levels(self.shows, self.since, now)

    def search(self, world: World) -> Search | None:
        """Whom a face is compared with now; None: with nobody."""
        memory = remembered(self.memory, world.now, (world.rules or Rules()).policy)
        return search(world.rules or Rules(), memory, world.utc_ms)


Told: TypeAlias = tuple[DoorEvent, Instant]
"""An event, and when it happened."""


def turn(
    gate: Gate, readings: Readings, messages: Iterable[Message], world: World, fixed: tuple[DoorTimes, Site]
) -> tuple[Gate, tuple[Told, ...]]:
    """One turn: deadlines, then the lines, then the messages, then what is to be shown.

    Returns:
        The gate after it, and what there is to tell, in the order in which it happened.
    """
    turning = _Turn(gate, world, *fixed)
    turning.move(Tick())
    turning.read(readings)
    turning.diagnose()
    for message in messages:
        turning.hear(message)
    turning.show()
    return turning.gate, tuple(turning.told)


class _Turn:
    """A turn under way: the gate so far, and what has been told."""

    def __init__(self, gate: Gate, world: World, times: DoorTimes, site: Site) -> None:
        self.gate = gate
        self.told: list[Told] = []
        self._world = world
        self._rules = world.rules or Rules()
        self._times = times
        self._site = site

    def move(self, asked: Input, cause: str = "") -> None:
        """Move the door, and remember who passed."""
        for after in path(self.gate.door, asked, self._world.now, self._times):
            before, memory = self.gate.door, self.gate.memory
            if after is before:
                continue
            if after.open and not before.open:
                memory = opened(memory, self._world.now)
            elif before.strike_released and not after.strike_released and after.open is False:
                memory = left_shut(memory)
            lasting = self.gate.unlocked_for if after.state is State.UNLOCKED else frozenset()
            self.gate = replace(self.gate, door=after, memory=memory, unlocked_for=lasting)
            at = after.since if after.state is not before.state else self._world.now
            self.told += [(event, at) for event in changes(before, after, cause)]

    def read(self, readings: Readings) -> None:
        """Let the lines settle, the gravest first, and move the door where one has changed."""
        before = self.gate
        fire = self._settled(before.fire, readings.panel.fire)
        other = self._settled(before.other, readings.panel.other_open)
        tamper = self._settled(before.tamper, readings.panel.tampered)
        leave = self._settled(before.exit, readings.exit)
        position = before.position
        if readings.open is not None:
            position = self._settled(position, readings.open)
        lines = (fire, other, tamper, leave, position)
        if lines != (before.fire, before.other, before.tamper, before.exit, before.position):
            self.gate = replace(before, fire=fire, other=other, tamper=tamper, exit=leave, position=position)
        if bool(self.gate.fire.level) is not before.door.fire:
            self.move(Fire(bool(self.gate.fire.level)), "fire")
        if bool(self.gate.other.level) is not before.door.barred:
            self.move(Barred(bool(self.gate.other.level)))
        level = self.gate.position.level
        if level is not None and level is not self.gate.door.open:
            self.move(Position(level))
        if self.gate.exit.level and not before.exit.level:
            self.move(RequestToExit(), "rex")

    def diagnose(self) -> None:
        """Compare what is broken with what was, and the two clocks with each other."""
        world, gate = self._world, self.gate
        broken = {
            *world.faults,
            *((Fault.RULES_UNREADABLE,) if world.rules is None else ()),
            *((Fault.CLOCK_UNSET,) if world.utc_ms is None else ()),
            *((Fault.TAMPERED,) if gate.tamper.level else ()),
            *((Fault.REX_STUCK,) if gate.exit.level and self._long(gate.exit.since) else ()),
            *(
                (Fault.POSITION_STUCK,)
                if gate.door.state is State.HELD_OPEN and self._long(gate.door.since)
                else ()
            ),
        }
        faults = gate.faults
        if broken or faults:
            faults = tuple(fault for fault in Fault if fault in broken)
            for fault in Fault:
                if fault in faults and fault not in gate.faults:
                    self._tell(FaultBegan(fault))
                if fault in gate.faults and fault not in faults:
                    self._tell(FaultEnded(fault))
        offset = None if world.utc_ms is None else world.utc_ms - world.now
        if offset is not None and gate.clock_offset is not None and abs(offset - gate.clock_offset) > JUMP_MS:
            self._tell(ClockJumped(offset - gate.clock_offset))
        if faults != gate.faults or offset != gate.clock_offset:
            self.gate = replace(gate, faults=faults, clock_offset=offset)

    def hear(self, message: Message) -> None:
        """Answer a claim, obey an operator, write an event down."""
        match message:
            case Seen() | Shown():
                self._judge(message)
            case Ordered(user=user, command=command, reason=reason, asks=asks):
                self._tell(OperatorCommand(user, reason, command))
                if isinstance(asks, Forgive):
                    self.gate = replace(self.gate, memory=forgiven(self.gate.memory, asks.name))
                    self._tell(AntiPassbackForgiven(asks.name))
                else:
                    self.move(asks, "operator")
            case _:
                self._tell(message)

    def show(self) -> None:
        """Choose the signal; a new one begins now."""
        gate, now = self.gate, self._world.now
        shows = signal(gate.door, gate.faults, gate.answer, now, self._times)
        if shows is not gate.shows:
            self.gate = replace(gate, shows=shows, since=now)

    def _judge(self, claim: Claim) -> None:
        world, door = self._world, self.gate.door
        moment = Moment(world.now, world.utc_ms, door.locked_down, door.barred, self.gate.faults)
        case = filed(claim, self._rules, self.gate.memory, moment, self._site)
        memory, verdict = decide(claim, self._rules, self.gate.memory, moment)
        answer = answered(verdict, world.now, self._rules.policy)
        self.gate = replace(self.gate, memory=memory, answer=answer)
        for event in telling(claim, verdict, case):
            self._tell(event)
        if isinstance(verdict, Admitted):
            faces = {person.name for person in verdict.people if isinstance(claim, Seen)}
            # A busy host loses sight of whoever stands there and finds them anew. That is no new visit, and
            # must not keep the strike released for as long as they stand.
            asked = self._way_in(verdict)
            if not (isinstance(asked, Unlock) and faces and faces <= self.gate.unlocked_for):
                self.move(asked, "grant")
            if self.gate.door.state is State.UNLOCKED:
                self.gate = replace(self.gate, unlocked_for=self.gate.unlocked_for | faces)
            # Where no switch will tell, or the door stands open, whoever was let in counts as gone through.
            if self.gate.door.open is not False:
                self.gate = replace(self.gate, memory=opened(self.gate.memory, world.now))

    def _way_in(self, verdict: Admitted) -> Input:
        if verdict.free_ms is None:
            return Unlock()
        return Stay(self._world.now + verdict.free_ms, verdict.toggle)

    def _settled(self, line: Line, raw: bool) -> Line:
        return settle(line, raw, self._world.now, self._times.debounce_ms)

    def _long(self, since: Instant) -> bool:
        return self._world.now - since >= self._times.stuck_ms

    def _tell(self, event: DoorEvent) -> None:
        self.told.append((event, self._world.now))
