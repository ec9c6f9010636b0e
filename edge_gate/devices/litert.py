"""LiteRT (formerly TensorFlow Lite) behind the engine port."""

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edge_gate.devices.modelfile import proven
from edge_gate.errors import ModelError
from edge_gate.face.frame import Floats

LIBRARIES = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter")
"""The same interpreter under its new name and its old one."""


class LiteRtEngine:
    """One .tflite network with a single input of one fixed shape, on the processor.

    Args:
        path: the model file.
        sha256: what the manifest says it hashes to, lower-case hexadecimal.
        outputs: what the network's outputs, numbered there, are called.
        threads: processor threads for one inference, at least 1.

    Raises:
        ModelError: if LiteRT is not installed, or the file is missing, hashes to something else, or is no
            such network.
    """

    def __init__(self, path: Path, sha256: str, outputs: Sequence[str], threads: int = 1) -> None:
        self._path = path
        self._identity = sha256
        model = proven(path, sha256)
        try:
            self._interpreter: Any = _library().Interpreter(model_content=model, num_threads=threads)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{path} is no network that LiteRT can run: {error}") from error
        inputs, numbered = self._interpreter.get_input_details(), _in_order(self._interpreter)
        if len(inputs) != 1 or len(numbered) != len(outputs):
            raise ModelError(
                f"{path} has {len(inputs)} inputs and {len(numbered)} outputs, not 1 and {len(outputs)}"
            )
        self._input: int = inputs[0]["index"]
        self._outputs: dict[str, int] = dict(zip(outputs, numbered, strict=True))

    @property
    def identity(self) -> str:
        """sha256 of the model file, lower-case hexadecimal."""
        return self._identity

    def run(self, batch: Floats) -> Mapping[str, Floats]:
        """Output tensors by the names given; they are the caller's own.

        Args:
            batch: float32 of the model's one shape.

        Raises:
            ModelError: if the model refuses the batch.
        """
        try:
            self._interpreter.set_tensor(self._input, batch)
            self._interpreter.invoke()
        except (ValueError, RuntimeError) as error:
            raise ModelError(
                f"{self._path} refuses a batch of shape {batch.shape} {batch.dtype}: {error}"
            ) from error
        return {
            name: np.asarray(self._interpreter.get_tensor(index), np.float32)
            for name, index in self._outputs.items()
        }


def _library() -> Any:
    for name in LIBRARIES:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise ModelError("LiteRT is not installed", "`pip install ai-edge-litert`, or choose an .onnx model")


def _in_order(interpreter: Any) -> list[int]:
    """Tensor indices of the outputs as the model's author numbered them."""
    names = interpreter.get_signature_list()
    if len(names) != 1:
        return [each["index"] for each in interpreter.get_output_details()]
    (signature,) = names.values()
    details = {each["name"]: each["index"] for each in interpreter.get_output_details()}
    runner = interpreter.get_signature_runner(next(iter(names)))
    order = sorted(signature["outputs"], key=lambda name: (len(name), name))
    return [details[runner.get_output_details()[name]["name"]] for name in order]
