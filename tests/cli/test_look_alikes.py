"""Two people whom the door could take for each other: found, asked for more, told apart, merged."""

import io
import json
import sqlite3
import subprocess
import sys
from contextlib import closing

import cv2
import numpy as np
import pytest
from technician import Site

from edge_gate.errors import GalleryError, RulesError
from edge_gate.simulated.portrait import portrait

TWINS = {"ada": ["twin"], "twin": ["ada"]}


@pytest.fixture
def twins(site: Site) -> Site:
    """Ada is enrolled, and again under another name; bela looks like neither."""
    for name, face, seed in (("ada", "ada", 0), ("bela", "bela", 0), ("twin", "ada", 1)):
        picture = site.picture(f"{name}.png", portrait(face, seed))
        assert site.run("enrol", name, "--images", str(picture)).code == 0
    return site


def alike(site: Site) -> dict[str, list[str]]:
    told = [json.loads(line) for line in site.run("people", "list", "--json").out.splitlines()]
    return {line["name"]: line["alike"] for line in told if line["alike"]}


def journal(site: Site, event: str) -> list[dict[str, object]]:
    told = [json.loads(line) for line in site.run("journal", "tail", "-n", "99", "--json").out.splitlines()]
    return [line for line in told if line["event"] == event]


def test_enrolling_somebody_who_looks_like_another_asks_both_for_more_and_journals_it(twins: Site) -> None:
    assert alike(twins) == TWINS
    (found,) = journal(twins, "look_alikes_found")
    assert (found["subject"], found["other"]) == ("ada", "twin")
    assert (
        "ada: everyone; 0 cards; looks like twin: a face alone is not enough"
        in twins.run("people", "list").out
    )
    doctor = twins.run("doctor").out
    assert "Give ada a card or PIN" in doctor
    assert "2 people need a card or PIN besides the face, and no reader is before the door" in doctor


def test_an_audit_proposes_to_merge_one_person_under_two_names_and_journals_nothing_twice(
    twins: Site,
) -> None:
    said = twins.run("gallery", "audit")

    assert "ada and twin look alike" in said.out
    assert "one person? Then `edge-gate gallery merge`" in said.out
    assert "2 people need a card or PIN besides the face; 0 pairs are new" in said.out
    assert len(journal(twins, "look_alikes_found")) == 1


def test_an_audit_asks_look_alikes_for_more_who_were_enrolled_before_anybody_looked(twins: Site) -> None:
    with closing(sqlite3.connect(twins.state / "rules.sqlite", isolation_level=None)) as db:
        db.execute("DELETE FROM rule WHERE kind = 'alike'")

    (pair, _) = map(json.loads, twins.run("gallery", "audit", "--json").out.splitlines())

    assert (pair["first"], pair["second"], pair["duplicate"]) == ("ada", "twin", True)
    assert alike(twins) == TWINS
    assert len(journal(twins, "look_alikes_found")) == 2


def test_an_operator_tells_two_apart_and_no_audit_asks_them_again(twins: Site) -> None:
    assert twins.run("gallery", "apart", "twin", "ada").code == 0

    assert alike(twins) == {}
    assert "(told apart by an operator)" in twins.run("gallery", "audit").out
    assert alike(twins) == {}
    (changed,) = journal(twins, "rules_changed")
    assert "told apart" in str(changed["change"])
    assert twins.run("gallery", "apart", "twin", "ada").code == RulesError.exit_code


@pytest.mark.parametrize("words", [("gallery", "remove", "twin"), ("erase", "twin", "--yes")])
def test_when_the_look_alike_is_gone_a_face_alone_is_enough_again(
    twins: Site, words: tuple[str, ...]
) -> None:
    assert twins.run(*words).code == 0
    assert alike(twins) == {}
    assert b"twin" not in (twins.state / "rules.sqlite").read_bytes()


def test_a_person_is_told_that_they_look_like_another_and_not_whom(twins: Site) -> None:
    twins.run("export-person", "ada", "--out", str(twins.folder / "ada.json"))
    text = (twins.folder / "ada.json").read_text()
    assert json.loads(text)["look_alikes"] == 1
    assert "look_alikes_found" in text
    assert "twin" not in text


def test_two_names_of_one_person_are_merged_and_nothing_is_lost(twins: Site) -> None:
    twins.run("people", "card", "twin", "w26:1:1")
    twins.run("people", "card", "ada", "w26:1:2")

    said = twins.run("gallery", "merge", "ada", "twin", "--yes")

    assert said.code == 0, said.err
    assert "ada: 2 templates; there is no twin any more" in said.out
    assert [json.loads(line) for line in twins.run("gallery", "list", "--json").out.splitlines()] == [
        {"subject": "ada", "templates": 2},
        {"subject": "bela", "templates": 1},
    ]
    (ada,) = map(json.loads, twins.run("people", "list", "--json").out.splitlines())
    assert (ada["name"], ada["cards"], ada["alike"]) == ("ada", 2, [])
    (merged,) = journal(twins, "subjects_merged")
    assert (merged["subject"], merged["other"], merged["templates"]) == ("ada", "twin", 1)


def test_nobody_is_merged_by_a_slip(twins: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    assert twins.run("gallery", "merge", "ada", "twin").code == 1, "the answer was no"
    assert twins.run("gallery", "merge", "ada", "ada", "--yes").code == 2
    assert twins.run("gallery", "merge", "ada", "eve", "--yes").code == GalleryError.exit_code
    assert "twin" in twins.run("gallery", "list").out
    assert journal(twins, "subjects_merged") == []


def test_a_merge_that_cannot_be_finished_leaves_two_people_and_says_so(twins: Site) -> None:
    with closing(sqlite3.connect(twins.state / "rules.sqlite", isolation_level=None)) as db:
        db.execute("CREATE TRIGGER stuck BEFORE UPDATE ON version BEGIN SELECT RAISE(ABORT, 'stuck'); END")
        assert twins.run("gallery", "merge", "ada", "twin", "--yes").code == RulesError.exit_code
        db.execute("DROP TRIGGER stuck")

    assert "twin" in twins.run("gallery", "list").out
    assert alike(twins) == TWINS
    assert len(journal(twins, "act_broken")) == 1
    assert twins.run("gallery", "merge", "ada", "twin", "--yes").code == 0


def test_a_running_door_finds_look_alikes_by_itself_and_lets_neither_in_by_face_alone(twins: Site) -> None:
    with closing(sqlite3.connect(twins.state / "rules.sqlite", isolation_level=None)) as db:
        db.execute("DELETE FROM rule WHERE kind = 'alike'")
    for picture in twins.folder.glob("*.png"):
        picture.unlink()
    for seed in range(16):
        twins.picture(
            f"{seed:02}.png", np.asarray(cv2.convertScaleAbs(portrait("ada", 0), beta=seed), np.uint8)
        )

    words = ["-m", "edge_gate", "--config", str(twins.config), "--state", str(twins.state), "run"]
    subprocess.run([sys.executable, *words], timeout=120, check=True, capture_output=True)

    assert alike(twins) == TWINS
    assert len(journal(twins, "look_alikes_found")) == 2, "at the enrolment, and by the daemon"
    assert journal(twins, "access_granted") == []
    assert {denied["reason"] for denied in journal(twins, "access_denied")} == {"look_alike"}
