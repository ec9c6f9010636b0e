"""A table and a folder of photographs: everybody who can be enrolled is, the others are told why not."""

import csv
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from msgspec.structs import replace
from technician import Said, Site

from edge_gate.access.events import SubjectRemoved
from edge_gate.config import Settings, load
from edge_gate.errors import JournalError, StorageFull
from edge_gate.evaluation.budget import Promise
from edge_gate.face.comparison import Roster
from edge_gate.face.detection import Face
from edge_gate.face.frame import Picture
from edge_gate.provisioning.bulk import Likeness, Outcome, Wanted, enrol_all, read_table
from edge_gate.provisioning.ledger import ledger
from edge_gate.provisioning.lookalikes import expected
from edge_gate.recognition.enrolment import enrollable
from edge_gate.recognition.recognise import Eyes
from edge_gate.service import wiring
from edge_gate.simulated.portrait import portrait

PEOPLE = ("ada", "bela", "chidi", "dara")


@pytest.fixture
def folder(site: Site) -> Path:
    photos = site.folder / "photos"
    photos.mkdir()
    for name in PEOPLE:
        for seed in (0, 1):
            cv2.imwrite(str(photos / f"{name}{seed}.png"), portrait(name, seed))
    return photos


def table(site: Site, *rows: tuple[str, str]) -> Path:
    path = site.folder / "people.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("name", "photo"), *rows])
    return path


def everybody(site: Site) -> Path:
    return table(site, *((name, f"{name}{seed}.png") for name in PEOPLE for seed in (0, 1)))


def enrol(site: Site, folder: Path, *words: str) -> Said:
    return site.run("enrol", "--from", str(site.folder / "people.csv"), "--photos", str(folder), *words)


def told(said: Said) -> dict[str, Any]:
    return {line["name"]: line for line in map(json.loads, said.out.splitlines())}


def gallery(site: Site) -> dict[str, int]:
    said = site.run("gallery", "list", "--json")
    return {line["subject"]: line["templates"] for line in map(json.loads, said.out.splitlines())}


def test_everybody_is_enrolled_with_all_their_photographs_and_journalled(site: Site, folder: Path) -> None:
    everybody(site)

    said = enrol(site, folder)

    assert said.code == 0, said.err
    assert gallery(site) == dict.fromkeys(PEOPLE, 2)
    assert site.run("journal", "tail").out.count("subject_enrolled") == len(PEOPLE)
    assert "4 of 4 people are enrolled" in said.out


def test_a_dry_run_says_the_same_and_changes_nothing(site: Site, folder: Path) -> None:
    everybody(site)

    said = enrol(site, folder, "--dry-run", "--json")

    assert {line["outcome"] for line in told(said).values()} == {"enrolled"}
    assert gallery(site) == {}
    assert "subject_enrolled" not in site.run("journal", "tail").out


def test_the_bad_photographs_are_named_with_their_reasons_and_the_good_ones_kept(
    site: Site, folder: Path
) -> None:
    cv2.imwrite(str(folder / "wall.png"), np.full((480, 480, 3), 190, np.uint8))
    (folder / "torn.png").write_bytes((folder / "ada0.png").read_bytes()[:2000])
    table(site, ("ada", "ada0.png"), ("ada", "torn.png"), ("bela", "wall.png"), ("chidi", "gone.png"))

    found = told(enrol(site, folder, "--json"))

    assert (found["ada"]["outcome"], found["ada"]["templates"]) == ("enrolled", 1)
    assert "torn.png is not a whole picture" in found["ada"]["reasons"][0]
    assert found["bela"] == found["bela"] | {"outcome": "rejected", "reasons": ["wall.png: no face found"]}
    assert found["chidi"]["outcome"] == "rejected"
    assert "gone.png" in found["chidi"]["reasons"][0]
    assert gallery(site) == {"ada": 1}


def test_one_person_under_two_names_is_enrolled_once(site: Site, folder: Path) -> None:
    table(site, ("ada", "ada0.png"), ("bela", "bela0.png"), ("eve", "ada0.png"))

    found = told(enrol(site, folder, "--json"))

    assert found["eve"]["outcome"] == "duplicate"
    assert "with ada: one person under two names?" in found["eve"]["reasons"][0]
    assert gallery(site) == {"ada": 1, "bela": 1}


def test_look_alikes_are_enrolled_and_reported(site: Site, folder: Path, eyes: Eyes) -> None:
    people = read_table(table(site, ("ada", "ada0.png"), ("twin", "ada1.png")), folder)
    settings = wiring_settings(site)

    with closing(wiring.gallery(settings)) as kept:
        results = list(enrol_all(people, lambda: eyes, kept, None, Likeness(0.3, 0.999), workers=1))

    assert [result.outcome for result in results] == [Outcome.ENROLLED, Outcome.ENROLLED]
    assert [name for name, _ in results[1].alike] == ["ada"]


def test_a_table_is_judged_by_what_the_budget_allows_for_all_of_it_and_look_alikes_need_more_than_a_face(
    site: Site, folder: Path, eyes: Eyes
) -> None:
    settings = wiring_settings(site)
    calibration = wiring.calibration(settings)
    promise = expected(settings, Roster.of([]), people=2, photographs=2)
    assert isinstance(promise, Promise)
    likeness = Likeness.of(promise, calibration)
    assert likeness.threshold == promise.threshold < calibration.measured[-1].threshold
    ada, bela = portrait("ada"), portrait("bela")
    known = enrollable(Picture(ada), eyes, "ada").probe.vector
    for share in np.arange(0.5, 1.0, 0.02):  # the first mixture of two faces that is a look-alike of one
        mixed = np.asarray(cv2.addWeighted(ada, float(share), bela, 1 - float(share), 0), np.uint8)
        score = float(np.dot(known, enrollable(Picture(mixed), eyes, "mixed").probe.vector))
        if likeness.threshold + 0.01 < score < likeness.same - 0.01:
            break
    cv2.imwrite(str(folder / "mixed.png"), mixed)
    table(site, ("ada", "ada0.png"), ("mixed", "mixed.png"))

    found = told(enrol(site, folder, "--json"))

    assert [each["subject"] for each in found["mixed"]["alike"]] == ["ada"]
    assert wiring.rulebook(settings).rules().alike == {"ada": ("mixed",), "mixed": ("ada",)}
    assert site.run("journal", "tail").out.count("look_alikes_found") == 1


def wiring_settings(site: Site) -> Settings:
    return load(site.config, {"store": {"state": str(site.state)}})


def test_begun_again_it_goes_on_where_it_stopped(site: Site, folder: Path) -> None:
    table(site, ("ada", "ada0.png"), ("bela", "bela0.png"))
    enrol(site, folder)
    for photo in ("ada0.png", "bela0.png"):
        (folder / photo).unlink()
    table(site, ("ada", "ada0.png"), ("bela", "bela0.png"), ("chidi", "chidi0.png"))

    found = told(enrol(site, folder, "--json"))

    assert [found[name]["outcome"] for name in ("ada", "bela", "chidi")] == [
        "already enrolled",
        "already enrolled",
        "enrolled",
    ]
    assert gallery(site) == {"ada": 1, "bela": 1, "chidi": 1}


def test_the_outcome_does_not_depend_on_how_many_look_side_by_side(site: Site, folder: Path) -> None:
    table(site, ("ada", "ada0.png"), ("eve", "ada0.png"), ("bela", "bela0.png"), ("chidi", "chidi0.png"))

    alone = enrol(site, folder, "--dry-run", "--json", "--workers", "1").out
    together = enrol(site, folder, "--dry-run", "--json", "--workers", "4").out

    assert alone == together


def test_the_report_is_a_table_that_no_spreadsheet_runs(site: Site, folder: Path) -> None:
    table(site, ("=cmd()", "gone.png"), ("ada", "ada0.png"))

    enrol(site, folder, "--report", str(site.folder / "report.csv"))

    with (site.folder / "report.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["name"], row["outcome"]) for row in rows] == [("'=cmd()", "rejected"), ("ada", "enrolled")]


class Counting:
    """A detector that counts what it looks at."""

    def __init__(self, eyes: Eyes) -> None:
        self._eyes = eyes
        self.looked = 0

    def detect(self, picture: Picture, side: int | None = None) -> tuple[Face, ...]:
        self.looked += 1
        return self._eyes.detector.detect(picture, side)


def test_only_a_few_people_are_looked_at_ahead_of_the_one_who_is_written_down(
    site: Site, folder: Path, eyes: Eyes
) -> None:
    handed_out = 0

    def people() -> Iterator[Wanted]:
        nonlocal handed_out
        for number in range(500):
            handed_out += 1
            yield Wanted(f"person {number}", (folder / "ada0.png",))

    with closing(wiring.gallery(wiring_settings(site))) as kept:
        results = enrol_all(people(), lambda: eyes, kept, None, Likeness(0.5, 0.9), workers=2)
        next(results)
        results.close()

    assert handed_out == 8


def test_whoever_is_enrolled_is_not_looked_at_again(site: Site, folder: Path, eyes: Eyes) -> None:
    everybody(site)
    enrol(site, folder)
    counting = Counting(eyes)
    again = replace(eyes, detector=counting)

    with closing(wiring.gallery(wiring_settings(site))) as kept:
        people = read_table(site.folder / "people.csv", folder)
        list(enrol_all(people, lambda: again, kept, None, Likeness(0.5, 0.9), workers=2))

    assert counting.looked == 0


@pytest.mark.slow
def test_ten_thousand_photographs_take_no_more_memory_than_a_few(site: Site) -> None:
    photos = site.folder / "photos"
    photos.mkdir()
    first = photos / "0.jpg"
    cv2.imwrite(str(first), np.full((1200, 1600, 3), 190, np.uint8))
    for number in range(1, 10_000):
        (photos / f"{number}.jpg").hardlink_to(first)

    def megabytes(count: int) -> float:
        """The most memory that a dry run needed. Decoded, each photograph is 5.8 MB."""
        table(site, *((f"person {number}", f"{number}.jpg") for number in range(count)))
        words = ["enrol", "--from", str(site.folder / "people.csv"), "--photos", str(photos), "--dry-run"]
        measured = (
            "import resource, sys; from edge_gate.cli import main\n"
            "try: main()\n"
            "finally: print('KB', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
        )
        ran = subprocess.run(
            [
                sys.executable,
                "-c",
                measured,
                "--config",
                site.config,
                "--state",
                site.state,
                *words,
                "--json",
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        assert len(ran.stdout.splitlines()) == count
        return int(ran.stderr.rpartition("KB ")[2]) / 1000

    few, many = megabytes(40), megabytes(10_000)

    assert many < few + 60, f"{few:.0f} MB for 40 photographs, {many:.0f} MB for 10,000"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("who,photo\na,b\n", "has the columns who, photo"),
        ("name,photo\nada,\n", "line 2"),
        ("\xff", "columns"),
    ],
)
def test_a_table_that_is_none_is_refused_with_its_line(site: Site, text: str, said: str) -> None:
    (site.folder / "people.csv").write_text(text)

    answer = enrol(site, site.folder)

    assert answer.code == 13
    assert said in answer.err


def refuse_records(site: Site) -> None:
    with closing(sqlite3.connect(site.state / "journal.sqlite")) as journal:
        journal.executescript(
            "CREATE TRIGGER full BEFORE INSERT ON record BEGIN SELECT RAISE(ABORT, 'no room'); END"
        )


@pytest.mark.parametrize("verb", [("gallery", "remove", "ada"), ("gallery", "rekey"), ("enrol", "bela")])
def test_what_the_journal_cannot_write_down_is_not_done(
    site: Site, folder: Path, verb: tuple[str, ...]
) -> None:
    site.run("enrol", "ada", "--images", str(folder / "ada0.png"))
    key = (site.state / "gallery.key").read_bytes()
    refuse_records(site)

    said = site.run(*verb, *(("--images", str(folder / "bela0.png")) if verb[0] == "enrol" else ()))

    assert said.code == JournalError.exit_code
    assert gallery(site) == {"ada": 1}
    assert (site.state / "gallery.key").read_bytes() == key
    assert site.run("gallery", "rekey").code == JournalError.exit_code, "nothing half done is in the way"


def test_a_change_that_fails_after_it_was_written_down_is_called_broken(site: Site) -> None:
    def fails_late() -> None:
        with ledger(wiring_settings(site)) as book:
            book.note(SubjectRemoved("ada", 3))
            raise StorageFull("There is no room to write gallery.sqlite")

    with pytest.raises(StorageFull):
        fails_late()

    removed, broken = (json.loads(line) for line in site.run("journal", "tail", "--json").out.splitlines())
    assert (removed["event"], broken["event"], broken["act"]) == (
        "subject_removed",
        "act_broken",
        "subject_removed",
    )
    assert "no room" in broken["reason"]
