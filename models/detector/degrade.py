"""What a door does to a picture: things before faces, bad light, blur, noise, compression."""

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.backdrop import Rng, colour, skin
from detector.library import Library
from edge_gate.face.frame import Pixels

OCCLUDED = 0.25
"""Share of the faces that get something before them."""


def occlude(rng: Rng, library: Library, frame: Pixels, face: NDArray[np.float32]) -> None:
    """Cover a part of one face (x0, y0, x1, y1, landmarks): mask, glasses, cap, side, block, hand."""
    x0, y0, x1, y1 = face[:4].tolist()
    w, h = x1 - x0, y1 - y0
    eyes, nose, mouth = face[4:8].reshape(2, 2), face[8:10], face[10:14].reshape(2, 2)
    match rng.integers(7):
        case 0:  # surgical mask or scarf, along the turned face
            side = (eyes[1] - eyes[0]) * rng.uniform(0.55, 0.75)
            down = mouth.mean(0) - eyes.mean(0)
            top = nose - down * rng.uniform(-0.05, 0.25)
            low = mouth.mean(0) + down * rng.uniform(0.55, 0.9)
            outline = np.stack(
                [
                    top - side,
                    top - down * 0.1,
                    top + side,
                    low + side * 0.8,
                    low + down * 0.1,
                    low - side * 0.8,
                ]
            )
            cv2.fillPoly(frame, [outline.round().astype(np.int32)], colour(rng, 20, 250, 20), cv2.LINE_AA)
        case 1:  # glasses, dark or only their frame
            radius = max(1, int(float(np.hypot(*(eyes[1] - eyes[0]))) * rng.uniform(0.3, 0.42)))
            tone, line = colour(rng, 0, 70, 10), -1 if rng.random() < 0.45 else max(1, radius // 6)
            for eye in eyes:
                cv2.circle(frame, np.round(eye).astype(int).tolist(), radius, tone, line, cv2.LINE_AA)
            cv2.line(
                frame,
                np.round(eyes[0]).astype(int).tolist(),
                np.round(eyes[1]).astype(int).tolist(),
                tone,
                max(1, radius // 6),
            )
        case 2:
            _block(
                rng,
                library,
                frame,
                (x0 - 0.1 * w, y0 - 0.3 * h, x1 + 0.1 * w, y0 + h * rng.uniform(0.05, 0.22)),
            )
        case 3:
            _block(rng, library, frame, (x0 - 0.2 * w, y0, x0 + w * rng.uniform(0.1, 0.35), y1))
        case 4:
            _block(rng, library, frame, (x1 - w * rng.uniform(0.1, 0.35), y0, x1 + 0.2 * w, y1))
        case 5:
            size = rng.uniform(0.15, 0.38)
            left, top = x0 + rng.uniform(0, 1 - size) * w, y0 + rng.uniform(0, 1 - size) * h
            _block(rng, library, frame, (left, top, left + size * w, top + size * h))
        case _:  # hand at the chin or cheek
            centre = (int(x0 + w * rng.uniform(0, 1)), int(y1 - h * rng.uniform(-0.05, 0.2)))
            axes = (max(1, int(w * rng.uniform(0.1, 0.25))), max(1, int(h * rng.uniform(0.1, 0.3))))
            cv2.ellipse(frame, centre, axes, float(rng.uniform(0, 180)), 0, 360, skin(rng).tolist(), -1)


def _block(rng: Rng, library: Library, frame: Pixels, area: tuple[float, float, float, float]) -> None:
    height, width = frame.shape[:2]
    x0, y0, x1, y1 = (
        round(float(np.clip(v, 0, limit))) for v, limit in zip(area, (width, height) * 2, strict=True)
    )
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    if rng.random() < 0.5:
        frame[y0:y1, x0:x1] = np.array(colour(rng, 0, 230, 20))
        return
    piece = library[int(rng.choice(library.clear))].image
    rows, columns = piece.shape[:2]
    top, left = int(rng.integers(rows // 2)), int(rng.integers(columns // 2))
    window = piece[top : top + rows // 2, left : left + columns // 2]
    frame[y0:y1, x0:x1] = cv2.resize(window, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA)


def degrade(rng: Rng, frame: Pixels) -> Pixels:
    """Light, colour, blur, noise and compression, each sometimes; the same size."""
    image = _light(rng, frame)
    if rng.random() < 0.12:  # infrared at night
        image = np.repeat(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[..., None], 3, 2)
    image = _blur(rng, image)
    if rng.random() < 0.5:
        grain = np.empty(image.shape, np.int16)
        cv2.setRNGSeed(int(rng.integers(2**31)))
        cv2.randn(grain, np.zeros(3), np.full(3, abs(rng.normal(0, 9))))
        image = np.clip(image + grain, 0, 255).astype(np.uint8)
    if rng.random() < 0.35:
        packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(22, 92))])[1]
        image = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    return image


def _light(rng: Rng, image: Pixels) -> Pixels:
    height, width = image.shape[:2]
    if rng.random() < 0.5:
        if rng.random() < 0.6:
            gain, lift = rng.uniform(0.6, 1.4), rng.uniform(-25, 25)
        else:
            gain, lift = rng.uniform(0.16, 0.55), 0.0
        image = np.asarray(
            cv2.LUT(image, np.clip(np.arange(256) * gain + lift, 0, 255).astype(np.uint8)), np.uint8
        )
    if rng.random() < 0.12:  # sun or a lamp from one side
        field = cv2.resize(rng.uniform(0.3, 1.5, (2, 2)).astype(np.float32), (width, height))
        image = np.clip(image * field[..., None], 0, 255).astype(np.uint8)
    return image


def _blur(rng: Rng, image: Pixels) -> Pixels:
    height, width = image.shape[:2]
    lot = rng.random()
    if lot < 0.14:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 1.8))), np.uint8)
    if lot < 0.26:  # motion
        size, angle = int(rng.integers(3, 10)), rng.uniform(0, np.pi)
        kernel, reach = np.zeros((size, size), np.float32), size / 2
        step = np.array([np.cos(angle), np.sin(angle)]) * reach
        cv2.line(kernel, (reach - step).astype(int).tolist(), (reach + step).astype(int).tolist(), 1, 1)
        return np.asarray(cv2.filter2D(image, -1, kernel / max(1.0, float(kernel.sum()))), np.uint8)
    if lot < 0.36:  # a smaller picture enlarged
        factor = rng.uniform(0.4, 0.8)
        small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(small, (width, height)), np.uint8)
    return image
