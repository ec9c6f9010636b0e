"""Things that are no face: what a small detector takes for one unless it was shown better.

A first network fired on .056 of the face-free photographs. Each kind here answers something it fired on or
may meet at a door: backs of heads, hands, clothes, the rest of a head whose face is erased or out of sight,
and plain photographs pasted through the masks of faces (a pasting edge is no evidence of a face).
"""

import cv2
import numpy as np

from detector.backdrop import Rng, colour, noise, skin
from detector.library import Library
from detector.paste import Mask, Patch, Transform, cut, cutout, retone, similarity, soften
from edge_gate.face.frame import Pixels

Thing = tuple[Pixels, Mask]


def distractor(rng: Rng, library: Library, width: int, height: int) -> Patch | None:
    """A random distractor somewhere in a frame of `width` x `height`."""
    maker = rng.choice(MAKERS, p=WEIGHTS)  # type: ignore[arg-type]
    thing = maker(rng, library)
    return None if thing is None else _placed(rng, thing, width, height)


def cut_out_thing(rng: Rng, library: Library, width: int, height: int) -> Patch | None:
    """One of the library's things somewhere in a frame of `width` x `height`; None if it has none."""
    if not library.things:
        return None
    thing = library.things[int(rng.integers(len(library.things)))]
    opacity = thing[..., 3].astype(np.float32) / 255
    return _placed(rng, (np.ascontiguousarray(thing[..., :3]), opacity), width, height)


def _placed(rng: Rng, thing: Thing, width: int, height: int) -> Patch | None:
    image, mask = thing
    if rng.random() < 0.5:
        image, mask = np.ascontiguousarray(image[:, ::-1]), np.ascontiguousarray(mask[:, ::-1])
    size = np.exp(rng.uniform(np.log(16), np.log(0.8 * height)))
    degrees = rng.uniform(-25, 25) if rng.random() < 0.7 else rng.uniform(-180, 180)
    middle = np.array([image.shape[1], image.shape[0]], np.float32) / 2
    target = (rng.uniform(0, width), rng.uniform(0, height))
    transform: Transform = similarity(size / image.shape[1], degrees, middle, target)
    return cut(retone(rng, image), mask, transform, width, height)


def _piece(rng: Rng, library: Library) -> Thing | None:
    """A piece of a face-free photograph, shaped like a pasted face."""
    image = library[int(rng.choice(library.clear))].image
    rows, columns = image.shape[:2]
    w = columns * rng.uniform(0.35, 0.6)
    h = min(1.25 * w, 0.7 * rows)
    box = np.array([columns - w, rows - h, columns + w, rows + h], np.float32) / 2
    return image, cutout(rng, rows, columns, box)


def _beside_face(rng: Rng, library: Library) -> Thing | None:
    """Hair and forehead, chin and neck, an ear, or chest and collar: what a frame leaves of a head."""
    picture = library[int(rng.choice(library.numbers["face" if rng.random() < 0.5 else "mask"]))]
    face = picture.largest
    if face is None or len(picture.faces) > 1:
        return None
    x0, y0, x1, y1 = face[:4].tolist()
    w, h = x1 - x0, y1 - y0
    match rng.integers(4):
        case 0:
            area = (x0 - 0.2 * w, y0 - 0.5 * h, x1 + 0.2 * w, y0 + 0.15 * h)
        case 1:
            area = (x0 - 0.3 * w, y1 - 0.12 * h, x1 + 0.3 * w, y1 + h)
        case 2:
            area = (x0 - w, y0 - 0.2 * h, x0 + 0.12 * w, y1 + 0.5 * h)
        case _:
            area = (0, y1 + 0.05 * h, picture.image.shape[1], picture.image.shape[0])
    left, top, right, bottom = (max(0, int(v)) for v in area)
    piece = picture.image[top:bottom, left:right]
    if min(piece.shape[:2]) < 12:
        return None
    mask = np.ones(piece.shape[:2], np.float32)
    return np.ascontiguousarray(piece), soften(rng, mask, piece.shape[1] / 2)


def _erased(rng: Rng, library: Library) -> Thing | None:
    """A head whose face is gone: filled with its own median skin, a texture, hair, or another photograph."""
    picture = library[int(rng.choice(library.numbers["face" if rng.random() < 0.5 else "mask"]))]
    face = picture.largest
    if face is None or len(picture.faces) > 1:
        return None
    image = picture.image.copy()
    rows, columns = image.shape[:2]
    x0, y0, x1, y1 = np.clip(face[:4], 0, [columns, rows, columns, rows]).astype(int).tolist()
    inner = image[y0:y1, x0:x1]
    if min(inner.shape[:2]) < 16:
        return None
    oval = np.zeros((rows, columns), np.float32)
    axes = (int((x1 - x0) * rng.uniform(0.5, 0.62)), int((y1 - y0) * rng.uniform(0.5, 0.6)))
    cv2.ellipse(oval, ((x0 + x1) // 2, (y0 + y1) // 2), axes, 0, 0, 360, 1, -1)
    oval = np.asarray(cv2.GaussianBlur(oval, (0, 0), max(1.0, (x1 - x0) * 0.04)), np.float32)
    match rng.integers(4):
        case 0:
            fill = np.broadcast_to(np.median(inner.reshape(-1, 3), 0), image.shape).astype(np.float32)
            fill = fill + noise(rng, (columns, rows), 8, 8)
        case 1:
            fill = (
                np.zeros(image.shape, np.float32)
                + np.array(colour(rng))
                + noise(rng, (columns, rows), 24, 20, 3)
            )
        case 2:  # hair all over: a head from behind
            hair = image[: max(4, y0 // 2 + 2)]
            fill = cv2.resize(hair, (columns, rows)).astype(np.float32) + noise(rng, (columns, rows), 60, 14)
        case _:
            piece = library[int(rng.choice(library.clear))].image
            fill = cv2.resize(piece, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32)
    image = np.clip(image + (fill - image) * oval[..., None], 0, 255).astype(np.uint8)
    return image, cutout(rng, rows, columns, face[:4])


def _back_of_head(rng: Rng, _library: Library) -> Thing | None:
    return drawn_head(rng, 160, 200)


def drawn_head(rng: Rng, columns: int, rows: int) -> Thing:
    """Shoulders, neck and hair without a face."""
    image = np.zeros((rows, columns, 3), np.float32) + np.array(colour(rng, 5, 160))
    mask = np.zeros((rows, columns), np.float32)
    cx, cy = columns / 2, rows * 0.4
    w = columns * rng.uniform(0.24, 0.32)
    h = w * rng.uniform(1.15, 1.45)
    tone, hair, cloth = skin(rng), np.array(colour(rng, 0, 120, 14)), np.array(colour(rng))
    shoulder = columns * rng.uniform(0.36, 0.55)
    top = cy + h * rng.uniform(1.0, 1.2)
    body = np.array(
        [(cx - shoulder, rows), (cx - shoulder * 0.8, top), (cx + shoulder * 0.8, top), (cx + shoulder, rows)]
    )
    for canvas, paint in ((image, cloth.tolist()), (mask, 1.0)):
        cv2.fillPoly(canvas, [body.astype(np.int32)], paint)
    neck = (int(cx - 0.4 * w), int(cy)), (int(cx + 0.4 * w), int(top + 0.2 * h))
    for canvas, paint in ((image, tone.tolist()), (mask, 1.0)):
        cv2.rectangle(canvas, *neck, paint, -1)
    for canvas, paint in ((image, hair.tolist()), (mask, 1.0)):
        cv2.ellipse(canvas, (int(cx), int(cy)), (int(w), int(h)), 0, 0, 360, paint, -1)
    lot = rng.random()
    if lot < 0.35:  # a face without features
        cv2.ellipse(
            image, (int(cx), int(cy + 0.2 * h)), (int(0.8 * w), int(0.8 * h)), 0, 0, 360, tone.tolist(), -1
        )
    elif lot < 0.6:  # bald or half turned away
        x = int(cx + w * rng.uniform(-0.6, 0.6))
        cv2.ellipse(image, (x, int(cy + 0.3 * h)), (int(0.6 * w), int(0.8 * h)), 0, 0, 360, tone.tolist(), -1)
    image += noise(rng, (columns, rows), int(rng.integers(6, 60)), rng.uniform(3, 22))
    image *= np.linspace(rng.uniform(0.6, 1.2), rng.uniform(0.6, 1.2), columns, dtype=np.float32)[
        None, :, None
    ]
    mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), 1.2), np.float32)
    return np.clip(image, 0, 255).astype(np.uint8), mask


def _limb(rng: Rng, _library: Library) -> Thing | None:
    """A hand or arm: skin-coloured strokes with shading, fingers and creases."""
    size = 160
    mask = np.zeros((size, size), np.float32)
    palm = (int(size * rng.uniform(0.4, 0.6)), int(size * rng.uniform(0.5, 0.65)))
    cv2.ellipse(
        mask,
        palm,
        (int(rng.integers(16, 44)), int(rng.integers(20, 50))),
        float(rng.uniform(0, 180)),
        0,
        360,
        1,
        -1,
    )
    for _ in range(rng.integers(0, 6)):
        angle = rng.uniform(-np.pi, 0)
        tip = (
            int(palm[0] + np.cos(angle) * rng.uniform(30, 75)),
            int(palm[1] + np.sin(angle) * rng.uniform(30, 75)),
        )
        cv2.line(mask, palm, tip, 1, int(rng.integers(8, 20)))
    if rng.random() < 0.6:
        cv2.line(mask, palm, (int(rng.uniform(0, size)), size), 1, int(rng.integers(18, 50)))
    shade = cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(4, 12)))[..., None]
    image = skin(rng) * (0.35 + 0.75 * shade) + noise(
        rng, (size, size), int(rng.integers(4, 40)), rng.uniform(2, 12)
    )
    pixels = np.clip(image, 0, 255).astype(np.uint8)
    for _ in range(rng.integers(0, 7)):
        start, end = rng.integers(0, size, 2), rng.integers(0, size, 2)
        cv2.line(
            pixels,
            start.tolist(),
            ((start + end) // 2).tolist(),
            (skin(rng) * 0.6).tolist(),
            int(rng.integers(1, 4)),
        )
    return pixels, np.asarray(cv2.GaussianBlur(mask, (0, 0), 1), np.float32)


def _cloth(rng: Rng, _library: Library) -> Thing | None:
    """Printed or folded fabric, and toys: ovals with dots and bars where no face has its eyes and mouth."""
    columns, rows = 140, 170
    canvas = np.zeros((rows, columns, 3), np.float32) + np.array(
        colour(rng) if rng.random() < 0.5 else skin(rng)
    )
    canvas += noise(rng, (columns, rows), int(rng.integers(3, 40)), rng.uniform(4, 30))
    image = np.clip(canvas, 0, 255).astype(np.uint8)
    for _ in range(rng.integers(1, 8)):
        x, y = int(rng.uniform(0.1, 0.9) * columns), int(rng.uniform(0.1, 0.9) * rows)
        axes = (int(rng.integers(2, 22)), int(rng.integers(2, 14)))
        cv2.ellipse(
            image,
            (x, y),
            axes,
            float(rng.uniform(0, 180)),
            0,
            360,
            colour(rng),
            -1 if rng.random() < 0.7 else 2,
        )
    box = np.array([0.2 * columns, 0.15 * rows, 0.8 * columns, 0.85 * rows], np.float32)
    return image, cutout(rng, rows, columns, box)


MAKERS = (_piece, _beside_face, _erased, _back_of_head, _limb, _cloth)
WEIGHTS = (0.38, 0.17, 0.17, 0.09, 0.1, 0.09)
