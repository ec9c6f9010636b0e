"""LiteRT (formerly TensorFlow Lite) behind the engine port."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from edge_gate.devices.modelfile import proven
from edge_gate.devices.planes import Planes
from edge_gate.errors import ModelError
from edge_gate.face.frame import Floats, Pixels
from edge_gate.litert import interpreter
from edge_gate.ports import Normalisation


class _Size(NamedTuple):
    """One signature.

    Attributes:
        shape: of a batch, (1, 3, h, w).
        input: its name there; `outputs` likewise.
        steps: of a network entered by its pixels, the numbers of a quantised one and its zero.
    """

    shape: tuple[int, ...]
    run: Any
    input: str
    outputs: Mapping[str, str]
    steps: tuple[float, int] | None


class LiteRtEngine:
    """One .tflite network with a single input, on the processor; of several sizes, each its signature.

    One that is entered by its pixels, (1, h, w, 3) int8, is shown pictures without their planes being made:
    each pixel is looked up in a table, of the numbers that the planes would have been quantised to. Others
    are given their planes, (1, 3, h, w) float32. Belongs to one thread.

    Args:
        path: the model file.
        sha256: what the manifest says it hashes to, lower-case hexadecimal.
        outputs: what the network's outputs, numbered there, are called.
        threads: processor threads for one inference, at least 1.
        normalisation: of pictures.

    Raises:
        ModelError: if LiteRT is not installed, or the file is missing, hashes to something else, or is no
            such network.
    """

    def __init__(
        self,
        path: Path,
        sha256: str,
        outputs: Sequence[str],
        threads: int = 1,
        normalisation: Normalisation | None = None,
    ) -> None:
        self._path = path
        self._identity = sha256
        model = proven(path, sha256)
        try:
            network = interpreter(model, threads)
            runners = [network.get_signature_runner(name) for name in network.get_signature_list()]
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{path} is no network that LiteRT can run: {error}") from error
        sizes = [_signature(path, runner, outputs) for runner in runners]
        if not sizes:
            raise ModelError(f"{path} has no signature that says what goes in and comes out")
        self._sizes = {size.shape: size for size in sizes}
        seen = normalisation or Normalisation()
        self._planes, self._rgb = Planes(seen), seen.channels == "rgb"
        self._tables = {size.shape: self._table(*size.steps) for size in sizes if size.steps}

    @property
    def identity(self) -> str:
        """sha256 of the model file, lower-case hexadecimal."""
        return self._identity

    def run(self, picture: Pixels) -> Mapping[str, Floats]:
        """Output tensors by the names given; they are the caller's own.

        Args:
            picture: (h, w, 3) uint8, blue first, of one of the model's sizes.

        Raises:
            ModelError: if the model refuses it.
        """
        shape = (1, 3, *picture.shape[:2])
        try:
            size = self._sizes[shape]
            found = size.run(**{size.input: self._taken(picture, size)})
        except (KeyError, ValueError, RuntimeError) as error:
            known = ", ".join(map(str, self._sizes))
            raise ModelError(f"{self._path} refuses a batch of shape {shape}; it takes {known}") from error
        return {name: np.asarray(found[own], np.float32) for name, own in size.outputs.items()}

    def _taken(self, picture: Pixels, size: _Size) -> Any:
        """What the interpreter is handed."""
        if size.steps is None:
            return self._planes.of(picture)
        ordered = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB) if self._rgb else picture
        return cv2.LUT(ordered, self._tables[size.shape])[None].view(np.int8)

    def _table(self, step: float, zero: int) -> Pixels:
        """What each value of a pixel becomes, for `cv2.LUT`: (256, 1, 3) uint8, or (256, 1) if all alike."""
        every = np.repeat(np.arange(256, dtype=np.uint8)[:, None, None], 3, axis=2)
        planes = self._planes.of(every)[0]
        # To the nearest even, like LiteRT.
        rounded = np.rint(planes * (np.float32(1) / np.float32(step))) + np.float32(zero)
        # With the bits of int8.
        table = np.ascontiguousarray(rounded.clip(-128, 127).transpose(1, 2, 0), np.int8).view(np.uint8)
        return np.ascontiguousarray(table[..., 0] if (table == table[..., :1]).all() else table)


def _signature(path: Path, runner: Any, outputs: Sequence[str]) -> _Size:
    """The shape that a signature takes, and how to ask it."""
    inputs = runner.get_input_details()
    # The model's author numbered them: output_2 comes before output_10.
    numbered = sorted(runner.get_output_details(), key=lambda name: (len(name), name))
    if len(inputs) != 1 or len(numbered) != len(outputs):
        raise ModelError(
            f"{path} has {len(inputs)} inputs and {len(numbered)} outputs, not 1 and {len(outputs)}"
        )
    ((name, detail),) = inputs.items()
    shape, steps = tuple(detail["shape"].tolist()), None
    if detail["dtype"] is np.int8:
        shape, steps = (shape[0], shape[3], *shape[1:3]), detail["quantization"]
    return _Size(shape, runner, name, dict(zip(outputs, numbered, strict=True)), steps)
