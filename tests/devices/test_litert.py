"""LiteRT behind the engine port: the file proven, the library named when it is not there."""

import hashlib
import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from msgspec.structs import replace

from edge_gate.devices.litert import LiteRtEngine
from edge_gate.errors import ModelError
from edge_gate.face.frame import Floats, Picture, Pixels
from edge_gate.litert import LIBRARIES
from edge_gate.ports import Normalisation
from edge_gate.recognition.detector import YuNetDetector
from edge_gate.recognition.selfcheck import LEAST_ALIKE, alike, golden_numbers
from edge_gate.service.engines import OUTPUTS, opened
from edge_gate.service.model_check import FACES, excitation, golden
from edge_gate.simulated.cast import members
from edge_gate.simulated.portrait import views
from edge_gate.store.manifest import DetectorModel, models_directory, read_manifest

WEIGHTS = models_directory() / "weights"


@pytest.fixture
def embedder() -> Path:
    return WEIGHTS / "embedder_int8.tflite"


def chip(name: str) -> Pixels:
    """A member of the cast, in the middle of a picture."""
    (view,) = views(name, 1)
    return np.asarray(cv2.resize(view, (112, 112)), np.uint8)


def as_trained(picture: Pixels, seen: Normalisation) -> Floats:
    """A picture as (1, h, w, 3) float32, in the order of arithmetic of the float path."""
    scale = 1 / np.array(seen.std, np.float32)
    ordered = picture[..., ::-1] if seen.channels == "rgb" else picture
    return np.asarray(ordered * scale - np.array(seen.mean, np.float32) * scale, np.float32)[None]


def as_quantised(path: Path, picture: Pixels, seen: Normalisation) -> list[Floats]:
    """Outputs of the signature that takes a picture of this size, its planes quantised for it, by number."""
    plain = importlib.import_module(LIBRARIES[0]).Interpreter(str(path), num_threads=1)
    for runner in map(plain.get_signature_runner, plain.get_signature_list()):
        ((given, detail),) = runner.get_input_details().items()
        if tuple(detail["shape"]) == (1, *picture.shape):
            assert detail["dtype"] is np.int8, "this network would be shown floats"
            step, zero = detail["quantization"]
            steps = np.clip(np.rint(as_trained(picture, seen) / np.float32(step)) + zero, -128, 127)
            found = runner(**{given: steps.astype(np.int8)})
            return [found[key] for key in sorted(found, key=lambda key: (len(key), key))]
    raise AssertionError(f"{path} takes no picture of shape {picture.shape}")


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


def test_a_picture_of_another_size_is_refused(embedder: Path) -> None:
    engine = LiteRtEngine(embedder, sha256(embedder), ("embedding",))
    with pytest.raises(ModelError, match="refuses a batch"):
        engine.run(np.zeros((32, 32, 3), np.uint8))


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
    rng, engine = np.random.default_rng(0), opened(model, ())
    for width, height in model.sizes if isinstance(model, DetectorModel) else ((112, 112),):
        # Every value of a pixel, in each channel.
        picture = rng.integers(0, 256, (height, width, 3), np.uint8)
        seen, meant = engine.run(picture), as_quantised(WEIGHTS / model.file, picture, model.normalisation)
        assert all(np.array_equal(mine, own) for mine, own in zip(seen.values(), meant, strict=True))


@pytest.mark.parametrize("name", LITERT)
def test_golden_numbers_show_that_red_is_taken_for_blue(name: str) -> None:
    model = read_manifest().model[name]
    turned = "bgr" if model.normalisation.channels == "rgb" else "rgb"
    for seen in (model.normalisation, replace(model.normalisation, channels=turned)):
        engine = LiteRtEngine(WEIGHTS / model.file, model.sha256, OUTPUTS[model.contract], 1, seen)
        likeness = alike(golden_numbers(engine, excitation(model)), golden()[model.sha256])
        assert (likeness >= LEAST_ALIKE) == (seen == model.normalisation)


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
    uneven = Normalisation("rgb", (120.0, 110.0, 100.0), (60.0, 70.0, 80.0))
    engine = LiteRtEngine(embedder, sha256(embedder), ("embedding",), 1, uneven)
    picture = np.random.default_rng(0).integers(0, 256, (112, 112, 3), np.uint8)
    (meant,) = as_quantised(embedder, picture, uneven)
    assert np.array_equal(engine.run(picture)["embedding"], meant)


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
    uneven = Normalisation("rgb", (120.0, 110.0, 100.0), (60.0, 70.0, 80.0))
    engine = LiteRtEngine(path, sha256(path), ("planes",), 1, uneven)
    picture = np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8)
    planes = engine.run(picture)["planes"]
    assert planes.dtype == np.float32
    assert np.allclose(planes.transpose(0, 2, 3, 1), as_trained(picture, uneven), atol=1e-5)
