"""A picture's interleaved pixels as the float32 planes that a network takes."""

import cv2
import numpy as np

from edge_gate.face.frame import Floats, Pixels
from edge_gate.ports import Normalisation


class Planes:
    """Keeps what it writes into, so that no frame allocates it anew. Belongs to one thread."""

    def __init__(self, normalisation: Normalisation) -> None:
        self._order = (2, 1, 0) if normalisation.channels == "rgb" else (0, 1, 2)
        self._scale = (1 / np.array(normalisation.std, np.float32)).reshape(3, 1, 1)
        self._shift = np.array(normalisation.mean, np.float32).reshape(3, 1, 1) * self._scale
        self._plain = bool((self._scale == 1).all() and (self._shift == 0).all())
        self._kept: dict[tuple[int, ...], tuple[Pixels, Floats]] = {}

    def of(self, picture: Pixels) -> Floats:
        """One batch.

        Args:
            picture: (height, width, 3) uint8, blue first.

        Returns:
            (1, 3, height, width) float32, normalised; good until the next picture of this size.
        """
        shape = (3, *picture.shape[:2])
        between, batch = self._kept.get(shape) or (
            np.empty(shape, np.uint8),
            np.empty((1, *shape), np.float32),
        )
        self._kept[shape] = between, batch
        # One transposing copy of three interleaved channels takes twice as long.
        cv2.split(picture, [between[place] for place in self._order])
        if self._plain:
            batch[0] = between
        else:
            np.multiply(between, self._scale, out=batch[0])
            batch -= self._shift
        return batch
