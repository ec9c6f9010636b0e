"""A verdict's case gives the same verdict again, from the little it holds."""

from datetime import date

import pytest
from doorstep import SITE, Doorstep, face, office, policy
from msgspec.structs import replace

from edge_gate.access.case import Case, reheard
from edge_gate.access.claim import Seen, Side
from edge_gate.access.decision import Reason
from edge_gate.access.events import DoorEvent
from edge_gate.access.passback import AntiPassback
from edge_gate.access.rules import Person
from edge_gate.access.telling import telling


def cases(door: Doorstep) -> list[tuple[DoorEvent, Case]]:
    found = [(event, getattr(event, "case", None)) for event in door.journal]
    return [(event, case) for event, case in found if case]


def crowded(verification: str, **others: object) -> Doorstep:
    people = {name: Person(name) for name in ("ada", "bob", "cyd", "dan")}
    return Doorstep(office(people=people, policy=policy(verification, **others)))


def test_every_kind_of_verdict_is_reached_again_from_its_record() -> None:
    door = crowded("card+face", passback=AntiPassback("hard"))
    door.shows_card("ada")
    for reason in Reason:
        door.shows_no_face(reason)
    door.shows_face("ada")
    door.walks_through()
    door.shows_card("ada")
    door.shows_card(None)
    door.types_pin("bob", right=False)
    door.rules = replace(door.rules or office(), policy=policy(persons=2))
    for name in ("ada", "bob"):
        door.shows_face(name)
    for reason in Reason:
        door.shows_no_face(reason)
    told = cases(door)
    assert len(told) == 15
    for event, case in told:
        claim, verdict = reheard(case)
        assert next(telling(claim, verdict, case)) == event


def test_a_stale_grant_is_stale_again() -> None:
    door = Doorstep()
    door.turn(Seen(face("ada", door.now - 2_000)))
    [(event, case)] = cases(door)
    claim, verdict = reheard(case)
    assert next(telling(claim, verdict, case)) == event


def test_a_person_whom_the_rules_keep_out_is_kept_out_again() -> None:
    rules = office(people={"ada": Person("ada", (), last_day=date(2020, 1, 1)), "bob": Person("bob", ())})
    door = Doorstep(replace(rules, policy=policy("face|card+pin")))
    door.shows_face("ada")
    door.shows_face("bob")
    for _ in range(7):
        door.types_pin("bob", right=False)
    told = cases(door)
    reasons = [getattr(event, "reason", None) for event, _ in told]
    assert reasons == ["expired", "outside_hours", *["wrong_pin"] * 5, *["locked_out"] * 2]
    for event, case in told:
        claim, verdict = reheard(case)
        assert next(telling(claim, verdict, case)) == event


def test_a_face_on_the_way_out_is_heard_again_on_the_way_out() -> None:
    door = Doorstep(office(policy=policy(passback=AntiPassback("hard"))), switch=False)
    door.turn(Seen(face("ada", door.now), Side.OUTSIDE))
    [(_, case)] = cases(door)
    claim, _ = reheard(case)
    assert claim.toward is Side.OUTSIDE


def test_a_record_names_nobody_whom_it_is_not_about() -> None:
    door = crowded("card", passback=AntiPassback("soft"))
    for name in ("bob", "cyd", "ada"):
        door.shows_card(name)
        door.walks_through()
    for _ in range(2):
        door.types_pin("bob", right=False)
    door.shows_card("ada")
    _, case = cases(door)[-1]
    assert set(case.rules.people) == {"ada"}
    assert set(case.memory.whereabouts) == {"ada"}
    assert set(case.memory.tallies) == {"door"}


def test_a_record_does_not_say_whom_a_look_alike_looks_like() -> None:
    door = crowded("face")
    assert door.rules
    door.rules = door.rules.with_alike([("ada", "bob"), ("bob", "cyd")])
    door.shows_face("ada")
    _, case = cases(door)[-1]
    assert case.rules.alike == {"ada": ()}


def test_a_record_holds_the_partner_of_two_people() -> None:
    door = crowded("card", persons=2)
    door.shows_card("ada")
    door.shows_card("bob")
    assert set(cases(door)[-1][1].rules.people) == {"ada", "bob"}


def test_a_record_states_what_the_door_ran_with() -> None:
    door = Doorstep()
    door.shows_face("ada")
    [(_, case)] = cases(door)
    assert (case.site, case.rules.version) == (SITE, 7)
    assert case.moment.now == door.now


def test_a_record_states_the_threshold_that_the_face_was_decided_at() -> None:
    door = Doorstep()
    door.turn(Seen(replace(face("ada", door.now), threshold=0.7)))
    [(event, case)] = cases(door)
    assert case.site.consensus == replace(SITE.consensus, threshold=0.7)
    claim, verdict = reheard(case)
    assert next(telling(claim, verdict, case)) == event


def test_evidence_that_was_taken_out_of_a_record_decides_nothing() -> None:
    door = Doorstep()
    door.shows_face("ada")
    [(_, case)] = cases(door)
    for evidence in ((), case.evidence[:1]):
        with pytest.raises(ValueError, match=r"^the evidence in this record decides nothing"):
            reheard(replace(case, evidence=evidence))
