"""The owner's verbs: people, groups, schedules, holidays; and a decision taken once more."""

import json
import sqlite3
from contextlib import closing

import pytest
from technician import Site

from edge_gate.access.case import Site as RunningSite
from edge_gate.access.claim import Seen, Shown
from edge_gate.access.consensus import ConsensusRules
from edge_gate.access.decision import Granted
from edge_gate.access.door import DoorTimes
from edge_gate.access.events import AccessGranted
from edge_gate.access.gate import Gate, Message, Readings, World, turn
from edge_gate.access.rules import Policy
from edge_gate.access.schedule import Schedule
from edge_gate.access.sighting import Sighting
from edge_gate.access.verification import Factor
from edge_gate.cli import people
from edge_gate.store.journal import Journal
from edge_gate.store.record import Entry
from edge_gate.store.rules import RuleBook


def listed(site: Site, kind: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in site.run(kind, "list", "--json").out.splitlines()]


def journal(site: Site) -> list[dict[str, object]]:
    return [json.loads(line) for line in site.run("journal", "tail", "--json").out.splitlines()]


def test_an_owner_sets_up_staff_in_working_hours(site: Site) -> None:
    for words in (
        ("schedules", "set", "work", "mon-fri 07:00-19:00"),
        ("groups", "allow", "staff", "work"),
        ("people", "set", "ada", "--group", "staff", "--last-day", "2026-12-31"),
        ("holidays", "add", "2026-12-25", "2026-12-26"),
    ):
        assert site.run(*words).code == 0
    rules = RuleBook(site.state / "rules.sqlite", Policy()).rules()
    assert rules.schedules == {"work": Schedule.parse("mon-fri 07:00-19:00")}
    assert rules.groups == {"everyone": "always", "staff": "work"}
    assert str(rules.people["ada"].last_day) == "2026-12-31"
    assert [str(day) for day in rules.holidays] == ["2026-12-25", "2026-12-26"]
    assert listed(site, "schedules") == [{"name": "work", "hours": "mon tue wed thu fri 07:00-19:00"}]
    assert listed(site, "groups")[1] == {"name": "staff", "schedule": "work", "members": ["ada"]}
    assert listed(site, "holidays")[0] == {"day": "2026-12-25"}
    for kind in ("schedules", "groups", "holidays", "people"):
        assert site.run(kind, "list").out


def test_every_change_is_in_the_journal_with_the_local_user(site: Site) -> None:
    site.run("people", "set", "ada")
    site.run("people", "card", "ada", "w26:17:4711")
    told = journal(site)
    assert [line["event"] for line in told] == ["rules_changed", "rules_changed"]
    assert told[0]["change"] == "ada: everyone"
    assert "4711" not in json.dumps(told)
    assert told[0]["subject"]


def test_what_is_not_given_stays_as_it_was(site: Site) -> None:
    site.run("people", "set", "ada", "--first-day", "2026-01-01")
    site.run("people", "set", "ada", "--last-day", "2026-02-01")
    told = listed(site, "people")[0]
    assert (told["first_day"], told["last_day"]) == ("2026-01-01", "2026-02-01")
    site.run("people", "set", "ada", "--always")
    assert listed(site, "people")[0]["first_day"] is None


def test_cards_and_pins_are_given_and_taken(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "getpass", lambda _prompt: "2580")
    assert site.run("people", "card", "ada", "w26:17:4711").code == 0
    assert "typed as 1 * PIN #" in site.run("people", "pin", "ada").out
    assert listed(site, "people")[0] == {
        "name": "ada", "groups": ["everyone"], "cards": 1, "pin": True, "number": 1,
        "first_day": None, "last_day": None, "alike": [],
    }  # fmt: skip
    assert "2580" not in json.dumps(journal(site))
    assert "1 cards taken away" in site.run("people", "card", "ada", "--take").out
    site.run("people", "remove", "ada")
    assert listed(site, "people") == []


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (("groups", "allow", "staff", "work"), 14, "There is no schedule 'work'"),
        (("people", "set", "ada", "--group", "staff"), 14, "There is no group 'staff'"),
        (("schedules", "set", "work", "mon 25:00-26:00"), 2, "an hour that no clock shows"),
        (("people", "card", "ada"), 2, "give a card's number, or --take"),
        (("people", "remove", "ada"), 2, "there are no rules about ada"),
        (("holidays", "remove", "2026-12-25"), 14, "There is no holiday"),
        (("door", "mode", "lockdown", "--minutes", "5"), 2, "--minutes goes with free alone"),
        (("journal", "replay", "1"), 9, "There is no record 1"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    site: Site, words: tuple[str, ...], code: int, complaint: str
) -> None:
    said = site.run(*words)
    assert said.code == code
    assert complaint.split(maxsplit=1)[0] in said.err
    assert not any(line["event"] == "rules_changed" for line in journal(site))


# A decision taken once more ------------------------------------------------------------------------


def decided(site: Site, *messages: Message) -> None:
    """Put claims before a door, and write down what it tells."""
    gate, told = turn(
        Gate(), Readings(open=False), messages, World(5_000, 1_790_000_000_000),
        (DoorTimes(), RunningSite(ConsensusRules(threshold=0.3), "c0ffee", "e3bedde7")),
    )  # fmt: skip
    assert gate.door.strike_released
    with closing(Journal(site.state / "journal.sqlite")) as written:
        written.append_many(Entry(event, at, 1_790_000_000_000) for event, at in told)


def face(subject: str) -> Seen:
    looks = tuple(Sighting(1, n, 4_700 + 100 * n, subject, 0.1 + 0.7 / 3, 1 / 3, live=0.9) for n in range(3))
    return Seen(Granted(subject, 4_900, looks, threshold=0.3))


def test_a_record_is_decided_again_just_the_same(site: Site) -> None:
    site.run("people", "list")
    decided(site, face("ada"), Shown(Factor.CARD, "card:12", "ada"), Shown(Factor.CARD, "card:13", None))
    told = journal(site)
    decisions = [line for line in told if line.get("case")]
    assert [line["event"] for line in decisions] == ["access_granted", "access_denied", "access_denied"]
    for line in decisions:
        said = site.run("journal", "replay", str(line["seq"]), "--json")
        assert said.code == 0
        again = json.loads(said.out)
        assert again == {
            "same": True,
            **{name: line[name] for name in ("seq", "event", "subject", "reason", "score")},
        }
    assert "the same as was decided then" in site.run("journal", "replay", str(decisions[0]["seq"])).err


def test_a_record_of_something_else_is_no_decision(site: Site) -> None:
    site.run("people", "set", "ada")
    said = site.run("journal", "replay", "1")
    assert said.code == 9
    assert "Record 1 is no decision (rules_changed)" in " ".join(said.err.split())


def test_no_record_holds_a_template_or_a_credential(site: Site) -> None:
    site.run("people", "list")
    decided(site, face("ada"))
    case = next(line["case"] for line in journal(site) if line.get("case"))
    assert isinstance(case, dict)
    assert set(case) == {"claim", "evidence", "toward", "rules", "memory", "moment", "site"}
    assert set(case["evidence"][0]) == {"track", "frame", "seen", "subject", "score", "lead", "flaws", "live"}
    assert case["site"]["config"] == "c0ffee"
    assert case["site"]["embedder"] == "e3bedde7"


def test_a_record_edited_to_another_verdict_is_told_apart(site: Site) -> None:
    site.run("people", "list")
    decided(site, face("ada"))
    db = sqlite3.connect(site.state / "journal.sqlite")
    db.execute("DROP TRIGGER record_is_not_edited")
    db.execute("UPDATE record SET subject = 'eve' WHERE event = 'access_granted'")
    db.commit()
    (number,) = db.execute("SELECT seq FROM record WHERE event = 'access_granted'").fetchone()
    db.close()
    said = site.run("journal", "replay", str(number))
    assert said.code == 9
    assert "says otherwise" in said.err


@pytest.mark.parametrize("case", [{"claim": 3}, {"evidence": []}, "scribble"])
def test_a_case_that_cannot_be_read_is_refused(site: Site, case: object) -> None:
    site.run("people", "list")
    with closing(Journal(site.state / "journal.sqlite")) as written:
        written.append(Entry(AccessGranted("ada", case=case), 0, 0))  # type: ignore[arg-type]
    said = site.run("journal", "replay", "1")
    assert said.code == 9
    assert "cannot be read" in said.err
