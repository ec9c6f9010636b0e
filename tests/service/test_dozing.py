"""A door at rest takes the whole of a turn only now and then; nobody at it may ever notice."""

import math
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from edge_gate.access.case import Site
from edge_gate.access.claim import Seen, Shown
from edge_gate.access.consensus import ConsensusRules
from edge_gate.access.decision import Granted
from edge_gate.access.door import Door, DoorTimes, Free, Lockdown, Secure, Unlock
from edge_gate.access.events import DoorEvent
from edge_gate.access.fault import Fault
from edge_gate.access.gate import Contacts, Gate, Message, Ordered, Readings, World, turn
from edge_gate.access.instant import Instant
from edge_gate.access.rules import Policy, Rules
from edge_gate.access.sighting import Sighting
from edge_gate.access.signal import Levels
from edge_gate.access.verification import Factor, Verification
from edge_gate.service.keeper import DOZE, TURN, Keeper, scan
from edge_gate.service.replay import Transcript
from edge_gate.simulated.clock import ManualClock
from edge_gate.simulated.door import SimulatedDoor, SimulatedFuse
from edge_gate.simulated.panel import SimulatedPanel

SITE = Site(ConsensusRules(threshold=0.5))
FACE, BOTH = Rules(), Rules(policy=Policy(verification=Verification.parse("card+face")))


@dataclass
class Doors:
    """One door twice: kept by the keeper, and turned whole every time.

    Both are told of rules, faults and the clock when the first looks, and no later than it must: `DOZE`.
    """

    switch: bool
    times: DoorTimes = field(default_factory=DoorTimes)

    def __post_init__(self) -> None:
        self.clock = ManualClock(now=1_000)
        self.door = SimulatedDoor(self.clock, leaf_open=False if self.switch else None)
        self.panel, self.transcript = SimulatedPanel(), Transcript()
        self.fixed = (self.times, SITE)
        fuse = SimulatedFuse()
        self.keeper = Keeper(self.door, self.panel, fuse, *self.fixed, sink=self.transcript, now=1_000)
        self.whole = Gate(door=Door(since=1_000), since=1_000)
        self.told: list[tuple[DoorEvent, Instant]] = []
        self.rules: Rules | None = FACE
        self.faults: tuple[Fault, ...] = ()
        self.clock_set, self.dozed = True, 0
        self.heeded = self.world()

    def world(self) -> World:
        now = self.clock.now()
        utc_ms = 1_800_000_000_000 + now if self.clock_set else None
        return World(now, utc_ms, self.rules, self.faults)

    def turn(self, *messages: Message) -> None:
        now = self.clock.now() + self.keeper.patience
        self.clock.set(now)
        if not messages and self.keeper.doze(now):
            self.dozed += 1
            assert now - self.heeded.now < DOZE
        else:
            self.heeded = self.world()
            claims = [each.decision if isinstance(each, Seen) else each for each in messages]
            self.keeper.turn(claims, self.heeded)
        utc_ms = self.heeded.utc_ms and self.heeded.utc_ms + now - self.heeded.now
        world = replace(self.heeded, now=now, utc_ms=utc_ms)
        readings = Readings(self.door.leaf_open, self.door.exit_pressed, self.panel.touched)
        self.whole, told = turn(self.whole, readings, messages, world, self.fixed)
        self.told += told

    def happen(self, kind: str, what: Any) -> list[Message]:
        """Change something at the door, and give what is to be put before it."""
        match kind:
            case "leaf":
                self.door.leaf_open = what if self.switch else None
            case "exit":
                self.door.exit_pressed = what
            case "fire" | "tampered" | "other_open":
                self.panel.touched = replace(self.panel.touched, **{kind: what})
            case "rules":
                self.rules = what
            case "faults":
                self.faults = what
            case "clock":
                self.clock_set = what
            case "face":
                return [grant(what, self.clock.now() + self.keeper.patience)]
            case "card":
                return [Shown(Factor.CARD, "c", what)]
            case "order":
                return [Ordered("root", "command", "", what)]
        return []

    def agree(self) -> None:
        assert self.door.released is self.whole.door.strike_released
        assert self.panel.shown == self.whole.levels(self.clock.now())
        assert [(each.event, each.t_ms) for each in self.transcript.told] == self.told
        kept = replace(self.keeper.gate, clock_offset=None)
        assert kept == replace(self.whole, clock_offset=None)


def grant(name: str, seen: Instant) -> Seen:
    sightings = tuple(Sighting(0, frame, seen, name, 0.8, 0.4, live=0.9) for frame in range(3))
    return Seen(Granted(name, seen, sightings, threshold=0.5))


things = st.one_of(
    st.tuples(st.just("nothing"), st.sampled_from((1, 2, 9, 11, 60, 300, 800))),
    st.tuples(st.sampled_from(("leaf", "exit", "fire", "tampered", "other_open")), st.booleans()),
    st.tuples(st.just("face"), st.sampled_from(("ada", "bob"))),
    st.tuples(st.just("card"), st.sampled_from(("ada", None))),
    st.tuples(st.just("order"), st.sampled_from((Unlock(), Secure(), Lockdown(), Free(5_000)))),
    st.tuples(st.just("rules"), st.sampled_from((FACE, BOTH, None))),
    st.tuples(st.just("clock"), st.booleans()),
    st.tuples(st.just("faults"), st.sampled_from(((), (Fault.CAMERA_STALE,)))),
)


@settings(max_examples=300)
@given(st.booleans(), st.lists(st.tuples(things, st.sampled_from((0, 1, 2, 9, 11))), max_size=25))
def test_a_door_that_dozes_does_and_tells_what_one_wide_awake_would(
    switch: bool, happens: list[tuple[tuple[str, Any], int]]
) -> None:
    doors = Doors(switch)
    for (kind, what), quiet in happens:
        doors.turn(*doors.happen(kind, what))
        doors.agree()
        for _ in range(what if kind == "nothing" else quiet):
            doors.turn()
            doors.agree()


def test_a_door_at_rest_takes_two_whole_turns_a_second_and_asserts_the_strike_in_every_one() -> None:
    doors = Doors(switch=True)
    doors.turn()
    asserted = 0

    class Counting(SimulatedDoor):
        def assert_strike(self, *, released: bool) -> None:
            nonlocal asserted
            asserted += 1
            super().assert_strike(released=released)

    doors.keeper._hardware = Counting(doors.clock)
    before = doors.dozed
    for _ in range(105):
        doors.turn()
    assert asserted == 105
    assert doors.keeper.patience == scan(DoorTimes().debounce_ms) == 30
    assert 105 - (doors.dozed - before) == 105 * 30 // (DOZE + 10) == 6


@given(st.integers(0, 200), st.integers(0, 12))
def test_a_contact_is_answered_as_soon_as_if_it_were_read_all_the_time(debounce_ms: int, quiet: int) -> None:
    """One that closes just after it was read would be read a turn later, and settle in turns."""
    doors = Doors(switch=True, times=DoorTimes(debounce_ms=debounce_ms))
    for _ in range(1 + quiet):
        doors.turn()
    doors.panel.touched = Contacts(fire=True)
    closed = doors.clock.now()
    while not doors.door.released:
        doors.turn()
    assert doors.clock.now() - closed <= TURN + math.ceil(debounce_ms / TURN) * TURN
    assert doors.panel.shown == Levels(lamp=True)


def test_a_door_in_use_turns_as_ever_and_one_whose_line_settles_more_often() -> None:
    doors = Doors(switch=True)
    doors.turn(Ordered("root", "unlock", "", Unlock()))
    assert doors.keeper.patience == TURN
    doors.door.leaf_open = True
    doors.turn()
    assert doors.keeper.patience == TURN // 2


def test_what_falls_due_with_nobody_there_is_not_a_turn_late() -> None:
    """A door held open is told from, and a button that hangs, though neither line moves any more."""
    for way in ("leaf", "exit"):
        doors = Doors(switch=True)
        doors.fixed = (DoorTimes(unlock_ms=500, held_open_ms=5_010, pre_alarm_ms=1_110, stuck_ms=3_090), SITE)
        doors.keeper._fixed = doors.fixed
        doors.turn(Ordered("root", "unlock", "", Unlock()))
        doors.happen(way, True)
        for _ in range(400):
            doors.turn()
            doors.agree()
        assert len(doors.told) > 3
