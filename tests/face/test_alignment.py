"""A face upright and in place."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_gate.access.sighting import Flaw
from edge_gate.face.alignment import SIDE, TEMPLATE, align, similarity
from edge_gate.face.detection import Face
from edge_gate.face.frame import Floats, Picture
from edge_gate.face.quality import QualityGates, flaws_before_cropping, light_and_sharpness, turn
from edge_gate.face.surroundings import with_surroundings


def moved(scale: float, angle: float, x: float, y: float) -> Floats:
    a, b = scale * np.cos(angle), scale * np.sin(angle)
    points = np.array(TEMPLATE)
    return np.asarray(points @ [[a, b], [-b, a]] + [x, y], dtype=np.float32)


@given(st.floats(0.2, 6), st.floats(-3, 3), st.floats(-500, 500), st.floats(-500, 500))
def test_a_face_however_turned_and_sized_lands_on_the_template(
    scale: float, angle: float, x: float, y: float
) -> None:
    landmarks = moved(scale, angle, x, y)
    a, b, dx, dy = similarity(landmarks)
    back = landmarks @ np.array([[a, b], [-b, a]]) + [dx, dy]
    assert np.abs(back - np.array(TEMPLATE)).max() < 0.05


def test_the_transform_is_the_least_squares_one() -> None:
    rng = np.random.default_rng(0)
    landmarks = np.asarray(moved(2, 0.3, 50, 60) + rng.normal(0, 3, (5, 2)), dtype=np.float32)
    x, y = landmarks[:, 0], landmarks[:, 1]
    one, zero = np.ones(5), np.zeros(5)
    left = np.vstack([np.stack([x, -y, one, zero], 1), np.stack([y, x, zero, one], 1)])
    right = np.concatenate([np.array(TEMPLATE)[:, 0], np.array(TEMPLATE)[:, 1]])
    expected = np.linalg.lstsq(left, right, rcond=None)[0]
    assert similarity(landmarks) == pytest.approx(expected, abs=1e-3)


def test_landmarks_in_one_point_are_refused() -> None:
    with pytest.raises(ValueError, match="coincide"):
        similarity(np.ones((5, 2), np.float32))


def test_a_chip_shows_the_eyes_where_the_template_has_them() -> None:
    landmarks = moved(2, 0.2, 100, 80)
    pixels = np.zeros((480, 640, 3), np.uint8)
    for x, y in landmarks[:2]:
        pixels[round(float(y)) - 3 : round(float(y)) + 4, round(float(x)) - 3 : round(float(x)) + 4] = 255
    chip = align(Picture(pixels), Face((0, 0, 1, 1), landmarks, 1.0)).pixels
    assert chip.shape == (SIDE, SIDE, 3)
    for x, y in TEMPLATE[:2]:
        assert chip[round(y), round(x), 0] > 200
    assert chip[round(TEMPLATE[2][1]), round(TEMPLATE[2][0]), 0] == 0


def face(left: float, top: float, width: float, height: float) -> Face:
    scale = width / 60
    return Face((left, top, width, height), moved(scale, 0, left - 26 * scale, top - 40 * scale), 0.9)


def test_a_face_half_out_of_the_picture_is_cut_off() -> None:
    picture = Picture(np.zeros((480, 640, 3), np.uint8))
    assert flaws_before_cropping(face(200, 200, 100, 120), picture, QualityGates()) == ()
    assert flaws_before_cropping(face(590, 200, 100, 120), picture, QualityGates()) == (Flaw.CUT_OFF,)


def test_a_nose_far_from_the_middle_is_a_face_turned_away() -> None:
    straight = moved(1, 0.4, 0, 0)
    aside = straight.copy()
    aside[2] += (straight[1] - straight[0]) * np.float32(0.5)
    assert turn(Face((0, 0, 9, 9), straight, 1.0)) < 0.05
    assert turn(Face((0, 0, 9, 9), aside, 1.0)) == pytest.approx(0.5, abs=0.05)


def test_a_profile_whose_eyes_coincide_is_turned_away() -> None:
    profile = moved(1, 0, 0, 0)
    profile[1] = profile[0]
    assert turn(Face((0, 0, 9, 9), profile, 1.0)) == float("inf")


def test_sharpness_does_not_fall_with_the_light() -> None:
    rng = np.random.default_rng(1)
    bright = rng.integers(0, 200, (480, 640, 3), np.uint8)
    one = face(200, 200, 100, 120)
    dim = np.asarray(bright * 0.4, dtype=np.uint8)
    assert light_and_sharpness(align(Picture(dim), one))[1] == pytest.approx(
        light_and_sharpness(align(Picture(bright), one))[1], rel=0.05
    )


def test_surroundings_stay_inside_the_picture_and_keep_the_face() -> None:
    pixels = np.zeros((100, 100, 3), np.uint8)
    pixels[5:25, 80:95] = 255
    patch = with_surroundings(Picture(pixels), face(80, 5, 15, 20), 2.7, 80)
    assert patch.shape == (80, 80, 3)
    assert patch.max() == 255


def test_a_face_larger_than_the_picture_has_the_picture_for_surroundings() -> None:
    pixels = np.full((100, 100, 3), 9, np.uint8)
    assert with_surroundings(Picture(pixels), face(-50, -50, 200, 200), 4.0, 80).min() == 9


def test_four_channels_are_warped_to_the_values_of_three() -> None:
    """A calibration holds for chips as they were when it was measured."""
    rng = np.random.default_rng(2)
    pixels = rng.integers(0, 256, (300, 280, 3), np.uint8)
    for scale in (0.3, 0.8, 1.0, 2.5):
        matrix = np.array([[scale, 0.2, -9.3], [-0.2, scale, 4.7]])
        four = cv2.warpAffine(cv2.cvtColor(pixels, cv2.COLOR_BGR2BGRA), matrix, (SIDE, SIDE))
        np.testing.assert_array_equal(four[:, :, :3], cv2.warpAffine(pixels, matrix, (SIDE, SIDE)))
