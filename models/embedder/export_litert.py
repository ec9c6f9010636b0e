"""Checkpoint to LiteRT: ``python -m embedder.export_litert --work WORK --weights weights``.

Run it after `embedder.export`. Writes embedder_fp32.tflite and embedder_int8.tflite; contract as in ONNX,
one chip at a time, but that the latter takes (1, h, w, 3) int8 (`pixels.py`). Needs litert-torch and
ai-edge-quantizer, which want a Python of their own: they pin torch.
"""

import argparse
from pathlib import Path

import litert_torch
import numpy as np
import torch
from ai_edge_quantizer import qtyping, quantizer, recipe_manager
from numpy.typing import NDArray
from pixels import enter_by_pixels
from torch import Tensor, nn

from embedder.deploy import CALIBRATION_FILE, load

OPERATION = qtyping.TFLOperationName
IN_INT8 = (OPERATION.CONV_2D, OPERATION.DEPTHWISE_CONV_2D, OPERATION.PAD, OPERATION.ADD)
HEAD = r"Sequential_network/torch.nn.modules.conv.Conv2d_1[45];"
"""Scope of the last 1x1 convolution, one further where chips are shrunk first. Its outputs stay in float:
their variance falls from first to last, so one int8 scale for all would leave the last ones coarse
(cosine to fp32 .996 instead of .9986)."""


class Shipped(nn.Module):
    """Gives the network a name, and so its operations the scope that `HEAD` looks for."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """(1, 3, 112, 112) to (1, 128)."""
        out: Tensor = self.network(x)
        return out


def quantise(source: Path, target: Path, inputs: NDArray[np.float32]) -> None:
    """Static int8, weights per channel, ranges smoothed over `inputs`, (n, 3, 112, 112)."""
    recipe = recipe_manager.RecipeManager()
    for operation in IN_INT8:
        recipe.add_static_config(".*", operation, activation_num_bits=8, weight_num_bits=8)
    recipe.add_dynamic_config(HEAD, OPERATION.CONV_2D, num_bits=8)
    work = quantizer.Quantizer(str(source), recipe.get_quantization_recipe())
    feed = [{"args_0": row[None]} for row in inputs]
    work.quantize(work.calibrate({"serving_default": feed})).export_model(str(target), overwrite=True)
    enter_by_pixels(target)


def main() -> None:
    """Convert and quantise."""
    parser = argparse.ArgumentParser(prog="embedder.export_litert")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, help="default: WORK/embedder.pt")
    options = parser.parse_args()
    fp32, int8 = options.weights / "embedder_fp32.tflite", options.weights / "embedder_int8.tflite"
    network = load(options.checkpoint or options.work / "embedder.pt")
    litert_torch.convert(Shipped(network).eval(), (torch.zeros(1, 3, 112, 112),)).export(str(fp32))
    quantise(fp32, int8, np.load(options.work / CALIBRATION_FILE))


if __name__ == "__main__":
    main()
