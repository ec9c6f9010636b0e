"""The door's own engines, for files that no manifest names."""

from collections.abc import Sequence
from pathlib import Path

from edge_gate.devices.litert import LiteRtEngine
from edge_gate.devices.onnx import OnnxEngine
from edge_gate.digest import sha256
from edge_gate.ports import Engine


def opened(path: Path, outputs: Sequence[str] = ()) -> Engine:
    """The network in a file, on one thread; `outputs` names those of a .tflite, where they have numbers."""
    identity = sha256(path.read_bytes())
    if path.suffix == ".tflite":
        return LiteRtEngine(path, identity, outputs)
    return OnnxEngine(path, identity)
