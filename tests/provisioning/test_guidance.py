"""Somebody before the camera is told what to do, until views that differ are taken."""

import numpy as np
import pytest

from edge_gate.face.frame import Frame, Picture
from edge_gate.provisioning.guidance import APART, LENIENT, TAKEN, Guidance
from edge_gate.recognition.recognise import Eyes
from edge_gate.simulated.figure import FACE_BOX, figure
from edge_gate.simulated.render import developed, place
from edge_gate.simulated.stage import Pose

LEFT, RIGHT = 0.6, -0.8


@pytest.fixture
def guidance(eyes: Eyes) -> Guidance:
    return Guidance(eyes, views=3)


def ada(at: int, turn: float = 0.0, width: float = 140, light: float = 1.0) -> Frame:
    scene = np.full((480, 480, 3), (196, 190, 182), np.float32)
    place(scene, figure("ada"), Pose(240, 200, width / FACE_BOX[2], 0, turn, 0))
    return Frame(0, at, Picture(developed(scene * light, 1.0, np.random.default_rng(at))))


def test_views_that_differ_are_asked_for_and_taken(guidance: Guidance) -> None:
    assert guidance.see(ada(0)) == TAKEN
    assert guidance.see(ada(1_000)) == "turn your head a little to your left"
    assert guidance.see(ada(2_000, RIGHT)) == "turn your head a little to your left"
    assert guidance.see(ada(3_000, LEFT)) == TAKEN
    assert guidance.see(ada(4_000, LEFT)) == "turn your head a little to your right"
    assert guidance.see(ada(5_000, RIGHT)) == TAKEN
    assert guidance.done
    assert len(guidance.probes) == 3


def test_what_is_wrong_is_said_in_words_that_stay_the_same_while_it_is(guidance: Guidance) -> None:
    assert guidance.see(ada(0, width=30)) == "too_far (come closer)"
    assert guidance.see(ada(500, width=32)) == "too_far (come closer)"
    assert "too dark" in guidance.see(ada(1_000, light=0.1))


def test_two_views_are_never_of_one_moment(guidance: Guidance) -> None:
    guidance.see(ada(0))

    assert guidance.see(ada(APART - 1, LEFT)) != TAKEN
    assert guidance.see(ada(APART, LEFT)) == TAKEN


def test_somebody_who_cannot_turn_is_enrolled_all_the_same(guidance: Guidance) -> None:
    guidance.see(ada(0))

    assert guidance.see(ada(LENIENT - 1)) != TAKEN
    assert guidance.see(ada(LENIENT)) == TAKEN
