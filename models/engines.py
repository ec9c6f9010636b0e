"""The door's own engines, for files that no manifest names."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge_gate.devices.litert import LiteRtEngine
from edge_gate.devices.onnx import OnnxEngine
from edge_gate.digest import sha256
from edge_gate.ports import Engine

ROUNDS = 300


def opened(path: Path, outputs: Sequence[str] = ()) -> Engine:
    """The network in a file, on one thread; `outputs` names those of a .tflite, where they have numbers."""
    identity = sha256(path.read_bytes())
    if path.suffix == ".tflite":
        return LiteRtEngine(path, identity, outputs)
    return OnnxEngine(path, identity)


def times(engines: Sequence[Engine], width: int, height: int) -> list[float]:
    """Median milliseconds of each on one picture of that size, interleaved."""
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    batch = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32)
    # To LiteRT, ours are shown a picture: it enters them by its pixels.
    given = [picture if isinstance(one, LiteRtEngine) else batch for one in engines]
    taken = np.zeros((ROUNDS, len(engines)))
    for i in range(ROUNDS):
        for j, one in enumerate(engines):
            one.run(given[j])  # its own caches warm again
            start = time.perf_counter()
            one.run(given[j])
            taken[i, j] = time.perf_counter() - start
    return [float(ms) for ms in np.median(taken, 0) * 1e3]
