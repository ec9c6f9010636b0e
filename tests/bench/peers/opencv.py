"""cv2.FaceDetectorYN and an embedder through cv2.dnn, as commonly written; `track`: embed once a track."""

import sys

import cv2
import numpy as np
from common import gallery, measured, portrait

DETECTOR, EMBEDDER, TRACK = sys.argv[3], sys.argv[4], sys.argv[5:] == ["track"]
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]],
    np.float32,
)
network = cv2.dnn.readNetFromONNX(EMBEDDER)
MEAN, STD = (123.675, 116.28, 103.53), np.array((58.395, 57.12, 57.375), np.float32).reshape(1, 3, 1, 1)


def detector(width: int, height: int) -> "cv2.FaceDetectorYN":
    return cv2.FaceDetectorYN.create(DETECTOR, "", (width, height), 0.6, 0.3, 5000)


def embed(picture: np.ndarray, face: np.ndarray) -> np.ndarray:
    matrix, _ = cv2.estimateAffinePartial2D(face[4:14].reshape(5, 2), TEMPLATE, method=cv2.LMEDS)
    chip = cv2.warpAffine(picture, matrix, (112, 112))
    network.setInput(cv2.dnn.blobFromImage(chip, 1.0, (112, 112), MEAN, swapRB=True) / STD)
    vector = network.forward().ravel()
    return vector / np.linalg.norm(vector)


photograph = portrait()
_, enrolled = detector(photograph.shape[1], photograph.shape[0]).detect(photograph)
known = gallery(embed(photograph, enrolled[0]))
small = detector(320, 240)
tracks: list[tuple[np.ndarray, str]] = []


def same(one: np.ndarray, other: np.ndarray) -> bool:
    left, top = np.maximum(one[:2], other[:2])
    right, bottom = np.minimum(one[:2] + one[2:4], other[:2] + other[2:4])
    shared = max(0.0, right - left) * max(0.0, bottom - top)
    return shared > 0.3 * (one[2] * one[3] + other[2] * other[3] - shared)


def look(picture: np.ndarray) -> str | None:
    _, faces = small.detect(cv2.resize(picture, (320, 240)))
    found, now = None, []
    for face in faces if faces is not None else ():
        face[:14] *= 2
        before = next((name for old, name in tracks if same(old, face)), None) if TRACK else None
        if before is None:
            scores = known @ embed(picture, face)
            best = int(np.argmax(scores))
            before = "enrolled" if best == 0 and scores[best] >= 0.463 else "unknown"
        now.append((face, before))
        found = "enrolled" if "enrolled" in (found, before) else before
    tracks[:] = now
    return found


measured(look)
