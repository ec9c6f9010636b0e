"""The journal on the disk: what it keeps, and which alterations of it come to light."""

import csv
import json
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from damage import another_database, emptied, overwritten, truncated

from edge_gate.access.events import (
    AccessDenied,
    AccessGranted,
    DoorEvent,
    DoorForced,
    OperatorCommand,
    QualityRejected,
    RecordsDropped,
)
from edge_gate.access.sighting import Flaw, Sighting
from edge_gate.errors import JournalError
from edge_gate.store.journal import Journal
from edge_gate.store.record import GENESIS, Entry, Record, csv_lines, json_lines

MORNING = 1_772_350_200_000
"""2026-03-01T07:30:00 UTC."""


class BellRung(DoorEvent, frozen=True):
    """An event of the tests' own, so that a new field of the others' is no matter here."""

    subject: str
    score: float
    presses: tuple[int, ...]
    answered: float | None


GRANT = AccessGranted("ada", 0.71, 0.4, None, 3, (7, 8, 9))


def entry(event: DoorEvent = GRANT, turn: int = 0) -> Entry:
    return Entry(event, 1000 + turn, MORNING + turn)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    journal = Journal(path)
    yield journal
    journal.close()


def edit(path: Path, *statements: str) -> None:
    """Somebody with write access, a copy of SQLite, and no respect for triggers."""
    db = sqlite3.connect(path, isolation_level=None)
    for (trigger,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        db.execute(f"DROP TRIGGER {trigger}")
    for statement in statements:
        db.execute(statement)
    db.close()


# --- what is kept


def test_a_record_says_who_when_and_why(journal: Journal) -> None:
    journal.append(entry(BellRung("ada", 0.71, (7, 8, 9), None)))

    assert [record.as_json() for record in journal.tail(10)] == [
        {
            "seq": 1,
            "utc": "2026-03-01T07:30:00.000Z",
            "t_ms": 1000,
            "event": "bell_rung",
            "subject": "ada",
            "reason": None,
            "score": 0.71,
            "presses": [7, 8, 9],
            "answered": None,
        }
    ]


def test_what_is_returned_is_what_is_kept(journal: Journal, path: Path) -> None:
    events = [
        GRANT,
        AccessDenied("unknown", 0.1 + 0.2, 4, (10,)),
        AccessDenied("unknown", 1, 4, (10,)),
        QualityRejected("too_far", "come closer", 5, ()),
        DoorForced(),
        RecordsDropped(3),
        OperatorCommand("techniker-ü", "“Lieferung”\n= 1\0", "unlock"),
    ]

    returned = journal.append_many(entry(event, turn) for turn, event in enumerate(events))

    again = Journal(path)
    assert list(again.records()) == returned
    assert [record.seq for record in returned] == [1, 2, 3, 4, 5, 6, 7]
    assert again.verify() == 7
    again.close()


def test_what_a_verdict_was_reached_on_comes_back_as_it_was(journal: Journal) -> None:
    class Weighed(DoorEvent, frozen=True):
        sightings: tuple[Sighting, ...]
        hours: Mapping[str, frozenset[int]]

    weighed = Weighed(
        (Sighting(1, 2, 3, "ada", 0.1 + 0.2, 2.0, (Flaw.BLURRED,), None), Sighting(1, 3, 4)),
        {"cleaners": frozenset({9, 6, 22})},
    )
    journal.append(entry(weighed))

    (record,) = journal.tail(1)
    assert msgspec.convert(record.detail, Weighed) == weighed
    assert journal.verify() == 1


def test_a_text_or_score_that_cannot_be_stored_does_not_stop_the_journal(journal: Journal) -> None:
    journal.append(entry(OperatorCommand("ada", "\ud800", "unlock")))
    journal.append(entry(AccessDenied("unknown", float("nan"), 1, ())))
    journal.append(entry(BellRung("ada", 0.5, (), float("inf"))))

    reasons, scores = zip(*((record.reason, record.score) for record in journal.tail(3)), strict=True)
    assert reasons == ("?", "unknown", None)
    assert scores == (None, None, 0.5)
    assert journal.verify() == 3


def test_the_tail_is_the_newest_records_oldest_first(journal: Journal) -> None:
    journal.append_many(entry(turn=turn) for turn in range(10))

    assert [record.seq for record in journal.tail(3)] == [8, 9, 10]
    assert [record.seq for record in journal.tail(99)] == list(range(1, 11))
    assert journal.tail(0) == []


def test_records_can_be_read_from_where_a_reader_left_off(journal: Journal) -> None:
    journal.append_many(entry(turn=turn) for turn in range(1203))

    assert [record.seq for record in journal.records()] == list(range(1, 1204))
    assert [record.seq for record in journal.records(since=1200)] == [1201, 1202, 1203]
    assert list(journal.records(since=1203)) == []


def test_nothing_to_append_is_no_record(journal: Journal) -> None:
    assert journal.append_many([]) == []
    assert journal.verify() == 0


def test_two_processes_write_one_chain(journal: Journal, path: Path) -> None:
    other = Journal(path)
    for turn in range(6):
        (journal, other)[turn % 2].append(entry(turn=turn))

    assert [record.t_ms for record in other.records()] == [1000, 1001, 1002, 1003, 1004, 1005]
    assert journal.verify() == 6
    other.close()


def test_only_the_owner_reads_the_journal(journal: Journal, path: Path) -> None:
    journal.append(entry())

    assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}


# --- what leaves the house


def test_exported_lines_carry_a_chain_that_anybody_can_follow(journal: Journal) -> None:
    journal.append_many(entry(turn=turn) for turn in range(3))

    previous = GENESIS
    for line in json_lines(journal.records()):
        told = json.loads(line)
        claimed = told.pop("hash")
        told["previous"] = previous
        previous = sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        assert previous == claimed


def test_a_spreadsheet_shows_an_export_and_runs_none_of_it(journal: Journal) -> None:
    journal.append(entry(OperatorCommand("=cmd|' /C calc'!A0", '@evil, "quoted"\nline', "unlock")))
    journal.append(entry(BellRung("", -0.25, (4,), 1.5)))

    heading, first, second = csv.reader(csv_lines(journal.records()))

    assert heading == ["seq", "utc", "t_ms", "event", "subject", "reason", "score", "detail", "hash"]
    assert first[4:6] == ["'=cmd|' /C calc'!A0", '\'@evil, "quoted"\nline']
    assert second[:7] == ["2", "2026-03-01T07:30:00.000Z", "1000", "bell_rung", "", "", "-0.25"]
    assert json.loads(second[7]) == {"answered": 1.5, "presses": [4]}


# --- what comes to light


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE record SET subject = 'mallory'",
        "DELETE FROM record",
        "DELETE FROM record WHERE seq = 2",
        "INSERT OR REPLACE INTO record SELECT * FROM record WHERE seq = 2",
        "REPLACE INTO record SELECT 1, utc, t_ms, event, subject, reason, score, detail, hash FROM record",
        "INSERT INTO record SELECT 0, utc, t_ms, event, subject, reason, score, detail, hash FROM record",
    ],
)
def test_the_file_itself_refuses_to_forget(journal: Journal, path: Path, statement: str) -> None:
    kept = journal.append_many(entry(turn=turn) for turn in range(3))
    db = sqlite3.connect(path)

    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(statement)

    db.close()
    assert list(journal.records()) == kept


COLUMNS = {
    "utc": "'2026-03-01T07:30:00.999Z'",
    "t_ms": "t_ms + 1",
    "event": "'access_denied'",
    "subject": "'mallory'",
    "reason": "'because'",
    "score": "0.99",
    "detail": """json_set(detail, '$.track', 99)""",
    "hash": "'" + "0" * 64 + "'",
}


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("seq", [1, 3, 5])
def test_an_edited_record_is_named(journal: Journal, path: Path, seq: int, column: str) -> None:
    journal.append_many(entry(turn=turn) for turn in range(5))
    assert journal.verify() == 5

    edit(path, f"UPDATE record SET {column} = {COLUMNS[column]} WHERE seq = {seq}")

    with pytest.raises(JournalError, match=f"record {seq} ") as found:
        journal.verify()
    assert found.value.exit_code == 9


def test_an_edit_that_mends_its_own_hash_breaks_the_next_link(journal: Journal, path: Path) -> None:
    records = journal.append_many(entry(turn=turn) for turn in range(5))
    forged = Record.of(entry(AccessDenied("unknown", 0.1, 1, ()), 2), 3, records[1].hash)

    edit(
        path,
        f"UPDATE record SET event = '{forged.event}', subject = NULL, reason = '{forged.reason}', "
        f"score = {forged.score}, detail = '{json.dumps(forged.detail)}', hash = '{forged.hash}' "
        "WHERE seq = 3",
    )

    with pytest.raises(JournalError, match="record 4 or the one before it"):
        journal.verify()


def test_a_field_cannot_hide_behind_another_of_its_name(journal: Journal, path: Path) -> None:
    """The hash is over one flat object: a detail named `subject` must not stand in for the column."""
    journal.append(entry())

    edit(path, "UPDATE record SET subject = 'mallory', detail = json_set(detail, '$.subject', 'ada')")

    with pytest.raises(JournalError, match="record 1 "):
        journal.verify()


@pytest.mark.parametrize("detail", ["", "[]", "{", "null"])
def test_a_detail_that_is_none_is_named(journal: Journal, path: Path, detail: str) -> None:
    journal.append_many(entry(turn=turn) for turn in range(2))

    edit(path, f"UPDATE record SET detail = '{detail}' WHERE seq = 2")

    with pytest.raises(JournalError, match="record 2 "):
        journal.verify()


@pytest.mark.parametrize(
    ("gone", "missing"), [("1", "record 1 is"), ("3", "record 3 is"), ("2, 3", "records 2 to 3 are")]
)
def test_a_removed_record_is_named(journal: Journal, path: Path, gone: str, missing: str) -> None:
    journal.append_many(entry(turn=turn) for turn in range(5))

    edit(path, f"DELETE FROM record WHERE seq IN ({gone})")

    with pytest.raises(JournalError, match=f"{missing} missing"):
        journal.verify()


def test_closing_the_gap_by_renumbering_is_found(journal: Journal, path: Path) -> None:
    journal.append_many(entry(turn=turn) for turn in range(5))

    edit(path, "DELETE FROM record WHERE seq = 3", "UPDATE record SET seq = seq - 1 WHERE seq > 3")

    with pytest.raises(JournalError, match="record 3 "):
        journal.verify()


def test_an_inserted_record_is_found(journal: Journal, path: Path) -> None:
    journal.append_many(entry(turn=turn) for turn in range(5))

    edit(
        path,
        "UPDATE record SET seq = 6 WHERE seq = 5",
        "UPDATE record SET seq = 5 WHERE seq = 4",
        "INSERT INTO record SELECT 4, utc, t_ms, event, 'mallory', reason, score, detail, hash "
        "FROM record WHERE seq = 3",
    )

    with pytest.raises(JournalError, match="record 4 "):
        journal.verify()


def test_two_records_that_changed_places_are_found(journal: Journal, path: Path) -> None:
    journal.append_many(entry(turn=turn) for turn in range(5))

    edit(
        path,
        "UPDATE record SET seq = 99 WHERE seq = 2",
        "UPDATE record SET seq = 2 WHERE seq = 3",
        "UPDATE record SET seq = 3 WHERE seq = 99",
    )

    with pytest.raises(JournalError, match="record 2 "):
        journal.verify()


def test_a_tail_cut_off_is_found_even_after_the_journal_went_on(journal: Journal, path: Path) -> None:
    journal.append_many(entry(turn=turn) for turn in range(5))

    edit(path, "DELETE FROM record WHERE seq > 3")

    with pytest.raises(JournalError, match="records 4 to 5 are missing"):
        journal.verify()
    assert journal.append(entry()).seq == 6
    with pytest.raises(JournalError, match="records 4 to 5 are missing"):
        journal.verify()


def test_a_tail_cut_off_with_its_count_is_found_by_who_noted_a_record(journal: Journal, path: Path) -> None:
    last = journal.append_many(entry(turn=turn) for turn in range(5))[-1]
    assert journal.verify((last.seq, last.hash)) == 5

    edit(path, "DELETE FROM record WHERE seq > 3", "UPDATE sqlite_sequence SET seq = 3")

    assert journal.verify() == 3  # as the module says: by itself the chain cannot show this
    with pytest.raises(JournalError, match="records 4 to 5 are missing"):
        journal.verify((last.seq, last.hash))


def test_a_chain_computed_afresh_is_found_by_who_noted_a_record(journal: Journal, path: Path) -> None:
    noted = journal.append_many(entry(turn=turn) for turn in range(5))[3]
    journal.close()
    path.unlink()
    forged = Journal(path)
    forged.append_many(entry(DoorForced(), turn) for turn in range(5))

    assert forged.verify() == 5
    with pytest.raises(JournalError, match="record 4 is not the one that was witnessed"):
        forged.verify((noted.seq, noted.hash))
    forged.close()


# --- damaged files


@pytest.mark.parametrize("damage", [truncated, emptied, overwritten, another_database])
def test_a_damaged_journal_is_refused_and_kept_as_evidence(
    path: Path, damage: Callable[[Path], None]
) -> None:
    journal = Journal(path)
    journal.append_many(entry(turn=turn) for turn in range(200))
    journal.close()
    damage(path)
    found = path.read_bytes()

    with pytest.raises(JournalError, match=str(path)) as refusal:
        Journal(path).verify()

    assert "Keep the file as evidence" in str(refusal.value)
    assert path.read_bytes() == found


# --- kill -9


WRITER = """
import sys
from pathlib import Path
from edge_gate.access.events import AccessGranted
from edge_gate.store.journal import Journal
from edge_gate.store.record import Entry
journal = Journal(Path(sys.argv[1]))
turn = 0
while True:
    turn += 1
    entries = [Entry(AccessGranted("ada", 0.5, 2.0, None, turn, (turn,)), turn, turn)] * (1 + turn % 3)
    for record in journal.append_many(entries):
        print(record.seq, record.hash, flush=True)
"""


@dataclass
class Acknowledged:
    """What the world was told is in the journal."""

    hashes: dict[int, str]

    def hear(self, lines: list[str]) -> None:
        for seq, digest in (line.split() for line in lines if line.endswith("\n")):
            self.hashes[int(seq)] = digest


@pytest.mark.parametrize("rounds", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_no_acknowledged_record_is_lost_when_its_writer_is_killed(path: Path, rounds: int) -> None:
    whim = random.Random(rounds)
    acknowledged = Acknowledged({})
    for _ in range(rounds):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        first = writer.stdout.readline()
        with suppress(subprocess.TimeoutExpired):
            writer.wait(whim.uniform(0, 0.05))
        writer.kill()
        acknowledged.hear([first, *writer.stdout.readlines()])
        writer.stdout.close()
        writer.wait()

        journal = Journal(path)
        last = max(acknowledged.hashes)
        assert journal.verify((last, acknowledged.hashes[last])) >= last
        kept = {record.seq: record.hash for record in journal.records()}
        journal.close()
        assert acknowledged.hashes.items() <= kept.items()
    assert len(acknowledged.hashes) > rounds
