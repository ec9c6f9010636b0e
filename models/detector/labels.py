"""Teacher's labels: YuNet-n averaged over mirror image and three scales.

YuNet disagrees with itself by about 8 % of the inter-ocular distance between scales; the average is the
better target, and a face that only some views show is no certain face: it becomes a zone in which nothing
is learned.
"""

import cv2
import numpy as np

from detector.yunet import YuNet, iou
from edge_gate.face.frame import Floats, Pixels

SCALES = (1.0, 0.72, 0.5)
CERTAIN = 0.6
"""A label of at least this score is a face, below it a zone to ignore."""
MIRRORED = [1, 0, 2, 4, 3]
"""Order of the five landmarks after a mirror image."""


def mirror(faces: Floats, width: int) -> Floats:
    """Floats of the mirror image of a picture `width` pixels wide."""
    out = faces.copy()
    out[:, 0], out[:, 2] = width - 1 - faces[:, 2], width - 1 - faces[:, 0]
    landmarks = faces[:, 4:14].reshape(-1, 5, 2)[:, MIRRORED]
    landmarks[..., 0] = width - 1 - landmarks[..., 0]
    out[:, 4:14] = landmarks.reshape(-1, 10)
    return out


def label(teacher: YuNet, image: Pixels, margin: int) -> Floats:
    """(n, 15) faces in pixels of `image`, its edge replicated by `margin`: YuNet misses cut heads."""
    views: list[Floats] = []
    for scale in SCALES:
        small = (
            image if scale == 1 else cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        )
        edge = round(margin * scale)
        padded = cv2.copyMakeBorder(small, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
        for flipped in (False, True):
            faces = teacher(np.ascontiguousarray(padded[:, ::-1]) if flipped else padded)
            if flipped:
                faces = mirror(faces, padded.shape[1])
            faces[:, :14] = (faces[:, :14] - edge + 0.5) * (image.shape[1] / small.shape[1]) - 0.5
            views.append(faces)
    return merge(views)


def merge(views: list[Floats]) -> Floats:
    """Average the views of each face; one seen in fewer than two views has its score halved."""
    rest = np.concatenate(views)
    owner = np.concatenate([np.full(len(faces), i) for i, faces in enumerate(views)])
    order = np.argsort(-rest[:, 14], kind="stable")
    rest, owner = rest[order], owner[order]
    merged: list[Floats] = []
    while len(rest):
        same = iou(rest[:1, :4], rest[:, :4])[0] > 0.45
        strong = rest[same & (rest[:, 14] >= min(CERTAIN, rest[0, 14]))]
        face = strong.mean(0)
        face[14] = rest[0, 14] if len(np.unique(owner[same])) >= 2 else min(rest[0, 14] / 2, CERTAIN - 0.01)
        merged.append(face)
        rest, owner = rest[~same], owner[~same]
    return np.asarray(merged, np.float32).reshape(-1, 15)
