"""LiteRT behind the engine port: the file proven, the library named when it is not there."""

import hashlib
import sys
from pathlib import Path

import numpy as np
import pytest

from edge_gate.devices.litert import LIBRARIES, LiteRtEngine
from edge_gate.errors import ModelError
from edge_gate.service.engines import YUNET
from edge_gate.store.manifest import models_directory

WEIGHTS = models_directory() / "weights"


@pytest.fixture
def detector() -> Path:
    path = WEIGHTS / "detector_int8.tflite"
    if not path.exists():
        pytest.skip(f"needs {path}, which `make -C models detector-litert` writes")
    pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert")
    return path


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
    pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert")
    path = tmp_path / "text.tflite"
    path.write_bytes(b"not a network at all")
    with pytest.raises(ModelError, match="no network that LiteRT can run"):
        LiteRtEngine(path, sha256(path), ("embedding",))


def test_the_outputs_come_by_the_names_given_and_are_the_caller_s(detector: Path) -> None:
    engine = LiteRtEngine(detector, sha256(detector), YUNET)
    rng = np.random.default_rng(0)
    batch = rng.uniform(0, 255, engine._interpreter.get_input_details()[0]["shape"]).astype(np.float32)
    first = engine.run(batch)
    assert list(first) == list(YUNET)
    assert (first["bbox_8"].shape[2], first["kps_8"].shape[2]) == (4, 10)
    kept = first["kps_8"].copy()
    engine.run(np.zeros_like(batch))
    assert np.array_equal(first["kps_8"], kept)


def test_a_batch_of_another_shape_is_refused(detector: Path) -> None:
    engine = LiteRtEngine(detector, sha256(detector), YUNET)
    with pytest.raises(ModelError, match="refuses a batch"):
        engine.run(np.zeros((1, 3, 32, 32), np.float32))
