"""Ship a checkpoint: ``python -m embedder.export --data ../../shared --work WORK --weights weights``.

Writes embedder_fp32.onnx and embedder_int8.onnx. Contract of both: input ``input``, (n, 3, 112, 112)
float32 RGB, (x - 127.5) / 127.5, aligned to the ArcFace template; output ``embedding``, (n, 128) float32,
to be scaled to length 1.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from embedder import quantise
from embedder.crops import decode
from embedder.deploy import CALIBRATION_FILE, load
from embedder.teachers import network_input

OPSET = 13
"""The oldest that knows per-channel QDQ, so that old runtimes on old boards load it."""


def to_onnx(network: nn.Module, path: Path) -> None:
    """Write the network as one ONNX file of any batch size."""
    torch.onnx.export(
        network,
        (torch.zeros(1, 3, 112, 112),),
        path,
        input_names=["input"],
        output_names=["embedding"],
        dynamic_axes={"input": {0: "n"}, "embedding": {0: "n"}},
        opset_version=OPSET,
        dynamo=False,  # the new exporter needs opset 18, and a package more
    )
    onnx.checker.check_model(onnx.load(path), full_check=True)


def main() -> None:
    """Export, then quantise on training crops."""
    parser = argparse.ArgumentParser(prog="embedder.export")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True, help="folder to write to")
    parser.add_argument("--checkpoint", type=Path, help="default: WORK/embedder.pt")
    options = parser.parse_args()
    fp32, int8 = options.weights / "embedder_fp32.onnx", options.weights / "embedder_int8.onnx"
    to_onnx(load(options.checkpoint or options.work / "embedder.pt"), fp32)
    crops = decode(options.data / "train", options.work)
    inputs = network_input(quantise.calibration_images(crops))
    np.save(options.work / CALIBRATION_FILE, inputs)
    quantise.to_int8(fp32, int8, inputs, float_stem=True)
    print(f"{fp32}: {fp32.stat().st_size} bytes\n{int8}: {int8.stat().st_size} bytes")


if __name__ == "__main__":
    main()
