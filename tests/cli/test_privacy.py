"""What a person may ask for, and what the law does to the journal."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from technician import Site

from edge_gate.access.events import AccessGranted, DoorOpened
from edge_gate.errors import JournalError
from edge_gate.simulated.portrait import portrait
from edge_gate.store.journal import Journal
from edge_gate.store.record import Entry

DAY_MS = 86_400_000


@pytest.fixture
def ada(site: Site) -> Site:
    """A site where ada is enrolled, has a card, and was let in."""
    site.run("enrol", "ada", "--images", str(site.picture("ada.png", portrait("ada"))))
    site.run("people", "set", "ada")
    site.run("people", "card", "ada", "w26:17:4711")
    with closing(Journal(site.state / "journal.sqlite")) as journal:
        journal.append(Entry(AccessGranted("ada", 0.9, 2.0, None, 1, (1,)), 0, 0))
    return site


def sealed_template(site: Site) -> bytes:
    with closing(sqlite3.connect(site.state / "gallery.sqlite")) as db:
        return bytes(db.execute("SELECT sealed FROM template").fetchone()[0])


def test_a_person_is_given_all_that_is_kept_of_them_and_no_template(ada: Site) -> None:
    out = ada.folder / "ada.json"

    assert ada.run("export-person", "ada", "--out", str(out)).code == 0

    told = json.loads(out.read_text())
    assert (told["templates"], told["cards"], told["pin"]) == (1, 1, False)
    assert "access_granted" in {line["event"] for line in told["journal"]}
    assert out.stat().st_mode & 0o777 == 0o600
    assert out.read_text().count("0.") < 5, "a row of numbers"
    assert "subject_exported" in ada.run("journal", "tail").out


def test_an_erased_person_is_gone_from_the_disk_and_the_record_proves_it(ada: Site) -> None:
    template = sealed_template(ada)

    said = ada.run("erase", "ada", "--json")

    proof = json.loads(said.out)
    assert (proof["event"], proof["subject"]) == ("subject_erased", "ada")
    assert (proof["templates"], proof["cards"], proof["rules"]) == (1, 1, True)
    assert proof["journal_lines"] >= 3
    assert ada.run("journal", "verify", "--witness", str(proof["seq"]), proof["hash"]).code == 0
    assert all(template not in path.read_bytes() for path in ada.state.iterdir() if path.is_file())
    assert ada.run("gallery", "list").out == ""
    assert "ada" not in ada.run("people", "list").out


def test_nobody_is_erased_twice_or_by_a_slip(ada: Site) -> None:
    assert ada.run("erase", "ade", "--yes").code == 8
    ada.run("erase", "ada", "--yes")
    assert ada.run("erase", "ada", "--yes").code == 8


def test_an_erasure_cut_short_is_finished_by_the_next(ada: Site) -> None:
    ada.run("gallery", "remove", "ada")

    said = ada.run("erase", "ada", "--json")

    assert json.loads(said.out)["cards"] == 1
    assert "ada" not in ada.run("people", "list").out


@pytest.fixture
def year(tmp_path: Path) -> Iterator[Journal]:
    """A journal with a record a day for a year, the last of them in an hour."""
    journal = Journal(tmp_path / "journal.sqlite")
    now = int(datetime.now(UTC).timestamp() * 1000) + 3_600_000
    journal.append_many(
        Entry(AccessGranted(f"guest {day}", 0.9, 2.0), day, now - (364 - day) * DAY_MS) for day in range(365)
    )
    yield journal
    journal.close()


def prune(journal: Journal, days: int) -> int:
    now = datetime.now(UTC)
    at = int(now.timestamp() * 1000)
    return journal.prune(now - timedelta(days=days), days, lambda event: Entry(event, 0, at))


def test_old_records_go_and_what_is_left_verifies_and_says_where_it_was_cut(year: Journal) -> None:
    assert prune(year, 90) == 274

    assert year.verify() == 92
    newest = year.tail(1)[0]
    assert (newest.event, newest.detail["through"], newest.detail["records"]) == ("journal_pruned", 274, 274)
    assert next(year.records()).seq == 275


def test_the_journal_goes_on_and_may_be_cut_again(year: Journal) -> None:
    prune(year, 200)
    year.append(Entry(DoorOpened(), 0, int(datetime.now(UTC).timestamp() * 1000)))
    prune(year, 90)

    assert year.verify() == year.tail(1)[0].seq - 274
    assert prune(year, 90) == 0


def test_pruned_records_are_overwritten_on_the_disk(year: Journal, tmp_path: Path) -> None:
    prune(year, 90)
    year.close()

    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"guest 100" not in content
    assert b"guest 300" in content


def test_after_a_cut_the_journal_is_append_only_as_before(year: Journal) -> None:
    prune(year, 90)

    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        year._db.execute("DELETE FROM record WHERE seq = 300")


@pytest.mark.parametrize(
    "tampering",
    [
        "DELETE FROM record WHERE seq = 275",
        "DELETE FROM record WHERE event = 'journal_pruned'",
        """UPDATE record SET detail = json_set(detail, '$.through', 275) WHERE event = 'journal_pruned';
        DELETE FROM record WHERE seq = 275""",
        "UPDATE record SET detail = json_set(detail, '$.last_hash', hash) WHERE event = 'journal_pruned'",
        "UPDATE record SET detail = '[]' WHERE event = 'journal_pruned'",
    ],
)
def test_more_than_the_record_says_cannot_be_cut_unnoticed(year: Journal, tampering: str) -> None:
    prune(year, 90)
    year._db.executescript(
        f"DROP TRIGGER record_is_not_removed; DROP TRIGGER record_is_not_edited; {tampering}"
    )

    with pytest.raises(JournalError):
        year.verify()


def test_nothing_is_cut_from_a_journal_that_was_tampered_with(year: Journal) -> None:
    year._db.executescript("DROP TRIGGER record_is_not_edited; UPDATE record SET subject = 'x' WHERE seq = 5")

    with pytest.raises(JournalError, match="record 5"):
        prune(year, 90)
    assert len(list(year.records())) == 365


def test_a_witness_that_was_pruned_cannot_be_compared_with(year: Journal) -> None:
    first, kept = year.tail(365)[0], year.tail(10)[0]
    prune(year, 90)

    assert year.verify((kept.seq, kept.hash)) == 92
    with pytest.raises(JournalError, match="record 1 was pruned"):
        year.verify((first.seq, first.hash))


def test_a_clock_that_was_once_wrong_holds_back_what_came_after_and_loses_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    now = int(datetime.now(UTC).timestamp() * 1000)
    times = [now - 300 * DAY_MS, now - 10 * DAY_MS, 0, now - 200 * DAY_MS, now]
    journal.append_many(Entry(DoorOpened(), 0, at) for at in times)

    assert prune(journal, 90) == 1
    assert [record.seq for record in journal.records()] == [2, 3, 4, 5, 6]
    journal.close()


def test_the_verb_removes_nothing_young(ada: Site) -> None:
    assert json.loads(ada.run("retention", "--days", "30", "--json").out) == {"removed": 0, "days": 30}


def test_the_verb_keeps_records_for_as_long_as_the_configuration_says(ada: Site) -> None:
    assert json.loads(ada.run("retention", "--json").out) == {"removed": 0, "days": 90}
    with ada.config.open("a") as config:
        config.write("[store]\nkeep_days = 0\n")

    said = ada.run("retention")

    assert said.code == 0, said.err
    assert "every record is kept" in said.out
