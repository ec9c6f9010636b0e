"""Does a network still compute what it computed when it was admitted?"""

from collections.abc import Sequence

import numpy as np

from edge_gate.face.frame import Floats, Pixels
from edge_gate.ports import Engine

SAMPLES = 32
"""Numbers kept of a network's output."""

LEAST_ALIKE = 0.99
"""Least cosine with the golden numbers. Int8 kernels round differently from one processor to the next; one
that saturates, as some do without VNNI, falls far below."""


def noise(width: int, height: int) -> Pixels:
    """(height, width, 3) uint8, the same every time."""
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def golden_numbers(engine: Engine, picture: Pixels) -> Floats:
    """(32,) float32: an even sample of a network's outputs for one picture, in the order of their names."""
    outputs = engine.run(picture)
    flat = np.concatenate([outputs[name].ravel() for name in sorted(outputs)])
    return flat[np.linspace(0, flat.size - 1, SAMPLES).astype(np.intp)]


def alike(numbers: Floats, golden: Sequence[float]) -> float:
    """Cosine of the two, -1..1; 0 where one of them is all zeros."""
    expected = np.array(golden, dtype=np.float32)
    lengths = float(np.linalg.norm(numbers) * np.linalg.norm(expected))
    return float(numbers @ expected) / lengths if lengths else 0.0
