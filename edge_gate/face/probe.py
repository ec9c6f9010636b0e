"""What the embedder makes of a chip, and what the gallery keeps of a person."""

import math

import numpy as np
from msgspec import Struct

from edge_gate.access.withheld import Withheld
from edge_gate.face.frame import Floats


class Probe(Withheld, frozen=True):
    """A face as a point on the unit sphere.

    Attributes:
        vector: (d,) float32 of length 1, read-only.
        embedder: identity of the network that made it; only equals may be compared.

    Raises:
        ValueError: if the vector is not one-dimensional, finite and of length 1.
    """

    vector: Floats
    embedder: str

    def __post_init__(self) -> None:
        vector = self.vector
        if vector.ndim != 1 or vector.dtype != np.float32 or not abs(float(vector @ vector) - 1) < 1e-3:
            raise ValueError(f"not a unit float32 vector: shape {vector.shape}, dtype {vector.dtype}")
        vector.setflags(write=False)

    def __repr__(self) -> str:
        return f"Probe of {self.embedder}"


class Template(Struct, frozen=True):
    """One enrolled view of a subject.

    Attributes:
        subject: the name under which the door knows the person.
        probe: what that view looks like to the embedder.
    """

    subject: str
    probe: Probe


def unit(raw: Floats, embedder: str) -> Probe:
    """The probe that an embedder's raw output (d,) stands for.

    Raises:
        ValueError: if the output has no direction (zero, or not finite).
    """
    length = math.sqrt(raw @ raw)
    if not 0 < length < float("inf"):
        raise ValueError(f"the embedder's output has length {length}")
    return Probe(np.asarray(raw / length, dtype=np.float32), embedder)
