"""Ship a checkpoint: ``python -m detector.export --data ../../shared --work WORK --weights weights``.

Writes detector_fp32.onnx and detector_int8.onnx. Contract of both: input ``input``, (n, 3, h, w) float32
BGR 0..255, h and w multiples of 32; outputs named and encoded like YuNet's.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx

from detector.compose import Composer
from detector.export_onnx import build, quantise
from detector.library import Library
from detector.network import load_average
from edge_gate.face.frame import Pixels

CALIBRATION, WIDTH, HEIGHT = 200, 320, 256


def calibration(work: Path) -> Pixels:
    """Training frames to quantise with, (n, 256, 320, 3); kept in `work` for `detector.export_litert`."""
    file = work / "calibration.npy"
    if not file.exists():
        composer = Composer(Library(work, held_out=False), 77)
        np.save(file, np.stack([composer(WIDTH, HEIGHT)[0] for _ in range(CALIBRATION)]))
    return np.asarray(np.load(file), np.uint8)


def main() -> None:
    """Export, then quantise on training frames."""
    parser = argparse.ArgumentParser(prog="detector.export")
    parser.add_argument(
        "--work", type=Path, required=True, help="folder of detector.prepare and detector.train"
    )
    parser.add_argument("--weights", type=Path, required=True, help="folder to write to")
    parser.add_argument("--checkpoint", type=Path, help="default: WORK/checkpoint.pt")
    options = parser.parse_args()
    model = build(load_average(options.checkpoint or options.work / "checkpoint.pt"))
    fp32, int8 = options.weights / "detector_fp32.onnx", options.weights / "detector_int8.onnx"
    onnx.save(model, fp32)
    quantise(model, calibration(options.work), int8)
    print(f"{fp32}: {fp32.stat().st_size} bytes\n{int8}: {int8.stat().st_size} bytes")


if __name__ == "__main__":
    main()
