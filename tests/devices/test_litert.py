"""LiteRT behind the engine port: the file proven, the library named when it is not there."""

import hashlib
import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from edge_gate.devices.litert import LiteRtEngine
from edge_gate.errors import ModelError
from edge_gate.face.frame import Floats, Picture, Pixels
from edge_gate.litert import LIBRARIES
from edge_gate.ports import Normalisation
from edge_gate.recognition.detector import YuNetDetector
from edge_gate.service.engines import opened
from edge_gate.service.model_check import FACES
from edge_gate.simulated.cast import members
from edge_gate.simulated.portrait import views
from edge_gate.store.manifest import DetectorModel, EmbedderModel, Model, models_directory, read_manifest

WEIGHTS = models_directory() / "weights"


@pytest.fixture
def embedder() -> Path:
    return WEIGHTS / "embedder_int8.tflite"


def chip(name: str) -> Floats:
    """A member of the cast, in the middle of a picture, as the embedder reads it."""
    (view,) = views(name, 1)
    rgb = cv2.resize(view, (112, 112))[..., ::-1].astype(np.float32)
    return np.ascontiguousarray((rgb - 127.5).transpose(2, 0, 1)[None] / np.float32(127.5))


def as_trained(picture: Pixels, model: Model) -> Floats:
    """A picture as (1, 3, h, w) float32, in the order of arithmetic of the float path."""
    if not isinstance(model, EmbedderModel):
        return np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32)
    scale = 1 / np.array(model.std, np.float32).reshape(3, 1, 1)
    shift = np.array(model.mean, np.float32).reshape(3, 1, 1) * scale
    planes = picture[..., ::-1] if model.channels == "rgb" else picture
    return np.ascontiguousarray(planes.transpose(2, 0, 1)[None] * scale - shift, np.float32)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_that_is_gone_or_another_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        LiteRtEngine(tmp_path / "gone.tflite", "0" * 64, ("embedding",))
    other = tmp_path / "other.tflite"
    other.write_bytes(b"another")
    with pytest.raises(ModelError, match="where the manifest states"):
        LiteRtEngine(other, "0" * 64, ("embedding",))


def test_without_the_library_it_says_which_one_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in LIBRARIES:
        monkeypatch.setitem(sys.modules, name, None)
    path = tmp_path / "any.tflite"
    path.write_bytes(b"any")
    with pytest.raises(ModelError, match="LiteRT is not installed") as absence:
        LiteRtEngine(path, sha256(path), ("embedding",))
    assert "ai-edge-litert" in absence.value.next


def test_a_file_that_is_no_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.tflite"
    path.write_bytes(b"not a network at all")
    with pytest.raises(ModelError, match="no network that LiteRT can run"):
        LiteRtEngine(path, sha256(path), ("embedding",))


def test_the_outputs_come_by_the_names_given_and_are_the_caller_s(embedder: Path) -> None:
    engine = LiteRtEngine(embedder, sha256(embedder), ("embedding",))
    first = engine.run(chip("ada"))
    assert list(first) == ["embedding"]
    assert first["embedding"].shape == (1, 128)
    kept = first["embedding"].copy()
    engine.run(chip("bela"))
    assert np.array_equal(first["embedding"], kept)


def test_a_batch_of_another_shape_is_refused(embedder: Path) -> None:
    engine = LiteRtEngine(embedder, sha256(embedder), ("embedding",))
    with pytest.raises(ModelError, match="refuses a batch"):
        engine.run(np.zeros((1, 3, 32, 32), np.float32))


@pytest.mark.parametrize("name", FACES)
def test_both_engines_make_the_same_of_a_face(embedder: Path, name: str) -> None:
    known = {
        Path(model.file).suffix: model
        for model in read_manifest().model.values()
        if "embedder_int8" in model.file
    }
    vectors = [
        opened(known[suffix], ()).run(chip(name))["embedding"][0] for suffix in (".onnx", embedder.suffix)
    ]
    one, other = (vector / np.linalg.norm(vector) for vector in vectors)
    assert float(one @ other) > 0.99


LITERT = [name for name, model in read_manifest().model.items() if model.file.endswith(".tflite")]


@pytest.mark.parametrize("name", LITERT)
def test_a_picture_is_entered_as_its_planes_would_be_quantised(name: str) -> None:
    model = read_manifest().model[name]
    plain = importlib.import_module(LIBRARIES[0]).Interpreter(str(WEIGHTS / model.file), num_threads=1)
    rng, engine = np.random.default_rng(0), opened(model, ())
    for signature in plain.get_signature_list():
        runner = plain.get_signature_runner(signature)
        ((given, detail),) = runner.get_input_details().items()
        assert detail["dtype"] is np.int8, "this network would be shown floats"
        # Every value of a pixel, in each channel.
        picture = rng.integers(0, 256, detail["shape"][1:], np.uint8)
        planes = as_trained(picture, model)
        step, zero = detail["quantization"]
        quantised = np.clip(np.rint(planes[0].transpose(1, 2, 0) / np.float32(step)) + zero, -128, 127)
        meant = runner(**{given: quantised[None].astype(np.int8)})
        numbered = [meant[key] for key in sorted(meant, key=lambda key: (len(key), key))]
        for shown in (picture, planes):
            seen = engine.run(shown)
            assert all(np.array_equal(mine, own) for mine, own in zip(seen.values(), numbered, strict=True))


def test_no_grey_level_is_too_bright_for_a_detector() -> None:
    for name in LITERT:
        model = read_manifest().model[name]
        if isinstance(model, DetectorModel):
            plain = importlib.import_module(LIBRARIES[0]).Interpreter(str(WEIGHTS / model.file))
            for signature in plain.get_signature_list():
                (detail,) = plain.get_signature_runner(signature).get_input_details().values()
                step, zero = detail["quantization"]
                assert ((np.array([-128, 127]) - zero) * step).tolist() == [0, 255]


def test_every_face_of_the_cast_is_found_three_times_too_bright() -> None:
    model = read_manifest().model["edge-gate-detector-int8-litert"]
    assert isinstance(model, DetectorModel)
    detector = YuNetDetector(opened(model, ()), model.side, model.least_score, model.sizes)
    for name in members():
        for view in views(name):
            glaring = np.minimum(view.astype(np.uint16) * 3, 255).astype(np.uint8)
            assert len(detector.detect(Picture(glaring))) == 1


def test_each_channel_is_looked_up_by_its_own_normalisation(embedder: Path) -> None:
    mean, std = (120.0, 110.0, 100.0), (60.0, 70.0, 80.0)
    engine = LiteRtEngine(embedder, sha256(embedder), ("embedding",), 1, Normalisation("rgb", mean, std))
    picture = np.random.default_rng(0).integers(0, 256, (112, 112, 3), np.uint8)
    scale = 1 / np.array(std, np.float32)
    planes = (picture[..., ::-1] * scale - np.array(mean, np.float32) * scale).transpose(2, 0, 1)[None]
    seen, meant = engine.run(picture), engine.run(np.ascontiguousarray(planes, np.float32))
    assert np.array_equal(seen["embedding"], meant["embedding"])


class OfPlanes:
    """LiteRT, if the network took planes and gave them back."""

    def __init__(self, **_: object) -> None:
        self._input = {"shape": np.array([1, 3, 4, 6]), "dtype": np.float32, "quantization": (0.0, 0)}

    def get_signature_list(self) -> dict[str, object]:
        return {"all": {}}

    def get_signature_runner(self, _: str) -> "OfPlanes":
        return self

    def get_input_details(self) -> dict[str, dict[str, object]]:
        return {"given": self._input}

    def get_output_details(self) -> dict[str, None]:
        return {"found": None}

    def __call__(self, given: Floats) -> dict[str, Floats]:
        return {"found": given}


def test_a_network_of_others_that_takes_planes_is_given_planes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, LIBRARIES[0], SimpleNamespace(Interpreter=OfPlanes))
    path = tmp_path / "any.tflite"
    path.write_bytes(b"any")
    mean, std = (120.0, 110.0, 100.0), (60.0, 70.0, 80.0)
    engine = LiteRtEngine(path, sha256(path), ("planes",), 1, Normalisation("rgb", mean, std))
    picture = np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8)
    planes = engine.run(picture)["planes"]
    assert planes.dtype == np.float32
    assert np.allclose(planes[0].transpose(1, 2, 0), (picture[..., ::-1] - np.array(mean)) / std, atol=1e-5)


def test_a_picture_of_another_size_is_refused(embedder: Path) -> None:
    engine = LiteRtEngine(embedder, sha256(embedder), ("embedding",))
    with pytest.raises(ModelError, match="refuses a batch of shape"):
        engine.run(np.zeros((32, 32, 3), np.uint8))
