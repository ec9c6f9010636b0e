"""Measure embedders: ``python -m embedder.evaluate --data ../../shared --work WORK FILE ...``.

Prints, for each file (.onnx or .tflite) on the people of ``faces/lfw_dev``: ten-fold accuracy, true
accept rates at stated false match rates, agreement with the first file, size, and the time of one chip on
one thread over that of the foamliu teacher quantised alike, interleaved.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
from engines import opened, times
from tqdm import tqdm

from edge_gate.face.alignment import SIDE
from edge_gate.ports import Engine
from embedder import lfw, quantise
from embedder.crops import decode
from embedder.teachers import FILES, MEAN, STD, Vectors, network_input, normalisation, unit, without_prelu

TEACHER = "foamliu"
OUTPUTS = ("embedding",)


def _teacher_int8(data: Path, work: Path) -> Engine:
    """The foamliu teacher, its slow PReLU rewritten, quantised on the same crops by the same recipe."""
    path = work / "teacher_int8.onnx"
    if not path.exists():
        images = quantise.calibration_images(decode(data / "train", work))
        inputs = network_input(images, MEAN[TEACHER], STD[TEACHER])
        plain = work / "teacher_fp32.onnx"
        onnx.save(without_prelu(onnx.load(data / "models" / FILES[TEACHER])), plain)
        quantise.to_int8(plain, path, inputs, float_stem=False)
    return opened(path, seen=normalisation(TEACHER))


def measure(files: list[Path], data: Path, work: Path) -> dict[str, dict[str, float]]:
    """The figures of each file, by its name."""
    chips = lfw.chips(data / "faces" / "lfw_dev", data / "models" / "yunet_n_dynamic.onnx")
    report: dict[str, dict[str, float]] = {}
    first: Vectors | None = None
    shipped = {file: opened(file, OUTPUTS, normalisation()) for file in files}
    for file, one in shipped.items():
        outputs = [one.run(image).values() for image in tqdm(chips.images, file.name, leave=False)]
        vectors = unit(np.concatenate([vector for (vector,) in outputs]))
        first = vectors if first is None else first
        result = lfw.measure(vectors, chips.person)
        report[file.name] = {
            "bytes": file.stat().st_size,
            "accuracy": round(result.accuracy, 2),
            "spread": round(result.spread, 2),
            **{f"tar_{rate:.0e}": round(tar, 2) for rate, (tar, _) in result.accept.items()},
            **{f"threshold_{rate:.0e}": round(at, 3) for rate, (_, at) in result.accept.items()},
            "people": len(np.unique(chips.person)),
            "mated": result.mated,
            "non_mated": result.non_mated,
            "cosine_to_first": round(float((vectors * first).sum(1).mean()), 4),
        }
    base, *ours = times([_teacher_int8(data, work), *shipped.values()], SIDE, SIDE)
    for file, spent in zip(files, ours, strict=True):
        report[file.name] |= {"milliseconds": round(spent, 2), "over_teacher_int8": round(spent / base, 2)}
    return report


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="embedder.evaluate")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("files", type=Path, nargs="+")
    options = parser.parse_args()
    report = measure(options.files, options.data, options.work)
    print(json.dumps(report, indent=1))
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
