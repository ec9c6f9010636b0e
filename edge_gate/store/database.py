"""SQLite as the gallery and the journal use it: made whole or not at all, and failing in words."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edge_gate.errors import GalleryError, JournalError, RulesError, StorageFull
from edge_gate.store.files import beside, sync_directory, write_private

BUSY_MS = 2_000
"""How long one process waits for another that writes."""


def create(path: Path, fill: Callable[[sqlite3.Connection], object]) -> None:
    """Make a database that appears under its name only when `fill` has filled it.

    An empty file found there later was therefore truncated, not half made. Where another process
    was faster, its database stands.

    Raises:
        sqlite3.Error: if it cannot be filled.
        OSError: if it cannot be made.
    """
    fresh = beside(path)
    try:
        write_private(fresh)
        db = sqlite3.connect(fresh, isolation_level=None)
        try:
            db.execute("PRAGMA synchronous = EXTRA")
            with transaction(db):
                fill(db)
        finally:
            db.close()
        try:
            os.link(fresh, path)
        except FileExistsError:
            return
        sync_directory(path.parent)
    finally:
        fresh.unlink(missing_ok=True)


def connect(path: Path, mark: int, pragmas: str) -> sqlite3.Connection:
    """Open an existing database; for use by one thread at a time, whichever.

    Args:
        path: the file.
        mark: its `application_id`, which tells our galleries and journals from other files.
        pragmas: settings of this connection.

    Raises:
        sqlite3.Error: if it is not such a database.
    """
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_MS / 1000,
    )
    try:
        _check(db, mark)
        db.executescript(pragmas)
    except BaseException:
        db.close()
        raise
    return db


def _check(db: sqlite3.Connection, mark: int) -> None:
    if db.execute("PRAGMA application_id").fetchone() != (mark,):
        raise sqlite3.DatabaseError("it is another kind of file, or was truncated")


def copy(db: sqlite3.Connection, path: Path) -> None:
    """Write the database as it stands now to a private file that is not there yet, all on the disk.

    Raises:
        sqlite3.Error: if it cannot be copied.
        OSError: if the file is there, or cannot be made.
    """
    write_private(path)
    other = sqlite3.connect(path, isolation_level=None)
    try:
        db.backup(other)
        other.execute("PRAGMA journal_mode = DELETE")
    finally:
        other.close()


@contextmanager
def transaction(db: sqlite3.Connection, kind: str = "IMMEDIATE") -> Iterator[None]:
    """All of the block, or nothing of it; IMMEDIATE keeps other writers out from the start."""
    db.execute(f"BEGIN {kind}")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextmanager
def explained(path: Path, kind: type[GalleryError | JournalError | RulesError]) -> Iterator[None]:
    """Turn what SQLite and the file system say of `path` into an error with a remedy.

    Raises:
        StorageFull: if there is no room.
        GalleryError: or JournalError or RulesError, as `kind` says, for everything else.
    """
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        if _no_room(path, error):
            raise StorageFull(f"There is no room to write {path}") from error
        if is_busy(error):
            raise kind(f"Another program is writing {path}", "Try again when it has finished") from error
        raise kind(f"Cannot use {path}: {error}") from error


def is_busy(error: BaseException) -> bool:
    """Whether another connection held the database for longer than `BUSY_MS`."""
    return _primary_code(error) == sqlite3.SQLITE_BUSY


def _primary_code(error: BaseException) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _no_room(path: Path, error: BaseException) -> bool:
    """SQLite reports a full disk as such only where a write met it, not where a file's making did."""
    if _primary_code(error) == sqlite3.SQLITE_FULL:
        return True
    if not isinstance(error, OSError) and _primary_code(error) not in (
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
    ):
        return False
    try:
        disk = os.statvfs(path.parent)
    except OSError:
        return False
    return disk.f_bavail == 0 or (disk.f_files > 0 and disk.f_favail == 0)
