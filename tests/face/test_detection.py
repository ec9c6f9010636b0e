"""Faces out of tensors: our decode against the one in OpenCV."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from msgspec.structs import replace

from edge_gate.devices.onnx import OnnxEngine
from edge_gate.devices.pictures import read_picture
from edge_gate.face.detection import Face, decode, overlap, without_overlaps
from edge_gate.face.frame import Floats, Picture, Pixels
from edge_gate.recognition.detector import YuNetDetector
from edge_gate.store.manifest import located, read_manifest

SIDE = 640
PHOTOGRAPHS = 30


def face(left: float, score: float = 0.9, width: float = 10.0) -> Face:
    return Face((left, 0.0, width, 10.0), np.zeros((5, 2), np.float32), score)


def photographs(shared: Path) -> list[Path]:
    found = sorted((shared / "faces" / "lfw_dev").glob("*/*.jpg"))
    return found[:: len(found) // PHOTOGRAPHS][:PHOTOGRAPHS]


def test_our_decode_finds_what_opencv_finds_on_thirty_photographs(shared: Path) -> None:
    model = read_manifest().model["yunet-2023mar"]
    path = located(model, [shared / "models"])
    ours = YuNetDetector(OnnxEngine(path, model.sha256), SIDE, 0.6, [(SIDE, SIDE)])
    theirs = cv2.FaceDetectorYN.create(str(path), "", (SIDE, SIDE), 0.6, 0.3, 5000)
    agreements = []
    for photograph in photographs(shared):
        canvas = np.zeros((SIDE, SIDE, 3), np.uint8)
        pixels = cv2.resize(read_picture(photograph).bgr(), None, fx=2, fy=2)
        canvas[: pixels.shape[0], : pixels.shape[1]] = pixels
        _, rows = theirs.detect(canvas)
        expected = [] if rows is None else [tuple(float(edge) for edge in row[:4]) for row in rows]
        found = ours.detect(Picture(canvas))
        assert len(found) == len(expected), photograph
        for box in expected:
            same = Face((box[0], box[1], box[2], box[3]), np.zeros((5, 2), np.float32), 1.0)
            agreements.append(max(overlap(same, one) for one in found))
    assert len(agreements) >= PHOTOGRAPHS
    assert min(agreements) > 0.98


def empty(width: int, height: int) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    sizes = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
    return {
        f"{name}_{stride}": np.zeros((1, (width // stride) * (height // stride), size), np.float32)
        for name, size in sizes.items()
        for stride in (8, 16, 32)
    }


def test_an_anchor_s_offsets_are_in_strides_and_its_size_is_a_logarithm() -> None:
    outputs = empty(64, 32)
    anchor = 2 * 8 + 3  # row 2, column 3 of the finest level
    outputs["cls_8"][0, anchor] = 0.81
    outputs["obj_8"][0, anchor] = 1.0
    outputs["bbox_8"][0, anchor] = (0.5, -0.5, np.log(2), np.log(4))
    outputs["kps_8"][0, anchor] = [1, 0] * 5
    (found,) = decode(outputs, 64, 32, least=0.6)
    assert found.score == pytest.approx(0.9)
    assert found.box == pytest.approx((28 - 8, 12 - 16, 16, 32))
    assert found.landmarks[4].tolist() == [32, 16]


def test_what_scores_less_than_the_least_is_no_face() -> None:
    outputs = empty(64, 32)
    outputs["cls_16"][0, 0] = outputs["obj_16"][0, 0] = 0.49
    assert decode(outputs, 64, 32, least=0.5) == ()
    assert len(decode(outputs, 64, 32, least=0.49)) == 1


def test_tensors_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit 96x32"):
        decode(empty(64, 32), 96, 32, least=0.5)


@pytest.mark.parametrize(
    ("box", "shared"),
    [
        ((0, 0, 4, 4), 1),
        ((2, 0, 4, 4), 1 / 3),  # to the right, and to the left, below, and above
        ((-2, 0, 4, 4), 1 / 3),
        ((0, 2, 4, 4), 1 / 3),
        ((0, -2, 4, 4), 1 / 3),
        ((1, 1, 2, 2), 1 / 4),  # within
        ((4, 0, 4, 4), 0),  # edge to edge
        ((9, 0, 4, 4), 0),
        ((-9, 0, 4, 4), 0),
        ((0, 9, 4, 4), 0),
        ((0, -9, 4, 4), 0),
        ((9, 9, 4, 4), 0),
    ],
)
def test_boxes_share_the_part_of_both_that_is_in_each(
    box: tuple[float, float, float, float], shared: float
) -> None:
    one, other = (replace(face(0), box=each) for each in ((0.0, 0.0, 4.0, 4.0), box))
    assert overlap(one, other) == pytest.approx(shared)
    assert overlap(other, one) == pytest.approx(shared)


def test_boxes_grown_about_their_middle_share_more() -> None:
    one, other = (replace(face(0), box=each) for each in ((0.0, 0.0, 4.0, 4.0), (6.0, 0.0, 4.0, 4.0)))
    assert overlap(one, other) == 0
    assert overlap(one, other, 2) == pytest.approx(1 / 7)


def test_of_two_boxes_on_one_face_the_better_stays() -> None:
    kept = without_overlaps([face(0, 0.9), face(2, 0.8), face(30, 0.7)])
    assert [one.score for one in kept] == [0.9, 0.7]


def test_faces_side_by_side_both_stay() -> None:
    assert len(without_overlaps([face(0), face(6)])) == 2


def test_a_picture_without_a_face_has_none() -> None:
    model = read_manifest().detector(read_manifest().chosen("builtin"))
    detector = YuNetDetector(OnnxEngine(located(model), model.sha256), model.side, model.least_score)
    grey = Picture(np.full((480, 640, 3), 127, np.uint8))
    assert detector.detect(grey) == ()


class Blind:
    """An engine that finds nothing, and remembers what it was shown."""

    identity = "blind"

    def __init__(self) -> None:
        self.shown: list[Pixels] = []

    def run(self, picture: Pixels) -> dict[str, Floats]:
        self.shown.append(picture.copy())
        return empty(picture.shape[1], picture.shape[0])


def test_a_network_of_few_sizes_gets_its_largest_within_the_side_asked_for() -> None:
    engine, picture = Blind(), Picture(np.zeros((240, 320, 3), np.uint8))
    detector = YuNetDetector(engine, 320, 0.5, [(320, 256), (256, 192), (128, 128)])
    for side in (None, 256, 250, 128, 96):
        detector.detect(picture, side)
    sizes = [(shown.shape[1], shown.shape[0]) for shown in engine.shown]
    assert sizes == [(320, 256), (256, 192), (128, 128), (128, 128), (128, 128)]


def test_a_network_of_any_size_gets_what_it_halves_five_times() -> None:
    engine = Blind()
    YuNetDetector(engine, 300, 0.5).detect(Picture(np.zeros((480, 640, 3), np.uint8)))
    assert [shown.shape for shown in engine.shown] == [(256, 320, 3)]


def test_what_a_picture_leaves_of_the_network_s_input_is_black_whatever_was_shown_before() -> None:
    engine = Blind()
    detector = YuNetDetector(engine, 128, 0.5, [(128, 128)])
    for height, width in ((120, 128), (128, 100), (60, 50)):
        detector.detect(Picture(np.full((height, width, 3), 255, np.uint8)))
        shown = engine.shown[-1]
        assert shown.shape == (128, 128, 3)
        assert (shown[:height, :width] == 255).all()
        assert not shown[height:].any()
        assert not shown[:, width:].any()
