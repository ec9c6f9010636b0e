"""LiteRT (formerly TensorFlow Lite) behind the engine port."""

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from edge_gate.devices.modelfile import proven
from edge_gate.errors import ModelError
from edge_gate.face.frame import Floats

LIBRARIES = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter")
"""The same interpreter under its new name and its old one."""


class _Size(NamedTuple):
    run: Any
    input: str
    outputs: Mapping[str, str]


class LiteRtEngine:
    """One .tflite network with a single input, on the processor; of several sizes, each its signature.

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
            interpreter: Any = _library().Interpreter(model_content=model, num_threads=threads)
            runners = [interpreter.get_signature_runner(name) for name in interpreter.get_signature_list()]
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{path} is no network that LiteRT can run: {error}") from error
        self._sizes = dict(_signature(path, runner, outputs) for runner in runners)
        if not self._sizes:
            raise ModelError(f"{path} has no signature that says what goes in and comes out")

    @property
    def identity(self) -> str:
        """sha256 of the model file, lower-case hexadecimal."""
        return self._identity

    def run(self, batch: Floats) -> Mapping[str, Floats]:
        """Output tensors by the names given; they are the caller's own.

        Args:
            batch: float32 of one of the model's shapes.

        Raises:
            ModelError: if the model refuses the batch.
        """
        try:
            size = self._sizes[batch.shape]
            found = size.run(**{size.input: batch})
        except (KeyError, ValueError, RuntimeError) as error:
            known = ", ".join(map(str, self._sizes))
            raise ModelError(
                f"{self._path} refuses a batch of shape {batch.shape} {batch.dtype}; it takes {known}"
            ) from error
        return {name: np.asarray(found[own], np.float32) for name, own in size.outputs.items()}


def _library() -> Any:
    for name in LIBRARIES:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise ModelError("LiteRT is not installed", "`pip install ai-edge-litert`, or choose an .onnx model")


def _signature(path: Path, runner: Any, outputs: Sequence[str]) -> tuple[tuple[int, ...], _Size]:
    """The shape that a signature takes, and how to ask it."""
    inputs = runner.get_input_details()
    # The model's author numbered them: output_2 comes before output_10.
    numbered = sorted(runner.get_output_details(), key=lambda name: (len(name), name))
    if len(inputs) != 1 or len(numbered) != len(outputs):
        raise ModelError(
            f"{path} has {len(inputs)} inputs and {len(numbered)} outputs, not 1 and {len(outputs)}"
        )
    ((name, detail),) = inputs.items()
    return tuple(detail["shape"].tolist()), _Size(runner, name, dict(zip(outputs, numbered, strict=True)))
