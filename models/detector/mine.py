"""Mined negatives: face-free frames on which the present weights fire and the teacher does not.

Training starts this beside itself at a few milestones; the frames go to WORK/mined.npy (replaced whole),
and the composer mixes them in.
"""

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch
from engines import opened
from tqdm import tqdm

from detector.compose import Composer
from detector.export_onnx import build
from detector.library import Library
from detector.network import load_average
from detector.yunet import YuNet

FIRES, SILENT = 0.25, 0.45
WIDTH, HEIGHT = 320, 256
MOST = 3000


def main() -> None:
    """Mine."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--work", type=Path, required=True, help="folder of detector.prepare and detector.train"
    )
    parser.add_argument("--teacher", type=Path, required=True, help="YuNet-n")
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    student_file = args.work / "mining.onnx"
    onnx.save(build(load_average(args.work / "checkpoint.pt")), student_file)
    student, teacher = YuNet(opened(student_file), FIRES), YuNet(opened(args.teacher), SILENT)
    composer = Composer(Library(args.work, held_out=False), 9000 + args.seed, crowd=True)
    result = args.work / "mined.npy"
    found = list(np.load(result))[-MOST // 2 :] if result.exists() else []
    known, frames, start = len(found), 0, time.monotonic()
    bar = tqdm(desc="mining", unit="frame")
    while time.monotonic() - start < args.seconds and len(found) < MOST:
        frame = composer.negative(WIDTH, HEIGHT)
        bar.update()
        if frame is None:
            continue
        frames += 1
        if len(student(frame)) and not len(teacher(frame)):
            found.append(frame)
    bar.close()
    print(f"{len(found) - known} of {frames} frames fired at {FIRES}")
    if found:
        beside = args.work / "mined.tmp.npy"
        np.save(beside, np.stack(found))
        beside.replace(result)


if __name__ == "__main__":
    main()
