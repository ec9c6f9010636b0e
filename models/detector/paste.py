"""Paste a picture into a frame by a similarity transform, anti-aliased, through a soft mask."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.backdrop import Rng
from edge_gate.face.frame import Floats, Pixels

Transform = NDArray[np.float64]
"""2 x 3, pixels of the source to pixels of the frame."""
Mask = NDArray[np.float32]


def similarity(
    scale: float, degrees: float, source: NDArray[np.float32], target: tuple[float, float]
) -> Transform:
    """Turn by `degrees`, scale, and bring the point `source` to `target`."""
    angle = np.deg2rad(degrees)
    cosine, sine = np.cos(angle) * scale, np.sin(angle) * scale
    linear = np.array([[cosine, -sine], [sine, cosine]])
    return np.concatenate([linear, (np.array(target) - linear @ source)[:, None]], 1)


def transform_faces(faces: Floats, transform: Transform) -> Floats:
    """Floats in the frame; each box becomes the upright box around the turned ellipse."""
    out = faces.copy()
    linear, offset = transform[:, :2], transform[:, 2]
    half = (faces[:, 2:4] - faces[:, :2]) / 2
    centre = (faces[:, :2] + half) @ linear.T + offset
    around = np.sqrt(half**2 @ (linear**2).T)
    out[:, :2], out[:, 2:4] = centre - around, centre + around
    out[:, 4:14] = (faces[:, 4:14].reshape(-1, 5, 2) @ linear.T + offset).reshape(-1, 10)
    return out


@dataclass(frozen=True)
class Patch:
    """A transformed picture and its mask within the frame's rectangle x0, y0, x1, y1."""

    corner: tuple[int, int]
    pixels: Pixels
    mask: Mask

    def cover(self, box: NDArray[np.float32]) -> float:
        """The mask's sum in `box` (x0, y0, x1, y1) over the area of the box."""
        x0, y0 = (max(0, round(float(box[i])) - self.corner[i]) for i in (0, 1))
        x1, y1 = (round(float(box[i + 2])) - self.corner[i] for i in (0, 1))
        if x1 <= x0 or y1 <= y0:
            return 0.0
        area = max(1.0, float((box[2] - box[0]) * (box[3] - box[1])))
        return float(self.mask[y0:y1, x0:x1].sum()) / area

    def paint(self, frame: Pixels) -> None:
        """Blend into the frame."""
        x, y = self.corner
        height, width = self.mask.shape
        region = frame[y : y + height, x : x + width]
        under = region.astype(np.float32)
        region[:] = under + (self.pixels - under) * self.mask[..., None]


def cut(image: Pixels, mask: Mask, transform: Transform, width: int, height: int) -> Patch | None:
    """`image` and `mask` as they fall on a frame of `width` x `height`; None if outside."""
    rows, columns = image.shape[:2]
    outline = (
        np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]]) @ transform[:, :2].T + transform[:, 2]
    )
    x0, y0 = np.maximum(0, np.floor(outline.min(0))).astype(int).tolist()
    x1, y1 = np.minimum((width, height), np.ceil(outline.max(0))).astype(int).tolist()
    if x1 - x0 < 3 or y1 - y0 < 3:
        return None
    local = transform.copy()
    scale = float(np.hypot(local[0, 0], local[1, 0]))
    if scale < 0.5:  # shrink by area first: a warp samples four pixels only
        factor = max(scale * 1.5, 0.06)
        image = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        mask = cv2.resize(mask, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        back = np.array([columns / image.shape[1], rows / image.shape[0]])
        local[:, 2] += local[:, :2] @ (0.5 * back - 0.5)
        local[:, :2] *= back
    local[:, 2] -= (x0, y0)
    size = (x1 - x0, y1 - y0)
    pixels = cv2.warpAffine(image, local, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return Patch(
        (x0, y0), np.asarray(pixels, np.uint8), np.asarray(cv2.warpAffine(mask, local, size), np.float32)
    )


def cutout(rng: Rng, rows: int, columns: int, box: NDArray[np.float32], *, cut_off: float = 0) -> Mask:
    """A soft mask that covers `box`: the whole picture, an oval, head and shoulders, or a rectangle.

    A rectangle may leave out up to the share `cut_off` of the box, at one side.
    """
    mask = np.zeros((rows, columns), np.float32)
    x, y = float(box[0]), float(box[1])
    w, h = float(box[2] - box[0]), float(box[3] - box[1])
    cx, cy = x + w / 2, y + h / 2
    kind = rng.integers(4)
    if kind == 0:
        mask[:] = 1
    elif kind == 1:
        axes = (int(w * rng.uniform(0.62, 1.1)), int(h * rng.uniform(0.66, 1.1)))
        cv2.ellipse(mask, (int(cx), int(cy - 0.08 * h)), axes, 0, 0, 360, 1, -1)
    elif kind == 2:
        axes = (int(w * rng.uniform(0.6, 0.85)), int(h * rng.uniform(0.64, 0.85)))
        cv2.ellipse(mask, (int(cx), int(cy - 0.1 * h)), axes, 0, 0, 360, 1, -1)
        neck, shoulder, below = 0.38 * w, w * rng.uniform(0.9, 1.9), rows + 5
        right = [(neck, cy), (neck, cy + 0.6 * h), (shoulder, cy + 0.9 * h), (shoulder, below)]
        outline = [(cx + dx, py) for dx, py in right] + [(cx - dx, py) for dx, py in reversed(right)]
        cv2.fillPoly(mask, [np.array(outline, np.int32)], 1)
    else:
        left, top, far, low = rng.uniform(0.08, 0.8, 4)
        if cut_off and rng.random() < 0.4:
            out = -rng.uniform(0, cut_off)
            left, far, low = ((out, far, low), (left, out, low), (left, far, out))[rng.integers(3)]
        mask[
            max(0, int(y - h * top)) : int(y + h * (1 + low)),
            max(0, int(x - w * left)) : int(x + w * (1 + far)),
        ] = 1
    return soften(rng, mask, w)


def soften(rng: Rng, mask: Mask, width: float) -> Mask:
    """No, a narrow or a broad feather for an object `width` pixels wide; the picture's own edge fades too."""
    lot = rng.random()
    if lot < 0.25:
        return mask
    reach = max(1.0, width * (0.02 if lot < 0.75 else rng.uniform(0.04, 0.12)))
    edge = int(1.5 * reach) + 1
    mask[:edge] = mask[-edge:] = 0
    mask[:, :edge] = mask[:, -edge:] = 0
    return np.asarray(cv2.blur(mask, (int(reach) | 1, int(reach) | 1)), np.float32)


def retone(rng: Rng, image: Pixels) -> Pixels:
    """Another exposure, gamma and white balance."""
    if rng.random() < 0.25:
        return image
    ramp = np.arange(256) / 255
    curve = ramp ** np.exp(rng.normal(0, 0.3)) * rng.uniform(0.55, 1.25)
    table = np.clip(curve[:, None] * np.exp(rng.normal(0, 0.08, 3)) + rng.uniform(-0.12, 0.12), 0, 1) * 255
    return np.asarray(cv2.LUT(image, table.astype(np.uint8)[None]), np.uint8)
