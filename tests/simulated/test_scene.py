"""The simulated camera: what it shows, to whom it is true, and that it is always the same."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from edge_gate.errors import ConfigError, EndOfFootage
from edge_gate.face.detection import Face
from edge_gate.face.frame import Frame
from edge_gate.recognition.recognise import Eyes
from edge_gate.simulated.scene import SceneCamera
from edge_gate.simulated.stage import Presence


def shown(script: str, seed: int = 0) -> list[Frame]:
    camera = SceneCamera(script, seed=seed)
    return [camera.capture(0) for _ in range(camera.frames)]


def faces(script: str, at: int, eyes: Eyes) -> tuple[tuple[Face, ...], tuple[Presence, ...]]:
    """What the detector finds in frame `at`, and what is there."""
    return eyes.detector.detect(shown(script)[at].full), SceneCamera(script).truth(at)


def overlap(face: Face, presence: Presence) -> float:
    (a, b, c, d), (e, f, g, h) = face.box, presence.box
    across, down = min(a + c, e + g) - max(a, e), min(b + d, f + h) - max(b, f)
    common = max(across, 0) * max(down, 0)
    return common / (c * d + g * h - common)


def test_frames_come_fifteen_a_second_from_the_instant_given() -> None:
    camera = SceneCamera("nobody for 1 s", start=7_000)
    frames = [camera.capture(0) for _ in range(15)]
    assert [frame.sequence for frame in frames] == list(range(15))
    assert [frame.captured for frame in frames[:4]] == [7_000, 7_066, 7_133, 7_200]
    assert frames[0].full.pixels.shape == (480, 640, 3)
    with pytest.raises(EndOfFootage):
        camera.capture(0)


def test_a_looping_scene_begins_again_and_time_goes_on() -> None:
    camera = SceneCamera("nobody for 0.2 s\nada stands for 0.2 s", loop=True)
    frames = [camera.capture(0) for _ in range(8)]
    assert frames[-1].captured == 7 * 1000 // 15
    assert [len(camera.truth(n)) for n in range(8)] == [0, 0, 0, 1, 1, 1, 0, 0]


def test_whoever_owns_the_clock_paces_the_camera() -> None:
    waited: list[int] = []

    def wait(instant: int) -> int:
        waited.append(instant)
        return instant

    camera = SceneCamera("nobody for 1 s", start=500, pace=wait)
    captured = [camera.capture(0).captured for _ in range(3)]
    assert waited == captured == [500, 566, 633]


def test_the_same_script_and_seed_give_the_same_pixels_and_another_seed_does_not() -> None:
    first, again, other = (shown("ada stands for 0.4 s", seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a.full.pixels, b.full.pixels) for a, b in zip(first, again, strict=True))
    assert not any(np.array_equal(a.full.pixels, b.full.pixels) for a, b in zip(first, other, strict=True))


def test_a_frozen_camera_repeats_its_picture_to_the_last_bit_and_a_live_one_never_does() -> None:
    frames = shown("ada stands for 0.4 s\nthe camera freezes for 0.4 s\nnobody for 0.2 s")
    same = [np.array_equal(a.full.pixels, b.full.pixels) for a, b in pairwise(frames)]
    assert same == [False] * 5 + [True] * 6 + [False] * 3


def test_the_truth_of_a_frozen_picture_is_who_is_in_it() -> None:
    camera = SceneCamera("ada stands for 0.4 s\nthe camera freezes for 0.4 s")
    assert camera.truth(9) == camera.truth(5)
    assert camera.truth(9)[0].member == "ada"


def test_nobody_can_write_into_a_frame() -> None:
    with pytest.raises(ValueError, match="read-only"):
        shown("nobody for 0.1 s")[0].full.pixels[0, 0, 0] = 1


def test_a_script_with_an_unknown_word_makes_no_camera() -> None:
    with pytest.raises(ConfigError, match="'flies'"):
        SceneCamera("ada flies for 1 s")


def test_somebody_who_walks_up_grows_and_somebody_who_leaves_is_gone() -> None:
    camera = SceneCamera("ada walks up for 2 s\nada leaves for 1 s")
    widths = [camera.truth(n)[0].box[2] for n in range(30)]
    assert widths == sorted(widths)
    assert widths[0] < 45
    assert widths[-1] == pytest.approx(120)
    left = camera.truth(44)[0].box[0]
    assert left > 640


@pytest.mark.parametrize(
    "script",
    [
        "ada stands for 1 s",
        "bela stands near for 1 s",
        "chidi and dara stand for 1 s",
        "elif, farah and goran stand for 1 s",
        "hana with glasses stands for 1 s",
        "night while ines stands for 1 s",
        "back light while jomo stands for 1 s",
        "side light while kaja stands for 1 s",
        "a print of lior is shown for 1 s",
        "a phone with ada is shown for 1 s",
        "bela stands near and chidi stands far away for 1 s",
    ],
)
def test_a_real_detector_finds_everybody_where_the_truth_says(script: str, eyes: Eyes) -> None:
    found, present = faces(script, 10, eyes)
    assert len(found) == len(present)
    for presence in present:
        assert max(overlap(face, presence) for face in found) > 0.55


def test_a_real_detector_finds_nobody_in_an_empty_scene(eyes: Eyes) -> None:
    assert faces("nobody for 1 s", 10, eyes) == ((), ())


def test_pictures_of_a_face_are_not_live_and_faces_are() -> None:
    camera = SceneCamera("ada stands and a print of bela is shown and a phone with chidi is shown for 1 s")
    assert {one.member: one.live for one in camera.truth(3)} == {"ada": True, "bela": False, "chidi": False}


@pytest.mark.parametrize(
    ("light", "darker"), [("night", "day"), ("darkness", "night"), ("day", "glare"), ("back light", "day")]
)
def test_lights_differ_in_how_bright_a_face_is(light: str, darker: str) -> None:
    def brightness(of: str) -> float:
        script = f"{of} while ada stands for 0.1 s"
        left, top, width, height = (int(value) for value in SceneCamera(script).truth(0)[0].box)
        face = shown(script)[0].full.pixels[top : top + height, left : left + width]
        return float(face.mean())

    assert brightness(light) < 0.75 * brightness(darker)


def test_whoever_runs_is_blurred() -> None:
    def sharpness(script: str) -> float:
        frame = cv2.GaussianBlur(shown(script)[7].full.pixels[..., 1].astype(np.float32), (0, 0), 1.5)
        left, top, width, height = (int(value) for value in SceneCamera(script).truth(7)[0].box)
        face = frame[top : top + height, left : left + width]
        return float(np.abs(np.diff(face, 2, axis=1)).mean() / np.abs(np.diff(face, 2, axis=0)).mean())

    assert sharpness("ada runs past for 1 s") < 0.7 * sharpness("ada stands for 1 s")


def test_a_scene_in_real_time_drops_the_frames_that_are_over() -> None:
    hours = iter([1_000, 1_000 + 5 * 1000 // 15 + 1, 1_000 + 6 * 1000 // 15])
    camera = SceneCamera("ada stands for 2 s", start=1_000, pace=lambda _: next(hours))
    taken = [camera.capture(100) for _ in range(3)]
    assert [frame.sequence for frame in taken] == [0, 5, 6]
    assert [frame.captured for frame in taken] == [1_000, 1_333, 1_400]


def test_a_scene_in_real_time_passes_over_what_nobody_would_look_at() -> None:
    camera = SceneCamera("ada stands for 2 s", start=1_000, pace=lambda instant: instant)
    taken = [camera.capture(100, since) for since in (0, 1_090, 1_133, 1_290)]
    assert [(frame.sequence, frame.captured) for frame in taken] == [
        (0, 1_000),
        (2, 1_133),
        (3, 1_200),
        (5, 1_333),
    ]


def test_a_scene_in_real_time_ends_on_time_however_late_it_is_looked_at() -> None:
    camera = SceneCamera("ada stands for 2 s", pace=lambda _: 60_000)
    with pytest.raises(EndOfFootage):
        camera.capture(100)
