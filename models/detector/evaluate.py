"""Measure detectors: ``python -m detector.evaluate --data ../../shared --work WORK FILE ...``.

Prints, for each file (.onnx or .tflite) on the pictures of `detector.exam`: recall of faces at least 24 px
wide (a hit has an IoU of .5 with the label), false faces a picture, and the median landmark error in per
cent of the inter-ocular distance; what `detector.recognition` says, and how many points above YuNet-n; and
the time of one 320x256 input, one thread, beside YuNet-n's (`detector.rival`), interleaved.
"""

import argparse
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from engines import opened, times
from tqdm import tqdm

from detector import exam, recognition
from detector.exam import Question
from detector.export import calibration
from detector.export_onnx import quantise_yunet
from detector.network import OUTPUT_NAMES
from detector.prepare import Paths
from detector.yunet import YuNet, iou
from edge_gate.face.frame import Floats, Pixels
from edge_gate.store.manifest import DetectorModel, read_manifest

NARROWEST = 24
HIT, NEAR = 0.5, 0.3
FIXED = (320, 256)
"""Of the sizes a .tflite takes."""


@dataclass(frozen=True)
class Mark:
    """Faces asked for, found; pictures, false faces; landmark errors over the inter-ocular distance."""

    asked: int
    found: int
    pictures: int
    false: int
    errors: Floats

    def row(self) -> dict[str, float]:
        """The figures as they are reported."""
        return {
            "faces": self.asked,
            "recall": round(100 * self.found / max(1, self.asked), 2),
            "pictures": self.pictures,
            "false_per_picture": round(self.false / max(1, self.pictures), 4),
            "landmark_error": round(100 * float(np.median(self.errors)), 2)
            if len(self.errors)
            else float("nan"),
        }


def detector(path: Path, least: float) -> YuNet:
    """A file as a function of a picture."""
    return YuNet(opened(path, OUTPUT_NAMES), least, FIXED if path.suffix == ".tflite" else None)


def mark(find: Callable[[Pixels], Floats], questions: Iterable[Question]) -> Mark:
    """Ask every question."""
    asked = found = pictures = false = 0
    errors: list[float] = []
    for question in questions:
        pictures += 1
        answers = find(question.image)
        overlaps = iou(question.faces[:, :4], answers[:, :4])
        free = np.ones(len(answers), bool)
        for face, overlap in zip(question.faces, overlaps, strict=True):
            best = int(np.argmax(overlap * free)) if len(answers) else -1
            hit = best >= 0 and bool(free[best]) and overlap[best] >= HIT
            if hit:
                free[best] = False
            if face[2] - face[0] < NARROWEST:
                continue
            asked += 1
            found += hit
            if hit:
                points, truth = answers[best, 4:14].reshape(5, 2), face[4:14].reshape(5, 2)
                eyes = max(1e-6, float(np.hypot(*(truth[0] - truth[1]))))
                errors.append(float(np.hypot(*(points - truth).T).mean()) / eyes)
        for i in np.flatnonzero(free):
            if len(overlaps) and overlaps[:, i].max() > NEAR:
                continue  # a second box on a known face
            x, y = (answers[i, :2] + answers[i, 2:4]) / 2
            zones = question.zones
            false += not np.any(
                (zones[:, 0] <= x) & (x <= zones[:, 2]) & (zones[:, 1] <= y) & (y <= zones[:, 3])
            )
    return Mark(asked, found, pictures, false, np.array(errors, np.float32))


def _time(file: Path, teacher: Path, work: Path) -> dict[str, float]:
    """Milliseconds, and over YuNet-n in the same engine and precision.

    In ONNX Runtime, and under another key, for a .tflite whose rival `detector.rival` has not made.
    """
    rival, key = work / f"yunet_n_{file.stem.rsplit('_', 1)[1]}{file.suffix}", "over_yunet_n"
    if file.suffix == ".tflite" and not rival.exists():
        rival, key = rival.with_suffix(".onnx"), "over_yunet_n_in_onnx"
    if not rival.exists():
        if "int8" in rival.name:
            quantise_yunet(teacher, calibration(work), rival)
        else:
            rival = teacher
    ours, theirs = times([opened(each, OUTPUT_NAMES) for each in (file, rival)], *FIXED)
    return {"milliseconds": round(ours, 2), key: round(ours / theirs, 3)}


def _shipped(name: str) -> float:
    """The score that a file is shipped with; the default pack's for one that is not."""
    manifest = read_manifest()
    models = [model for model in manifest.model.values() if isinstance(model, DetectorModel)]
    own = {model.file: model.least_score for model in models}
    return own.get(name, manifest.detector(manifest.chosen("builtin")).least_score)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="detector.evaluate")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--least", type=float, help="what scores less is no face, instead of as shipped")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("files", type=Path, nargs="+")
    options = parser.parse_args()
    finders = {file: detector(file, options.least or _shipped(file.name)) for file in options.files}
    cv2.setNumThreads(1)
    sheets = {
        "photographs": list(exam.photographs(options.data)),
        "composites": list(exam.composites(options.work)),
        "clip": list(exam.clip(options.data)),
        "empty": list(exam.empty(options.work)),
    }
    report: dict[str, dict[str, dict[str, float]]] = {}
    for file, find in finders.items():
        report[file.name] = {
            name: mark(find, tqdm(questions, f"{file.name} {name}", leave=False)).row()
            for name, questions in sheets.items()
        }
    base = recognition.accuracy(detector(Paths(options.data).teacher, exam.SURE), options.data)
    for file, find in finders.items():
        own = recognition.accuracy(find, options.data)
        over = {f"{size}_over_yunet_n": round(own[size] - base[size], 2) for size in own}
        report[file.name]["recognition"] = own | over
        report[file.name]["time"] = _time(file, Paths(options.data).teacher, options.work)
    print(json.dumps(report, indent=1))
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
