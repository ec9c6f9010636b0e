"""LiteRT (formerly TensorFlow Lite): its interpreter, by whichever name it is installed."""

import importlib
from collections.abc import Callable
from threading import Lock
from typing import Any, TypeAlias

import numpy as np

from edge_gate.errors import ModelError

LIBRARIES = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter")
"""The same interpreter under its new name and its old one."""

Row: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


def interpreter(model: bytes, threads: int = 1) -> Any:
    """An interpreter of a network; for one thread at a time.

    Args:
        model: what a .tflite file holds.
        threads: processor threads for one inference, at least 1.

    Raises:
        ModelError: if LiteRT is not installed.
        ValueError: if it is no network.
    """
    for name in LIBRARIES:
        try:
            library = importlib.import_module(name)
        except ImportError:
            continue
        return library.Interpreter(model_content=model, num_threads=threads)
    raise ModelError("LiteRT is not installed", "Run the installer again, or `pip install ai-edge-litert`")


def function(model: bytes) -> Callable[[Row], Row]:
    """A network that makes one row of another, as a function; for any thread.

    Raises:
        ModelError: if LiteRT is not installed.
    """
    network, alone = interpreter(model), Lock()
    network.allocate_tensors()
    ((given,), (found,)) = network.get_input_details(), network.get_output_details()
    taken, made = given["index"], found["index"]

    def run(row: Row) -> Row:
        with alone:
            network.set_tensor(taken, row[None])
            network.invoke()
            answer: Row = network.get_tensor(made)[0]
        return answer

    return run
