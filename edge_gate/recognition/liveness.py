"""Tells a face from a picture of one with MiniFASNet networks."""

from collections.abc import Sequence

from edge_gate.face.detection import Face
from edge_gate.face.frame import Picture
from edge_gate.face.surroundings import with_surroundings
from edge_gate.ports import Engine

SIDE = 80
"""Width and height of the input, pixels."""

LIVE = 1
"""Index of the live class among the three."""


class MiniFasNet:
    """A `LivenessModel`: the mean live probability of networks that see the face at several scales.

    Input BGR 0..255, (1, 3, 80, 80); output ``prob`` (1, 3), already softmaxed. Each of the published
    pair alone is fooled by attacks that the other sees (Silent-Face-Anti-Spoofing sums them).

    Args:
        engines: each network with the scale its box is enlarged by.

    Raises:
        ValueError: if there are no networks.
    """

    def __init__(self, engines: Sequence[tuple[Engine, float]]) -> None:
        if not engines:
            raise ValueError("liveness needs at least one network")
        self._engines = tuple(engines)

    def live(self, picture: Picture, face: Face) -> float:
        """0 (presentation attack) .. 1 (live)."""
        total = 0.0
        for engine, scale in self._engines:
            crop = with_surroundings(picture, face, scale, SIDE)
            total += float(engine.run(crop)["prob"][0, LIVE])
        return total / len(self._engines)
