"""The owner's rules: people, groups, hours, and what this door asks for."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime

from msgspec import Struct, field
from msgspec.structs import replace

from edge_gate.access.instant import Millis
from edge_gate.access.passback import AntiPassback
from edge_gate.access.schedule import ALWAYS, NEVER, Schedule, covers
from edge_gate.access.verification import FACE, Verification

EVERYONE = "everyone"
"""The group of whoever is enrolled and in no other; it may enter always until the owner says otherwise."""


class Person(Struct, frozen=True):
    """Somebody who may hold credentials. The first and the last day are included, by the door's own zone."""

    name: str
    groups: tuple[str, ...] = (EVERYONE,)
    first_day: date | None = None
    last_day: date | None = None


class TimedMode(Struct, frozen=True):
    """A verification that holds during a schedule."""

    schedule: str
    verification: Verification


class OpenHours(Struct, frozen=True):
    """Hours in which the first person in leaves the door free until they end.

    Attributes:
        schedule: the hours.
        groups: whose members may do that.
        toggle: the next one of them secures it again.
    """

    schedule: str
    groups: tuple[str, ...]
    toggle: bool = False


class Lockout(Struct, frozen=True):
    """How many wrong cards, PINs and faces-to-a-card are heard before a pause."""

    credential: int = 5
    door: int = 20
    window_ms: Millis = 60_000
    locked_ms: Millis = 300_000


class Policy(Struct, frozen=True):
    """What this door asks of everybody.

    Attributes:
        zone: IANA name of the zone whose wall clock the schedules mean.
        verification: what is to be shown when no timed mode holds; the strictest, since it also holds
            while the clock is unset.
        timed: the first whose schedule holds goes before `verification`.
        persons: 2 asks for two different people.
        passback: anti-passback; None leaves it out.
        open_hours: first-person-in; None leaves it out.
        lockout: when trying on is refused.
        fresh_ms: a face's decision older than this is history: whoever it was may have left.
        patience_ms: the next factor, or the second person, comes within this time.
        without_clock: whether schedules count as holding while the clock is unset.
    """

    zone: str = "UTC"
    verification: Verification = FACE
    timed: tuple[TimedMode, ...] = ()
    persons: int = 1
    passback: AntiPassback | None = None
    open_hours: OpenHours | None = None
    lockout: Lockout = Lockout()
    fresh_ms: Millis = 1_000
    patience_ms: Millis = 15_000
    without_clock: bool = False


class Rules(Struct, frozen=True):
    """All of it at one version; swapped whole, never edited.

    Attributes:
        version: counts the changes.
        people: by name; whoever is not listed counts as ``Person(name)``.
        groups: the name of the schedule in which each may enter.
        schedules: by name.
        holidays: dates.
        policy: the door's own.
        alike: by name, whom this door could take the person for; each of them needs more than a face.
    """

    version: int = 0
    people: Mapping[str, Person] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=lambda: {EVERYONE: "always"})
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    holidays: tuple[date, ...] = ()
    policy: Policy = Policy()
    alike: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def person(self, name: str) -> Person:
        """Who that is."""
        return self.people.get(name) or Person(name)

    def schedule(self, name: str) -> Schedule:
        """The schedule of that name; one that does not exist never holds, and ``never`` does not."""
        return {"always": ALWAYS, **self.schedules}.get(name, NEVER)

    def holds(self, name: str, at: datetime | None) -> bool:
        """Whether a schedule holds at this wall-clock time; None where the clock is unset."""
        schedule = self.schedule(name)
        if at is None:
            return schedule == ALWAYS or (self.policy.without_clock and schedule != NEVER)
        return covers(schedule, at, self.holidays)

    def about(self, names: Collection[str]) -> "Rules":
        """The same rules with the people left out whom a verdict on `names` cannot depend on."""
        return replace(
            self,
            people={name: self.people[name] for name in names if name in self.people},
            alike={name: () for name in names if name in self.alike},
        )

    def asked_of(self, name: str, asked: Verification) -> Verification:
        """What the door's verification comes to for one person."""
        return asked.with_more_than_a_face() if name in self.alike else asked

    def with_alike(self, pairs: Iterable[tuple[str, str]]) -> "Rules":
        """The same rules, with these pairs of people whom the door could take for each other besides."""
        alike = dict(self.alike)
        for one, two in pairs:
            for name, other in ((one, two), (two, one)):
                alike[name] = tuple(sorted({*alike.get(name, ()), other}))
        return replace(self, alike=alike)
