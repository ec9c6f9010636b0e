"""Finds faces with a network of the YuNet family."""

import math
from collections.abc import Sequence

import cv2
import numpy as np

from edge_gate.face.detection import Face, decode
from edge_gate.face.frame import Picture, Pixels
from edge_gate.ports import Engine

COARSEST = 32
"""The network halves its input five times: width and height are multiples of this."""


class YuNetDetector:
    """A `Detector` for any network with YuNet's outputs; input BGR 0..255, (1, 3, height, width).

    Belongs to one thread: it keeps a canvas of each size to write the next picture on.

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
        self._canvases: dict[tuple[int, int], Pixels] = {}

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
        canvas = self._filled(bgr, fixed)
        height, width = canvas.shape[:2]
        faces = decode(self._engine.run(canvas), width, height, self._least)
        return faces if scale == 1 else tuple(face.scaled(1 / scale) for face in faces)

    def _size(self, side: int) -> tuple[int, int] | None:
        if not self._sizes:
            return None
        within = [size for size in self._sizes if max(size) <= side]
        return max(within) if within else min(self._sizes)

    def _filled(self, bgr: Pixels, fixed: tuple[int, int] | None) -> Pixels:
        """The picture in the top left corner of what the network takes, the rest black."""
        rows, columns = bgr.shape[:2]
        width, height = fixed or (_multiple(columns), _multiple(rows))
        if (rows, columns) == (height, width):
            return bgr
        canvas = self._canvases.get((height, width))
        if canvas is None:
            canvas = self._canvases[height, width] = np.zeros((height, width, 3), np.uint8)
        canvas[rows:] = 0
        canvas[:rows, columns:] = 0
        canvas[:rows, :columns] = bgr
        return canvas


def _multiple(pixels: int) -> int:
    return math.ceil(pixels / COARSEST) * COARSEST
