"""What the camera's pictures say of the camera: focus, exposure, flicker. Nobody need stand before it."""

from collections.abc import Sequence

import cv2
import numpy as np

from edge_gate.face.frame import Pixels

WIDTH = 640
"""Pictures are brought down to this width first, so that the figures below fit every camera."""

DARK, BRIGHT = 30.0, 225.0
"""Mean brightness, 0..255, outside of which faces cannot be compared, whatever the gates."""

BURNT = 0.25
"""Share of pixels at 250 or above: a lamp or the sky in the picture drowns the faces."""

UNSHARP = 0.24
"""`focus` of a lens that wants turning. The rendered scene gives 2.5 to 4.2, the tests' clip 0.43
to 0.52; blurred by four pixels of `WIDTH`, with noise, they give 0.13 to 0.21."""

FLAT = 20.0
"""Variance of the brightness below which there is nothing to see: a cap on the lens, fog, a wall."""

FLICKER = 0.04
"""Change of the mean brightness from one picture to the next, over the mean: lamps on the mains, or an
exposure that hunts. The tests' clip, with people walking, gives at most 0.007."""


def grey(luma: Pixels) -> Pixels:
    """A picture's brightness at `WIDTH`."""
    height = max(1, round(luma.shape[0] * WIDTH / luma.shape[1]))
    return np.asarray(cv2.resize(luma, (WIDTH, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def brightness(pictures: Sequence[Pixels]) -> float:
    """Mean over all pictures, 0..255."""
    return float(np.mean([picture.mean() for picture in pictures]))


def burnt(pictures: Sequence[Pixels]) -> float:
    """Share of pixels that are as good as white, 0..1."""
    return float(np.mean([np.mean(picture >= 250) for picture in pictures]))


def contrast(pictures: Sequence[Pixels]) -> float:
    """Variance of the brightness."""
    return float(np.mean([picture.var() for picture in pictures]))


def focus(pictures: Sequence[Pixels]) -> float:
    """The sharpest edges there are, over all contrast.

    The 99.9th percentile of the Laplacian's magnitude over the standard deviation, in the mean of the
    pictures: it has less noise than each.
    """
    mean = np.mean(pictures, axis=0).astype(np.float32)
    edges = np.abs(cv2.Laplacian(mean, cv2.CV_32F))
    return float(np.percentile(edges, 99.9)) / max(float(mean.std()), 1e-3)


def flicker(pictures: Sequence[Pixels]) -> float:
    """Median change of the mean brightness from one picture to the next, over the mean, 0 and up."""
    means = np.array([picture.mean() for picture in pictures])
    return float(np.median(np.abs(np.diff(means))) / max(float(means.mean()), 1.0)) if len(means) > 1 else 0.0
