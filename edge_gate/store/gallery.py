"""Everybody enrolled, encrypted at rest.

The database keeps a rollback journal rather than a write-ahead log: an erasure is then complete when it
is committed, with no later step that a crash could skip, and the gallery is one file.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from edge_gate.errors import EnrolmentRefused, GalleryError
from edge_gate.face.comparison import Roster
from edge_gate.face.probe import Probe, Template
from edge_gate.store import database
from edge_gate.store.key import Key, KeyFile
from edge_gate.store.sealed import SealedTemplate, opened

_MARK = int.from_bytes(b"EGga")
# EXTRA: a removed rollback journal must not come back after a power cut and undo what was acknowledged.
_PRAGMAS = "PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA; PRAGMA secure_delete = ON;"
_TABLES = (
    f"PRAGMA application_id = {_MARK}",
    "CREATE TABLE gallery (key_id TEXT NOT NULL) STRICT",
    """CREATE TABLE template (
        id INTEGER PRIMARY KEY,
        subject TEXT NOT NULL,
        embedder TEXT NOT NULL,
        nonce BLOB NOT NULL,
        sealed BLOB NOT NULL
    ) STRICT""",
    # Without it each enrolment reads every sealed template: a thousand people take ten times as long.
    "CREATE INDEX whose ON template (subject, embedder)",
)

Recorded: TypeAlias = Callable[[int], object]
"""Told how many templates a change is about, when it can be made and before it is: what this cannot write
down is not done."""


def _unrecorded(_: int) -> None:
    pass


class EncryptedGallery:
    """The port `Gallery`, and what enrolment needs besides; a missing one is made, with its key.

    Threads of one process may share it, and processes the file.

    Args:
        path: the database.
        keys: the key it is encrypted with.

    Raises:
        GalleryError: if the file cannot be used.
        KeyFileError: if its key is missing, unusable or another one.
        StorageFull: if it must be made and there is no room.
    """

    def __init__(self, path: Path, keys: KeyFile) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._keys = keys
        self._key: Key | None = None
        self._roster: Roster | None = None
        self._version = 0
        with database.explained(path, GalleryError):
            if not path.exists():
                key_id = keys.find_or_make().id
                database.create(path, lambda db: _fill(db, key_id))
            self._db = database.connect(path, _MARK, _PRAGMAS)
        try:
            with self._alone():
                self._current_key()
        except BaseException:
            self.close()
            raise

    def roster(self) -> Roster:
        """The gallery as it stands now, whoever changed it; the same object until it changes.

        Raises:
            GalleryError: if it cannot be read whole.
            KeyFileError: if another process re-keyed it and the new key is not to be found.
        """
        with self._alone():
            try:
                # SQLite's counter of other connections' commits: no page of the gallery is read for it.
                (version,) = self._db.execute("PRAGMA data_version").fetchone()
                if self._roster is None or version != self._version:
                    self._roster = self._gathered()
                    self._version = version
            except sqlite3.OperationalError as error:
                # What another process has not finished writing has not happened yet.
                if self._roster is None or not database.is_busy(error):
                    raise
            return self._roster

    def subjects(self) -> Mapping[str, int]:
        """Everybody's number of templates, by name, sorted.

        Raises:
            GalleryError: if it cannot be read.
        """
        with self._alone():
            return dict(
                self._db.execute("SELECT subject, count(*) FROM template GROUP BY subject ORDER BY subject")
            )

    def enrol(self, subject: str, probes: Sequence[Probe], record: Recorded = _unrecorded) -> int:
        """Add templates of one subject, all or none; on the disk when this returns.

        Returns:
            How many the subject has now.

        Raises:
            EnrolmentRefused: if there is no template, or the name is empty or not printable.
            GalleryError: if the gallery holds another embedder's templates, or cannot be written.
            StorageFull: if there is no room; the gallery is as it was.
        """
        if not probes:
            raise EnrolmentRefused(f"There is no template to enrol {subject!r} with")
        if not subject.strip() or not subject.isprintable():
            raise EnrolmentRefused(f"{subject!r} is not a name", "Give a name of printable characters")
        with self._writing() as key:
            self._refuse_mixture(probes)
            rows = [SealedTemplate.seal(key, Template(subject, probe)) for probe in probes]
            self._insert(rows)
            record(len(rows))
            return self._count(subject)

    def remove(self, subject: str, record: Recorded = _unrecorded) -> int:
        """Erase a subject: their sealed templates are overwritten in the file, not only unlinked.

        Returns:
            How many templates there were.

        Raises:
            GalleryError: if nobody of that name is enrolled, or it cannot be written.
            StorageFull: if there is no room to do it safely; nothing is removed.
        """
        with self._writing():
            templates = self._count(subject)
            if not templates:
                raise _not_enrolled(subject)
            self._db.execute("DELETE FROM template WHERE subject = ?", (subject,))
            record(templates)
        return templates

    def merge(self, kept: str, other: str, record: Recorded = _unrecorded) -> int:
        """File the templates of one subject under another's name: they are one person.

        Returns:
            How many templates `kept` has now.

        Raises:
            GalleryError: if one of them is not enrolled, or it cannot be written.
            StorageFull: if there is no room; the gallery is as it was.
        """
        with self._writing() as key:
            for name in (kept, other):
                if not self._count(name):
                    raise _not_enrolled(name)
            theirs = [row.open(key) for row in self._rows() if row.subject == other]
            rows = [SealedTemplate.seal(key, Template(kept, template.probe)) for template in theirs]
            self._db.execute("DELETE FROM template WHERE subject = ?", (other,))
            self._insert(rows)
            record(len(rows))
            return self._count(kept)

    def rekey(self, record: Recorded = _unrecorded) -> int:
        """Encrypt every template under a new key and replace the key file; all of it, or nothing.

        The new key is on the disk before the commit that needs it, and the old one goes after: whenever
        this is cut short, one of the two files opens the gallery, and the next `rekey` tidies up.

        Returns:
            How many templates there are.

        Raises:
            GalleryError: if a template cannot be read or written.
            KeyFileError: if the key file cannot be replaced.
            StorageFull: if there is no room; the gallery and its key are as they were.
        """
        with self._writing() as old:
            self._keys.settle(old.id)
            new = self._keys.propose()
            rows = [SealedTemplate.seal(new, row.open(old), row.id) for row in self._rows()]
            self._db.executemany(
                "UPDATE template SET nonce = ?, sealed = ? WHERE id = ?",
                [(row.nonce, row.sealed, row.id) for row in rows],
            )
            self._db.execute("UPDATE gallery SET key_id = ?", (new.id,))
            record(len(rows))
        # A second lock: only what stands in the database now says which key may be thrown away.
        with self._writing() as key:
            self._keys.settle(key.id)
        return len(rows)

    def copy(self, path: Path) -> Key:
        """A copy of the gallery as it stands now, in a file that is not there yet; the key that opens it.

        Raises:
            GalleryError, StorageFull: if it cannot be made.
        """
        with self._alone():
            key = self._current_key()
            database.copy(self._db, path)
            return key

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        self._db.close()

    def _gathered(self) -> Roster:
        with database.transaction(self._db, "DEFERRED"):
            key, rows = self._current_key(), sorted(self._rows(), key=lambda row: row.subject)
        embedders = {row.embedder for row in rows}
        if len(embedders) > 1:
            raise GalleryError(
                f"{self._path} holds templates of embedders {_names(embedders)}: no two compare"
            )
        return Roster.filed([row.subject for row in rows], opened(rows, key), next(iter(embedders), None))

    def _rows(self) -> Iterator[SealedTemplate]:
        for row in self._db.execute("SELECT id, subject, embedder, nonce, sealed FROM template"):
            yield SealedTemplate(*row)

    def _insert(self, rows: Sequence[SealedTemplate]) -> None:
        self._db.executemany(
            "INSERT INTO template VALUES (?, ?, ?, ?, ?)",
            [(row.id, row.subject, row.embedder, row.nonce, row.sealed) for row in rows],
        )

    def _count(self, subject: str) -> int:
        (count,) = self._db.execute("SELECT count(*) FROM template WHERE subject = ?", (subject,)).fetchone()
        return int(count)

    def _refuse_mixture(self, probes: Sequence[Probe]) -> None:
        present = {embedder for (embedder,) in self._db.execute("SELECT DISTINCT embedder FROM template")}
        coming = {probe.embedder for probe in probes}
        if len(present | coming) > 1:
            raise GalleryError(
                f"{self._path} holds templates of embedder {_names(present)}, not of {_names(coming)}",
                "Choose the pack that everybody was enrolled with, or remove everybody and enrol again",
            )

    def _current_key(self) -> Key:
        row = self._db.execute("SELECT key_id FROM gallery").fetchone()
        if row is None:
            raise GalleryError(f"{self._path} does not say which key it was encrypted with")
        if self._key is None or self._key.id != row[0]:
            self._key = self._keys.find(row[0])
        return self._key

    @contextmanager
    def _writing(self) -> Iterator[Key]:
        with self._alone():
            with database.transaction(self._db):
                yield self._current_key()
            self._roster = None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._lock, database.explained(self._path, GalleryError):
            yield


def _fill(db: sqlite3.Connection, key_id: str) -> None:
    for statement in _TABLES:
        db.execute(statement)
    db.execute("INSERT INTO gallery VALUES (?)", (key_id,))


def _not_enrolled(subject: str) -> GalleryError:
    return GalleryError(f"Nobody named {subject!r} is enrolled", "See the names in `edge-gate gallery list`")


def _names(embedders: set[str]) -> str:
    return ", ".join(sorted(embedders)) or "nobody"
