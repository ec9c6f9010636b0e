"""Turns a chip into a probe with a network of the MobileFaceNet or SFace kind."""

from typing import Literal

import numpy as np

from edge_gate.face.alignment import PREPROCESSING, SIDE, Chip
from edge_gate.face.probe import Probe, unit
from edge_gate.ports import Engine
from edge_gate.recognition.planes import Planes


class ChipEmbedder:
    """An `Embedder` for networks that take one aligned chip, (1, 3, 112, 112) float32.

    Belongs to one thread: it keeps a batch to write the next chip into.

    Args:
        engine: runs the network; its one output is (1, d) float32, of any length.
        channels: order the network was trained with.
        mean: subtracted from each of those channels, 0..255.
        std: divides each after that, > 0.
    """

    def __init__(
        self,
        engine: Engine,
        channels: Literal["rgb", "bgr"],
        mean: tuple[float, float, float],
        std: tuple[float, float, float],
    ) -> None:
        self._engine = engine
        self._order = (2, 1, 0) if channels == "rgb" else (0, 1, 2)
        self._scale = (1 / np.array(std, dtype=np.float32)).reshape(3, 1, 1)
        self._shift = np.array(mean, dtype=np.float32).reshape(3, 1, 1) * self._scale
        self._batch = np.empty((1, 3, SIDE, SIDE), np.float32)
        self._planes = Planes()

    @property
    def identity(self) -> str:
        """Two probes may be compared if the network's file and the preprocessing are the same."""
        return f"{self._engine.identity[:16]}/{PREPROCESSING}"

    def embed(self, chip: Chip) -> Probe:
        """The probe of one chip."""
        np.multiply(self._planes.of(chip.pixels, self._order), self._scale, out=self._batch[0])
        self._batch -= self._shift
        (raw,) = self._engine.run(self._batch).values()
        return unit(raw[0], self.identity)
