"""The owner's rules, and whose card and PIN it is, as they lie on the disk."""

import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from edge_gate.access.claim import Shown, Side
from edge_gate.access.keypad import Entry
from edge_gate.access.rules import OpenHours, Person, Policy, Rules, TimedMode
from edge_gate.access.schedule import Schedule
from edge_gate.access.verification import FACE, Factor
from edge_gate.errors import KeyFileError, RulesError
from edge_gate.store.credentials import Credentials
from edge_gate.store.key import KeyFile
from edge_gate.store.rules import RuleBook, make

WORK = Schedule.parse("mon-fri 07:00-19:00")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    make(tmp_path / "rules.sqlite")
    return tmp_path / "rules.sqlite"


@pytest.fixture
def book(path: Path) -> RuleBook:
    return RuleBook(path, Policy())


@pytest.fixture
def credentials(path: Path) -> Credentials:
    return Credentials(path, KeyFile(path.with_name("cards.key")))


def test_a_new_door_lets_everybody_enrolled_in(book: RuleBook) -> None:
    assert book.rules() == Rules(version=1)


def test_rules_come_back_as_they_were_saved(book: RuleBook, path: Path) -> None:
    ada = Person("ada", ("staff", "everyone"), date(2026, 1, 1), date(2026, 12, 31))
    book.save_schedule("work", WORK)
    book.allow("staff", "work")
    book.save_person(ada)
    book.save_holiday(date(2026, 12, 25))
    policy = Policy(zone="Europe/Berlin")
    assert RuleBook(path, policy).rules() == Rules(
        5,
        {"ada": ada},
        {"everyone": "always", "staff": "work"},
        {"work": WORK},
        (date(2026, 12, 25),),
        policy,
    )


def test_rules_are_the_same_object_until_somebody_changes_them(book: RuleBook, path: Path) -> None:
    before = book.rules()
    assert book.rules() is before
    RuleBook(path, Policy()).save_schedule("work", WORK)
    assert book.rules() is not before
    assert book.rules().schedules == {"work": WORK}


def test_a_change_is_seen_at_once_however_long_there_was_none(book: RuleBook, path: Path) -> None:
    before = book.rules()
    while not book._settled:
        assert book.rules() is before
    RuleBook(path, Policy()).save_holiday(date(2026, 12, 25))
    assert book.rules().holidays == (date(2026, 12, 25),)
    RuleBook(path, Policy()).save_holiday(date(2026, 12, 26))
    assert book.rules().holidays == (date(2026, 12, 25), date(2026, 12, 26))


def test_rules_in_whose_place_others_were_put_are_seen(book: RuleBook, path: Path, tmp_path: Path) -> None:
    make(tmp_path / "others.sqlite")
    RuleBook(tmp_path / "others.sqlite", Policy()).save_holiday(date(2026, 12, 25))
    book.rules()
    while not book._settled:
        book.rules()
    (tmp_path / "others.sqlite").replace(path)
    assert book.rules().holidays == (date(2026, 12, 25),)
    path.unlink()
    with pytest.raises(RulesError):
        book.rules()


def test_what_is_forgotten_is_gone(book: RuleBook) -> None:
    book.save_schedule("work", WORK)
    book.allow("staff", "work")
    book.save_person(Person("ada", ("staff",)))
    book.save_holiday(date(2026, 12, 25))
    assert book.remove_person("ada")
    book.remove_group("staff")
    book.remove_schedule("work")
    book.remove_holiday(date(2026, 12, 25))
    assert book.rules() == Rules(version=9)
    assert not book.remove_person("ada")


def test_nothing_is_taken_away_that_something_else_needs(path: Path) -> None:
    policy = Policy(timed=(TimedMode("night", FACE),), open_hours=OpenHours("shop", ("staff",)))
    book = RuleBook(path, policy)
    for name in ("work", "night", "shop"):
        book.save_schedule(name, WORK)
    book.allow("staff", "work")
    book.save_person(Person("ada", ("staff",)))
    forbidden: list[tuple[Callable[[], object], str]] = [
        (lambda: book.remove_schedule("work"), "group staff"),
        (lambda: book.remove_schedule("night"), "access.timed"),
        (lambda: book.remove_schedule("shop"), "access.open_hours"),
        (lambda: book.remove_group("staff"), "ada"),
        (lambda: book.remove_group("everyone"), "whoever is in no other group"),
    ]
    for forget, user in forbidden:
        with pytest.raises(RulesError, match=f"in use by {user}"):
            forget()


def test_what_does_not_exist_cannot_be_named(book: RuleBook) -> None:
    unknown: list[tuple[Callable[[], object], str]] = [
        (lambda: book.allow("staff", "work"), "no schedule 'work'"),
        (lambda: book.save_person(Person("ada", ("staff",))), "no group 'staff'"),
        (lambda: book.remove_group("staff"), "no group 'staff'"),
        (lambda: book.remove_schedule("work"), "no schedule 'work'"),
        (lambda: book.remove_holiday(date(2026, 12, 25)), "no holiday '2026-12-25'"),
        (lambda: book.save_schedule("always", WORK), "'always' is always there"),
    ]
    for name_it, complaint in unknown:
        with pytest.raises(RulesError, match=complaint):
            name_it()


def test_rules_that_went_missing_are_not_made_again(path: Path) -> None:
    book = RuleBook(path, Policy())
    path.unlink()
    with pytest.raises(RulesError, match="Cannot use"):
        book.rules()


@pytest.mark.parametrize("value", ["", "7", '"brr 25:00"', '{"name": 3}'])
@pytest.mark.parametrize("kind", ["person", "schedule", "holiday", "colour"])
def test_rules_that_were_altered_are_refused_by_name(path: Path, kind: str, value: str) -> None:
    db = sqlite3.connect(path)
    db.execute("INSERT INTO rule VALUES (?, 'odd', ?)", (kind, value))
    db.commit()
    db.close()
    with pytest.raises(RulesError, match=f"The {kind} 'odd' was altered"):
        RuleBook(path, Policy()).rules()


def test_everybodys_side_is_kept(book: RuleBook) -> None:
    book.save_whereabouts({"ada": Side.INSIDE, "bob": Side.OUTSIDE})
    book.save_whereabouts({"ada": Side.OUTSIDE})
    assert book.whereabouts() == {"ada": Side.OUTSIDE}
    book.remove_person("ada")
    assert book.whereabouts() == {}


# Credentials -------------------------------------------------------------------------------------


def test_a_card_is_its_holders_and_its_number_is_nowhere_on_the_disk(
    credentials: Credentials, path: Path
) -> None:
    credentials.add_card("ada", "w26:17:4711")
    shown = credentials.card_shown("w26:17:4711", Side.OUTSIDE)
    assert shown == Shown(Factor.CARD, shown.credential, "ada", toward=Side.OUTSIDE)
    assert b"4711" not in path.read_bytes()
    assert "4711" not in shown.credential


def test_two_unknown_cards_are_counted_apart(credentials: Credentials) -> None:
    shown = [credentials.card_shown(f"w26:17:{number}", Side.INSIDE) for number in (1, 1, 2)]
    assert [each.holder for each in shown] == [None] * 3
    assert shown[0] == shown[1]
    assert shown[0].credential != shown[2].credential


def test_a_duress_card_says_so(credentials: Credentials) -> None:
    credentials.add_card("ada", "hid:1")
    credentials.add_card("ada", "hid:2", duress=True)
    assert [credentials.card_shown(n, Side.INSIDE).duress for n in ("hid:1", "hid:2")] == [False, True]


def test_a_card_has_one_holder_until_it_is_taken_away(credentials: Credentials) -> None:
    credentials.add_card("ada", "hid:1")
    with pytest.raises(RulesError, match="The card is ada's already"):
        credentials.add_card("bob", "hid:1")
    assert credentials.remove_cards("ada") == 1
    credentials.add_card("bob", "hid:1")
    assert credentials.card_shown("hid:1", Side.INSIDE).holder == "bob"


def test_without_the_key_of_the_cards_no_card_is_anybodys(credentials: Credentials, path: Path) -> None:
    credentials.add_card("ada", "hid:1")
    key = path.with_name("cards.key")
    key.write_bytes(b"k" * 32)
    assert credentials.card_shown("hid:1", Side.INSIDE).holder is None
    key.chmod(0o644)
    with pytest.raises(KeyFileError, match="other users can reach it"):
        credentials.card_shown("hid:1", Side.INSIDE)


def test_a_pin_after_a_keypad_number_or_after_a_card(credentials: Credentials) -> None:
    assert (credentials.set_pin("ada", "2580"), credentials.set_pin("bob", "2580")) == (1, 2)
    assert credentials.set_pin("ada", "13579") == 1

    def typed(number: str | None, pin: str, holder: str | None = None) -> tuple[str | None, bool]:
        shown = credentials.pin_typed(Entry(number, pin), holder, Side.INSIDE)
        assert pin not in shown.credential
        return shown.holder, shown.genuine

    assert typed("2", "2580") == ("bob", True)
    assert typed("1", "13579") == typed(None, "13579", "ada") == ("ada", True)
    assert typed("1", "2580") == ("ada", False), "the old PIN is gone"
    assert typed("3", "2580") == typed(None, "2580") == (None, False)


def test_the_pin_for_duress_is_genuine_and_says_so(credentials: Credentials) -> None:
    credentials.set_pin("ada", "2580")
    credentials.set_pin("ada", "2581", duress=True)
    shown = [credentials.pin_typed(Entry("1", pin), None, Side.INSIDE) for pin in ("2580", "2581", "2582")]
    assert [(each.genuine, each.duress) for each in shown] == [(True, False), (True, True), (False, False)]


@pytest.mark.parametrize("pin", ["", "258", "1234567890123", "25a0", "\uff12\uff15\uff18\uff10"])
def test_a_pin_is_four_to_twelve_digits(credentials: Credentials, pin: str) -> None:
    with pytest.raises(RulesError, match="4 to 12 digits"):
        credentials.set_pin("ada", pin)


def test_both_pins_must_differ(credentials: Credentials) -> None:
    credentials.set_pin("ada", "2580")
    with pytest.raises(RulesError, match="must differ"):
        credentials.set_pin("ada", "2580", duress=True)


def test_a_pin_is_kept_as_argon2id(credentials: Credentials, path: Path) -> None:
    credentials.set_pin("ada", "25802580")
    kept = path.read_bytes()
    assert b"$argon2id$v=19$m=19456,t=2,p=1$" in kept
    assert b"25802580" not in kept


def test_what_a_person_holds_can_be_told_and_goes_with_them(book: RuleBook, credentials: Credentials) -> None:
    credentials.add_card("ada", "hid:1")
    credentials.set_pin("ada", "2580")
    assert credentials.held("ada") == (1, True, 1)
    book.remove_person("ada")
    assert credentials.held("ada") == (0, False, None)
    assert credentials.card_shown("hid:1", Side.INSIDE).holder is None


def test_a_damaged_pin_hash_matches_nothing(credentials: Credentials, path: Path) -> None:
    credentials.set_pin("ada", "2580")
    db = sqlite3.connect(path)
    db.execute("UPDATE pin SET hash = 'no hash'")
    db.commit()
    db.close()
    assert not credentials.pin_typed(Entry("1", "2580"), None, Side.INSIDE).genuine


# Look-alikes --------------------------------------------------------------------------------------


def test_look_alikes_are_kept_both_ways_until_they_are_told_apart(book: RuleBook) -> None:
    book.save_alike([("ada", "bob"), ("ada", "cyd")])
    assert book.rules().alike == {"ada": ("bob", "cyd"), "bob": ("ada",), "cyd": ("ada",)}

    book.tell_apart("bob", "ada")
    assert book.rules().alike == {"ada": ("cyd",), "cyd": ("ada",)}
    assert book.unknown_alike([("ada", "bob"), ("ada", "cyd"), ("bob", "cyd")]) == (("bob", "cyd"),)
    with pytest.raises(RulesError, match="not look-alikes"):
        book.tell_apart("ada", "bob")


def test_whoever_has_no_face_any_more_looks_like_nobody(book: RuleBook) -> None:
    book.save_alike([("ada", "bob"), ("bob", "cyd")])
    book.forget_alike("bob")
    assert book.rules().alike == {}
    assert book.unknown_alike([("ada", "bob")]) == (("ada", "bob"),)


@pytest.mark.parametrize("damage", ["value = '1'", "name = 'ada'", "name = '[1]'"])
def test_altered_look_alikes_are_named(book: RuleBook, path: Path, damage: str) -> None:
    book.save_alike([("ada", "bob")])
    db = sqlite3.connect(path)
    db.execute(f"UPDATE rule SET {damage} WHERE kind = 'alike'")
    db.execute("UPDATE version SET number = number + 1")
    db.commit()
    db.close()
    with pytest.raises(RulesError, match="were altered"):
        book.rules()


def test_a_merged_person_may_do_what_either_name_could(book: RuleBook, credentials: Credentials) -> None:
    book.save_schedule("work", WORK)
    book.allow("staff", "work")
    book.allow("night", "always")
    book.save_person(Person("ada", ("staff",), last_day=date(2026, 12, 31)))
    book.save_person(Person("twin", ("night", "staff")))
    credentials.add_card("twin", "hid:1")
    credentials.set_pin("twin", "2580")
    credentials.set_pin("twin", "2581", duress=True)
    book.save_whereabouts({"twin": Side.INSIDE})
    book.save_alike([("ada", "twin"), ("bob", "twin")])

    for _ in range(2):
        book.merge("ada", "twin")

        rules = book.rules()
        assert dict(rules.people) == {"ada": Person("ada", ("staff", "night"), last_day=date(2026, 12, 31))}
        assert rules.alike == {"ada": ("bob",), "bob": ("ada",)}
        assert credentials.held("ada") == (1, True, 1)
        assert credentials.held("twin") == (0, False, None)
        for pin, duress in (("2580", False), ("2581", True)):
            shown = credentials.pin_typed(Entry("1", pin), None, Side.INSIDE)
            assert (shown.holder, shown.genuine, shown.duress) == ("ada", True, duress)
        assert book.whereabouts() == {"ada": Side.INSIDE}


def test_a_merged_person_keeps_their_own_pin_and_number(book: RuleBook, credentials: Credentials) -> None:
    credentials.set_pin("twin", "2580")
    credentials.set_pin("ada", "1357")
    credentials.set_pin("twin", "1358", duress=True)
    book.merge("ada", "twin")
    assert credentials.held("ada") == (0, True, 2)
    assert credentials.held("twin") == (0, False, None)
    assert credentials.pin_typed(Entry("2", "1357"), None, Side.INSIDE).genuine
    assert not credentials.pin_typed(Entry("2", "1358"), None, Side.INSIDE).genuine
