"""A full disk: a clear error, nothing lost, and everything goes on once there is room."""

import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest

from edge_gate.access.events import AccessGranted
from edge_gate.errors import StorageFull
from edge_gate.face.probe import Probe, unit
from edge_gate.store.gallery import EncryptedGallery
from edge_gate.store.journal import Journal
from edge_gate.store.key import KeyFile
from edge_gate.store.record import Entry


class SmallDisk(Protocol):
    path: Path

    def fill(self, db: sqlite3.Connection) -> None: ...
    def free(self, db: sqlite3.Connection) -> None: ...


class RealDisk:
    """A file system of 512 KiB."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self, db: sqlite3.Connection | None = None) -> None:
        del db
        with self._ballast.open("ab", buffering=0) as file:
            while True:
                try:
                    file.write(bytes(4096))
                except OSError:
                    return

    def free(self, db: sqlite3.Connection | None = None) -> None:
        del db
        self._ballast.unlink()


class PageLimit:
    """Where nothing can be mounted: SQLite's own limit gives the same SQLITE_FULL."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self, db: sqlite3.Connection) -> None:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages}")

    def free(self, db: sqlite3.Connection) -> None:
        db.execute("PRAGMA max_page_count = 1000000")


@pytest.fixture
def real_disk() -> Iterator[RealDisk]:
    # Not under pytest's own directory: a mount left there by a killed run would break its clearing up.
    where = Path(tempfile.mkdtemp(prefix="edge-gate-disk-"))
    try:
        mount = ["mount", "-t", "tmpfs", "-o", "size=512k,mode=0700", "tmpfs", str(where)]
        if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("needs leave to mount a small file system: run the tests as root")
        yield RealDisk(where)
        # Lazily, since a test that failed may still hold a file open there.
        subprocess.run(["umount", "--lazy", str(where)], check=True)
    finally:
        where.rmdir()


@pytest.fixture(params=["a small file system", "a page limit"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> SmallDisk:
    if request.param == "a page limit":
        return PageLimit(tmp_path)
    real: RealDisk = request.getfixturevalue("real_disk")
    return real


def probes(count: int) -> list[Probe]:
    rng = np.random.default_rng(count)
    return [unit(rng.standard_normal(128).astype(np.float32), "builtin") for _ in range(count)]


def refused(act: Callable[[], object], path: Path) -> None:
    with pytest.raises(StorageFull, match=str(path)) as refusal:
        act()
    assert refusal.value.exit_code == 12
    assert "Free some space" in str(refusal.value)


def test_an_enrolment_that_finds_no_room_changes_nothing(disk: SmallDisk) -> None:
    path, keys = disk.path / "gallery.sqlite", KeyFile(disk.path / "gallery.key")
    gallery = EncryptedGallery(path, keys)
    gallery.enrol("ada", probes(1))
    roster = gallery.roster()
    disk.fill(gallery._db)

    refused(lambda: gallery.enrol("bob", probes(100)), path)
    refused(lambda: gallery.enrol("bob", probes(100)), path)
    assert gallery.subjects() == {"ada": 1}
    assert gallery.roster() is roster

    disk.free(gallery._db)
    gallery.enrol("bob", probes(100))
    gallery.close()
    again = EncryptedGallery(path, keys)
    assert again.subjects() == {"ada": 1, "bob": 100}
    assert len(again.roster().matrix) == 101
    again.close()


def test_a_re_keying_that_finds_no_room_leaves_the_gallery_and_its_key(real_disk: RealDisk) -> None:
    path, key = real_disk.path / "gallery.sqlite", real_disk.path / "gallery.key"
    gallery = EncryptedGallery(path, KeyFile(key))
    gallery.enrol("ada", probes(50))
    before = key.read_bytes()
    real_disk.fill()

    refused(gallery.rekey, real_disk.path)
    assert gallery.roster().subjects == ("ada",)
    assert key.read_bytes() == before

    real_disk.free()
    assert gallery.rekey() == 50
    gallery.close()
    assert key.read_bytes() != before
    assert sorted(file.name for file in real_disk.path.iterdir()) == ["gallery.key", "gallery.sqlite"]


def test_nothing_is_half_made_where_there_is_no_room(real_disk: RealDisk) -> None:
    real_disk.fill()
    before = sorted(file.name for file in real_disk.path.iterdir())

    refused(lambda: Journal(real_disk.path / "journal.sqlite"), real_disk.path)
    refused(
        lambda: EncryptedGallery(real_disk.path / "gallery.sqlite", KeyFile(real_disk.path / "gallery.key")),
        real_disk.path,
    )

    assert sorted(file.name for file in real_disk.path.iterdir()) == before


def test_a_journal_that_finds_no_room_keeps_what_it_acknowledged(disk: SmallDisk) -> None:
    path = disk.path / "journal.sqlite"
    journal = Journal(path)
    grant = Entry(AccessGranted("ada", 0.5, 2.0, None, 1, (1,)), 0, 0)
    kept = [journal.append(grant)]
    disk.fill(journal._db)

    refused(lambda: journal.append_many([grant] * 500), path)
    refused(lambda: journal.append_many([grant] * 500), path)
    assert list(journal.records()) == kept
    assert journal.verify() == 1

    disk.free(journal._db)
    kept.append(journal.append(grant))
    journal.close()
    again = Journal(path)
    assert list(again.records()) == kept
    assert again.verify((2, kept[-1].hash)) == 2
    again.close()
