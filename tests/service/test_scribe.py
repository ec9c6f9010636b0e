"""The journal's thread: the door never waits for the disk, and what had to be lost is told."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from edge_gate.access.events import (
    AccessDenied,
    AccessGranted,
    DoorEvent,
    DoorForced,
    LivenessFailed,
    QualityRejected,
)
from edge_gate.errors import StorageFull
from edge_gate.service.scribe import Scribe
from edge_gate.simulated.clock import ManualClock
from edge_gate.store.journal import Journal
from edge_gate.store.record import Entry, Record

LONG: int = 30_000
"""Milliseconds that no test needs, unless something is broken."""

GRANT = AccessGranted("ada", 0.7, 2.0, None, 1, (1,))
DENIAL = AccessDenied("unknown", 0.1, 2, (2,))
ATTACK = LivenessFailed(0.1, 3, (3,))
BLUR = QualityRejected("blurred", "hold still", 4, (4,))
ALARM = DoorForced()


class Disk(Journal):
    """A journal whose disk a test can fill, hold back, and wait for."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.may_write = threading.Event()
        self.may_write.set()
        self.attempts = threading.Semaphore(0)

    def fill(self) -> None:
        (pages,) = self._db.execute("PRAGMA page_count").fetchone()
        self._db.execute(f"PRAGMA max_page_count = {pages}")

    def free(self) -> None:
        self._db.execute("PRAGMA max_page_count = 1000000")

    def append_many(self, entries: Iterable[Entry]) -> list[Record]:
        self.attempts.release()
        assert self.may_write.wait(LONG / 1000)
        return super().append_many(entries)

    def names(self) -> list[str]:
        return [record.event for record in self.records()]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    disk = Disk(tmp_path / "journal.sqlite")
    yield disk
    disk.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(5_000)


def crowd(count: int) -> Iterator[DoorEvent]:
    """People who are denied, each with more to say than fits on a page of the disk."""
    for turn in range(count):
        yield AccessDenied("unknown", 0.1, turn, tuple(range(2000)))


def test_an_event_keeps_the_instant_it_happened_and_the_time_of_day(disk: Disk, clock: ManualClock) -> None:
    scribe = Scribe(disk, clock)
    scribe.post(GRANT, 4_990)
    clock.advance(60_000)

    assert scribe.drain()

    (record,) = disk.records()
    assert (record.t_ms, record.utc, record.subject) == (4_990, "2026-01-01T00:00:05.000Z", "ada")


def test_the_thread_writes_in_order_and_tells_only_what_is_on_the_disk(
    disk: Disk, clock: ManualClock, tmp_path: Path
) -> None:
    reader = sqlite3.connect(tmp_path / "journal.sqlite", check_same_thread=False)
    told: list[tuple[Record, int]] = []

    def hear(record: Record) -> None:
        (kept,) = reader.execute("SELECT count(*) FROM record").fetchone()
        told.append((record, kept))

    scribe = Scribe(disk, clock, on_record=hear)
    scribe.start()
    for turn in range(50):
        scribe.post(GRANT, turn)

    assert scribe.close(LONG)
    assert [record for record, _ in told] == list(disk.records())
    assert [record.t_ms for record, _ in told] == list(range(50))
    assert all(record.seq <= kept for record, kept in told)
    assert disk.verify() == 50
    reader.close()


def test_posting_does_not_wait_for_a_disk_that_hangs(disk: Disk, clock: ManualClock) -> None:
    disk.may_write.clear()
    scribe = Scribe(disk, clock)
    scribe.start()
    scribe.post(GRANT, 0)
    assert disk.attempts.acquire(timeout=LONG / 1000)

    for turn in range(100):
        scribe.post(ALARM, turn)
    assert disk.names() == []
    assert not scribe.close(0)

    disk.may_write.set()
    assert scribe.close(LONG)
    assert disk.names() == ["access_granted"] + ["door_forced"] * 100


def test_what_waits_together_is_committed_together(disk: Disk, clock: ManualClock) -> None:
    scribe = Scribe(disk, clock)
    for turn in range(100):
        scribe.post(GRANT, turn)

    assert scribe.drain()

    assert disk.verify() == 100
    assert disk.attempts.acquire(blocking=False)
    assert not disk.attempts.acquire(blocking=False)


@pytest.mark.parametrize("denial", [DENIAL, ATTACK, BLUR])
def test_in_a_crowd_the_oldest_denial_is_lost_first_and_the_loss_is_told(
    disk: Disk, clock: ManualClock, denial: DoorEvent
) -> None:
    scribe = Scribe(disk, clock, capacity=4)
    for turn, event in enumerate([GRANT, denial, ALARM, denial, GRANT, ALARM]):
        scribe.post(event, turn)
    clock.advance(1_000)

    assert scribe.drain()

    loss, *kept = disk.records()
    assert (loss.event, loss.detail, loss.t_ms) == ("records_dropped", {"dropped": 2}, 6_000)
    assert [(record.event, record.t_ms) for record in kept] == [
        ("access_granted", 0),
        ("door_forced", 2),
        ("access_granted", 4),
        ("door_forced", 5),
    ]


def test_a_newer_denial_outlives_an_older_one(disk: Disk, clock: ManualClock) -> None:
    scribe = Scribe(disk, clock, capacity=2)
    for turn, event in enumerate([DENIAL, GRANT, DENIAL]):
        scribe.post(event, turn)
    assert scribe.drain()

    assert [(record.event, record.t_ms) for record in disk.tail(2)] == [
        ("access_granted", 1),
        ("access_denied", 2),
    ]


def test_without_denials_to_lose_the_oldest_goes_so_that_memory_stays_bounded(
    disk: Disk, clock: ManualClock
) -> None:
    scribe = Scribe(disk, clock, capacity=3)
    for turn in range(10):
        scribe.post(GRANT, turn)
    assert scribe.drain()

    assert [record.t_ms for record in disk.tail(3)] == [7, 8, 9]
    assert disk.tail(4)[0].detail == {"dropped": 7}


def test_a_loss_is_told_once(disk: Disk, clock: ManualClock) -> None:
    scribe = Scribe(disk, clock, capacity=1)
    scribe.post(DENIAL, 0)
    scribe.post(GRANT, 1)
    assert scribe.drain()
    scribe.post(GRANT, 2)
    assert scribe.drain()
    assert scribe.drain()

    assert disk.names() == ["records_dropped", "access_granted", "access_granted"]


def test_a_full_disk_loses_nothing_and_is_told_until_there_is_room(disk: Disk, clock: ManualClock) -> None:
    scribe = Scribe(disk, clock)
    disk.fill()
    for event in crowd(20):
        scribe.post(event, 0)

    assert not scribe.drain()
    assert not scribe.healthy
    scribe.post(GRANT, 1)
    assert not scribe.drain()
    with pytest.raises(StorageFull):
        disk.append_many(Entry(event, 0, 0) for event in crowd(20))
    assert disk.names() == []

    disk.free()
    assert scribe.drain()
    assert scribe.drain()
    assert disk.names() == ["access_denied"] * 20 + ["access_granted"]
    assert disk.verify() == 21


def test_a_scribe_is_healthy_again_when_it_could_write(disk: Disk, clock: ManualClock) -> None:
    scribe = Scribe(disk, clock)
    health = [scribe.healthy]
    for prepare in (disk.fill, disk.free):
        prepare()
        for event in crowd(20):
            scribe.post(event, 0)
        scribe.drain()
        health.append(scribe.healthy)

    assert health == [True, False, True]


def test_the_thread_tries_again_by_itself_when_the_disk_was_full(disk: Disk, clock: ManualClock) -> None:
    written = threading.Event()
    scribe = Scribe(disk, clock, on_record=lambda _: written.set())
    disk.fill()
    for event in crowd(20):
        scribe.post(event, 0)
    scribe.start()
    for _ in range(2):
        assert disk.attempts.acquire(timeout=LONG / 1000)
    assert not scribe.healthy
    assert not written.is_set()

    disk.free()

    assert written.wait(LONG / 1000)
    assert scribe.close(LONG)
    assert not scribe.healthy  # a thread that has ended writes nothing more
    assert disk.names() == ["access_denied"] * 20


def test_leaving_with_a_full_disk_is_bounded_and_says_so(disk: Disk, clock: ManualClock) -> None:
    disk.fill()
    scribe = Scribe(disk, clock)
    scribe.start()
    for event in crowd(20):
        scribe.post(event, 0)

    assert not scribe.close(LONG)
    assert disk.verify() == 0


def test_whoever_listens_may_go_away_without_stopping_the_journal(disk: Disk, clock: ManualClock) -> None:
    def gone(_: Record) -> None:
        raise BrokenPipeError

    scribe = Scribe(disk, clock, on_record=gone)
    scribe.start()
    scribe.post(GRANT, 0)
    scribe.post(ALARM, 1)

    assert scribe.close(LONG)
    assert disk.names() == ["access_granted", "door_forced"]


def test_leaving_twice_or_before_the_start_is_leaving(disk: Disk, clock: ManualClock) -> None:
    never_started = Scribe(disk, clock)
    never_started.post(GRANT, 0)
    assert never_started.close(LONG)
    assert never_started.close(LONG)
    assert disk.names() == ["access_granted"]


def test_many_threads_may_post(disk: Disk, clock: ManualClock) -> None:
    scribe = Scribe(disk, clock)
    scribe.start()

    def post(track: int) -> None:
        for turn in range(100):
            scribe.post(AccessDenied("unknown", 0.0, track, ()), turn)

    posters = [threading.Thread(target=post, args=(track,)) for track in range(4)]
    for poster in posters:
        poster.start()
    for poster in posters:
        poster.join()

    assert scribe.close(LONG)
    assert disk.verify() == 400
    for track in range(4):
        own = [record.t_ms for record in disk.records() if record.detail["track"] == track]
        assert own == list(range(100))
