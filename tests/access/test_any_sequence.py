"""Whatever happens at a door, in whatever order: what must never be broken.

The machine makes the same `turn` as the daemon, on any mixture of lines, claims, orders, faults, changed
rules and passing time, and keeps its own books beside it. A step is one call of `turn`. The ordinary run
makes at least 100,000 of them, `make nightly` 1,000,000; each prints how many it counted.
"""

import os
from dataclasses import dataclass

from doorstep import MONDAY, SITE, changed, face, no_face
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from edge_gate.access.case import Case, reheard
from edge_gate.access.claim import Seen, Shown, Side
from edge_gate.access.decision import Granted, Reason
from edge_gate.access.door import DoorTimes, Free, Lockdown, Secure, State, Unlock
from edge_gate.access.events import (
    AccessGranted,
    DoorEvent,
    DoorForced,
    DoorHeld,
    DoorOpened,
    OperatorCommand,
    StrikeReleased,
    StrikeSecured,
)
from edge_gate.access.fault import OUTCOMES, Fault
from edge_gate.access.gate import Forgive, Gate, Message, Ordered, Readings, World, turn
from edge_gate.access.instant import Instant
from edge_gate.access.passback import AntiPassback
from edge_gate.access.rules import Lockout, OpenHours, Person, Policy, Rules, TimedMode
from edge_gate.access.schedule import Schedule
from edge_gate.access.telling import telling
from edge_gate.access.verification import Factor, Verification

NIGHTLY = "EDGE_GATE_STEPS" in os.environ
STEPS = int(os.environ.get("EDGE_GATE_STEPS", "100000"))
BATCH = 20
LENGTH = 50

NAMES = ("ada", "bob", "cyd")
MODES = ("face", "card", "face|card", "card+face", "pin+face", "card+pin", "card+pin+face")

flips = st.booleans()
policies = st.builds(
    Policy,
    zone=st.just("Europe/Berlin"),
    verification=st.sampled_from(MODES).map(Verification.parse),
    timed=st.sampled_from(((), (TimedMode("work", Verification.parse("face|card")),))),
    persons=st.sampled_from((1, 1, 2)),
    passback=st.one_of(
        st.none(), st.builds(AntiPassback, st.sampled_from(("hard", "soft", "timed")), st.just(600_000))
    ),
    open_hours=st.sampled_from(
        (None, None, OpenHours("work", ("staff",)), OpenHours("work", ("staff",), toggle=True))
    ),
    lockout=st.just(Lockout(credential=3, door=6)),
    without_clock=flips,
)
rules_ = st.builds(
    Rules,
    people=st.just({"ada": Person("ada", ("staff",)), "cyd": Person("cyd", ("cleaners", "everyone"))}),
    groups=st.sampled_from(
        (
            {"everyone": "always", "staff": "work", "cleaners": "never"},
            {"everyone": "work", "staff": "always", "cleaners": "never"},
        )
    ),
    schedules=st.just({"work": Schedule.parse("mon-fri 07:00-19:00")}),
    policy=policies,
    alike=st.sampled_from(({}, {"ada": ("bob",), "bob": ("ada",)})),
)
times_ = st.builds(
    DoorTimes, relock=st.sampled_from(("open", "close")), rex=st.sampled_from(("unlock", "shunt"))
)


WAITS = (1, 20, 31, 31, 31, 400, 400, 999, 1_001, 5_000, 15_000, 30_000, 130_000, 400_000, 7_200_000)
QUIET: tuple[str, bool] | None = None
LINES = (
    *[QUIET] * 6,
    *[("open", True), ("open", False), ("exit", True), ("exit", False)] * 3,
    *[(line, level) for line in ("fire", "tampered", "other_open") for level in (True, False, False, False)],
)
KINDS = (*["none"] * 3, *["face", "card", "pin"] * 3, "no_face", "order")


@dataclass
class Act:
    """One step: what changes before it, what is put before the door in it, and how much later it is."""

    wait: int
    lines: dict[str, bool]
    message: tuple[str, str, int] | None

    @classmethod
    def read(cls, number: int) -> "Act":
        """An act from the digits of a number: a whole batch is then one draw, and 0 is nothing at all."""
        number, wait = divmod(number, len(WAITS))
        number, line = divmod(number, len(LINES))
        number, kind = divmod(number, len(KINDS))
        choice, name = divmod(number, len(NAMES))
        message = None if KINDS[kind] == "none" else (KINDS[kind], NAMES[name], choice % 8)
        return cls(WAITS[wait], dict(filter(None, [LINES[line]])), message)


class AnyDoor(RuleBasedStateMachine):
    """A door, and beside it an independent account of what may happen to it."""

    steps = 0

    @initialize(rules=rules_, times=times_, switch=flips)
    def installed(self, rules: Rules, times: DoorTimes, switch: bool) -> None:
        self.law, self.times = rules, times
        self.readings = Readings(open=False if switch else None)
        self.now, self.ahead = 1_000_000, round(MONDAY.timestamp() * 1000) - 1_000_000
        self.clock_set, self.faults = True, ()
        self.gate = Gate()
        self.leave: Instant | None = None  # the strike may be released until then
        self.endless = False  # an operator or the fire panel freed the door
        self.passed: dict[str, tuple[Side, Instant]] = {}
        self.announced: dict[str, Instant] = {}  # when each person's card or PIN was last shown
        self.pending: list[tuple[str, Side]] = []  # let in, and not seen to open the door yet
        self.alarms = self.helds = 0

    @rule(batch=st.binary(min_size=3 * BATCH, max_size=3 * BATCH))
    def things_happen(self, batch: bytes) -> None:
        for place in range(0, len(batch), 3):
            act = Act.read(int.from_bytes(batch[place : place + 3]))
            self.now += act.wait
            self.readings = changed(self.readings, act.lines)
            self.step(act.message and self.message(*act.message))

    @rule(rules=rules_)
    def the_owner_changes_the_rules(self, rules: Rules) -> None:
        self.law = rules
        self.step(None)

    @rule(set_=flips, moved=st.sampled_from((-31_536_000_000, -3_600_000, 3_600_000, 31_536_000_000)))
    def the_wall_clock_jumps_or_is_lost(self, set_: bool, moved: int) -> None:
        self.clock_set = set_
        self.ahead += moved
        self.step(None)

    @rule(faults=st.one_of(st.just(set()), st.just(set()), st.sets(st.sampled_from(Fault), max_size=2)))
    def things_break_and_mend(self, faults: set[Fault]) -> None:
        self.faults = tuple(faults)  # type: ignore[assignment]
        self.step(None)

    def message(self, kind: str, name: str, choice: int) -> Message:
        toward = Side.OUTSIDE if choice % 2 else Side.INSIDE
        match kind:
            case "face":
                return Seen(face(name, self.now - 400 * (choice // 2)))
            case "no_face":
                return Seen(no_face(tuple(Reason)[choice % 4], self.now))
            case "card":
                holder = None if choice > 5 else name
                return Shown(Factor.CARD, f"card:{holder}", holder, duress=choice == 5, toward=toward)
            case "pin":
                return Shown(Factor.PIN, f"pin:{name}", name, choice < 6, choice == 5, toward)
        asks = (
            Unlock(),
            Secure(),
            Secure(),
            Lockdown(),
            Free(self.now + 60_000),
            Free() if name == "ada" else Secure(),
            Forgive(name),
            Forgive(),
        )[choice]
        return Ordered("olga", type(asks).__name__, "", asks)

    def step(self, message: Message | None) -> None:
        AnyDoor.steps += 1
        before = self.gate
        utc_ms = self.now + self.ahead if self.clock_set else None
        world = World(self.now, utc_ms, self.law, self.faults)
        self.gate, told = turn(before, self.readings, [message] if message else [], world, (self.times, SITE))
        events = [event for event, _ in told]
        self.released_only_with_leave(before, message, events)
        self.reported_once(before, events)
        self.nobody_passes_against_the_rules(before, message, events)
        self.no_look_alike_passes_by_face_alone(message, events)
        self.records_are_heard_again(events)
        assert [at for _, at in told] == sorted(at for _, at in told)
        assert set(self.gate.memory.tallies) <= {
            "door",
            *(f"{k}:{n}" for k in ("card", "pin", "face") for n in (*NAMES, None)),
        }

    def released_only_with_leave(
        self, before: Gate, message: Message | None, events: list[DoorEvent]
    ) -> None:
        """Grant, REX, fire, or an operator: nothing else, and no longer than each may last."""
        asks = message.asks if isinstance(message, Ordered) else None
        granted = any(isinstance(event, AccessGranted) for event in events)
        pressed = self.gate.exit.level and not before.exit.level and self.times.rex == "unlock"
        if before.fire.level and not self.gate.fire.level:
            self.endless, self.leave = False, None
        if granted or isinstance(asks, Unlock) or pressed:
            self.leave = max(self.leave or 0, self.now + self.times.unlock_ms)
        if granted and self.law.policy.open_hours:
            self.leave = max(self.leave or 0, self.now + 12 * 3_600_000)
        if isinstance(asks, Free):
            self.endless = asks.until is None
            self.leave = max(self.leave or 0, asks.until or 0)
        if isinstance(asks, Secure | Lockdown):
            self.endless, self.leave = False, None
        door = self.gate.door
        assert door.strike_released or not self.gate.fire.level, "fire frees the door"
        if door.strike_released and not self.gate.fire.level:
            assert self.endless or (self.leave is not None and self.now < self.leave), (
                "released without leave"
            )
            assert door.state is State.FREE or not self.gate.other.level, "released behind an open door"
            assert not door.locked_down, "released in lockdown"
        if door.state is State.UNLOCKED:
            assert door.deadline is not None
            assert self.now < door.deadline <= self.now + self.times.unlock_ms
        causes = {event.reason for event in events if isinstance(event, StrikeReleased)}
        assert causes <= {"grant", "rex", "operator", "fire"}

    def reported_once(self, before: Gate, events: list[DoorEvent]) -> None:
        """Forced and held: exactly once for each time the leaf is opened, and never while it is shut."""
        was, is_ = bool(before.door.open), bool(self.gate.door.open)
        if is_ and not was:
            self.alarms = self.helds = 0
        forced = sum(isinstance(event, DoorForced) for event in events)
        held = sum(isinstance(event, DoorHeld) for event in events)
        self.alarms += forced
        self.helds += held
        assert self.alarms <= 1
        assert not (forced or held) or is_ or was
        assert (self.gate.door.state is State.FORCED_OPEN) <= (self.alarms == 1)
        freed = self.gate.door.state is State.FREE or before.door.state is State.FREE
        if freed or self.gate.door.locked_down or before.door.locked_down:
            self.helds = 0  # what was ordered in between begins the time anew
        assert self.helds <= 1

    def nobody_passes_against_the_rules(
        self, before: Gate, message: Message | None, events: list[DoorEvent]
    ) -> None:
        self.somebody_passes_or_not(before, events)
        if isinstance(message, Ordered) and isinstance(message.asks, Forgive):
            for name in [message.asks.name] if message.asks.name else list(self.passed):
                self.passed.pop(name, None)
        letting_in = [event.subject for event in events if isinstance(event, AccessGranted)]
        policy, toward = self.law.policy, message.toward if isinstance(message, Seen | Shown) else None
        if letting_in:
            assert toward is not None
            assert len(set(letting_in)) == len(letting_in) == policy.persons, "the two-person rule"
            assert not self.gate.other.level, "the interlock"
            assert not before.door.locked_down, "lockdown"
            broken = [OUTCOMES[fault] for fault in self.gate.faults]
            assert all(row.faces if isinstance(message, Seen) else row.readers for row in broken)
            if policy.passback and policy.passback.kind != "soft":
                for name in letting_in:
                    side, at = self.passed.get(name, (None, 0))
                    again = side is toward
                    if policy.passback.kind == "timed":
                        again = again and self.now - at < policy.passback.again_ms
                    assert not again, "anti-passback"
        self.pending += [(name, toward) for name in letting_in if toward]
        toggled = letting_in and isinstance(events[-1], StrikeSecured)
        if self.gate.door.open is not False:
            self.everybody_passes()
        elif toggled:
            self.pending.clear()
        known = {name: (at.toward, at.at) for name, at in self.gate.memory.whereabouts.items()}
        assert known == self.passed, "where everybody is"

    def no_look_alike_passes_by_face_alone(self, message: Message | None, events: list[DoorEvent]) -> None:
        if isinstance(message, Shown) and message.holder and message.genuine:
            self.announced[message.holder] = self.now
        let_in = any(isinstance(event, AccessGranted) for event in events)
        if let_in and isinstance(message, Seen) and isinstance(message.decision, Granted):
            name = message.decision.subject
            age = self.now - self.announced.get(name, 0)
            assert name not in self.law.alike or age < self.law.policy.patience_ms, "a face alone"

    def somebody_passes_or_not(self, before: Gate, events: list[DoorEvent]) -> None:
        """Whoever was let in has passed when the door opens, and has not when the strike is secured first."""
        kinds = [type(event) for event in events]
        spoken = next(
            (n for n, kind in enumerate(kinds) if kind in (AccessGranted, OperatorCommand)), len(kinds)
        )
        earlier, later = kinds[:spoken], kinds[spoken:]
        opened = self.gate.door.open and not before.door.open
        # A free door opens without a word: what was secured before anybody spoke was so before it opened.
        moved = next((n for n, kind in enumerate(earlier) if kind in (DoorOpened, DoorForced)), spoken)
        if StrikeSecured in (earlier[:moved] if opened else earlier):
            self.pending.clear()
        if opened:
            self.everybody_passes()
        elif StrikeSecured in later and OperatorCommand in later and not self.gate.door.open:
            self.pending.clear()

    def everybody_passes(self) -> None:
        self.passed |= {name: (side, self.now) for name, side in self.pending}
        self.pending.clear()

    def records_are_heard_again(self, events: list[DoorEvent]) -> None:
        for event in events:
            case: Case | None = getattr(event, "case", None)
            if case:
                claim, verdict = reheard(case)
                assert next(telling(claim, verdict, case)) == event


def test_no_sequence_of_events_breaks_a_door() -> None:
    AnyDoor.steps = 0
    run_state_machine_as_test(
        AnyDoor,
        settings=settings(
            max_examples=STEPS // 220,
            stateful_step_count=LENGTH,
            deadline=None,
            derandomize=not NIGHTLY,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
            database=None,
        ),
    )
    print(f"{AnyDoor.steps} steps")  # noqa: T201 - the figure that the features page quotes
    assert AnyDoor.steps >= STEPS
