"""The owner's rules on the disk: people, groups, schedules, holidays, look-alikes; and who is on which side.

Each is one JSON document under its kind and name; every change raises the version by one. What the door
itself asks for (`Policy`) is in the configuration.
"""

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from edge_gate.access.claim import Side
from edge_gate.access.rules import EVERYONE, Person, Policy, Rules
from edge_gate.access.schedule import Schedule
from edge_gate.errors import RulesError
from edge_gate.store import database, lookalikes
from edge_gate.store.lookalikes import Pair

_MARK = int.from_bytes(b"EGru")
_PRAGMAS = "PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA; PRAGMA secure_delete = ON;"
_TABLES = (
    f"PRAGMA application_id = {_MARK}",
    "CREATE TABLE version (number INTEGER NOT NULL) STRICT",
    "INSERT INTO version VALUES (1)",
    """CREATE TABLE rule (kind TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (kind, name)) STRICT, WITHOUT ROWID""",
    """INSERT INTO rule VALUES ('group', 'everyone', '"always"')""",
    "CREATE TABLE whereabouts (person TEXT PRIMARY KEY, side TEXT NOT NULL) STRICT",
    """CREATE TABLE card (digest TEXT PRIMARY KEY, person TEXT NOT NULL, duress INTEGER NOT NULL) STRICT""",
    """CREATE TABLE pin (person TEXT NOT NULL, duress INTEGER NOT NULL, hash TEXT NOT NULL,
        PRIMARY KEY (person, duress)) STRICT""",
    "CREATE TABLE keypad (number INTEGER PRIMARY KEY, person TEXT NOT NULL UNIQUE) STRICT",
)
TICK_S = 0.1
"""Two commits that leave a file with the same times are closer together: a kernel's tick is 1 to 10 ms."""

_FORGET = (
    "DELETE FROM rule WHERE kind = 'person' AND name = ?",
    "DELETE FROM card WHERE person = ?",
    "DELETE FROM pin WHERE person = ?",
    "DELETE FROM keypad WHERE person = ?",
    "DELETE FROM whereabouts WHERE person = ?",
)
_INHERIT = (
    "UPDATE card SET person = :kept WHERE person = :other",
    """UPDATE pin SET person = :kept WHERE person = :other
        AND NOT EXISTS (SELECT 1 FROM pin WHERE person = :kept)""",
    "UPDATE OR IGNORE keypad SET person = :kept WHERE person = :other",
    "UPDATE OR IGNORE whereabouts SET person = :kept WHERE person = :other",
)


def make(path: Path) -> None:
    """Make the database where there is none: everybody enrolled may enter, until the owner says otherwise.

    Only for a state directory that is new. A database that went missing later is not made again, since
    that would undo what the owner had said.

    Raises:
        RulesError: if it cannot be made.
        StorageFull: if there is no room.
    """
    with database.explained(path, RulesError):
        if not path.exists():
            database.create(path, _fill)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The database of the rules and credentials, for one piece of work.

    Raises:
        RulesError: if it cannot be used.
        StorageFull: if there is no room.
    """
    with database.explained(path, RulesError):
        db = database.connect(path, _MARK, _PRAGMAS)
        try:
            yield db
        finally:
            db.close()


def _stamp(path: Path) -> tuple[int, ...] | None:
    """What tells a changed file from an unchanged one; None where there is none, or none to be seen."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size


def change(db: sqlite3.Connection) -> None:
    """Count a change, within its transaction."""
    db.execute("UPDATE version SET number = number + 1")


class RuleBook:
    """Reads and changes the rules. Threads may share it, and processes the file.

    Args:
        path: the database.
        policy: what the configuration says this door asks for.
    """

    def __init__(self, path: Path, policy: Policy) -> None:
        self._path = path
        self._policy = policy
        self._lock = threading.Lock()
        self._rules: Rules | None = None
        self._stamp: tuple[int, ...] | None = None
        self._since = 0.0
        self._settled = False

    def rules(self) -> Rules:
        """The rules as they stand; the same object until they change.

        The file is opened only where its inode, times or size have changed, which every commit does.

        Raises:
            RulesError: if they cannot be read whole.
        """
        with self._lock:
            now, stamp = time.monotonic(), _stamp(self._path)
            if stamp != self._stamp:
                self._stamp, self._since, self._settled = stamp, now, False
            if self._rules is None or not self._settled:
                self._rules = self._as_kept()
                self._settled = now - self._since >= TICK_S
            return self._rules

    def _as_kept(self) -> Rules:
        with opened(self._path) as db, database.transaction(db, "DEFERRED"):
            (version,) = db.execute("SELECT number FROM version").fetchone()
            if self._rules is None or self._rules.version != version:
                return _read(db, version, self._policy)
            return self._rules

    def save_person(self, person: Person) -> None:
        """Add or change a person.

        Raises:
            RulesError: if one of the groups does not exist.
        """
        groups = self.rules().groups
        for group in person.groups:
            if group not in groups:
                raise _unknown("group", group, "groups allow GROUP SCHEDULE")
        self._put("person", person.name, person)

    def remove_person(self, name: str) -> bool:
        """Forget a person, with cards, PINs and whereabouts; whether there was anything to forget."""
        with opened(self._path) as db, database.transaction(db):
            gone = sum(db.execute(statement, (name,)).rowcount for statement in _FORGET)
            change(db)
        return gone > 0

    def unknown_alike(self, pairs: Iterable[Pair]) -> tuple[Pair, ...]:
        """Those of the pairs of look-alikes of which nothing is kept yet, not even that they were told apart.

        Raises:
            RulesError: if it cannot be read.
        """
        with opened(self._path) as db:
            known = lookalikes.read(db)
        return tuple(pair for pair in pairs if pair not in known)

    def save_alike(self, pairs: Iterable[Pair]) -> None:
        """Keep pairs of people each of whom needs more than a face from now on.

        Raises:
            RulesError, StorageFull: if it cannot be written.
        """
        with opened(self._path) as db, database.transaction(db):
            lookalikes.write(db, pairs, alike=True)
            change(db)

    def tell_apart(self, one: str, two: str) -> None:
        """An operator says that these two may be let in by face alone.

        Raises:
            RulesError: if they are not kept as look-alikes.
        """
        if two not in self.rules().alike.get(one, ()):
            raise RulesError(
                f"{one} and {two} are not look-alikes here", "`edge-gate people list` shows who is"
            )
        with opened(self._path) as db, database.transaction(db):
            lookalikes.write(db, [(one, two)], alike=False)
            change(db)

    def forget_alike(self, name: str) -> None:
        """Forget whom a person looks like, whose face is no longer kept.

        Raises:
            RulesError, StorageFull: if it cannot be written.
        """
        with opened(self._path) as db, database.transaction(db):
            lookalikes.forget(db, name)
            change(db)

    def merge(self, kept: str, other: str) -> None:
        """Give all of `other` to `kept`; done again, it changes nothing more.

        Groups, cards and look-alikes add up. Days, PINs and whereabouts are those of `kept`, of `other` where
        `kept` has none.

        Raises:
            RulesError, StorageFull: if it cannot be written.
        """
        people = self.rules().people
        lines = [people[name] for name in (kept, other) if name in people]
        with opened(self._path) as db, database.transaction(db):
            if lines:
                groups = tuple(dict.fromkeys(group for line in lines for group in line.groups))
                _write(db, "person", kept, replace(lines[0], name=kept, groups=groups))
            for statement in _INHERIT:
                db.execute(statement, {"kept": kept, "other": other})
            for statement in _FORGET:
                db.execute(statement, (other,))
            lookalikes.merge(db, kept, other)
            change(db)

    def allow(self, group: str, schedule: str) -> None:
        """Let a group enter during a schedule.

        Raises:
            RulesError: if there is no such schedule.
        """
        if schedule not in ("always", "never", *self.rules().schedules):
            raise _unknown("schedule", schedule, f"schedules set {schedule} 'mon-fri 07:00-19:00'")
        self._put("group", group, schedule)

    def remove_group(self, name: str) -> None:
        """Forget a group.

        Raises:
            RulesError: if there is none, or somebody is in it.
        """
        rules = self.rules()
        members = [person.name for person in rules.people.values() if name in person.groups]
        if members or name == EVERYONE:
            raise _in_use("group", name, ", ".join(members) or "whoever is in no other group")
        self._remove("group", name)

    def save_schedule(self, name: str, schedule: Schedule) -> None:
        """Add or change a schedule.

        Raises:
            RulesError: if the name is one of the two that are always there.
        """
        if name in ("always", "never"):
            raise RulesError(f"{name!r} is always there and cannot be changed", "Choose another name")
        self._put("schedule", name, str(schedule))

    def remove_schedule(self, name: str) -> None:
        """Forget a schedule.

        Raises:
            RulesError: if there is none, or a group or the configuration names it.
        """
        users = [f"group {group}" for group, named in self.rules().groups.items() if named == name]
        users += ["access.timed" for mode in self._policy.timed if mode.schedule == name]
        if self._policy.open_hours and self._policy.open_hours.schedule == name:
            users.append("access.open_hours")
        if users:
            raise _in_use("schedule", name, ", ".join(users))
        self._remove("schedule", name)

    def save_holiday(self, day: date) -> None:
        """Add a holiday."""
        self._put("holiday", day.isoformat(), day)

    def remove_holiday(self, day: date) -> None:
        """Make it a day like any other.

        Raises:
            RulesError: if it was one.
        """
        self._remove("holiday", day.isoformat())

    def copy(self, path: Path) -> None:
        """A copy of rules and credentials as they stand now, in a file that is not there yet.

        Raises:
            RulesError, StorageFull: if it cannot be made.
        """
        with opened(self._path) as db:
            database.copy(db, path)

    def whereabouts(self) -> Mapping[str, Side]:
        """On which side everybody was last known to be.

        Raises:
            RulesError: if it cannot be read.
        """
        with opened(self._path) as db:
            return {name: Side(side) for name, side in db.execute("SELECT person, side FROM whereabouts")}

    def save_whereabouts(self, whereabouts: Mapping[str, Side]) -> None:
        """Note on which side everybody is.

        Raises:
            RulesError: if it cannot be written.
            StorageFull: if there is no room.
        """
        with opened(self._path) as db, database.transaction(db):
            db.execute("DELETE FROM whereabouts")
            db.executemany("INSERT INTO whereabouts VALUES (?, ?)", whereabouts.items())

    def _put(self, kind: str, name: str, value: object) -> None:
        with opened(self._path) as db, database.transaction(db):
            _write(db, kind, name, value)
            change(db)

    def _remove(self, kind: str, name: str) -> None:
        with opened(self._path) as db, database.transaction(db):
            if not db.execute("DELETE FROM rule WHERE kind = ? AND name = ?", (kind, name)).rowcount:
                raise RulesError(
                    f"There is no {kind} {name!r}", f"`edge-gate {kind}s list` shows what there is"
                )
            change(db)


def _read(db: sqlite3.Connection, version: int, policy: Policy) -> Rules:
    found: dict[str, dict[str, Any]] = {kind: {} for kind in ("person", "group", "schedule", "holiday")}
    kinds = {"person": Person, "group": str, "schedule": str, "holiday": date}
    rows = db.execute("SELECT kind, name, value FROM rule WHERE kind != ? ORDER BY name", (lookalikes.KIND,))
    for kind, name, value in rows:
        try:
            found[kind][name] = msgspec.json.decode(value, type=kinds[kind])
            if kind == "schedule":
                found[kind][name] = Schedule.parse(found[kind][name])
        except (KeyError, ValueError) as error:
            raise RulesError(f"The {kind} {name!r} was altered: {error}") from error
    return Rules(
        version,
        found["person"],
        found["group"],
        found["schedule"],
        tuple(found["holiday"].values()),
        policy,
    ).with_alike(pair for pair, alike in lookalikes.read(db).items() if alike)


def _write(db: sqlite3.Connection, kind: str, name: str, value: object) -> None:
    row = (kind, name, msgspec.json.encode(value).decode())
    db.execute("INSERT OR REPLACE INTO rule VALUES (?, ?, ?)", row)


def _fill(db: sqlite3.Connection) -> None:
    for statement in _TABLES:
        db.execute(statement)


def _unknown(kind: str, name: str, verb: str) -> RulesError:
    return RulesError(f"There is no {kind} {name!r}", f"Make it first with `edge-gate {verb}`")


def _in_use(kind: str, name: str, users: str) -> RulesError:
    return RulesError(f"The {kind} {name!r} is in use by {users}", "Change those first")
