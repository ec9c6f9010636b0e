"""The verdict, through a door: who may pass, when, with what, after whom."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from doorstep import MONDAY, Doorstep, face, no_face, office, policy
from msgspec.structs import replace

from edge_gate.access.case import reheard
from edge_gate.access.claim import Seen, Shown
from edge_gate.access.decision import Reason
from edge_gate.access.door import Free, Lockdown, Secure, State
from edge_gate.access.events import (
    AccessDenied,
    AccessGranted,
    AccessPending,
    DuressRaised,
    GrantExpired,
    LivenessFailed,
    PassedAgain,
    QualityRejected,
)
from edge_gate.access.fault import Fault
from edge_gate.access.gate import Forgive
from edge_gate.access.passback import AntiPassback
from edge_gate.access.rules import Lockout, OpenHours, Person, Policy, Rules, TimedMode
from edge_gate.access.schedule import Schedule
from edge_gate.access.signal import Signal
from edge_gate.access.telling import telling
from edge_gate.access.verdict import Awaits, Moment, Search, decide
from edge_gate.access.verification import Factor, Verification


def denial(door: Doorstep) -> tuple[str, str | None]:
    event = door.last()
    assert isinstance(event, AccessDenied)
    assert not door.released()
    return event.reason, event.subject


def pending(door: Doorstep) -> tuple[str, str]:
    event = door.last()
    assert isinstance(event, AccessPending)
    return event.subject, event.reason


def granted(door: Doorstep) -> list[str]:
    return [event.subject for event in door.journal if isinstance(event, AccessGranted)]


def two_of(passback: AntiPassback | None = None) -> Doorstep:
    return Doorstep(office(policy=policy(persons=2, passback=passback)))


# Faces alone -------------------------------------------------------------------------------------


def test_whoever_is_enrolled_and_in_no_group_may_enter_until_the_owner_says_otherwise() -> None:
    door = Doorstep(Rules())
    door.shows_face("ada")
    assert door.released()
    assert granted(door) == ["ada"]


def test_the_group_of_everybody_can_be_shut_out() -> None:
    door = Doorstep(office(groups={"everyone": "never"}))
    door.shows_face("ada")
    assert denial(door) == ("outside_hours", "ada")


def test_an_unknown_face_is_denied_and_nobody_is_accused() -> None:
    door = Doorstep()
    door.shows_no_face(Reason.UNKNOWN)
    assert denial(door) == ("unknown", None)
    door.shows_no_face(Reason.AMBIGUOUS)
    assert denial(door) == ("ambiguous", None)


def test_a_print_and_a_poor_picture_are_told_apart() -> None:
    door = Doorstep()
    door.shows_no_face(Reason.NOT_LIVE)
    assert isinstance(door.last(), LivenessFailed)
    assert door.shows() is Signal.DENIED
    door.shows_no_face(Reason.FLAWED)
    assert isinstance(door.last(), QualityRejected)
    assert door.shows() is Signal.COME_CLOSER
    assert not door.released()


def test_a_decision_that_comes_too_late_opens_nothing() -> None:
    door = Doorstep()
    door.turn(Seen(face("ada", door.now - 1_000)))
    assert door.released()
    door.wait(seconds=5)
    door.turn(Seen(face("ada", door.now - 1_001)))
    assert not door.released()
    event = door.last()
    assert isinstance(event, GrantExpired)
    assert event.subject == "ada"


# Groups, hours, validity -------------------------------------------------------------------------


def staff(**person: object) -> Rules:
    return office(people={"ada": replace(Person("ada", ("staff",)), **person)})


def test_staff_enter_in_working_hours_and_not_after() -> None:
    door = Doorstep(staff())
    door.shows_face("ada")
    assert door.released()
    door = Doorstep(staff(), at=MONDAY + timedelta(hours=10))
    door.shows_face("ada")
    assert denial(door) == ("outside_hours", "ada")


def test_staff_stay_out_on_a_holiday() -> None:
    door = Doorstep(replace(staff(), holidays=(MONDAY.date(),)))
    door.shows_face("ada")
    assert denial(door) == ("outside_hours", "ada")


def test_hours_are_those_of_the_doors_own_zone() -> None:
    """It is 10:00 in Berlin, and 18:00 in Tokyo; two hours on it is 20:00 there, and staff have gone home."""
    for hours, inside in ((0, True), (2, False)):
        rules = replace(staff(), policy=policy(zone="Asia/Tokyo"))
        door = Doorstep(rules, at=MONDAY + timedelta(hours=hours))
        door.shows_face("ada")
        assert door.released() is inside


def test_one_group_that_may_is_enough() -> None:
    door = Doorstep(staff(groups=("cleaners", "staff")))
    door.shows_face("ada")
    assert door.released()


@pytest.mark.parametrize("groups", [(), ("nowhere",)])
def test_a_person_in_no_group_that_exists_stays_out(groups: tuple[str, ...]) -> None:
    door = Doorstep(staff(groups=groups))
    door.shows_face("ada")
    assert denial(door) == ("outside_hours", "ada")


def test_a_group_whose_schedule_was_lost_stays_out() -> None:
    door = Doorstep(replace(staff(), schedules={}))
    door.shows_face("ada")
    assert denial(door) == ("outside_hours", "ada")


@pytest.mark.parametrize(
    ("first", "last", "reason"),
    [
        (date(2026, 3, 2), date(2026, 3, 2), None),
        (date(2026, 3, 3), None, "not_yet_valid"),
        (None, date(2026, 3, 1), "expired"),
    ],
)
def test_a_person_is_valid_from_the_first_day_to_the_last_both_included(
    first: date | None, last: date | None, reason: str | None
) -> None:
    door = Doorstep(staff(first_day=first, last_day=last))
    door.shows_face("ada")
    assert door.released() is (reason is None)
    if reason:
        assert denial(door) == (reason, "ada")


# The clock ---------------------------------------------------------------------------------------


def test_with_an_unset_clock_only_what_needs_none_opens() -> None:
    door = Doorstep(staff(), at=None)
    door.shows_face("bob")
    assert door.released()
    door = Doorstep(staff(), at=None)
    door.shows_face("ada")
    assert denial(door) == ("clock_unset", "ada")


def test_with_an_unset_clock_nobody_with_dates_enters() -> None:
    for dates in ({"first_day": date(2020, 1, 1)}, {"last_day": date(2030, 1, 1)}):
        door = Doorstep(staff(groups=("everyone",), **dates), at=None)
        door.shows_face("ada")
        assert denial(door) == ("clock_unset", "ada")


def test_an_owner_may_let_an_unset_clock_count_as_within_hours_but_never_as_never() -> None:
    rules = staff(last_day=date(2030, 1, 1))
    for schedule, opens in (("work", True), ("never", False), ("lost", False)):
        allowed = replace(rules, policy=policy(without_clock=True), groups={"staff": schedule})
        door = Doorstep(allowed, at=None)
        door.shows_face("ada")
        assert door.released() is opens


def test_with_an_unset_clock_no_timed_mode_holds() -> None:
    timed = (TimedMode("always", Verification.parse("face")),)
    door = Doorstep(office(policy=policy("card+face", timed=timed)), at=None)
    door.shows_face("ada")
    assert not door.released()
    assert door.gate.search(door.world) is None


# Factors -----------------------------------------------------------------------------------------


def test_a_card_alone_opens_where_a_card_is_all_that_is_asked() -> None:
    door = Doorstep(office(policy=policy("card")))
    door.shows_card("ada")
    assert door.released()
    assert door.journal[0] == AccessGranted("ada", case=door.journal[0].case)  # type: ignore[attr-defined]


def test_where_either_will_do_either_opens() -> None:
    for shows in (Doorstep.shows_card, Doorstep.shows_face):
        door = Doorstep(office(policy=policy("face|card")))
        shows(door, "ada")
        assert door.released()


def test_a_card_and_then_its_holders_face() -> None:
    door = Doorstep(office(policy=policy("card+face")))
    door.shows_card("ada")
    assert pending(door) == ("ada", "face")
    assert door.shows() is Signal.SHOW_MORE
    assert not door.released()
    door.shows_face("ada")
    assert door.released()


def test_a_card_and_somebody_elses_face() -> None:
    door = Doorstep(office(policy=policy("card+face")))
    door.shows_card("ada")
    door.shows_face("bob")
    assert not door.released()
    assert door.gate.memory.holding is not None


def test_a_face_is_compared_with_the_holders_templates_alone_where_a_card_announces_it() -> None:
    door = Doorstep(office(policy=policy("card+face")))
    assert door.gate.search(door.world) is None
    door.shows_card("ada")
    assert door.gate.search(door.world) == Search("ada")
    door.shows_face("ada")
    assert door.gate.search(door.world) is None
    assert Doorstep().gate.search(Doorstep().world) == Search()


def test_a_face_found_among_everybody_does_not_count_where_a_card_comes_first() -> None:
    door = Doorstep(office(policy=policy("card+face")))
    door.shows_face("ada")
    assert door.journal == []
    assert door.shows() is Signal.SHOW_MORE
    door.shows_card("ada")
    assert not door.released()


@pytest.mark.parametrize(("asked", "face_first"), [("card+pin+face", True), ("card+pin", False)])
def test_whoever_stands_there_while_a_pin_is_awaited_is_neither_denied_nor_counted(
    asked: str, face_first: bool
) -> None:
    door = Doorstep(office(policy=policy(asked)))
    door.shows_card("ada")
    if face_first:
        door.shows_face("ada")
    assert pending(door) == ("ada", "pin")
    assert door.gate.search(door.world) is None
    door.forget()
    for reason in (Reason.UNKNOWN, Reason.FLAWED, Reason.AMBIGUOUS) * 10:
        door.shows_no_face(reason)
    assert door.events == []
    assert door.shows() is Signal.SHOW_MORE
    assert door.gate.memory.tallies == {}
    door.types_pin("ada")
    assert door.released()


def test_what_is_awaited_at_that_hour_decides_whether_a_face_counts() -> None:
    by_day = (TimedMode("work", Verification.parse("card+pin")),)
    door = Doorstep(office(policy=policy("card+face", timed=by_day)))
    door.shows_card("ada")
    unknown = Seen(no_face(Reason.UNKNOWN, door.now))
    moment = Moment(door.now, door.world.utc_ms)
    memory, verdict = decide(unknown, door.rules or office(), door.gate.memory, moment)
    assert (memory, verdict) == (door.gate.memory, Awaits((Factor.PIN,)))


def test_an_attack_while_a_pin_is_awaited_is_told_and_counted() -> None:
    door = Doorstep(office(policy=policy("card+pin+face")))
    door.shows_card("ada")
    door.shows_face("ada")
    for _ in range(5):
        door.shows_no_face(Reason.NOT_LIVE)
    assert door.events[-5:] == ["liveness_failed"] * 5
    assert "face:ada" in door.gate.memory.tallies


def test_the_second_factor_comes_in_time() -> None:
    for wait, opens in ((14_999, True), (15_000, False)):
        door = Doorstep(office(policy=policy("card+face")))
        door.shows_card("ada")
        door.wait(wait)
        assert (door.gate.search(door.world) == Search("ada")) is opens
        door.shows_face("ada")
        assert door.released() is opens


def test_each_factor_gives_time_for_the_next() -> None:
    door = Doorstep(office(policy=policy("card+pin+face")))
    door.shows_card("ada")
    door.wait(seconds=14)
    door.types_pin("ada")
    door.wait(seconds=14)
    door.shows_face("ada")
    assert door.released()


def test_three_factors_in_another_order() -> None:
    door = Doorstep(office(policy=policy("card+pin+face")))
    for act in (door.types_pin, door.shows_face, door.shows_card):
        assert not door.released()
        act("ada")
    assert door.released()


def test_a_factor_that_is_not_asked_for_is_not_accepted() -> None:
    door = Doorstep()
    door.shows_card("ada")
    assert denial(door) == ("not_accepted", "ada")
    door = Doorstep(office(policy=policy("card+face")))
    door.shows_card("ada")
    door.types_pin("ada")
    assert denial(door) == ("not_accepted", "ada")
    door.shows_face("ada")
    assert door.released()


def test_factors_of_two_people_do_not_add_up() -> None:
    door = Doorstep(office(policy=policy("card+pin")))
    door.shows_card("ada")
    door.types_pin("bob")
    door.types_pin("ada")
    assert not door.released()


def test_factors_on_two_sides_of_the_door_do_not_add_up() -> None:
    door = Doorstep(office(policy=policy("card+pin")))
    door.shows_card("ada", out=True)
    door.types_pin("ada")
    assert not door.released()


def test_factors_once_used_are_used_up() -> None:
    door = Doorstep(office(policy=policy("card+face")))
    door.shows_card("ada")
    door.shows_face("ada")
    door.wait(seconds=5)
    door.shows_face("ada")
    assert not door.released()


def test_a_card_that_is_nobodys_and_a_wrong_pin() -> None:
    door = Doorstep(office(policy=policy("card+pin")))
    door.shows_card(None)
    assert denial(door) == ("unknown_card", None)
    door.types_pin("ada", right=False)
    assert denial(door) == ("wrong_pin", "ada")
    door.types_pin(None)
    assert denial(door) == ("wrong_pin", None)


def test_a_face_that_does_not_match_the_card_is_denied_in_the_holders_name() -> None:
    door = Doorstep(office(policy=policy("card+face")))
    door.shows_card("ada")
    door.shows_no_face(Reason.UNKNOWN)
    assert denial(door) == ("unknown", "ada")
    door.shows_no_face(Reason.NOT_LIVE)
    assert isinstance(door.last(), LivenessFailed)


def test_an_unannounced_stranger_at_a_card_door_is_asked_for_a_card_and_no_more() -> None:
    door = Doorstep(office(policy=policy("card+face")))
    door.shows_no_face(Reason.UNKNOWN)
    assert door.journal == []
    assert door.shows() is Signal.SHOW_MORE
    for reason, event in ((Reason.NOT_LIVE, LivenessFailed), (Reason.FLAWED, QualityRejected)):
        door.shows_no_face(reason)
        assert isinstance(door.last(), event)


def test_a_face_is_searched_for_among_everybody_while_a_timed_mode_asks_for_it_alone() -> None:
    timed = (TimedMode("work", Verification.parse("face|card")),)
    rules = office(policy=policy("card+face", timed=timed))
    for at, search in ((MONDAY, Search()), (MONDAY + timedelta(hours=10), None)):
        door = Doorstep(rules, at=at)
        assert door.gate.search(door.world) == search
        door.shows_no_face(Reason.UNKNOWN)
        assert door.events == (["access_denied"] if search else [])
    door.rules = None
    assert door.gate.search(door.world) == Search()


def test_card_and_face_by_day_and_a_pin_besides_by_night() -> None:
    timed = (TimedMode("work", Verification.parse("card+face")),)
    rules = office(policy=policy("card+pin+face", timed=timed))
    for at, opens in ((MONDAY, True), (MONDAY + timedelta(hours=10), False)):
        door = Doorstep(rules, at=at)
        door.shows_card("ada")
        door.shows_face("ada")
        assert door.released() is opens
        door.types_pin("ada")
        assert door.released()


def test_the_first_timed_mode_that_holds_goes_before_the_next() -> None:
    timed = (
        TimedMode("night", Verification.parse("card+pin")),
        TimedMode("work", Verification.parse("card")),
        TimedMode("always", Verification.parse("face")),
    )
    door = Doorstep(office(policy=policy("card+pin+face", timed=timed)))
    door.shows_face("ada")
    assert not door.released()
    door.shows_card("ada")
    assert door.released()


# Look-alikes --------------------------------------------------------------------------------------


def twins(verification: str = "face") -> Rules:
    return office(policy=policy(verification)).with_alike([("ada", "bob")])


def test_who_could_be_taken_for_another_is_not_let_in_by_face_alone_and_the_lamp_asks_for_more() -> None:
    for name in ("ada", "bob"):
        door = Doorstep(twins())
        door.shows_face(name)
        assert denial(door) == ("look_alike", name)
        assert not door.released()
        assert door.shows() is Signal.SHOW_MORE
    door.shows_face("cyd")
    assert door.released()


@pytest.mark.parametrize("announces", [Doorstep.shows_card, Doorstep.types_pin])
def test_a_card_or_pin_and_then_the_face_lets_a_look_alike_in(announces: Callable[..., None]) -> None:
    door = Doorstep(twins())
    announces(door, "ada")
    assert pending(door) == ("ada", "face")
    assert door.gate.search(door.world) == Search("ada")
    door.shows_face("ada")
    assert door.released()
    assert door.gate.search(door.world) == Search()


def test_a_look_alikes_face_does_not_wait_for_the_card() -> None:
    door = Doorstep(twins())
    door.shows_face("ada")
    door.shows_card("ada")
    assert not door.released()
    door.shows_face("ada")
    assert door.released()


def test_a_card_that_asks_for_no_face_leaves_the_search_as_it_was() -> None:
    for verification, search in (("card+pin", None), ("face|card+pin", Search())):
        door = Doorstep(office(policy=policy(verification)))
        door.shows_card("ada")
        assert door.gate.search(door.world) == search


def test_a_look_alikes_card_does_not_help_the_other() -> None:
    door = Doorstep(twins())
    door.shows_card("ada")
    door.shows_face("bob")
    assert denial(door) == ("look_alike", "bob")


def test_a_card_that_is_enough_for_everybody_is_enough_for_a_look_alike() -> None:
    door = Doorstep(twins("face|card"))
    door.shows_card("ada")
    assert door.released()


def test_a_door_that_asks_everybody_for_a_card_asks_look_alikes_for_no_more() -> None:
    door = Doorstep(twins("card+face"))
    door.shows_face("ada")
    assert door.journal == []
    door.shows_card("ada")
    door.shows_face("ada")
    assert door.released()


def test_a_face_between_two_people_is_asked_for_more_only_where_more_would_help() -> None:
    for rules, reason in ((twins(), "look_alike"), (office(), "ambiguous")):
        door = Doorstep(rules)
        door.shows_no_face(Reason.AMBIGUOUS)
        assert denial(door) == (reason, None)
        case = door.last().case  # type: ignore[attr-defined]
        assert next(telling(*reheard(case), case)) == door.last()


def test_a_face_between_a_look_alike_and_somebody_else_is_ambiguous() -> None:
    door, between = Doorstep(twins()), no_face(Reason.AMBIGUOUS, 1_000_000)
    first, *others = between.evidence
    door.turn(Seen(replace(between, evidence=(replace(first, subject="cyd"), *others))))
    assert denial(door) == ("ambiguous", None)


def test_each_of_three_people_alike_is_known_to_be_like_the_other_two() -> None:
    rules = office().with_alike([("ada", "bob"), ("bob", "cyd")])
    assert rules.alike == {"ada": ("bob",), "bob": ("ada", "cyd"), "cyd": ("bob",)}


# Lockout -----------------------------------------------------------------------------------------


def test_five_wrong_pins_lock_that_pin_for_five_minutes_and_no_other() -> None:
    door = Doorstep(office(policy=policy("card+pin|face")))
    for _ in range(5):
        door.types_pin("ada", right=False)
        assert denial(door) == ("wrong_pin", "ada")
    door.types_pin("ada")
    assert denial(door) == ("locked_out", "ada")
    door.types_pin("bob")
    assert isinstance(door.last(), AccessPending)
    door.wait(seconds=299.999)
    door.types_pin("ada")
    assert denial(door) == ("locked_out", "ada")
    door.wait(1)
    door.types_pin("ada")
    assert isinstance(door.last(), AccessPending)


def test_a_locked_pin_leaves_its_holders_face_free_to_open() -> None:
    door = Doorstep(office(policy=policy("card+pin|face")))
    for _ in range(6):
        door.types_pin("ada", right=False)
    door.shows_face("ada")
    assert door.released()


def test_a_right_pin_forgives_the_wrong_ones_before_it() -> None:
    door = Doorstep(office(policy=policy("card+pin")))
    for _ in range(4):
        door.types_pin("ada", right=False)
    door.types_pin("ada")
    for _ in range(4):
        door.types_pin("ada", right=False)
    door.types_pin("ada")
    assert isinstance(door.last(), AccessPending)


def test_twenty_wrong_tries_of_whatever_kind_lock_the_readers_and_never_the_faces() -> None:
    door = Doorstep(office(policy=policy("card|face")))
    for number in range(20):
        door.turn(Shown(Factor.CARD, f"card:{number}", None))
        assert denial(door) == ("unknown_card", None)
    door.shows_card("ada")
    assert denial(door) == ("locked_out", "ada")
    door.shows_face("ada")
    assert door.released()
    door.wait(seconds=300)
    door.shows_card("ada")
    assert door.released()


def test_a_right_card_does_not_wipe_out_the_doors_own_count() -> None:
    door = Doorstep(office(policy=policy("card", lockout=Lockout(credential=5, door=3))))
    door.shows_card(None)
    door.shows_card(None)
    door.shows_card("ada")
    door.wait(seconds=5)
    door.shows_card(None)
    door.shows_card("ada")
    assert denial(door) == ("locked_out", "ada")


def test_wrong_faces_to_a_card_are_counted_and_unfit_pictures_are_not() -> None:
    door = Doorstep(office(policy=policy("card+face", lockout=Lockout(credential=2))))
    door.shows_card("ada")
    for _ in range(3):
        door.shows_no_face(Reason.FLAWED)
    assert door.gate.memory.tallies == {}
    door.shows_no_face(Reason.UNKNOWN)
    door.shows_no_face(Reason.NOT_LIVE)
    door.shows_face("ada")
    assert denial(door) == ("locked_out", "ada")
    door.shows_no_face(Reason.UNKNOWN)
    assert denial(door) == ("locked_out", "ada")


def test_wrong_tries_are_forgotten_and_take_no_room_for_ever() -> None:
    door = Doorstep(office(policy=policy("card")))
    for number in range(4):
        door.turn(Shown(Factor.CARD, f"card:{number}", None))
    assert len(door.gate.memory.tallies) == 5
    door.wait(60_000)
    door.shows_card("ada")
    assert door.gate.memory.tallies == {}


# Anti-passback -----------------------------------------------------------------------------------


def passback(kind: str, **others: object) -> Doorstep:
    rule = AntiPassback(kind, again_ms=600_000)  # type: ignore[arg-type]
    return Doorstep(office(policy=policy("card|face", passback=rule)), **others)  # type: ignore[arg-type]


def test_hard_anti_passback_lets_nobody_in_twice_without_having_gone_out() -> None:
    door = passback("hard")
    door.shows_card("ada")
    door.walks_through()
    door.wait(seconds=3_600)
    door.shows_card("ada")
    assert denial(door) == ("passed_already", "ada")
    door.shows_card("ada", out=True)
    assert door.released()
    door.walks_through()
    door.shows_card("ada")
    assert door.released()


def test_hard_anti_passback_lets_nobody_out_twice_either() -> None:
    door = passback("hard")
    door.shows_card("ada", out=True)
    door.walks_through()
    door.shows_card("ada", out=True)
    assert denial(door) == ("passed_already", "ada")


def test_whoever_was_let_in_and_did_not_open_has_not_passed() -> None:
    door = passback("hard")
    door.shows_card("ada")
    door.wait(seconds=5)
    assert door.state() is State.SECURED
    door.opens()
    door.closes()
    door.shows_card("ada")
    assert door.released()


def test_without_a_position_switch_whoever_is_let_in_counts_as_passed() -> None:
    door = passback("hard", switch=False)
    door.shows_card("ada")
    door.wait(seconds=5)
    door.shows_card("ada")
    assert denial(door) == ("passed_already", "ada")


def test_whoever_is_let_in_at_an_open_door_counts_as_passed() -> None:
    door = passback("hard")
    door.shows_card("ada")
    door.opens()
    door.shows_card("bob")
    door.shows_card("bob")
    assert denial(door) == ("passed_already", "bob")


def test_timed_anti_passback_forgets_after_its_time() -> None:
    for wait, opens in ((599_999, False), (600_000, True)):
        door = passback("timed", switch=False)
        door.shows_card("ada")
        door.wait(wait)
        door.shows_card("ada")
        assert door.released() is opens


def test_anti_passback_counts_from_the_opening_and_not_from_the_grant() -> None:
    for wait, opens in ((599_999, False), (600_000, True)):
        door = passback("timed")
        door.shows_card("ada")
        door.wait(4_000)
        door.opens()
        opened = door.now
        door.closes()
        door.wait(opened + wait - door.now)
        door.shows_card("ada")
        assert door.released() is opens


def test_a_passage_counts_once() -> None:
    door = passback("hard")
    door.shows_card("ada")
    door.walks_through()
    door.orders(Forgive("ada"))
    door.shows_card("bob")
    door.walks_through()
    assert set(door.gate.memory.whereabouts) == {"bob"}


def test_soft_anti_passback_lets_pass_and_says_so() -> None:
    door = passback("soft", switch=False)
    door.shows_card("ada")
    assert "passed_again" not in door.events
    door.wait(seconds=5)
    door.shows_card("ada")
    assert door.released()
    assert PassedAgain("ada") in door.journal


def test_an_operator_may_forgive_one_person_or_everybody() -> None:
    for forgive, reopened in (
        (Forgive("ada"), {"ada"}),
        (Forgive(), {"ada", "bob"}),
        (Forgive("eve"), set()),
    ):
        for name in ("ada", "bob"):
            door = passback("hard", switch=False)
            door.shows_card("ada")
            door.shows_card("bob")
            door.wait(seconds=5)
            door.orders(forgive)
            assert door.events[-2:] == ["operator_command", "anti_passback_forgiven"]
            door.shows_card(name)
            assert door.released() is (name in reopened)


# Two people --------------------------------------------------------------------------------------


def test_under_the_two_person_rule_one_person_waits_for_another() -> None:
    door = two_of()
    door.shows_face("ada")
    assert pending(door) == ("ada", "second_person")
    door.shows_face("ada")
    assert not door.released()
    door.shows_face("bob")
    assert door.released()
    assert granted(door) == ["bob", "ada"]


def test_the_second_person_comes_in_time() -> None:
    for wait, opens in ((14_999, True), (15_000, False)):
        door = two_of()
        door.shows_face("ada")
        door.wait(wait)
        door.shows_face("bob")
        assert door.released() is opens


def test_the_second_person_stands_on_the_same_side() -> None:
    door = Doorstep(office(policy=policy("card", persons=2)))
    door.shows_card("ada", out=True)
    door.shows_card("bob")
    assert not door.released()
    door.shows_card("cyd")
    assert door.released()
    assert granted(door) == ["cyd", "bob"]


def test_two_people_are_used_up_together() -> None:
    door = two_of()
    for name in ("ada", "bob"):
        door.shows_face(name)
    door.wait(seconds=5)
    door.shows_face("cyd")
    assert not door.released()


def test_a_first_person_whom_the_rules_no_longer_let_in_is_no_partner() -> None:
    door = two_of()
    door.shows_face("ada")
    door.rules = replace(office(policy=policy(persons=2)), people={"ada": Person("ada", ())})
    door.shows_face("bob")
    assert not door.released()
    door.shows_face("cyd")
    assert granted(door) == ["cyd", "bob"]


def test_both_of_two_people_have_passed() -> None:
    door = two_of(AntiPassback("soft"))
    for name in ("ada", "bob"):
        door.shows_face(name)
    door.walks_through()
    for name in ("ada", "bob"):
        door.shows_face(name)
    assert [event.subject for event in door.journal if isinstance(event, PassedAgain)] == ["ada", "bob"]


# Duress ------------------------------------------------------------------------------------------


def test_a_duress_pin_opens_as_usual_and_raises_a_silent_event() -> None:
    usual, threatened = (Doorstep(office(policy=policy("card+pin"))) for _ in range(2))
    for door, duress in ((usual, False), (threatened, True)):
        door.shows_card("ada")
        door.types_pin("ada", duress=duress)
        assert door.released()
    assert [event for event in threatened.journal if isinstance(event, DuressRaised)] == [DuressRaised("ada")]
    assert "duress_raised" not in usual.events
    assert (threatened.gate.shows, threatened.gate.answer) == (usual.gate.shows, usual.gate.answer)
    assert threatened.gate.door == usual.gate.door


def test_a_duress_card_is_heard_even_where_it_does_not_open() -> None:
    door = Doorstep(office(policy=policy("card"), groups={}))
    door.shows_card("ada", duress=True)
    assert not door.released()
    assert DuressRaised("ada") in door.journal


def test_a_wrong_pin_or_nobodys_card_is_no_duress() -> None:
    door = Doorstep(office(policy=policy("card+pin")))
    door.types_pin("ada", right=False, duress=True)
    door.shows_card(None, duress=True)
    assert "duress_raised" not in door.events


# Open hours --------------------------------------------------------------------------------------


def shop(*, toggle: bool = False) -> Rules:
    hours = OpenHours("work", ("staff",), toggle)
    return replace(staff(), policy=policy(open_hours=hours))


def test_the_first_of_the_staff_leaves_the_door_free_until_the_hours_end() -> None:
    door = Doorstep(shop())
    door.wait(seconds=600)
    assert not door.released()
    door.shows_face("ada")
    assert door.state() is State.FREE
    door.wait(seconds=9 * 3600 - 600 - 0.001)
    assert door.released()
    door.wait(1)
    assert door.state() is State.SECURED


def test_whoever_was_let_in_as_the_hours_began_and_is_found_anew_begins_them() -> None:
    rules = shop()
    rules = replace(rules, groups={**rules.groups, "staff": "always"})
    door = Doorstep(rules, at=MONDAY - timedelta(hours=3, seconds=1))
    door.shows_face("ada")
    assert door.state() is State.UNLOCKED
    door.wait(seconds=2)
    door.shows_face("ada")
    assert door.state() is State.FREE


def test_open_hours_end_where_a_holiday_begins() -> None:
    rules = replace(shop(), holidays=((MONDAY + timedelta(days=1)).date(),))
    rules = replace(rules, schedules={"work": Schedule.parse("mon-fri 00:00-24:00")})
    door = Doorstep(rules)
    door.shows_face("ada")
    door.wait(seconds=14 * 3600)
    assert door.state() is State.SECURED


def test_a_toggled_door_stands_as_if_it_had_been_secured() -> None:
    for leaf, state in ((False, State.SECURED), (True, State.OPEN)):
        door = Doorstep(shop(toggle=True))
        door.shows_face("ada")
        door.becomes(open=leaf)
        door.wait(seconds=20)
        door.shows_face("ada")
        assert door.state() is state
        assert door.gate.door.since == door.now
        assert door.gate.door.deadline == (door.now + 30_000 if leaf else None)


@pytest.mark.parametrize(("leaf", "passed"), [(True, {"ada"}), (False, set()), (None, {"ada"})])
def test_whoever_secures_a_free_door_has_passed_unless_it_is_seen_to_be_shut(
    leaf: bool | None, passed: set[str]
) -> None:
    rules = shop(toggle=True)
    rules = replace(rules, policy=replace(rules.policy, passback=AntiPassback("soft")))
    door = Doorstep(rules, switch=leaf is not None)
    door.orders(Free())
    door.becomes(open=bool(leaf))
    door.shows_face("ada")
    assert not door.released()
    assert set(door.gate.memory.whereabouts) == passed
    assert door.gate.memory.passing == ()


def test_a_visitor_is_let_in_and_leaves_the_door_as_it_was() -> None:
    door = Doorstep(shop())
    door.shows_face("bob")
    assert door.state() is State.UNLOCKED


def test_outside_the_hours_the_first_in_is_let_in_like_anybody() -> None:
    rules = shop()
    rules = replace(rules, groups={**rules.groups, "staff": "always"})
    for at in (MONDAY + timedelta(hours=9), MONDAY + timedelta(hours=12)):
        door = Doorstep(rules, at=at)
        door.shows_face("ada")
        assert door.state() is State.UNLOCKED
    door = Doorstep(rules, at=None)
    door.shows_face("ada")
    assert door.state() is State.UNLOCKED


def test_a_second_member_of_staff_does_not_end_open_hours_unless_it_is_a_toggle() -> None:
    for toggle, state in ((False, State.FREE), (True, State.SECURED)):
        door = Doorstep(shop(toggle=toggle))
        door.shows_face("ada")
        door.wait(seconds=20)
        door.shows_face("ada")
        assert door.state() is state


def test_a_toggle_outside_the_hours_is_none() -> None:
    rules = shop(toggle=True)
    rules = replace(rules, groups={**rules.groups, "staff": "always"})
    door = Doorstep(rules, at=MONDAY + timedelta(hours=12))
    door.orders(Free())
    door.shows_face("ada")
    assert door.state() is State.FREE


def test_with_two_people_the_second_ones_group_opens_the_hours() -> None:
    rules = shop()
    door = Doorstep(replace(rules, policy=replace(rules.policy, persons=2)))
    door.shows_face("bob")
    door.shows_face("ada")
    assert door.state() is State.FREE


# The door's own hindrances -----------------------------------------------------------------------


def test_in_lockdown_nobodys_grant_opens_and_the_journal_says_why() -> None:
    door = Doorstep()
    door.orders(Lockdown())
    door.shows_face("ada")
    assert denial(door) == ("lockdown", "ada")
    door.orders(Secure())
    door.shows_face("ada")
    assert door.released()


def test_while_the_other_door_of_an_interlock_is_open_nobody_is_let_in() -> None:
    door = Doorstep()
    door.becomes(other_open=True)
    door.shows_face("ada")
    assert denial(door) == ("interlock", "ada")
    door.becomes(other_open=False)
    door.shows_face("ada")
    assert door.released()


def test_a_camera_that_shows_nothing_new_leaves_the_readers() -> None:
    door = Doorstep(office(policy=policy("face|card")))
    door.faults = (Fault.CAMERA_STALE,)
    door.turn()
    door.shows_face("ada")
    assert denial(door) == ("camera_stale", None)
    door.shows_card("ada")
    assert door.released()


def test_unreadable_rules_let_nobody_in() -> None:
    door = Doorstep()
    door.rules = None
    door.turn()
    door.shows_face("ada")
    assert denial(door) == ("rules_unreadable", None)
    door.presses_exit()
    assert door.released()


def test_a_policys_zone_is_utc_unless_it_says_otherwise() -> None:
    assert Policy().zone == "UTC"
