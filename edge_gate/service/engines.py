"""Which engine runs which file; one that runs none is not loaded."""

from collections.abc import Sequence
from pathlib import Path

from edge_gate.ports import Engine
from edge_gate.store.manifest import Model, located

YUNET = tuple(f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in (8, 16, 32))
"""Outputs of a network of the YuNet family, in the order in which LiteRT numbers them."""

OUTPUTS = {"yunet": YUNET, "chip112": ("embedding",), "minifasnet": ("prob",)}


def opened(model: Model, directories: Sequence[Path], threads: int = 1) -> Engine:
    """The engine for a model of the manifest, its file proven.

    Raises:
        ModelError: if the file is missing or another one, or its engine is not installed.
    """
    path = located(model, directories)
    if path.suffix == ".tflite":
        from edge_gate.devices.litert import LiteRtEngine  # noqa: PLC0415 - see above

        return LiteRtEngine(path, model.sha256, OUTPUTS[model.contract], threads, model.normalisation)
    from edge_gate.devices.onnx import OnnxEngine  # noqa: PLC0415 - see above

    return OnnxEngine(path, model.sha256, threads, model.normalisation)
