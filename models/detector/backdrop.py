"""What stands behind the faces: photographs without faces, drawn rooms, stretched surroundings."""

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.library import Library
from edge_gate.face.frame import Pixels

SCENERY = 0.4
"""How often what is anywhere is from the scenery, if there is any."""

Rng = np.random.Generator
Boxes = NDArray[np.float32]
"""n x 4: x0, y0, x1, y1."""


def colour(rng: Rng, low: float = 0, high: float = 255, spread: float = 25) -> tuple[float, ...]:
    """A random, mostly unsaturated BGR colour."""
    return tuple(np.clip(rng.uniform(low, high) + rng.normal(0, spread, 3), 0, 255).tolist())


def skin(rng: Rng) -> NDArray[np.float64]:
    """A skin tone, dark to light, BGR."""
    tone = np.array([120, 150, 200]) * rng.uniform(0.3, 1.2) + rng.normal(0, 8, 3)
    return np.clip(tone, 0, 255)


def noise(
    rng: Rng, size: tuple[int, int], cells: int, strength: float, channels: int = 1
) -> NDArray[np.float32]:
    """Smooth noise with about `cells` blobs across; `size` is width and height; (h, w, channels)."""
    width, height = size
    rough = rng.normal(0, strength, (max(2, cells * 3 // 4), cells, channels)).astype(np.float32)
    return cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC).reshape(height, width, channels)


def photograph(rng: Rng, library: Library, width: int, height: int) -> tuple[Pixels, Boxes]:
    """A random window of a face-free photograph, and zones in which the teacher hesitated."""
    picture = library[int(rng.choice(library.numbers["background"]))]
    rows, columns = picture.image.shape[:2]
    scale = max(width / columns, height / rows) * (rng.uniform(1, 2.5) if rng.random() < 0.8 else 1)
    window = np.array(
        [
            [scale, 0, -rng.uniform(0, max(0.0, columns * scale - width))],
            [0, scale, -rng.uniform(0, max(0.0, rows * scale - height))],
        ]
    )
    if rng.random() < 0.5:
        window[0] = [-scale, 0, width - 1 - window[0, 2]]
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    image = cv2.warpAffine(
        picture.image, window, (width, height), flags=flags, borderMode=cv2.BORDER_REFLECT_101
    )
    x = picture.faces[:, [0, 2]] * window[0, 0] + window[0, 2]
    y = picture.faces[:, [1, 3]] * window[1, 1] + window[1, 2]
    zones = np.stack([x.min(1), y.min(1), x.max(1), y.max(1)], 1) if len(x) else np.zeros((0, 4))
    return image, zones.astype(np.float32)


def anywhere(rng: Rng, library: Library, width: int, height: int) -> Pixels:
    """Pictures without faces, turned, stretched and mirrored as no camera would: one or four."""
    image = np.empty((height, width, 3), np.uint8)
    x, y = (width, height) if rng.random() < 0.6 else (width // 2, height // 2)
    for left, top in ((0, 0), (x, 0), (0, y), (x, y)):
        part = image[top : top + y, left : left + x]
        if part.size:
            part[:] = _turned(rng, library, part.shape[1], part.shape[0])
    return image


def _turned(rng: Rng, library: Library, width: int, height: int) -> Pixels:
    scenery = library.numbers["scenery"]
    numbers = scenery if len(scenery) and rng.random() < SCENERY else library.clear
    picture = library[int(rng.choice(numbers))].image
    rows, columns = picture.shape[:2]
    angle = np.deg2rad(rng.normal(0, 8) if rng.random() < 0.5 else rng.uniform(-180, 180))
    scale = max(width / columns, height / rows) * np.exp(rng.uniform(-0.3, 1.0))
    stretch = np.exp(rng.normal(0, 0.15))
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = linear @ np.diag([stretch * rng.choice([-1, 1]), 1 / stretch])
    source = rng.uniform(0.25, 0.75, 2) * (columns, rows)
    move = np.concatenate([linear, (np.array([width, height]) / 2 - linear @ source)[:, None]], 1)
    if scale < 0.7:  # a warp samples four pixels only
        picture = np.asarray(cv2.blur(picture, (2, 2)), np.uint8)
    border = cv2.BORDER_REFLECT_101
    return np.asarray(cv2.warpAffine(picture, move, (width, height), borderMode=border), np.uint8)


def room(rng: Rng, width: int, height: int) -> Pixels:
    """A drawn room: shaded surfaces, textures, fabric, blinds, doors, lamps, round things."""
    corners = rng.uniform(10, 240, 4)[:, None] * (1 + rng.normal(0, 0.12, (4, 3)))
    canvas = cv2.resize(
        corners.reshape(2, 2, 3).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    for _ in range(rng.integers(0, 4)):
        canvas += noise(
            rng,
            (width, height),
            int(2 ** rng.integers(1, 7)),
            rng.uniform(3, 30),
            1 if rng.random() < 0.6 else 3,
        )
    if rng.random() < 0.3:  # stripes: blinds, fabric, bricks
        pitch, angle = rng.uniform(3, 40), rng.uniform(0, np.pi)
        y, x = np.mgrid[:height, :width]
        wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / pitch)
        if rng.random() < 0.4:
            wave = wave * np.sin(
                (y * np.cos(angle) - x * np.sin(angle)) * 2 * np.pi / (pitch * rng.uniform(0.5, 2))
            )
        canvas += (
            (wave if rng.random() < 0.5 else np.sign(wave))[..., None]
            * rng.uniform(4, 50)
            * (1 + rng.normal(0, 0.15, 3))
        )
    image = np.clip(canvas, 0, 255).astype(np.uint8)
    for _ in range(rng.integers(0, 14)):
        _shape(rng, image)
    return image


def _shape(rng: Rng, image: Pixels) -> None:
    height, width = image.shape[:2]
    tone = colour(rng) if rng.random() < 0.75 else tuple(skin(rng).tolist())
    line = int(rng.choice([-1, -1, 1, 2, 4]))
    x, y = int(rng.integers(width)), int(rng.integers(height))
    w, h = int(rng.integers(4, width // 2)), int(rng.integers(4, int(height / 1.5)))
    match rng.integers(4):
        case 0:
            cv2.rectangle(image, (x, y), (x + w, y + h), tone, line)
        case 1:
            cv2.ellipse(
                image, (x, y), (w // 3 + 1, h // 3 + 1), float(rng.uniform(0, 180)), 0, 360, tone, line
            )
        case 2:
            cv2.line(
                image,
                (x, y),
                (int(rng.integers(width)), int(rng.integers(height))),
                tone,
                int(rng.integers(1, 6)),
            )
        case _:  # dots in a row or a grid: buttons, sockets, holes, key pads; two dots over a bar is no face
            radius, pitch = int(rng.integers(1, 5)), int(rng.integers(5, 22))
            for i in range(rng.integers(1, 4)):
                for j in range(rng.integers(1, 4)):
                    cv2.circle(image, (x + i * pitch, y + j * pitch), radius, tone, line)


def surroundings(rng: Rng, library: Library, width: int, height: int) -> Pixels | None:
    """What is beside the face in a photograph, stretched over the frame; None if there is too little."""
    picture = library[int(rng.choice(library.numbers["mask"]))]
    columns = picture.image.shape[1]
    if not len(picture.faces):
        return None
    margin = 0.06 * columns
    left, right = int(picture.faces[:, 0].min() - margin), int(picture.faces[:, 2].max() + margin)
    strip = picture.image[:, : max(0, left)] if left > columns - right else picture.image[:, right:]
    return None if strip.shape[1] < 24 else np.asarray(cv2.resize(strip, (width, height)), np.uint8)


def backdrop(rng: Rng, library: Library, width: int, height: int) -> tuple[Pixels, Boxes]:
    """One of the three, writable, with zones to ignore."""
    lot = rng.random()
    if lot < 0.64:
        return photograph(rng, library, width, height)
    if lot > 0.92:
        image = surroundings(rng, library, width, height)
        if image is not None:
            return image, np.zeros((0, 4), np.float32)
    return room(rng, width, height), np.zeros((0, 4), np.float32)
