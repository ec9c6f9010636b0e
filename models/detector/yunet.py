"""Networks of the YuNet family on whole pictures, through the product's own decoder."""

from collections.abc import Sequence

import numpy as np

from edge_gate.face.detection import Face
from edge_gate.face.frame import Floats, Picture, Pixels
from edge_gate.ports import Engine
from edge_gate.recognition.detector import YuNetDetector

NO_LIMIT = 1 << 16
"""A picture's side that is never brought down."""


class YuNet:
    """A network of the family as a function of a picture.

    Args:
        engine: runs it.
        least: 0..1; faces that score less are not found.
        fixed: width and height, where the network takes one size only.
    """

    def __init__(self, engine: Engine, least: float, fixed: tuple[int, int] | None = None) -> None:
        self._detector = YuNetDetector(engine, NO_LIMIT, least, [fixed] if fixed else ())

    def faces(self, picture: Picture) -> Sequence[Face]:
        """The faces of a picture, the best first."""
        return self._detector.detect(picture)

    def __call__(self, image: Pixels) -> Floats:
        """(h, w, 3) BGR -> (n, 15): x0, y0, x1, y1, five landmarks (x, y), score; pixels, the best first."""
        rows = []
        for face in self.faces(Picture(np.ascontiguousarray(image))):
            left, top, width, height = face.box
            rows.append(
                [left, top, left + width, top + height, *face.landmarks.reshape(-1).tolist(), face.score]
            )
        return np.array(rows, np.float32).reshape(-1, 15)


def iou(a: Floats, b: Floats) -> Floats:
    """Intersection over union of boxes x0, y0, x1, y1: (n, 4) and (m, 4) -> (n, m)."""
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:4], b[None, :, 2:4])
    common = np.clip(high - low, 0, None).prod(2)
    area = (a[:, 2] - a[:, 0]) * (a[:, 3] - a[:, 1])
    other = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    return np.asarray(common / (area[:, None] + other[None] - common + 1e-9), np.float32)
