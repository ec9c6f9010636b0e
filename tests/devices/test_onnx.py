"""A network runs only if it is the one the manifest names."""

import base64
import hashlib
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from edge_gate.devices.onnx import OnnxEngine
from edge_gate.errors import ModelError
from edge_gate.face.frame import Floats
from edge_gate.service.engines import opened
from edge_gate.store.manifest import located, read_manifest

# twice = x + x and less = x - 1 for x of (n, 3, 2, 2): two nodes, opset 13, written once with `onnx.helper`.
DOUBLER = base64.b64decode(
    "CAg6pAEKEgoBeAoBeBIFdHdpY2UiA0FkZAoTCgF4CgNvbmUSBGxlc3MiA1N1YhIHZG91YmxlcioPCAEQASIEAACAP0IDb25l"
    "WhwKAXgSFwoVCAESEQoDEgFuCgIIAwoCCAIKAggCYiAKBXR3aWNlEhcKFQgBEhEKAxIBbgoCCAMKAggCCgIIAmIfCgRsZXNz"
    "EhcKFQgBEhEKAxIBbgoCCAMKAggCCgIIAkIECgAQDQ=="
)


@pytest.fixture
def doubler(tmp_path: Path) -> Path:
    path = tmp_path / "doubler.onnx"
    path.write_bytes(DOUBLER)
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_outputs_come_back_under_the_names_the_model_gives_them(doubler: Path) -> None:
    engine = OnnxEngine(doubler, sha256(doubler))
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)

    outputs = engine.run(picture)

    assert engine.identity == sha256(doubler)
    assert set(outputs) == {"twice", "less"}
    planes = picture.transpose(2, 0, 1)[None].astype(np.float32)
    np.testing.assert_array_equal(outputs["twice"], planes * 2)
    np.testing.assert_array_equal(outputs["less"], planes - 1)


def test_one_changed_byte_and_the_model_is_refused(doubler: Path) -> None:
    stated = sha256(doubler)
    model = bytearray(doubler.read_bytes())
    model[len(model) // 2] ^= 1
    doubler.write_bytes(model)

    with pytest.raises(ModelError, match=f"{doubler}.*manifest states {stated}"):
        OnnxEngine(doubler, stated)


def test_a_missing_model_and_one_that_is_no_network_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.onnx cannot be read"):
        OnnxEngine(tmp_path / "gone.onnx", "0" * 64)

    text = tmp_path / "text.onnx"
    text.write_text("not a network")
    with pytest.raises(ModelError, match="is no network"):
        OnnxEngine(text, sha256(text))


def test_a_picture_of_another_size_is_refused(doubler: Path) -> None:
    engine = OnnxEngine(doubler, sha256(doubler))

    with pytest.raises(ModelError, match=r"\(1, 3, 3, 3\)"):
        engine.run(np.zeros((3, 3, 3), np.uint8))


def as_it_is(name: str, planes: Floats) -> dict[str, Floats]:
    """What ONNX Runtime makes of planes, for one of our networks."""
    session = onnxruntime.InferenceSession(located(read_manifest().model[name]))
    return {each.name: session.run([each.name], {"input": planes})[0] for each in session.get_outputs()}


def test_a_picture_is_shown_to_an_embedder_as_it_was_trained() -> None:
    name = "edge-gate-embedder-int8"
    picture = np.random.default_rng(0).integers(0, 256, (112, 112, 3), np.uint8)
    step = np.float32(1) / np.float32(127.5)
    planes = picture[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) * step - np.float32(127.5) * step
    seen, meant = opened(read_manifest().model[name], ()).run(picture), as_it_is(name, planes)
    np.testing.assert_array_equal(seen["embedding"], meant["embedding"])


def test_a_picture_is_shown_to_a_detector_as_it_is() -> None:
    name = "edge-gate-detector-int8"
    picture = np.random.default_rng(0).integers(0, 256, (96, 64, 3), np.uint8)
    seen = opened(read_manifest().model[name], ()).run(picture)
    meant = as_it_is(name, picture.transpose(2, 0, 1)[None].astype(np.float32))
    assert len(seen) == 12
    for output, tensor in seen.items():
        np.testing.assert_array_equal(tensor, meant[output])
