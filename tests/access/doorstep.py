"""A door for tests: the real core, with nothing behind it but numbers."""

from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from edge_gate.access.case import Site
from edge_gate.access.claim import Seen, Shown, Side
from edge_gate.access.consensus import ConsensusRules
from edge_gate.access.decision import Denied, Granted, Reason
from edge_gate.access.door import DoorTimes, Input, State
from edge_gate.access.events import DoorEvent
from edge_gate.access.fault import Fault
from edge_gate.access.gate import Forgive, Gate, Message, Ordered, Readings, World, turn
from edge_gate.access.rules import Policy, Rules
from edge_gate.access.schedule import Schedule
from edge_gate.access.sighting import Flaw, Sighting
from edge_gate.access.signal import Signal
from edge_gate.access.verification import Factor, Verification

MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=ZoneInfo("Europe/Berlin"))
SITE = Site(ConsensusRules(threshold=0.5), config="c0ffee", embedder="e3bedde7")


def policy(verification: str = "face", **others: object) -> Policy:
    asked = Verification.parse(verification)
    return replace(Policy(zone="Europe/Berlin", verification=asked), **others)


def office(**others: object) -> Rules:
    """Rules under which staff may enter in working hours and cleaners by night."""
    plain = Rules(
        version=7,
        groups={"everyone": "always", "staff": "work", "cleaners": "night"},
        schedules={
            "work": Schedule.parse("mon-fri 07:00-19:00"),
            "night": Schedule.parse("daily 22:00-06:00"),
        },
        policy=policy(),
    )
    return replace(plain, **others)


def face(subject: str, seen: int, track: int = 1) -> Granted:
    sightings = tuple(
        Sighting(track, frame, seen - 200 + 100 * frame, subject, 0.8, 0.4, live=0.9) for frame in range(3)
    )
    return Granted(subject, seen, sightings, threshold=0.5)


def no_face(reason: Reason, seen: int, track: int = 1) -> Denied:
    looks = {
        Reason.UNKNOWN: Sighting(track, 0, seen, "ada", 0.2, 0.1, live=0.9),
        Reason.AMBIGUOUS: Sighting(track, 0, seen, "ada", 0.8, 0.01, live=0.9),
        Reason.NOT_LIVE: Sighting(track, 0, seen, "ada", 0.8, 0.4, live=0.1),
        Reason.FLAWED: Sighting(track, 0, seen, flaws=(Flaw.TOO_FAR,)),
    }
    apart = 500
    return Denied(
        reason,
        seen,
        tuple(replace(looks[reason], frame=n, seen=seen + (n - 2) * apart) for n in range(3)),
        threshold=0.5,
    )


def changed(readings: Readings, lines: dict[str, bool]) -> Readings:
    """The same readings with some lines at another level; a door without a switch stays without."""
    for line, level in lines.items():
        if line in ("fire", "tampered", "other_open"):
            readings = replace(readings, panel=replace(readings.panel, **{line: level}))
        elif line == "exit" or readings.open is not None:
            readings = replace(readings, **{line: level})
    return readings


class Doorstep:
    """A door, its people and its clock. Everything here goes through the same `turn` as the daemon."""

    def __init__(
        self,
        rules: Rules | None = None,
        times: DoorTimes | None = None,
        at: datetime | None = MONDAY,
        *,
        switch: bool = True,
    ) -> None:
        self.rules: Rules | None = rules or office()
        self.times = times or DoorTimes()
        self.readings = Readings(open=False if switch else None)
        self.faults: tuple[Fault, ...] = ()
        self.gate = Gate()
        self.now = 1_000_000
        self.ahead = None if at is None else round(at.timestamp() * 1000) - self.now
        self.journal: list[DoorEvent] = []
        self.told: list[tuple[DoorEvent, int]] = []
        self.turn()

    @property
    def world(self) -> World:
        utc_ms = None if self.ahead is None else self.now + self.ahead
        return World(self.now, utc_ms, self.rules, self.faults)

    # Methods rather than properties: what they say changes between two lines of a test.
    def released(self) -> bool:
        return self.gate.door.strike_released

    def state(self) -> State:
        return self.gate.door.state

    def last(self) -> DoorEvent:
        return self.journal[-1]

    def broken(self) -> tuple[Fault, ...]:
        return self.gate.faults

    def shows(self) -> Signal:
        return self.gate.shows

    @property
    def events(self) -> list[str]:
        return [event.name for event in self.journal]

    def turn(self, *messages: Message) -> None:
        self.gate, told = turn(self.gate, self.readings, messages, self.world, (self.times, SITE))
        self.told += told
        self.journal += [event for event, _ in told]

    def forget(self) -> None:
        self.journal.clear()

    def wait(self, ms: int = 0, *, seconds: float = 0) -> None:
        self.now += ms + round(seconds * 1000)
        self.turn()

    def becomes(self, **lines: bool) -> None:
        """Change input lines, and let them settle."""
        self.touches(**lines)
        self.wait(self.times.debounce_ms)

    def touches(self, **lines: bool) -> None:
        """Change input lines, and look once."""
        self.readings = changed(self.readings, lines)
        self.turn()

    def opens(self) -> None:
        self.becomes(open=True)

    def closes(self) -> None:
        self.becomes(open=False)

    def walks_through(self) -> None:
        self.opens()
        self.closes()

    def presses_exit(self) -> None:
        self.becomes(exit=True)
        self.becomes(exit=False)

    def shows_face(self, subject: str) -> None:
        self.turn(Seen(face(subject, self.now)))

    def shows_no_face(self, reason: Reason) -> None:
        self.turn(Seen(no_face(reason, self.now)))

    def shows_card(self, holder: str | None, *, duress: bool = False, out: bool = False) -> None:
        toward = Side.OUTSIDE if out else Side.INSIDE
        self.turn(Shown(Factor.CARD, f"card:{holder}", holder, duress=duress, toward=toward))

    def types_pin(self, holder: str | None, *, right: bool = True, duress: bool = False) -> None:
        self.turn(Shown(Factor.PIN, f"pin:{holder}", holder, right, duress))

    def orders(self, asks: Input | Forgive) -> None:
        self.turn(Ordered("olga", type(asks).__name__.lower(), "a reason", asks))
