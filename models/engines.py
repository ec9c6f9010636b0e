"""The door's own engines, for files that no manifest names."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge_gate.devices.litert import LiteRtEngine
from edge_gate.devices.onnx import OnnxEngine
from edge_gate.digest import sha256
from edge_gate.ports import Engine, Normalisation

ROUNDS = 300


def opened(path: Path, outputs: Sequence[str] = (), seen: Normalisation | None = None) -> Engine:
    """The network in a file, on one thread.

    Args:
        path: the file.
        outputs: names of those of a .tflite, where they have numbers.
        seen: what the network was trained to see for a pixel; None: grey levels, blue first.
    """
    identity = sha256(path.read_bytes())
    if path.suffix == ".tflite":
        return LiteRtEngine(path, identity, outputs, 1, seen)
    return OnnxEngine(path, identity, 1, seen)


def times(engines: Sequence[Engine], width: int, height: int) -> list[float]:
    """Median milliseconds of each on one picture of that size, interleaved."""
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    taken = np.zeros((ROUNDS, len(engines)))
    for i in range(ROUNDS):
        for j, one in enumerate(engines):
            one.run(picture)  # its own caches warm again
            start = time.perf_counter()
            one.run(picture)
            taken[i, j] = time.perf_counter() - start
    return [float(ms) for ms in np.median(taken, 0) * 1e3]
