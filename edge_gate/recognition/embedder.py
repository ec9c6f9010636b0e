"""Turns a chip into a probe with a network of the MobileFaceNet or SFace kind."""

from edge_gate.face.alignment import PREPROCESSING, Chip
from edge_gate.face.probe import Probe, unit
from edge_gate.ports import Engine


class ChipEmbedder:
    """An `Embedder` for networks that take one aligned chip, (1, 3, 112, 112).

    Args:
        engine: runs the network, and normalises as it was trained; its one output is (1, d) float32, of any
            length.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def identity(self) -> str:
        """Two probes may be compared if the network's file and the preprocessing are the same."""
        return f"{self._engine.identity[:16]}/{PREPROCESSING}"

    def embed(self, chip: Chip) -> Probe:
        """The probe of one chip."""
        (raw,) = self._engine.run(chip.pixels).values()
        return unit(raw[0], self.identity)
