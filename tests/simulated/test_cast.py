"""The cast: enough people, told apart by the real networks, and nobody's face."""

import numpy as np
import pytest

from edge_gate.face.alignment import align
from edge_gate.face.frame import Floats, Picture
from edge_gate.recognition.recognise import Eyes
from edge_gate.simulated.attire import Wear
from edge_gate.simulated.brush import HEIGHT, WIDTH
from edge_gate.simulated.cast import members
from edge_gate.simulated.figure import figure
from edge_gate.simulated.portrait import portrait, views
from edge_gate.simulated.scene import SceneCamera

NAMES = sorted(members())


def vector(picture: Picture, eyes: Eyes) -> Floats:
    """What the builtin embedder makes of the best face in a picture."""
    return eyes.embedder.embed(align(picture, eyes.detector.detect(picture)[0])).vector


def test_there_are_enough_people_for_a_party() -> None:
    assert len(NAMES) >= 24


@pytest.mark.parametrize("name", NAMES)
def test_a_member_is_a_face_with_a_feathered_edge(name: str) -> None:
    face = members()[name].face()
    assert face.shape == (288, 288, 4)
    assert face[110:200, 110:178, 3].min() == 255
    assert not face[..., 3][[0, -1]].any()
    assert not face[..., 3][:, [0, -1]].any()


@pytest.mark.parametrize("name", NAMES)
def test_every_enrolment_photograph_shows_one_face(name: str, eyes: Eyes) -> None:
    for view in views(name, 5):
        assert len(eyes.detector.detect(Picture(view))) == 1


def test_photographs_are_repeatable_and_each_differs() -> None:
    assert np.array_equal(portrait("ada", 3), portrait("ada", 3))
    assert not np.array_equal(portrait("ada", 3), portrait("ada", 4))


def test_a_stranger_to_the_cast_has_no_photograph() -> None:
    with pytest.raises(KeyError):
        portrait("zoe")


@pytest.mark.parametrize("wears", list(Wear))
def test_what_somebody_wears_changes_the_head_and_not_the_coat(wears: Wear) -> None:
    bare, dressed = figure("ada"), figure("ada", wears)
    assert bare.shape == dressed.shape == (HEIGHT, WIDTH, 4)
    assert not np.array_equal(bare[:430], dressed[:430])
    assert np.array_equal(bare[430:], dressed[430:])


def test_everybody_in_a_scene_is_most_like_their_own_photographs(eyes: Eyes) -> None:
    enrolled = {name: np.stack([vector(Picture(view), eyes) for view in views(name)]) for name in NAMES}
    for name in NAMES:
        camera = SceneCamera(f"{name} stands for 1 s", seed=5)
        for _ in range(5):
            camera.capture(0)
        seen = vector(camera.capture(0).full, eyes)
        scores = {other: float((templates @ seen).max()) for other, templates in enrolled.items()}
        own = scores.pop(name)
        assert own > 0.75
        assert max(scores.values()) < own - 0.15
