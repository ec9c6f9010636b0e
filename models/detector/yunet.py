"""Run a YuNet-type ONNX file and decode its twelve tensors, for labels and for measuring.

The product's own decoder lives in `edge_gate/face`; this one is vectorised over nothing but one picture and exists so that the
recipe needs neither the product nor OpenCV's fixed choices. Decoding as in OpenCV's `FaceDetectorYN`
(modules/objdetect/src/face_detect.cpp).
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

STRIDES = (8, 16, 32)
Image = NDArray[np.uint8]
Faces = NDArray[np.float32]
"""n x 15: x0, y0, x1, y1, five landmarks (x, y), score; pixels of the picture."""


def decode(outputs: dict[str, NDArray[np.float32]], width: int, floor: float, overlap: float = 0.3) -> Faces:
    """Twelve tensors of one picture of padded `width` to faces of score >= `floor`, best first, after non-maximum suppression."""
    found: list[Faces] = []
    for stride in STRIDES:
        score = np.sqrt(np.clip(outputs[f"cls_{stride}"][0, :, 0] * outputs[f"obj_{stride}"][0, :, 0], 0, 1))
        keep = np.flatnonzero(score >= floor)
        if not len(keep):
            continue
        columns = width // stride
        cell = np.stack([keep % columns, keep // columns], 1).astype(np.float32)
        box = outputs[f"bbox_{stride}"][0, keep]
        centre, half = (cell + box[:, :2]) * stride, np.exp(box[:, 2:4]) * stride / 2
        landmarks = (outputs[f"kps_{stride}"][0, keep].reshape(-1, 5, 2) + cell[:, None]) * stride
        found.append(
            np.concatenate([centre - half, centre + half, landmarks.reshape(-1, 10), score[keep, None]], 1, dtype=np.float32)
        )
    if not found:
        return np.zeros((0, 15), np.float32)
    return suppress(np.concatenate(found), overlap)


def suppress(faces: Faces, overlap: float) -> Faces:
    """Greedy non-maximum suppression: keep the best of faces whose intersection over union exceeds `overlap`."""
    faces = faces[np.argsort(-faces[:, 14], kind="stable")]
    kept: list[int] = []
    for i in range(len(faces)):
        if not kept or iou(faces[i : i + 1, :4], faces[kept, :4]).max() <= overlap:
            kept.append(i)
    return faces[kept]


def iou(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of boxes x0, y0, x1, y1: n x 4 and m x 4 to n x m."""
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:4], b[None, :, 2:4])
    common = np.clip(high - low, 0, None).prod(2)
    area = (a[:, 2] - a[:, 0]) * (a[:, 3] - a[:, 1])
    other = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    return np.asarray(common / (area[:, None] + other[None] - common + 1e-9), np.float32)


class YuNet:
    """A YuNet-type ONNX file on one thread of ONNX Runtime's CPU provider."""

    def __init__(self, path: Path, floor: float) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        self._names = [output.name for output in self._session.get_outputs()]
        self._floor = floor

    def __call__(self, image: Image) -> Faces:
        """BGR H x W x 3 to faces; the picture is padded with black to multiples of 32."""
        height, width = image.shape[:2]
        padded = cv2.copyMakeBorder(image, 0, -height % 32, 0, -width % 32, cv2.BORDER_CONSTANT)
        tensor = np.ascontiguousarray(padded.transpose(2, 0, 1)[None], np.float32)
        outputs = dict(zip(self._names, self._session.run(self._names, {self._input: tensor}), strict=True))
        return decode(outputs, padded.shape[1], self._floor)
