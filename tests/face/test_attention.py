"""Where the door looks, and that it looks in time."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hall import FPS, Hall

from edge_gate.face.attention import GLANCE, LONGEST_REST, Attention, Gaze, attend, attended, unhurried
from edge_gate.face.detection import Face
from edge_gate.face.frame import Picture, Pixels
from edge_gate.face.motion import changed, glimpse, grains
from edge_gate.face.tracking import LONGEST_PATIENCE, Followed, Tracks

NOBODY = Tracks()
MISSED_MS = 500
CELL = 4 * 8
"""Pixels of a hall in a cell of its glimpse."""


class Sentry:
    """Looks when and where attention says, and finds nobody; each glimpse is written over the last."""

    def __init__(self) -> None:
        self.attention = Attention()
        self.looks = 0
        self.wanted_from = 0
        self.glimpses: list[int] = []
        self.scattered: Pixels | None = None
        self.seen: Pixels | None = None

    def shown(self, hall: Hall, number: int, arrived: float = 0.0) -> bool:
        """Show one frame; whether the whole of it was looked at."""
        now = number * 1000 // FPS
        if now < self.wanted_from:
            return False
        self.glimpses.append(number)
        self.scattered = grains(hall.picture(number, arrived), self.scattered)
        seen = self.seen = glimpse(self.scattered, self.seen)
        gaze = attend(self.attention, seen, NOBODY, now, cell=CELL, undecided=False)
        self.attention = attended(self.attention, seen.copy(), gaze, now, faces=False)
        self.wanted_from = now + (unhurried(self.attention) if gaze is Gaze.NOWHERE else 0)
        self.looks += gaze is Gaze.EVERYWHERE
        return gaze is Gaze.EVERYWHERE


def latest_notice(seed: int) -> int:
    """Milliseconds from a person's being there until the first look at them, that evening."""
    hall, sentry = Hall(seed), Sentry()
    rng = np.random.default_rng(seed)
    comes, strolls = int(rng.integers(0, 90)), int(rng.choice([1, 6, 12]))
    for number in range(comes):
        sentry.shown(hall, number)
    for number in range(comes, comes + strolls - 1):
        sentry.shown(hall, number, (number - comes + 1) / strolls)
    there = comes + strolls - 1
    for number in range(there, there + 2 * FPS):
        if sentry.shown(hall, number, 1.0):
            return (number - there) * 1000 // FPS
    return 10_000


def test_whoever_comes_is_looked_at_within_half_a_second_in_any_light() -> None:
    late = [seed for seed in range(100) if latest_notice(seed) > MISSED_MS]
    assert late == []


@pytest.mark.slow
def test_whoever_comes_on_a_thousand_evenings_is_looked_at_within_half_a_second() -> None:
    late = [seed for seed in range(1000) if latest_notice(seed) > MISSED_MS]
    assert late == []


def test_a_pale_figure_is_not_taken_for_the_noise_of_the_picture_it_fills() -> None:
    rng = np.random.default_rng(4)
    wall = np.repeat(90 + np.linspace(0, 30, 60)[:, None], 80, axis=1)
    there = wall.copy()
    there[18:, 28:52] += 12

    def seen(light: np.ndarray[Any, np.dtype[np.float64]]) -> Pixels:
        return np.asarray(np.rint(light + rng.normal(0, 0.5, light.shape)), np.uint8)

    room = seen(wall)
    assert not any(changed(room, seen(wall)) for _ in range(50))
    assert all(changed(room, seen(there)) for _ in range(50))


def test_a_glimpse_written_over_that_of_another_camera_is_as_good_as_new() -> None:
    """Whatever lay there, of the same size or not, nothing of it is left."""
    rng, scattered, seen = np.random.default_rng(0), None, None
    for height, width in ((480, 640), (480, 640), (240, 320), (600, 800), (16, 12), (480, 640)):
        picture = Picture(rng.integers(0, 256, (height, width, 3), np.uint8))
        scattered = grains(picture, scattered)
        seen = glimpse(scattered, seen)
        np.testing.assert_array_equal(scattered, grains(picture))
        np.testing.assert_array_equal(seen, glimpse(grains(picture)))


def test_whoever_stands_there_from_the_start_is_looked_at_at_once() -> None:
    for seed in range(20):
        assert Sentry().shown(Hall(seed), 0, 1.0)


def test_whoever_the_detector_missed_is_looked_at_again_though_nothing_moves() -> None:
    hall, sentry = Hall(3), Sentry()
    looked = [number for number in range(10) if sentry.shown(hall, number, 1.0)]
    assert looked[0] == 0
    assert looked[1] * 1000 / FPS <= 500 + 1000 / FPS


def test_an_empty_room_under_flickering_light_is_hardly_looked_at() -> None:
    frames, looks = 300, 0
    for seed in range(10):
        hall, sentry = Hall(seed, step=1.0), Sentry()
        for number in range(frames):
            sentry.shown(hall, number)
        looks += sentry.looks
    assert looks / (10 * frames) < 0.05


def test_a_still_room_is_looked_at_every_four_seconds_at_last() -> None:
    hall, sentry = Hall(1, flicker=0.0, step=1.0), Sentry()
    looked = [number for number in range(60 * FPS) if sentry.shown(hall, number)]
    gaps = [1000 * (after - before) / FPS for before, after in pairwise(looked)]
    assert gaps == sorted(gaps)
    assert gaps[-1] == pytest.approx(LONGEST_REST, abs=70)


def test_a_room_long_at_rest_is_glimpsed_at_in_every_other_frame_until_somebody_comes() -> None:
    hall, sentry = Hall(1, flicker=0.0, step=1.0), Sentry()
    for number in range(10 * FPS):
        sentry.shown(hall, number)
    first, *_, last = (number for number, after in pairwise(sentry.glimpses) if after - number == 2)
    assert 2.5 * FPS <= first <= 3 * FPS
    comes = last + 3
    assert comes * 1000 // FPS < sentry.wanted_from
    noticed = [number for number in range(comes, comes + 3 * FPS) if sentry.shown(hall, number, 1.0)]
    assert noticed[0] == comes + 1
    assert (noticed[0] - comes) * 1000 / FPS <= GLANCE
    assert set(range(noticed[0], comes + 2 * FPS)) <= set(sentry.glimpses)


def test_something_that_keeps_moving_and_is_no_face_is_looked_at_four_times_a_second() -> None:
    hall, sentry = Hall(5, step=1.0), Sentry()
    looked = [number for number in range(5 * FPS) if sentry.shown(hall, number, 0.2 + 0.1 * (number % 7))]
    gaps = [after - before for before, after in pairwise(looked)]
    assert 2 * 1000 / FPS < 1000 * gaps[-1] / FPS <= 250 + 1000 / FPS


def following(seen_at: int, *, patience: int = 0) -> Tracks:
    face = Face((100.0, 100.0, 50.0, 60.0), np.zeros((5, 2), np.float32), 0.9)
    return Tracks((Followed(0, face, seen_at, patience),), 1)


def standing(
    now: int,
    hall: Hall,
    tracks: Tracks,
    *,
    undecided: bool,
    whole: int = 0,
    looked: int = 0,
    interval: int = 0,
    moves_on: float = 0.0,
) -> Gaze:
    first = glimpse(grains(hall.picture(0, 1.0)))
    after = attended(Attention(), first, Gaze.EVERYWHERE, whole, faces=True)
    after = attended(after, first, Gaze.FACES, looked, faces=True)
    seen = glimpse(grains(hall.picture(1, 1.0 - moves_on)))
    return attend(after, seen, tracks, now, cell=CELL, undecided=undecided, interval=interval)


def test_a_face_not_yet_decided_about_is_looked_at_in_every_frame() -> None:
    hall = Hall(2, flicker=0.0, step=1.0)
    assert standing(66, hall, following(0), undecided=True) is Gaze.FACES


def test_a_face_decided_about_waits_as_long_as_it_may_by_its_movement() -> None:
    hall = Hall(2, flicker=0.0, step=1.0)
    assert standing(133, hall, following(0, patience=150), undecided=False) is Gaze.NOWHERE
    assert standing(200, hall, following(0, patience=150), undecided=False) is Gaze.FACES
    assert standing(66, hall, following(0), undecided=False) is Gaze.FACES


def test_a_face_that_stood_still_and_sets_off_is_looked_at_at_once() -> None:
    hall, patient = Hall(2, flicker=0.0, step=1.0), following(0, patience=LONGEST_PATIENCE)
    assert standing(66, hall, patient, undecided=False) is Gaze.NOWHERE
    assert standing(66, hall, patient, undecided=False, moves_on=0.3) is Gaze.FACES


def test_no_patience_is_so_long_that_a_slow_camera_forgets_a_face() -> None:
    hall, patient = Hall(2, flicker=0.0, step=1.0), following(0, patience=400)
    assert standing(250, hall, patient, undecided=False) is Gaze.NOWHERE
    assert standing(250, hall, patient, undecided=False, interval=250) is Gaze.FACES


def test_a_face_decided_about_that_stands_still_is_left_alone_for_a_moment() -> None:
    hall = Hall(2, flicker=0.0, step=1.0, noise=1.5)
    assert standing(66, hall, following(0), undecided=False) is Gaze.NOWHERE
    assert standing(200, hall, following(0), undecided=False) is Gaze.FACES


def test_the_whole_picture_is_searched_for_newcomers_while_a_face_is_followed() -> None:
    hall = Hall(2, flicker=0.0, step=1.0)
    assert standing(400, hall, following(333), undecided=True, looked=333) is Gaze.EVERYWHERE


def test_a_face_that_was_lost_is_searched_for_everywhere() -> None:
    hall = Hall(2, flicker=0.0, step=1.0)
    assert standing(150, hall, following(0), undecided=True, looked=66) is Gaze.EVERYWHERE


def test_a_face_lost_after_the_whole_was_searched_is_looked_for_where_it_was() -> None:
    hall = Hall(2, flicker=0.0, step=1.0)
    assert standing(200, hall, following(66), undecided=True, whole=133, looked=133) is Gaze.FACES


def test_a_face_that_is_not_where_it_was_is_searched_for_in_the_whole_picture_alone() -> None:
    hall, gone = Hall(2, flicker=0.0, step=1.0), following(66)
    assert standing(333, hall, gone, undecided=True, whole=200, looked=266) is Gaze.NOWHERE
    assert standing(400, hall, gone, undecided=True, whole=200, looked=266) is Gaze.EVERYWHERE
