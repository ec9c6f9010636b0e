"""int8 for ONNX Runtime: static QDQ, weights per channel, ranges from clean training crops."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from embedder.crops import Crops, Image, blank_strip
from embedder.teachers import Vectors, inner

CALIBRATION = 300


def calibration_images(crops: Crops, count: int = CALIBRATION, seed: int = 5) -> Image:
    """(count, 112, 112, 3) BGR training crops, half of them masked and large faces, half UTKFace."""
    rng, utk = np.random.default_rng(seed), crops.source == "utk"
    rows = np.concatenate(
        [rng.choice(np.flatnonzero(kind), count // 2, replace=False) for kind in (utk, ~utk)]
    )
    return inner(np.stack([blank_strip(crops.images[k], int(crops.strip[k])) for k in rows]))


class _Feed(CalibrationDataReader):  # type: ignore[misc]
    """One crop at a time."""

    def __init__(self, rows: Vectors) -> None:
        self._rows: Iterator[Vectors] = iter(rows)

    def get_next(self) -> dict[str, Vectors] | None:
        row = next(self._rows, None)
        return None if row is None else {"input": row[None]}


def to_int8(source: Path, target: Path, inputs: Vectors, *, float_stem: bool) -> None:
    """Quantise the network in `source`, whose input is called ``input``, on `inputs`, into `target`.

    With `float_stem` all up to the first ReLU6 stays in float: three channels starve an int8 kernel.
    """
    with TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(source, prepared)
        nodes = list(onnx.load(prepared).graph.node)
        stem = 1 + [node.op_type for node in nodes].index("Clip") if float_stem else 0
        quantize_static(
            prepared,
            target,
            _Feed(inputs),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            nodes_to_exclude=[node.name for node in nodes[:stem]],
        )
