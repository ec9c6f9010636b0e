"""A matrix of templates in a quarter of its memory, and how far its scores can be off."""

import math
import struct
from collections.abc import Callable
from io import BytesIO

import numpy as np

from edge_gate.access.withheld import Withheld
from edge_gate.face.frame import Floats
from edge_gate.litert import function

BLOCK = 1024
"""Rows rounded at a time: half a megabyte of float32 at 128 dimensions, which stays in the caches."""

ROUNDING = 1e-4
"""Beyond what a float32 product of 128 or 512 numbers is off, and a `Probe`'s length from 1 makes of it."""

HEAD = bytes.fromhex("""
    1800000054464c3300000e0014001000 0c000800000004000e00000010000000 44000000700100000300000002000000
    300000001000000000000a0018000000 0c0004000a0000004e554d424552532e c0010000000000000000000004000400
    0400000001000000100000000c001400 10000c00080004000c00000010000000 64000000680000006c00000001000000
    1400000000000e001400000010000c00 0b0004000e0000001c00000000000008 1c000000200000000c00080000000000
    000007000c0000000000000101000000 02000000030000000000000001000000 ffffffff010000000200000001000000
    0000000003000000880000002c000000 040000008affffff0400000002000000 01000000524f575300000e0014001000
    0f000800000004000e0000001c000000 010000000000000934000000 0c000c00 00000000080004000c00000008000000
    14000000010000000000000000000000 00000000010000005354455002000000 524f5753434f4c530000060008000400
    06000000040000000200000001000000 434f4c5301000000100000000c001000 0f000000080004000c00000009000000
    09000000000000090000000000000000
""")
"""A .tflite of one operation, FULLY_CONNECTED: (1, COLS) float32 times ROWS rows of int8 in steps of STEP.

The rows, NUMBERS. bytes, follow it. `tests/face/test_coarse.py` makes the same bytes by LiteRT's own schema.
"""


class Coarse(Withheld, frozen=True):
    """Templates rounded to int8, all in the same steps.

    Attributes:
        product: of the rounded templates and a vector (d,) float32 that is rounded likewise, (n,) float32.
        off: greatest Euclidean distance of a template from its rounded one.
        longest: greatest length of a rounded template.
    """

    product: Callable[[Floats], Floats]
    off: float
    longest: float

    @classmethod
    def of(cls, matrix: Floats) -> "Coarse":
        """Round a matrix of (n, d) float32, n at least 1, not all zeros."""
        step = np.float32(max(float(matrix.max()), -float(matrix.min())) / 127)
        model, off, longest = BytesIO(), 0.0, 0.0
        model.write(_head(matrix.shape, step))
        for start in range(0, len(matrix), BLOCK):
            block = matrix[start : start + BLOCK]
            rounded = np.rint(block * (1 / step))
            model.write(rounded.astype(np.int8))
            rounded *= step
            longest = max(longest, _longest(rounded))
            off = max(off, _longest(block - rounded))
        return cls(function(model.getvalue()), off, longest)

    def scores(self, vector: Floats) -> tuple[Floats, float]:
        """Each template's product with a vector, roughly, and by how much it may be off.

        With x a template, q its rounded one, y the vector and p what LiteRT rounds it to:
        ``x.y - q.p = (x - q).y + q.(y - p)``, and by Cauchy-Schwarz neither part is above the product of
        its two lengths. Whole numbers are multiplied and added, exactly. No number of y is rounded by more
        than half a step (one that would be rounded past the last step is half a step beyond it), and from
        the least number to the largest, zero being one of them, there are 255 steps: a step is at most a
        127.5th of the largest size. Where LiteRT's kernel has as many steps to both sides of zero, a 127th.

        Args:
            vector: (d,) float32 of length 1, as a `Probe`'s.

        Returns:
            (n,) float32, the caller's own, and the greatest error.
        """
        sizes = np.abs(vector)
        missing = float(sizes[sizes.argmax()]) / 127 * math.sqrt(vector.size) / 2
        return self.product(vector), self.off + self.longest * missing + ROUNDING


def _head(shape: tuple[int, ...], step: np.float32) -> bytes:
    """What comes before the rows."""
    rows, columns = shape
    head, size = HEAD, rows * columns
    for mark, form, number in (("ROWS", "<i", rows), ("COLS", "<i", columns), ("NUMBERS.", "<q", size)):
        head = head.replace(mark.encode(), struct.pack(form, number))
    return head.replace(b"STEP", struct.pack("<f", step))


def _longest(rows: Floats) -> float:
    """Greatest length of a row."""
    return math.sqrt(np.einsum("ij,ij->i", rows, rows).max())
