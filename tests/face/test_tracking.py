"""Whose face is whose from look to look."""

import numpy as np

from edge_gate.face.detection import Face
from edge_gate.face.tracking import LONGEST_PATIENCE, Tracks, follow


def face(left: float) -> Face:
    return Face((left, 100.0, 50.0, 60.0), np.zeros((5, 2), np.float32), 0.9)


def test_how_long_a_face_may_wait_follows_from_how_it_moved() -> None:
    tracks, _ = follow(Tracks(), [face(100)], 0)
    assert [each.patience for each in tracks.followed] == [0]
    still, _ = follow(tracks, [face(100)], 67)
    assert [each.patience for each in still.followed] == [LONGEST_PATIENCE]
    moving, _ = follow(tracks, [face(110)], 67)
    (patience,) = (each.patience for each in moving.followed)
    assert 0 < patience < LONGEST_PATIENCE
    # Moving on so for that long, it is still the same face.
    ahead, _ = follow(moving, [face(110 + 10 * patience / 67)], 67 + patience)
    assert [each.track for each in ahead.followed] == [0]


def test_a_face_that_set_off_while_it_was_left_alone_is_the_same_and_one_that_jumps_is_not() -> None:
    def number(left: float, now: int) -> int:
        tracks, _ = follow(Tracks(), [face(100)], 0)
        _, (followed,) = follow(tracks, [face(left)], now)
        return followed.track

    assert number(145, 400) == 0
    assert number(165, 400) == 0
    assert number(145, 67) == 1
    assert number(170, 400) == 1
    assert number(180, 400) == 1


def test_of_two_people_near_where_a_face_was_left_alone_neither_is_taken_for_it() -> None:
    tracks, _ = follow(Tracks(), [face(100)], 0)
    _, beside = follow(tracks, [face(60), face(145)], 400)
    assert [each.track for each in beside] == [1, 2]


def test_somebody_far_away_does_not_stop_a_face_from_being_followed_nor_is_taken_for_it() -> None:
    tracks, _ = follow(Tracks(), [face(100)], 0)
    _, apart = follow(tracks, [face(400), face(145)], 400)
    assert [each.track for each in apart] == [1, 0]
