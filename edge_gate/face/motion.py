"""Has the room changed since it was last found empty? A glimpse of each frame is enough to tell."""

import cv2
import numpy as np

from edge_gate.face.frame import Floats, Picture, Pixels

COLUMNS, ROWS = 80, 30
"""Cells of a glimpse, at most. A face of 60 pixels in a picture 640 wide covers about 35 of them.

Half as many rows as square cells would need: what a glimpse costs is the memory it touches, and that is rows.
"""

CHANGED = 6
"""Cells that must have changed: about a sixth of such a face."""

LEAST = 5
"""Grey levels by which a cell must differ at least; rounding and the dimmest noise stay below."""

SIGMAS = 6.0
"""Standard deviations of the noise by which it must differ; some places are noisier than others."""

LAMP = 0.5
"""A gain that changes by more than this in half of the rows is a lamp switched: worth a look by itself."""

MOST = 16
"""Grey levels beyond which a difference is never called noise."""

RIDGE = np.float32(320)
"""Holds the gain of a row without contrast at 1: a variance of 4 grey levels squared in each of its cells."""


def grains(picture: Picture, out: Pixels | None = None) -> Pixels:
    """Single pixels of the picture's luma, evenly spread: up to (60, 160) uint8, contiguous.

    Rows 2 i and 2 i + 1 come from one row of the picture, the second a little to the right of the first:
    half as much memory is touched as for as many rows.

    Args:
        picture: of any size.
        out: those of another picture, no longer needed, to be written over where they are as many.
    """
    luma = picture.luma()
    down, across = -(-luma.shape[0] // ROWS), -(-luma.shape[1] // (2 * COLUMNS))
    first = luma[::down, ::across]
    second = luma[::down, across // 2 :: across]
    rows, columns = second.shape
    if out is None or out.shape != (2 * rows, columns):
        out = np.empty((2 * rows, columns), np.uint8)
    out[::2], out[1::2] = first[:, :columns], second
    return out


def glimpse(scattered: Pixels, out: Pixels | None = None) -> Pixels:
    """Cells of 2 x 2 `grains`, up to (30, 80) uint8: their mean has half the noise. `out` as for `grains`."""
    rows, columns = scattered.shape
    rows, columns = max(1, rows // 2), max(1, columns // 2)
    if out is None or out.shape != (rows, columns):
        out = np.empty((rows, columns), np.uint8)
    cv2.resize(scattered, (columns, rows), out, 0, 0, cv2.INTER_AREA)
    return out


def differing(before: Pixels, seen: Pixels) -> int:
    """Cells that differ at all, be it for the light alone; arguments as for `changed`."""
    # In a still room none does, and one call says so.
    if cv2.norm(before, seen, cv2.NORM_INF) <= LEAST:
        return 0
    return int(np.count_nonzero(cv2.absdiff(before, seen) > LEAST))


def changed(before: Pixels, seen: Pixels) -> bool:
    """Whether something is there that was not, or is not that was.

    Light is no change: a rolling shutter meets a flickering lamp, or a step of the exposure, row by row, so
    each row may become brighter and gain contrast as a whole (least squares, two numbers a row). What is
    left must stand out from the noise, which is read off the quietest tenth of the cells, so that even
    somebody who fills most of the picture does not hide in it.

    Args:
        before: `glimpse` of the room as it was, (rows, columns) uint8.
        seen: `glimpse` of a picture of the same size.
    """
    if differing(before, seen) < CHANGED:
        return False
    relief, rest = _relief(before), _relief(seen)
    gain = np.einsum("ij,ij->i", rest, relief)[:, None] + RIDGE
    gain /= np.einsum("ij,ij->i", relief, relief)[:, None] + RIDGE
    if 2 * np.count_nonzero(np.abs(gain - 1) > LAMP) > len(gain):
        return True
    rest -= gain * relief
    np.abs(rest, out=rest)
    sample = rest[:, ::3].ravel()
    # A tenth of a normal distribution lies within 0.1257 standard deviations.
    noise = float(np.partition(sample, sample.size // 10)[sample.size // 10]) / 0.1257
    return int(np.count_nonzero(rest > min(max(LEAST, SIGMAS * noise), MOST))) >= CHANGED


def _relief(seen: Pixels) -> Floats:
    """A glimpse less the mean of each of its rows, float32."""
    relief = seen.astype(np.float32)
    relief -= relief @ np.full((seen.shape[1], 1), 1 / seen.shape[1], np.float32)
    return relief
