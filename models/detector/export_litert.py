"""Checkpoint to LiteRT: ``python -m detector.export_litert --work WORK --weights weights``.

Run it after `detector.export`. Writes detector_fp32.tflite and detector_int8.tflite: one 320x256 picture,
(1, 3, 256, 320) float32 BGR 0..255; outputs as in ONNX, in the order of `OUTPUT_NAMES`. Needs litert-torch
and ai-edge-quantizer, which want a Python of their own: they pin torch.
"""

import argparse
from pathlib import Path

import litert_torch
import numpy as np
import torch
from ai_edge_quantizer import algorithm_manager, qtyping, quantizer, recipe_manager
from torch import Tensor, nn

from detector.network import Detector, load_average, yunet_outputs

WIDTH, HEIGHT = 320, 256
OPERATION = qtyping.TFLOperationName
IN_INT8 = {
    OPERATION.CONV_2D: ".*",
    OPERATION.DEPTHWISE_CONV_2D: ".*",
    OPERATION.PAD: ".*",
    OPERATION.ADD: r"Detector_network;\d",
    OPERATION.RESIZE_NEAREST_NEIGHBOR: ".*",
}
"""Operations in int8, each with its scope, a regular expression: not the arithmetic of positions."""
LAST = r"Head_\d;"
"""The scope of the last 1x1 convolutions, which carry positions and stay in float."""


class Shipped(nn.Module):
    """The network with YuNet's outputs, on pixels."""

    def __init__(self, network: Detector) -> None:
        super().__init__()
        self.network = network
        with torch.no_grad():
            network.stem.weight.div_(255)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """(1, 3, h, w) BGR 0..255 to the twelve tensors."""
        return tuple(yunet_outputs(self.network(x)))


def quantise(source: Path, target: Path, frames: np.ndarray) -> None:
    """Static int8, weights per channel, ranges the extremes over `frames`, (n, h, w, 3)."""
    recipe = recipe_manager.RecipeManager()
    for operation, scope in IN_INT8.items():
        recipe.add_static_config(scope, operation, activation_num_bits=8, weight_num_bits=8)
    recipe.add_quantization_config(
        LAST, OPERATION.CONV_2D, algorithm_key=algorithm_manager.AlgorithmName.NO_QUANTIZE
    )
    work = quantizer.Quantizer(str(source), recipe.get_quantization_recipe())
    feed = [{"args_0": frame.transpose(2, 0, 1)[None].astype(np.float32)} for frame in frames]
    work.quantize(work.calibrate({"serving_default": feed})).export_model(str(target), overwrite=True)


def main() -> None:
    """Convert and quantise."""
    parser = argparse.ArgumentParser(prog="detector.export_litert")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, help="default: WORK/checkpoint.pt")
    options = parser.parse_args()
    network = load_average(options.checkpoint or options.work / "checkpoint.pt")
    fp32, int8 = options.weights / "detector_fp32.tflite", options.weights / "detector_int8.tflite"
    litert_torch.convert(Shipped(network).eval(), (torch.zeros(1, 3, HEIGHT, WIDTH),)).export(str(fp32))
    quantise(fp32, int8, np.load(options.work / "calibration.npy"))


if __name__ == "__main__":
    main()
