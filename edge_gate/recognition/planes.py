"""A picture's interleaved channels as the planes that a network takes."""

from collections.abc import Sequence

import cv2
import numpy as np

from edge_gate.face.frame import Pixels

MOST = 64
"""Sizes kept: 5 MB where each is as large as a detector's whole picture."""


class Planes:
    """Keeps what lies between the two, so that no frame allocates it anew. Belongs to one thread."""

    def __init__(self) -> None:
        self._between: dict[tuple[int, int], Pixels] = {}

    def of(self, bgr: Pixels, order: Sequence[int] = (0, 1, 2)) -> Pixels:
        """The channels of a picture, one after another.

        Args:
            bgr: (height, width, 3) uint8.
            order: which plane each channel becomes.

        Returns:
            (3, height, width) uint8, contiguous; good until the next picture of this size.
        """
        rows, columns = bgr.shape[:2]
        planes = self._between.get((rows, columns))
        if planes is None:
            # Faces come in all sizes, but a window is brought to one of a few before a network sees it.
            if len(self._between) >= MOST:
                self._between.clear()
            planes = self._between[rows, columns] = np.empty((3, rows, columns), np.uint8)
        # One transposing copy of three interleaved channels takes twice as long.
        cv2.split(bgr, [planes[place] for place in order])
        return planes
