"""A detector's .tflite as an `Engine`."""

from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from detector.network import OUTPUT_NAMES
from edge_gate.face.frame import Floats


class LiteRtEngine:
    """One thread of LiteRT.

    Args:
        path: a file of `detector.export_litert`, whose outputs are numbered.
    """

    def __init__(self, path: Path) -> None:
        self._run = Interpreter(str(path), num_threads=1).get_signature_runner()
        self.identity = path.name

    def run(self, batch: Floats) -> dict[str, Floats]:
        """Output tensors by YuNet's names for (1, 3, 256, 320)."""
        outputs = self._run(args_0=batch)
        return {name: np.asarray(outputs[f"output_{i}"]) for i, name in enumerate(OUTPUT_NAMES)}
