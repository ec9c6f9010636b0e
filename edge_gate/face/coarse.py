"""A matrix of templates in a quarter of its memory, and how far its scores can be off."""

import math

import numpy as np
import numpy.typing as npt
import simsimd

from edge_gate.access.withheld import Withheld
from edge_gate.face.frame import Floats

BLOCK = 8192
"""Rows rounded at a time: 4 MB of float32 at 128 dimensions."""

ROUNDING = 1e-5
"""Beyond what a float32 product of 128 or 512 numbers of unit vectors is off."""


class Coarse(Withheld, frozen=True):
    """Templates rounded to int8, all in the same steps.

    Attributes:
        rows: (n, d) int8; row i times `step` is template i, but for at most `off`.
        step: above 0.
        off: greatest Euclidean distance of a template from its rounded row.
        longest: greatest length of a rounded row.
    """

    rows: npt.NDArray[np.int8]
    step: float
    off: float
    longest: float

    def __repr__(self) -> str:
        return f"Coarse of {len(self.rows)} templates"

    @classmethod
    def of(cls, matrix: Floats) -> "Coarse":
        """Round a matrix of (n, d) float32, n at least 1, not all zeros."""
        step = max(float(matrix.max()), -float(matrix.min())) / 127
        rows, off, longest = np.empty(matrix.shape, np.int8), 0.0, 0.0
        for start in range(0, len(matrix), BLOCK):
            block = matrix[start : start + BLOCK]
            rounded = np.rint(block * np.float32(1 / step))
            rows[start : start + BLOCK] = rounded
            rounded *= np.float32(step)
            longest = max(longest, _longest(rounded))
            off = max(off, _longest(block - rounded))
        return cls(rows, step, off, longest)

    def scores(self, vector: Floats) -> tuple[npt.NDArray[np.float64], float]:
        """Each template's product with a vector (d,) float32, roughly, and by how much it may be off.

        With x a template, q its rounded row, y the vector and p its rounding, all in the same units:
        ``x.y - q.p = (x - q).y + q.(y - p)``, and by Cauchy-Schwarz neither part is above the product of
        its two lengths; no number of y is rounded by more than half a step.

        Returns:
            (n,) float64 in units of their own, not to be kept, and the greatest error in those units.
        """
        sizes = np.abs(vector)
        reach = float(sizes[sizes.argmax()]) / 127
        rounded = np.rint(vector * np.float32(1 / reach)).astype(np.int8)
        # Whole numbers, exact; a vector times many rows is a fifth cheaper than `cdist` with one vector.
        products = simsimd.dot(rounded, self.rows)
        missing, length = reach * math.sqrt(vector.size) / 2, math.sqrt(vector @ vector)
        error = self.off * length + self.longest * missing + ROUNDING
        return np.asarray(products), error / (self.step * reach)


def _longest(rows: Floats) -> float:
    """Greatest length of a row."""
    return math.sqrt(np.einsum("ij,ij->i", rows, rows).max())
