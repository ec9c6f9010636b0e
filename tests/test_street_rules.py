"""Rules on the whole street: real pixels, real networks, cards and hours before the door."""

from collections.abc import Callable

import pytest
from house import House
from msgspec.structs import replace

from edge_gate.access.claim import Shown
from edge_gate.access.door import DoorTimes
from edge_gate.access.rules import EVERYONE, Policy, Rules
from edge_gate.access.verification import Factor, Verification


@pytest.fixture
def card_and_face(house: House) -> House:
    house.enrol("ada", "bela")
    house.rules = Rules(policy=replace(Policy(), verification=Verification.parse("card+face")))
    return house


def card(holder: str) -> Shown:
    return Shown(Factor.CARD, f"card:{holder}", holder)


def test_a_card_and_its_holders_face_open_the_door(card_and_face: House) -> None:
    card_and_face.deliver(card("ada"))
    card_and_face.show("ada stands for 1 s")
    assert card_and_face.strike_released
    assert card_and_face.events[:3] == ["access_pending", "access_granted", "strike_released"]


def test_a_face_without_its_card_opens_nothing_and_is_compared_with_nobody(card_and_face: House) -> None:
    seen = card_and_face.show("ada stands for 2 s")
    assert not card_and_face.strike_released
    subjects = {sighting.subject for watched in seen if watched.look for sighting in watched.look.sightings}
    assert subjects == {None}
    assert card_and_face.events == []


def test_somebody_elses_card_does_not_help(card_and_face: House) -> None:
    card_and_face.deliver(card("bela"))
    seen = card_and_face.show("ada stands for 2 s")
    assert not card_and_face.strike_released
    compared = {sighting.subject for watched in seen if watched.look for sighting in watched.look.sightings}
    assert compared == {"bela"}, "ada was compared with anybody but the card's holder"
    denied = card_and_face.journal[-1]
    assert (denied.name, getattr(denied, "subject", None)) == ("access_denied", "bela")


def test_a_card_whose_holder_is_not_enrolled_opens_nothing(card_and_face: House) -> None:
    card_and_face.deliver(card("chidi"))
    card_and_face.show("chidi stands for 2 s")
    assert not card_and_face.strike_released


def test_what_was_seen_before_the_card_is_no_evidence_after_it(card_and_face: House) -> None:
    card_and_face.show("ada stands for 1 s")
    card_and_face.deliver(card("ada"))
    card_and_face.show("nobody for 2 s")
    assert not card_and_face.strike_released


def test_a_group_that_may_never_enter_is_denied_by_name(house: House) -> None:
    house.enrol("ada")
    house.rules = Rules(groups={EVERYONE: "never"})
    house.show("ada stands for 1 s")
    assert not house.strike_released
    denied = house.journal[-1]
    assert (getattr(denied, "reason", ""), getattr(denied, "subject", "")) == ("outside_hours", "ada")


def test_two_people_in_view_satisfy_the_two_person_rule(house_with: Callable[[DoorTimes], House]) -> None:
    house = house_with(DoorTimes())
    house.enrol("ada", "bela")
    house.rules = Rules(policy=replace(Policy(), persons=2))
    house.show("ada stands for 2 s")
    assert not house.strike_released
    house.show("ada and bela stand for 2 s")
    assert house.strike_released
