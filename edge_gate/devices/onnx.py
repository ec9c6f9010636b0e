"""ONNX Runtime behind the engine port."""

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

# ONNX Runtime 1.31 keeps a device id on the disk and reports to its maker unless told not to before it loads.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime

from edge_gate.devices.modelfile import proven
from edge_gate.devices.planes import Planes
from edge_gate.errors import ModelError
from edge_gate.face.frame import Floats, Pixels
from edge_gate.ports import Normalisation


class OnnxEngine:
    """One ONNX network with a single input, on the processor. Belongs to one thread.

    Args:
        path: the model file.
        sha256: what the manifest says it hashes to, lower-case hexadecimal.
        threads: processor threads for one inference, at least 1.
        normalisation: of pictures.

    Raises:
        ModelError: if the file is missing, hashes to something else, or is no such network.
    """

    def __init__(
        self, path: Path, sha256: str, threads: int = 1, normalisation: Normalisation | None = None
    ) -> None:
        self._path = path
        self._planes = Planes(normalisation or Normalisation())
        self._identity = sha256
        model = proven(path, sha256)
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # A spinning thread takes the processor from the door loop and the camera.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        try:
            # From bytes: weights in a file beside the model are never read.
            self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            # ONNX Runtime's errors have no other class in common.
            raise ModelError(f"{path} is no network that ONNX Runtime can run: {error}") from error
        inputs = self._session.get_inputs()
        if len(inputs) != 1:
            raise ModelError(f"{path} has {len(inputs)} inputs where one is expected")
        self._input: str = inputs[0].name
        self._outputs: list[str] = [output.name for output in self._session.get_outputs()]

    @property
    def identity(self) -> str:
        """sha256 of the model file, lower-case hexadecimal."""
        return self._identity

    def run(self, picture: Pixels) -> Mapping[str, Floats]:
        """Output tensors by the names the model gives them.

        Args:
            picture: (h, w, 3) uint8, blue first.

        Raises:
            ModelError: if the model refuses what is made of it, (1, 3, h, w) float32.
        """
        batch = self._planes.of(picture)
        try:
            tensors = self._session.run(self._outputs, {self._input: batch})
        except Exception as error:
            raise ModelError(
                f"{self._path} refuses a batch of shape {batch.shape} {batch.dtype}: {error}"
            ) from error
        return {
            name: np.asarray(tensor, dtype=np.float32)
            for name, tensor in zip(self._outputs, tensors, strict=True)
        }
