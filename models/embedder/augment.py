"""What a door camera does to a face: one aligned 128x128 crop in, one spoiled training picture out.

The target stays that of the clean crop, so the student learns to see through all of this.
"""

import cv2
import numpy as np

from embedder.crops import SIDE, Image

INNER = 112


def _fill_strip(image: Image, strip: int, other: Image, rng: np.random.Generator) -> Image:
    """Rows above the photograph: black, plain, mirrored, another picture's, or as they were."""
    image = image.copy()
    choice = rng.random()
    if choice < 0.25:
        image[:strip] = 0
    elif choice < 0.35:
        image[:strip] = rng.integers(0, 256, 3)
    elif choice < 0.5:
        image[:strip] = image[strip : 2 * strip][::-1]
    elif choice < 0.8:
        image[:strip] = other[:strip, :: int(rng.choice((-1, 1)))]
    return image


def _place(image: Image, side: int, rng: np.random.Generator) -> Image:
    """The standard crop at `side` x `side`, a little rotated, scaled and shifted as landmark errors do."""
    angle, scale = rng.normal(0, np.deg2rad(2.2)), (1 + rng.normal(0, 0.022)) * side / INNER
    cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
    middle, half = (SIDE - 1) / 2, (side - 1) / 2
    dx, dy = rng.normal(0, 1.2 * side / INNER, 2)
    matrix = np.array(
        [[cos, -sin, half - middle * (cos - sin) + dx], [sin, cos, half - middle * (sin + cos) + dy]],
        np.float32,
    )
    out = cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(out, np.uint8)


def _blur(image: Image, rng: np.random.Generator) -> Image:
    """Small faces, bad focus or motion."""
    side, choice = image.shape[0], rng.random()
    if choice < 0.55:
        small = int(rng.integers(side * 2 // 7, side * 3 // 4))
        tiny = cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(tiny, (side, side), interpolation=cv2.INTER_LINEAR), np.uint8)
    if choice < 0.82:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 1.8) * side / INNER), np.uint8)
    length = int(rng.integers(3, 8))
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1 / length
    return np.asarray(
        cv2.filter2D(image, -1, np.ascontiguousarray(kernel if rng.random() < 0.5 else kernel.T)), np.uint8
    )


def _light(image: Image, rng: np.random.Generator) -> Image:
    """Gamma, contrast, brightness and colour cast, as one table."""
    ramp = np.arange(256, dtype=np.float32)[:, None] / 255
    gamma, contrast = np.exp(rng.normal(0, 0.28)), np.exp(rng.normal(0, 0.18))
    offset = 0.5 + rng.normal(0, 0.08) + rng.normal(0, 0.035, 3)
    table = np.clip(((ramp**gamma - 0.5) * contrast + offset) * 255, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(image, table[None]), np.uint8)


def _colour(image: Image, rng: np.random.Generator) -> Image:
    """Night mode (grey) or a wrong saturation."""
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    keep = 0.0 if rng.random() < 0.4 else rng.uniform(0.4, 1.5)
    return np.asarray(cv2.addWeighted(image, keep, grey, 1 - keep, 0), np.uint8)


def _side_light(image: Image, rng: np.random.Generator) -> Image:
    ramp = np.linspace(-1, 1, image.shape[0], dtype=np.float32)
    angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0.15, 0.5)
    gain = 1 + strength * (np.cos(angle) * ramp[None] + np.sin(angle) * ramp[:, None])
    return np.asarray(np.clip(image * gain[..., None], 0, 255), np.uint8)


def _noise(image: Image, rng: np.random.Generator) -> Image:
    noise = rng.standard_normal(image.shape, np.float32) * np.float32(rng.uniform(2, 14))
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def _jpeg(image: Image, rng: np.random.Generator) -> Image:
    _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 85))])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


def _cover(image: Image, rng: np.random.Generator) -> Image:
    """A mask over the lower face, or a plain patch anywhere."""
    image, side = image.copy(), image.shape[0]
    if rng.random() < 0.3:
        image[int(rng.uniform(0.6, 0.72) * side) :] = rng.integers(0, 256, 3)
    else:
        height, width = (rng.uniform(0.12, 0.36, 2) * side).astype(int)
        top, left = int(rng.integers(side - height)), int(rng.integers(side - width))
        image[top : top + height, left : left + width] = rng.integers(0, 256, 3)
    return image


_SPOILERS = (
    (_blur, 0.26),
    (_light, 0.75),
    (_colour, 0.2),
    (_side_light, 0.1),
    (_noise, 0.12),
    (_jpeg, 0.15),
    (_cover, 0.1),
)


def spoil(image: Image, strip: int, other: Image, side: int, rng: np.random.Generator) -> Image:
    """A training picture, (side, side, 3) BGR, of the (128, 128, 3) crop `image`.

    `strip` is the crop's blank height at the top; `other` any crop whose top may stand in for it.
    """
    if strip:
        image = _fill_strip(image, strip, other, rng)
    if rng.random() < 0.5:
        image = np.ascontiguousarray(image[:, ::-1])
    image = _place(image, side, rng)
    for spoiler, chance in _SPOILERS:
        if rng.random() < chance:
            image = spoiler(image, rng)
    return image
