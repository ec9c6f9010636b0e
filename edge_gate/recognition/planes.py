"""A picture's interleaved channels, written into a network's planes."""

from collections.abc import Sequence

import cv2
import numpy as np

from edge_gate.face.frame import Floats, Pixels

MOST = 64
"""Sizes kept: 5 MB where each is as large as a detector's whole picture."""


class Planes:
    """Keeps what lies between the two, so that no frame allocates it anew. Belongs to one thread."""

    def __init__(self) -> None:
        self._between: dict[tuple[int, int], Pixels] = {}

    def write(self, bgr: Pixels, into: Floats, order: Sequence[int] = (0, 1, 2)) -> None:
        """Write pixels as they are.

        Args:
            bgr: (height, width, 3) uint8.
            into: (3, at least height, at least width) float32; what lies beyond is left alone.
            order: which plane each channel of the picture gets.
        """
        rows, columns = bgr.shape[:2]
        planes = self._between.get((rows, columns))
        if planes is None:
            # Faces come in all sizes, but a window is brought to one of a few before a network sees it.
            if len(self._between) >= MOST:
                self._between.clear()
            planes = self._between[rows, columns] = np.empty((3, rows, columns), np.uint8)
        # By planes: one transposing copy of three interleaved channels takes twice as long.
        cv2.split(bgr, [planes[place] for place in order])
        into[:, :rows, :columns] = planes
