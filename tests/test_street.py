"""One frame after another, from the lens to the relay."""

import pytest
from house import House

from edge_gate.access.decision import Granted
from edge_gate.access.door import State
from edge_gate.access.events import AccessGranted
from edge_gate.face.tracking import Tracks
from edge_gate.recognition.recognise import Eyes, recognise
from edge_gate.service.keeper import OVERDUE
from edge_gate.simulated.scene import SceneCamera


def test_a_known_face_releases_the_strike_for_the_unlock_time(house: House) -> None:
    house.enrol("ada", "bela")

    house.show("ada stands for 1 s", frames=3)
    assert house.strike_released
    assert isinstance(house.journal[0], AccessGranted)
    assert house.journal[0].subject == "ada"

    house.wait(4_980)
    assert house.strike_released

    house.wait(20)
    assert not house.strike_released
    assert house.events == ["access_granted", "strike_released", "strike_secured"]


def test_a_release_that_lasts_too_long_would_end_the_daemon(house: House) -> None:
    assert house.fuse.at is None
    house.enrol("ada")
    house.show("ada stands for 1 s", frames=3)
    ends = house.keeper.door.deadline
    assert ends is not None
    assert house.fuse.at == ends + OVERDUE

    house.wait(5_000)
    assert not house.strike_released
    assert house.fuse.at is None


def test_leaving_in_a_release_secures_the_strike_and_puts_the_fuse_out(house: House) -> None:
    house.enrol("ada")
    house.show("ada stands for 1 s", frames=3)
    house.keeper.secure(house.clock.now())
    assert not house.strike_released
    assert house.fuse.at is None


def test_two_good_sightings_are_not_yet_a_grant(house: House) -> None:
    house.enrol("ada")
    house.show("ada stands for 1 s", frames=2)
    assert not house.strike_released
    assert house.events == []


def test_a_stranger_is_denied_and_not_named(house: House) -> None:
    house.enrol("ada", "bela")
    house.show("lior stands for 2 s")
    assert not any(released for _, released in house.door.history)
    assert house.events == ["access_denied"]
    assert house.journal[0].subject is None  # type: ignore[attr-defined]


def test_nobody_is_let_in_by_an_empty_gallery(house: House) -> None:
    house.show("ada stands for 2 s")
    assert house.events == ["access_denied"]


def test_an_empty_room_is_not_worth_a_word(house: House) -> None:
    house.enrol("ada")
    house.show("nobody for 2 s")
    assert house.events == []


def test_of_two_people_the_known_one_is_let_in_and_the_other_denied(house: House) -> None:
    house.enrol("bela", "ada")
    house.show("bela and lior stand for 1 s")
    assert sorted(house.events) == ["access_denied", "access_granted", "strike_released"]
    granted = next(event for event in house.journal if isinstance(event, AccessGranted))
    assert granted.subject == "bela"


def test_whoever_stands_in_the_dark_is_told_so_and_let_in_when_there_is_light(house: House) -> None:
    house.enrol("chidi")
    house.show("darkness while chidi stands for 2 s")
    assert house.events == ["quality_rejected"]
    assert house.journal[0].reason == "too_dark"  # type: ignore[attr-defined]
    assert not house.strike_released

    house.show("chidi stands for 1 s")
    assert house.strike_released


def test_a_face_far_away_is_asked_to_come_closer(house: House) -> None:
    house.enrol("ada")
    house.show("ada walks up for 8 s", frames=30)
    assert house.events == ["quality_rejected"]
    assert house.journal[0].advice == "come closer"  # type: ignore[attr-defined]


def test_a_frozen_camera_is_no_face_standing_still(house: House) -> None:
    house.enrol("ada")
    house.show("ada stands for 1 s", frames=2)
    still = SceneCamera("ada stands for 1 s", start=house.clock.now()).capture(100)
    seen = [house.look(type(still)(n, house.clock.now() + 66, still.full)) for n in range(40)]
    assert [each.fresh for each in seen[1:]] == [False] * 39
    assert seen[-1].frozen
    assert "camera_fault" in house.events


def test_a_frozen_picture_adds_no_sighting_to_a_grant(house: House) -> None:
    house.enrol("ada")
    camera = SceneCamera("ada stands for 1 s", start=house.clock.now())
    first = camera.capture(100)
    house.look(first)
    for number in range(10):
        house.look(type(first)(number + 1, house.clock.now() + 66, first.full))
    assert not house.strike_released


def test_a_camera_that_moves_again_is_trusted_again(house: House) -> None:
    house.enrol("ada")
    house.show("nobody for 1 s\nthe camera freezes for 3 s\nada stands for 1 s")
    assert house.events[:2] == ["camera_fault", "camera_recovered"]
    assert house.strike_released


def test_a_grant_that_reaches_the_door_too_late_is_dropped(house: House) -> None:
    house.enrol("ada")
    house.show("ada stands for 1 s", frames=3, deliver=False)
    (late,) = house.news
    assert isinstance(late, Granted)

    house.wait(1_001)
    house.deliver(late)
    assert not house.strike_released
    assert house.events == ["grant_expired"]


def test_a_grant_just_in_time_opens(house: House) -> None:
    house.enrol("ada")
    house.show("ada stands for 1 s", frames=3, deliver=False)
    (grant,) = house.news
    house.wait(1_000 - (house.clock.now() - grant.decided))  # type: ignore[union-attr]
    house.deliver(grant)
    assert house.strike_released


def test_whoever_stays_in_view_is_not_let_in_again_and_again(house: House) -> None:
    house.enrol("ada")
    house.show("ada stands for 9 s")
    assert house.events.count("access_granted") == 1
    assert not house.strike_released


def test_the_strike_is_asserted_every_turn(house: House) -> None:
    """A level lost on the wire comes back by itself."""
    house.enrol("ada")
    house.show("ada stands for 1 s", frames=3)
    house.door.assert_strike(released=False)
    house.wait(20)
    assert house.strike_released


def test_an_open_door_relocks_at_once_and_is_held_after_a_while(house: House) -> None:
    house.enrol("ada")
    house.show("ada stands for 1 s", frames=3)
    house.door.leaf_open = True
    house.wait(100)
    assert house.state == State.OPEN
    assert not house.strike_released

    house.wait(30_000)
    assert house.state == State.HELD_OPEN
    house.door.leaf_open = False
    house.wait(100)
    assert house.state == State.SECURED
    told = [event for event in house.events if event in ("door_opened", "door_held", "door_closed")]
    assert told == ["door_opened", "door_held", "door_closed"]


def test_a_door_opened_without_leave_is_forced(house: House) -> None:
    house.wait(100)
    house.door.leaf_open = True
    house.wait(100)
    assert house.events == ["door_forced"]
    assert not house.strike_released


def test_a_bounce_of_the_position_switch_is_no_alarm(house: House) -> None:
    house.wait(100)
    house.door.leaf_open = True
    house.wait(20)
    house.door.leaf_open = False
    house.wait(200)
    assert house.events == []


def test_a_request_to_exit_releases_the_strike(house: House) -> None:
    house.wait(100)
    house.door.exit_pressed = True
    house.wait(60)
    assert house.strike_released
    house.door.exit_pressed = False
    house.wait(5_000)
    assert not house.strike_released


def test_the_scene_s_faces_are_where_it_says_they_are(eyes: Eyes, house: House) -> None:
    house.enrol("ada")
    camera = SceneCamera("ada stands for 1 s")
    frame = camera.capture(100)
    look = recognise(frame, Tracks(), house.roster(), eyes)
    (truth,), (found,) = camera.truth(0), look.faces
    assert found.face.box == pytest.approx(truth.box, abs=0.25 * truth.box[2])
