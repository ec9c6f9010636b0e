"""Finds faces with a network of the YuNet family."""

import math
from collections.abc import Sequence

import cv2
import numpy as np

from edge_gate.face.detection import Face, decode
from edge_gate.face.frame import Floats, Picture, Pixels
from edge_gate.ports import Engine
from edge_gate.recognition.planes import Planes

COARSEST = 32
"""The network halves its input five times: width and height are multiples of this."""


class YuNetDetector:
    """A `Detector` for any network with YuNet's outputs; input BGR 0..255, (1, 3, height, width).

    Belongs to one thread: it keeps a batch of each size to write the next picture into.

    Args:
        engine: runs the network.
        side: a picture's longer side is brought down to this many pixels before the network sees it.
        least_score: 0..1; what scores less is not a face.
        sizes: widths and heights, where the network takes some sizes only.
    """

    def __init__(
        self, engine: Engine, side: int, least_score: float, sizes: Sequence[tuple[int, int]] = ()
    ) -> None:
        self._engine = engine
        self._side = side
        self._least = least_score
        self._sizes = sizes
        self._batches: dict[tuple[int, int], Floats] = {}
        self._planes = Planes()

    def detect(self, picture: Picture, side: int | None = None) -> tuple[Face, ...]:
        """Faces in the picture's own pixels, the best score first.

        Args:
            picture: where to look.
            side: instead of the detector's own; a network of few sizes takes its largest within it, or its
                smallest.
        """
        bgr = picture.bgr()
        fixed = self._size(side or self._side)
        limit_x, limit_y = fixed or (side or self._side, side or self._side)
        scale = min(1.0, limit_x / picture.width, limit_y / picture.height)
        if scale < 1:
            size = (round(picture.width * scale), round(picture.height * scale))
            bgr = np.asarray(cv2.resize(bgr, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
        batch = self._batch(bgr, fixed)
        height, width = batch.shape[2:]
        faces = decode(self._engine.run(batch), width, height, self._least)
        return faces if scale == 1 else tuple(face.scaled(1 / scale) for face in faces)

    def _size(self, side: int) -> tuple[int, int] | None:
        if not self._sizes:
            return None
        within = [size for size in self._sizes if max(size) <= side]
        return max(within) if within else min(self._sizes)

    def _batch(self, bgr: Pixels, fixed: tuple[int, int] | None) -> Floats:
        rows, columns = bgr.shape[:2]
        width, height = fixed or (_multiple(columns), _multiple(rows))
        batch = self._batches.get((height, width))
        if batch is None:
            batch = self._batches[height, width] = np.zeros((1, 3, height, width), dtype=np.float32)
        if rows < height:
            batch[0, :, rows:] = 0
        if columns < width:
            batch[0, :, :rows, columns:] = 0
        batch[0, :, :rows, :columns] = self._planes.of(bgr)
        return batch


def _multiple(pixels: int) -> int:
    return math.ceil(pixels / COARSEST) * COARSEST
