"""What happened at the door: append-only, on the disk before it is acknowledged, each record chained.

Records may go for their age alone, from the first on, and only together with a record that says up to which
number and on which hash the chain goes on: `prune`. What is left verifies as before.

What the chain shows: a record edited, removed, inserted or moved, and a tail cut off by anybody who does
not also set SQLite's own count of records back. What it cannot show by itself: a chain that somebody with
write access computed afresh from some record to the end, or cut off together with that count. For that,
note a record's `seq` and `hash` elsewhere (the service's log has them) and give them to `verify`.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from edge_gate.access.events import DoorEvent, JournalPruned
from edge_gate.errors import JournalError
from edge_gate.store import database
from edge_gate.store.record import GENESIS, RESERVED, Entry, Record

_MARK = int.from_bytes(b"EGjo")
_PRAGMAS = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 1048576;"
_NOT_REMOVED = """CREATE TRIGGER record_is_not_removed BEFORE DELETE ON record
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"""
_TABLES = (
    f"PRAGMA application_id = {_MARK}",
    # AUTOINCREMENT: sqlite_sequence remembers the last number even where its record is gone.
    """CREATE TABLE record (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        utc TEXT NOT NULL,
        t_ms INTEGER NOT NULL,
        event TEXT NOT NULL,
        subject TEXT,
        reason TEXT,
        score REAL,
        detail TEXT NOT NULL,
        hash TEXT NOT NULL
    ) STRICT""",
    """CREATE TRIGGER record_is_not_edited BEFORE UPDATE ON record
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
    _NOT_REMOVED,
    """CREATE TRIGGER record_is_not_replaced BEFORE INSERT ON record
        WHEN EXISTS (SELECT 1 FROM record WHERE seq >= NEW.seq)
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
)
_PAGE = 500


class Journal:
    """The journal's file, made if it is missing. Several processes may append; one thread at a time each.

    Args:
        path: the database.

    Raises:
        JournalError: if the file cannot be used.
        StorageFull: if it must be made and there is no room.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._explained():
            if not path.exists():
                database.create(path, _fill)
            self._db = database.connect(path, _MARK, _PRAGMAS)

    def append(self, entry: Entry) -> Record:
        """Add one record; on the disk when this returns. Raises as `append_many`."""
        return self.append_many([entry])[0]

    def append_many(self, entries: Iterable[Entry]) -> list[Record]:
        """Add records in one commit, all or none; on the disk when this returns.

        Raises:
            StorageFull: if there is no room; the journal is as it was.
            JournalError: if it cannot be written.
        """
        with self._explained(), database.transaction(self._db):
            return self._append(entries)

    def tail(self, count: int) -> list[Record]:
        """The newest `count` records, oldest first.

        Raises:
            JournalError: if they cannot be read.
        """
        with self._explained():
            rows = self._db.execute("SELECT * FROM record ORDER BY seq DESC LIMIT ?", (count,)).fetchall()
            return [_record(row) for row in reversed(rows)]

    def records(self, since: int = 0) -> Iterator[Record]:
        """Every record after number `since`, oldest first; holds no lock between pages.

        Raises:
            JournalError: if they cannot be read.
        """
        while True:
            with self._explained():
                rows = self._db.execute(
                    "SELECT * FROM record WHERE seq > ? ORDER BY seq LIMIT ?", (since, _PAGE)
                ).fetchall()
            if not rows:
                return
            for row in rows:
                yield _record(row)
            since = rows[-1][0]

    def verify(self, witness: tuple[int, str] | None = None) -> int:
        """Follow the chain from the first record to the last.

        Args:
            witness: `seq` and `hash` of a record, noted elsewhere when it was acknowledged.

        Returns:
            How many records there are.

        Raises:
            JournalError: at the first record that does not fit, naming it; or if the witness was pruned.
        """
        with self._explained():
            acknowledged = self._last()
            pruned, previous = self._beginning()
        if witness and witness[0] <= pruned:
            raise JournalError(f"Journal record {witness[0]} was pruned", "Compare with a later witness")
        seq = pruned
        for record in self.records():
            if record.seq != seq + 1:
                raise _missing(seq + 1, record.seq - 1)
            if record.chained(previous).hash != record.hash:
                raise JournalError(f"Journal record {record.seq} or the one before it was altered or moved")
            if witness and record.seq == witness[0] and record.hash != witness[1]:
                raise JournalError(f"Journal record {record.seq} is not the one that was witnessed")
            seq, previous = record.seq, record.hash
        expected = max(acknowledged, witness[0] if witness else 0)
        if seq < expected:
            raise _missing(seq + 1, expected)
        return seq - pruned

    def prune(self, before: datetime, days: int, entry: Callable[[DoorEvent], Entry]) -> int:
        """Remove the oldest records, overwriting them on the disk; a chained record says so.

        Args:
            before: records older than this go, as far as all before them are older too.
            days: what the record says the limit was.
            entry: makes an entry of the event.

        Returns:
            How many went.

        Raises:
            JournalError: if the chain is not whole: evidence is not removed.
            StorageFull: if there is no room; the journal is as it was.
        """
        self.verify()
        limit = f"{before:%Y-%m-%dT%H:%M:%S}.{before.microsecond // 1000:03d}Z"
        with self._explained():
            row = self._db.execute(
                """SELECT max(seq), hash, count(*) FROM record
                WHERE seq < (SELECT ifnull(min(seq), (SELECT max(seq) FROM record))
                    FROM record WHERE utc >= ?)""",
                (limit,),
            ).fetchone()
            through, last_hash, records = row
            if not records:
                return 0
            self._db.execute("PRAGMA secure_delete = ON")
            with database.transaction(self._db):
                self._append([entry(JournalPruned(through, last_hash, records, days))])
                self._db.execute("DROP TRIGGER record_is_not_removed")
                self._db.execute("DELETE FROM record WHERE seq <= ?", (through,))
                self._db.execute(_NOT_REMOVED)
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return int(records)

    def copy(self, path: Path) -> None:
        """A copy of the journal as it stands now, in a file that is not there yet.

        Raises:
            JournalError, StorageFull: if it cannot be made.
        """
        with self._explained():
            database.copy(self._db, path)

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        self._db.close()

    def _append(self, entries: Iterable[Entry]) -> list[Record]:
        seq, previous = self._last(), self._last_hash()
        records = []
        for entry in entries:
            seq += 1
            records.append(Record.of(entry, seq, previous))
            previous = records[-1].hash
        self._db.executemany(
            "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (r.seq, r.utc, r.t_ms, r.event, r.subject, r.reason, r.score, json.dumps(r.detail), r.hash)
                for r in records
            ],
        )
        return records

    def _beginning(self) -> tuple[int, str]:
        """Up to which number records were pruned, and the hash that the first one left is chained to."""
        row = self._db.execute(
            "SELECT detail FROM record WHERE event = ? ORDER BY seq DESC LIMIT 1", (JournalPruned.name,)
        ).fetchone()
        if row is None:
            return 0, GENESIS
        try:
            told = json.loads(row[0])
            return int(told["through"]), str(told["last_hash"])
        except (ValueError, KeyError, TypeError) as error:
            raise JournalError("The journal's record of its pruning was altered") from error

    def _last(self) -> int:
        """The number last given out, whether or not its record still stands."""
        (seq,) = self._db.execute(
            "SELECT ifnull(max(seq), 0) FROM (SELECT seq FROM sqlite_sequence UNION SELECT seq FROM record)"
        ).fetchone()
        return int(seq)

    def _last_hash(self) -> str:
        row = self._db.execute("SELECT hash FROM record ORDER BY seq DESC LIMIT 1").fetchone()
        return str(row[0]) if row else GENESIS

    def _explained(self) -> AbstractContextManager[None]:
        return database.explained(self._path, JournalError)


def _fill(db: sqlite3.Connection) -> None:
    for statement in _TABLES:
        db.execute(statement)


def _record(row: tuple[int, str, int, str, str | None, str | None, float | None, str, str]) -> Record:
    seq, utc, t_ms, event, subject, reason, score, detail, digest = row
    try:
        told = json.loads(detail)
    except ValueError:
        told = None
    if not isinstance(told, dict) or told.keys() & RESERVED:
        raise JournalError(f"Journal record {seq} was altered: its detail is not what an event has")
    return Record(seq, utc, t_ms, event, subject, reason, score, told, digest)


def _missing(first: int, last: int) -> JournalError:
    which = f"record {first} is" if first == last else f"records {first} to {last} are"
    return JournalError(f"Journal {which} missing")
