"""The threads around the door: readers that become claims, rules that reach the door."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge_gate.access.claim import Shown, Side
from edge_gate.access.events import LookAlikesFound
from edge_gate.access.keypad import Entry
from edge_gate.access.passback import AntiPassback, Passage
from edge_gate.access.reading import CardRead, KeyPressed, Reading
from edge_gate.access.rules import OpenHours, Policy, TimedMode
from edge_gate.access.schedule import Schedule
from edge_gate.access.verification import Factor, Verification
from edge_gate.config import Tables, load
from edge_gate.errors import ConfigError, ReaderError, RulesError
from edge_gate.evaluation.lookalikes import Alike
from edge_gate.service.clerk import Clerk
from edge_gate.service.loops import Inbox
from edge_gate.service.policy import policy, times, unmet
from edge_gate.service.readers import ReaderLoop
from edge_gate.service.replay import Transcript
from edge_gate.simulated.clock import ManualClock
from edge_gate.store.rules import RuleBook, make


class ScriptedReader:
    """Says what it was given, and then nothing."""

    def __init__(self, readings: Sequence[Reading | ReaderError | None]) -> None:
        self.readings = list(readings)

    def read(self, timeout: int) -> Reading | None:
        assert timeout > 0
        reading = self.readings.pop(0) if self.readings else None
        if isinstance(reading, ReaderError):
            raise reading
        return reading

    def close(self) -> None:
        self.readings.clear()


class Wallet:
    """Ada's card and PIN, and nobody else's."""

    broken = False

    def card_shown(self, number: str, toward: Side) -> Shown:
        if self.broken:
            raise RulesError("gone")
        return Shown(Factor.CARD, "card:1", "ada" if number == "w26:1:1" else None, toward=toward)

    def pin_typed(self, entry: Entry, holder: str | None, toward: Side) -> Shown:
        return Shown(Factor.PIN, f"pin:{holder}", holder, entry.pin == "2580", toward=toward)


class Desk:
    """A reader before a door that only collects claims."""

    def __init__(self, *readings: Reading | ReaderError | None) -> None:
        self.inbox = Inbox()
        self.clock = ManualClock(now=0)
        self.wallet = Wallet()
        self.reader = ScriptedReader(readings)
        self.loop = ReaderLoop(
            self.reader, Side.OUTSIDE, self.wallet, self.inbox, self.clock, holding=lambda: "ada"
        )

    def listen(self, times: int) -> list[object]:
        for _ in range(times):
            self.loop.listen()
        return list(self.inbox.received(0))


def test_a_card_becomes_a_claim_toward_the_readers_side() -> None:
    shown = Desk(CardRead("w26:1:1"), None, CardRead("w26:1:2")).listen(3)
    assert [(each.holder, each.toward) for each in shown if isinstance(each, Shown)] == [
        ("ada", Side.OUTSIDE),
        (None, Side.OUTSIDE),
    ]


def test_keys_become_one_claim_of_whoever_showed_a_card() -> None:
    (pin,) = Desk(*(KeyPressed(key) for key in "2580#")).listen(5)
    assert pin == Shown(Factor.PIN, "pin:ada", "ada", toward=Side.OUTSIDE)


def test_a_pause_at_the_keypad_forgets_what_was_typed() -> None:
    desk = Desk(*(KeyPressed(key) for key in "99" + "2580#"))
    desk.listen(2)
    desk.clock.advance(5_001)
    (pin,) = desk.listen(5)
    assert isinstance(pin, Shown)
    assert pin.genuine


def test_a_reader_that_does_not_answer_is_silent_until_it_does() -> None:
    desk = Desk(ReaderError("cut off"), ReaderError("cut off"), None)
    told = []
    for _ in range(3):
        desk.loop.listen()
        told.append(desk.loop.silent)
    assert told == [True, True, False]


def test_where_nobody_can_say_whose_card_it_is_nothing_is_claimed() -> None:
    desk = Desk(CardRead("w26:1:1"))
    desk.wallet.broken = True
    assert desk.listen(1) == []
    assert not desk.loop.silent


def test_a_readers_thread_ends_when_told() -> None:
    desk = Desk(CardRead("w26:1:1"), ReaderError("cut off"))
    desk.loop.start()
    (shown,) = desk.inbox.received(5_000)
    assert isinstance(shown, Shown)
    desk.loop.stop()
    desk.loop.join(5)
    assert not desk.loop.is_alive()


# The rules' thread ---------------------------------------------------------------------------------


@pytest.fixture
def book(tmp_path: Path) -> RuleBook:
    make(tmp_path / "rules.sqlite")
    return RuleBook(tmp_path / "rules.sqlite", Policy())


def clerk_of(book: RuleBook, sink: Transcript | None = None) -> Clerk:
    return Clerk(book, sink or Transcript(), ManualClock(now=1_000))


def test_look_alikes_count_at_once_and_are_written_down_and_journalled_once(book: RuleBook) -> None:
    journal, found = Transcript(), (Alike("ada", "bela", 0.7, duplicate=False),)
    clerk = clerk_of(book, journal)
    clerk.work()

    heeded = clerk.heed(found)
    assert heeded is not None
    assert heeded.alike == {"ada": ("bela",), "bela": ("ada",)}
    assert book.rules().alike == {}

    clerk.work()
    assert book.rules().alike == heeded.alike
    assert clerk.heed(found) is clerk.rules
    again = clerk_of(book, journal)
    again.heed((Alike("ada", "bela", 0.7, duplicate=False),))
    again.work()
    assert [told.event for told in journal.told] == [LookAlikesFound("ada", "bela", 0.7)]


def test_look_alikes_that_cannot_be_written_down_count_all_the_same(book: RuleBook, tmp_path: Path) -> None:
    journal, found = Transcript(), (Alike("ada", "bela", 0.7, duplicate=False),)
    clerk = clerk_of(book, journal)
    clerk.work()
    with sqlite3.connect(tmp_path / "rules.sqlite") as db:
        db.execute("CREATE TRIGGER full BEFORE INSERT ON rule BEGIN SELECT RAISE(ABORT, 'full'); END")
    db.close()

    for _ in range(2):
        clerk.heed(found)
        clerk.work()
        heeded = clerk.heed(found)
        assert heeded is not None
        assert heeded.alike == {"ada": ("bela",), "bela": ("ada",)}
    assert journal.told == []


def test_look_alikes_an_operator_told_apart_are_found_no_more(book: RuleBook) -> None:
    found = (Alike("ada", "bela", 0.7, duplicate=False),)
    book.save_alike([("ada", "bela")])
    book.tell_apart("ada", "bela")
    clerk = clerk_of(book)
    clerk.heed(found)
    clerk.work()
    heeded = clerk.heed(found)
    assert heeded is not None
    assert heeded.alike == {}


def test_a_changed_rule_reaches_the_door_and_unreadable_rules_are_none(
    book: RuleBook, tmp_path: Path
) -> None:
    clerk = clerk_of(book)
    clerk.work()
    assert clerk.rules is not None
    before = clerk.rules
    book.save_schedule("work", Schedule.parse("mon-fri 07:00-19:00"))
    clerk.work()
    assert clerk.rules is not None
    assert clerk.rules.version == before.version + 1
    (tmp_path / "rules.sqlite").rename(tmp_path / "away")
    clerk.work()
    assert clerk.rules is None
    (tmp_path / "away").rename(tmp_path / "rules.sqlite")
    clerk.work()
    assert clerk.rules is not None


def test_anti_passback_outlives_a_restart(book: RuleBook) -> None:
    clerk = clerk_of(book)
    clerk.note({"ada": Passage("ada", Side.INSIDE, 5_000)})
    clerk.stop()
    again = clerk_of(book).memory(now=7)
    assert dict(again.whereabouts) == {"ada": Passage("ada", Side.INSIDE, 7)}


def test_whoever_was_forgiven_stays_forgiven(book: RuleBook) -> None:
    book.save_whereabouts({"ada": Side.INSIDE})
    clerk = clerk_of(book)
    assert clerk.memory(now=7).whereabouts
    clerk.note({})
    clerk.work()
    assert clerk_of(book).memory(now=9).whereabouts == {}


def test_the_rules_thread_works_and_ends_when_told(book: RuleBook) -> None:
    clerk = clerk_of(book)
    clerk.start()
    clerk.stop()
    clerk.join(5)
    assert not clerk.is_alive()
    assert clerk.rules is not None


# What the configuration says to the core -----------------------------------------------------------


def configured(**tables: object) -> Policy:
    chosen: Tables = tables  # type: ignore[assignment]
    return policy(load(None, chosen))


def test_the_default_configuration_is_the_cores_own_default() -> None:
    assert configured() == Policy()
    assert times(load(None)).relock == "open"


def test_every_key_of_access_reaches_the_core() -> None:
    said = configured(
        access={
            "verification": "card+pin+face",
            "timed": ["work: card+face", "night: card"],
            "zone": "Europe/Berlin",
            "without_clock": True,
            "persons": 2,
            "passback": "timed",
            "passback_again_ms": 1_000,
            "open_hours": "work",
            "open_hours_groups": ["staff"],
            "toggle": True,
            "patience_ms": 2_000,
            "credential_tries": 3,
            "door_tries": 9,
            "lockout_ms": 4_000,
        },
        decision={"grant_max_age_ms": 700},
    )
    assert str(said.verification) == "face+card+pin"
    assert said.timed == (
        TimedMode("work", Verification.parse("card+face")),
        TimedMode("night", Verification.parse("card")),
    )
    assert said.passback == AntiPassback("timed", 1_000)
    assert said.open_hours == OpenHours("work", ("staff",), toggle=True)
    assert (said.zone, said.persons, said.without_clock) == ("Europe/Berlin", 2, True)
    assert (said.lockout.credential, said.lockout.door, said.lockout.locked_ms) == (3, 9, 4_000)
    assert (said.fresh_ms, said.patience_ms) == (700, 2_000)


def test_every_time_of_the_door_reaches_the_core() -> None:
    said = times(
        load(
            None,
            {
                "door": {
                    "unlock_ms": 1, "held_open_ms": 2, "shunt_ms": 3, "pre_alarm_ms": 4, "stuck_ms": 5,
                    "debounce_ms": 6, "relock": "close", "rex": "shunt",
                }
            },
        )
    )  # fmt: skip
    told = (
        said.unlock_ms,
        said.held_open_ms,
        said.shunt_ms,
        said.pre_alarm_ms,
        said.stuck_ms,
        said.debounce_ms,
    )
    assert told == (1, 2, 3, 4, 5, 6)
    assert (said.relock, said.rex) == ("close", "shunt")


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("zone", "Mars/Olympus", "access.zone = 'Mars/Olympus'"),
        ("verification", "iris", "access.verification = 'iris'"),
        ("timed", ["work"], "is not of the form 'SCHEDULE: VERIFICATION'"),
        ("timed", ["work: pin"], "a PIN alone"),
        ("persons", 3, "access.persons = 3"),
        ("passback", "lax", "access.passback = 'lax'"),
    ],
)
def test_a_mistake_in_access_is_named(key: str, value: object, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        configured(access={key: value})


def test_open_hours_and_an_interlock_do_not_go_together() -> None:
    with pytest.raises(ConfigError, match="interlocks it"):
        configured(access={"open_hours": "work"}, panel={"other_door_pin": 16})


@pytest.mark.parametrize(
    ("tables", "complaint"),
    [
        ({"access": {"timed": ["day: face"]}}, "access.timed names the schedule 'day', which does not exist"),
        (
            {"access": {"open_hours": "day", "open_hours_groups": ["staff"]}},
            "access.open_hours names the schedule 'day', which does not exist",
        ),
        (
            {"access": {"open_hours": "work", "open_hours_groups": ["cleaners"]}},
            "access.open_hours_groups names the group 'cleaners', which does not exist",
        ),
        (
            {"access": {"verification": "card+face"}},
            "access.verification asks for face+card, and there is no reader before the door",
        ),
        (
            {"access": {"timed": ["work: card"]}},
            "access.timed asks for card, and there is no reader before the door",
        ),
        ({"access": {"passback": "hard"}}, "access.passback is hard, and there is no reader to go out by"),
        ({"access": {"passback": "soft"}}, "access.passback is soft, and there is no reader to go out by"),
    ],
)
def test_what_the_configuration_counts_on_and_the_site_has_not_is_told(
    book: RuleBook, tables: Tables, complaint: str
) -> None:
    book.save_schedule("work", Schedule.parse("mon-fri 07:00-19:00"))
    book.allow("staff", "work")
    settings = load(None, tables)
    rules = replace(book.rules(), policy=policy(settings))
    assert [what for what, _ in unmet(settings, rules)] == [complaint]


def test_a_configuration_that_the_site_can_meet_is_left_alone(book: RuleBook) -> None:
    book.save_schedule("work", Schedule.parse("mon-fri 07:00-19:00"))
    book.allow("staff", "work")
    settings = load(
        None,
        {
            "access": {
                "verification": "card+pin",
                "timed": ["work: card", "always: face|card"],
                "passback": "hard",
                "open_hours": "work",
                "open_hours_groups": ["staff", "everyone"],
            },
            "readers": {"inward": ["wiegand:5,6"], "outward": ["wiegand:23,24"]},
        },
    )
    assert list(unmet(settings, replace(book.rules(), policy=policy(settings)))) == []
    alone = load(None, {"access": {"passback": "timed", "verification": "face|card"}})
    assert list(unmet(alone, replace(book.rules(), policy=policy(alone)))) == []
