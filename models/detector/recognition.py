"""What a detector's landmarks are worth to the embedder behind them.

Each picture of LFW's development half goes through detector and alignment, at full and at half size, and
the chips through one strong embedder (the foamliu teacher). Detectors are then compared on the same 6,000
pairs in ten folds; a face not found is unlike everybody.
"""

from pathlib import Path

import cv2
import numpy as np
from embedder import lfw
from embedder.teachers import FILES, normalisation, unit
from engines import opened
from tqdm import tqdm

from detector.yunet import YuNet
from edge_gate.devices.pictures import read_picture
from edge_gate.evaluation.dataset import read_dataset
from edge_gate.face.alignment import align
from edge_gate.face.frame import Floats, Picture, Pixels
from edge_gate.ports import Engine

TEACHER = "foamliu"
SIZES = {"full": 1.0, "half": 0.5}


def accuracy(find: YuNet, data: Path) -> dict[str, float]:
    """Ten-fold accuracy, per cent, at each of `SIZES`, of chips cut where `find` finds a face."""
    photographs = read_dataset(data / "faces/lfw_dev")
    embedder = opened(data / "models" / FILES[TEACHER], seen=normalisation(TEACHER))
    vectors = {name: np.zeros((len(photographs), 128), np.float32) for name in SIZES}
    for number, each in enumerate(tqdm(photographs, "recognition", leave=False)):
        pixels = read_picture(each.path).pixels
        for name, scale in SIZES.items():
            scaled = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            picture = Picture(np.asarray(scaled, np.uint8))
            faces = find.faces(picture)
            if faces:
                chip = align(picture, lfw.middlemost(faces, picture))
                vectors[name][number] = _vector(embedder, chip.pixels)
    person = np.unique([each.subject for each in photographs], return_inverse=True)[1]
    return {name: round(lfw.measure(found, person).accuracy, 2) for name, found in vectors.items()}


def _vector(embedder: Engine, chip: Pixels) -> Floats:
    (vector,) = embedder.run(chip).values()
    return unit(vector)[0]
