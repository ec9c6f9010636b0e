"""Checkpoint to LiteRT: ``python -m detector.export_litert --work WORK --weights weights``.

Run it after `detector.export`. Writes detector_fp32.tflite and detector_int8.tflite: one picture of any of
`SIZES`, each a signature, (1, 3, h, w) float32 BGR 0..255, of the latter (1, h, w, 3) int8 (`pixels.py`);
outputs as in ONNX, ordered as `OUTPUT_NAMES`. Needs litert-torch and ai-edge-quantizer, which want a Python
of their own: they pin torch.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import cv2
import litert_torch
import numpy as np
import torch
from ai_edge_quantizer import algorithm_manager, qtyping, quantizer, recipe_manager
from pixels import enter_by_pixels, see_white
from torch import Tensor, nn

from detector.export import calibration
from detector.network import Detector, load_average, yunet_outputs

SIZES = ((320, 256), (256, 192), (128, 128))
"""A whole picture, a smaller one for boards that need it, and a close look."""
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


def convert(network: Detector, target: Path) -> None:
    """Write the float model."""
    shipped, converter = Shipped(network).eval(), litert_torch
    for width, height in SIZES:
        converter = converter.signature(f"{width}x{height}", shipped, (torch.zeros(1, 3, height, width),))
    converter.convert().export(str(target))


def quantise(
    source: Path,
    target: Path,
    frames: np.ndarray,
    sizes: Sequence[tuple[int, int]] = SIZES,
    in_int8: Mapping[qtyping.TFLOperationName, str] = MappingProxyType(IN_INT8),
) -> None:
    """Static int8, weights per channel, ranges smoothed over `frames`, (n, h, w, 3)."""
    recipe = recipe_manager.RecipeManager()
    for operation, scope in in_int8.items():
        recipe.add_static_config(scope, operation, activation_num_bits=8, weight_num_bits=8)
    recipe.add_quantization_config(
        LAST, OPERATION.CONV_2D, algorithm_key=algorithm_manager.AlgorithmName.NO_QUANTIZE
    )
    work = quantizer.Quantizer(str(source), recipe.get_quantization_recipe())
    feed = {
        f"{width}x{height}": [{"args_0": np.ascontiguousarray(_scaled(f, width, height))} for f in frames]
        for width, height in sizes
    }
    work.quantize(work.calibrate(feed)).export_model(str(target), overwrite=True)
    enter_by_pixels(target)
    see_white(target)


def _scaled(frame: np.ndarray, width: int, height: int) -> np.ndarray:
    small = cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
    return small.transpose(2, 0, 1)[None].astype(np.float32)


def main() -> None:
    """Convert and quantise."""
    parser = argparse.ArgumentParser(prog="detector.export_litert")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, help="default: WORK/checkpoint.pt")
    options = parser.parse_args()
    network = load_average(options.checkpoint or options.work / "checkpoint.pt")
    fp32, int8 = options.weights / "detector_fp32.tflite", options.weights / "detector_int8.tflite"
    convert(network, fp32)
    quantise(fp32, int8, calibration(options.work))


if __name__ == "__main__":
    main()
