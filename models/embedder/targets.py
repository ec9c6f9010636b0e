"""What the student learns: both teachers' vectors in one space, its dimensions ordered by variance.

The unit vectors of the two teachers are concatenated (640-d), centred and rotated by PCA; the first 128
dimensions keep most of what tells people apart, and all 512 are asked for while training. A crop's target
is the mean of its own and its mirror image's: face identity knows no left and right, and the mean is less
noisy than either.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embedder.network import TARGET_DIM
from embedder.teachers import Vectors, unit


def joined(labels: dict[str, Vectors]) -> Vectors:
    """Both teachers side by side: (..., 640)."""
    return np.concatenate([labels["esp"], labels["foamliu"]], -1)


def both_sides(labels: dict[str, Vectors]) -> dict[str, Vectors]:
    """(n, 2, d) vectors of a crop and its mirror image -> (n, d) unit vectors of their mean direction."""
    return {name: unit(vectors.sum(1)) for name, vectors in labels.items()}


@dataclass(frozen=True)
class Projection:
    """Centre (640,) and rotation (640, TARGET_DIM)."""

    centre: Vectors
    axes: Vectors

    def __call__(self, labels: dict[str, Vectors]) -> Vectors:
        """(n, TARGET_DIM) targets, not normalised."""
        return np.asarray((joined(labels) - self.centre) @ self.axes, np.float32)


def projection(labels: dict[str, Vectors], source: NDArray[np.str_], work: Path) -> Projection:
    """The projection of this run, fitted once: a student cannot change its space half way.

    It is kept in `work`/projection.npz.
    """
    path = work / "projection.npz"
    if not path.exists():
        fitted = fit(labels, source)
        np.savez(path, centre=fitted.centre, axes=fitted.axes)
    with np.load(path) as archive:
        return Projection(archive["centre"], archive["axes"])


def fit(labels: dict[str, Vectors], source: NDArray[np.str_], seed: int = 0, crowd: int = 3000) -> Projection:
    """PCA over the crops.

    `ela` is two dozen people in thousands of pictures, so only `crowd` of its crops count.
    """
    many = np.flatnonzero(source == "ela")
    few = np.random.default_rng(seed).choice(many, min(crowd, len(many)), replace=False)
    rows = joined(labels)[np.concatenate([np.flatnonzero(source != "ela"), few])]
    centre = rows.mean(0)
    rows = rows - centre
    _, axes = np.linalg.eigh(rows.T @ rows / len(rows))
    return Projection(centre, np.ascontiguousarray(axes[:, ::-1][:, :TARGET_DIM], np.float32))
