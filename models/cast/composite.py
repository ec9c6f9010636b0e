"""One face of nobody: the median of twelve photographs of unlike people in like light.

They are registered to their running mean first. What the median loses, the fine contrast that all twelve
share, is given back band by band; what averaging hides, how a face differs in shape from the mean of all
faces, is exaggerated. Where the result comes too near to somebody it takes a step away.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from embedder.crops import Image
from numpy.typing import NDArray

from cast.sources import BETWEEN_EYES, EYES, SIDE, Sources

Lab = NDArray[np.float32]
"""(h, w, 3) float32 in OpenCV's 8-bit CIELAB scale."""

WINDOW = (slice(52, 276), slice(44, 244))
"""The part of an aligned picture that is worked on: the face and a little around it."""
PARENTS = 12
UNLIKE = {"esp": 0.2, "foamliu": 0.3}
"""Highest cosine between two parents, by teacher: so that nobody dominates."""
EXAGGERATION = 0.6
_FACE = (slice(38, 183), slice(40, 160))
_BANDS = (1, 2, 4, 8)

_flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
_flow.setFinestScale(1)
_flow.setVariationalRefinementIterations(5)


@dataclass(frozen=True)
class Album:
    """The sources as composites need them.

    `faces` are their CIELAB windows, `thumbnails` (n, 672) unit vectors of luma, `tones` (n, 3) mean colours.
    """

    sources: Sources
    faces: list[Lab]
    thumbnails: NDArray[np.float32]
    tones: NDArray[np.float32]

    @classmethod
    def of(cls, sources: Sources) -> "Album":
        """Prepare all sources."""
        faces = [window(image) for image in sources.images]
        small = np.stack([cv2.resize(face[_FACE], (24, 28), interpolation=cv2.INTER_AREA) for face in faces])
        luma = small[..., 0].reshape(len(small), -1)
        luma = (luma - luma.mean(1, keepdims=True)) / luma.std(1, keepdims=True) / np.sqrt(luma.shape[1])
        return cls(sources, faces, luma, small.mean((1, 2)))

    def parents(self, seed: int) -> list[int]:
        """Rows of `PARENTS` sources, `seed` first: alike in pose, expression and light, not in identity."""
        light, red, yellow = (self.tones - self.tones[seed]).T
        alike = (
            self.thumbnails @ self.thumbnails[seed] - 0.012 * np.hypot(red, yellow) - 0.002 * np.abs(light)
        )
        chosen = [seed]
        vectors = self.sources.vectors
        for row in np.argsort(-alike)[:60]:
            if all((v[chosen] @ v[row]).max() < UNLIKE[name] for name, v in vectors.items()):
                chosen.append(int(row))
            if len(chosen) == PARENTS:
                break
        return chosen


def window(image: Image) -> Lab:
    """The part of an aligned photograph that is worked on."""
    return np.asarray(cv2.cvtColor(image[WINDOW], cv2.COLOR_BGR2LAB), np.float32)


def composite(faces: Sequence[Lab], mean_face: Lab) -> Lab:
    """The face that these faces have between them."""
    return exaggerate(crisp(register(same_light(faces), 5)), mean_face)


def picture(face: Lab) -> Image:
    """A face as a member of the cast is kept: (288, 288, 4) BGRA, its edge feathered."""
    canvas = np.zeros((SIDE, SIDE, 4), np.uint8)
    canvas[WINDOW][..., :3] = cv2.cvtColor(np.clip(face, 0, 255).astype(np.uint8), cv2.COLOR_LAB2BGR)
    canvas[..., 3] = edge()
    return canvas


def mean_of_all(album: Album, rng: np.random.Generator) -> Lab:
    """The mean face of 150 sources."""
    rows = rng.choice(len(album.faces), 150, replace=False)
    return np.asarray(register(same_light([album.faces[row] for row in rows]), 4).mean(0), np.float32)


def same_light(faces: Sequence[Lab]) -> list[Lab]:
    """Bring all faces to their median tone and contrast, and most of the way to their common shading."""
    means = [face[_FACE].mean((0, 1)) for face in faces]
    spreads = [face[_FACE].std((0, 1)) for face in faces]
    tone, contrast = np.median(means, 0), np.median(spreads, 0)
    result = [
        np.asarray((face - mean) / (spread + 1e-3) * contrast + tone, np.float32)
        for face, mean, spread in zip(faces, means, spreads, strict=True)
    ]
    shading = [_blur(face[..., 0], 30) for face in result]
    common = np.mean(shading, 0)
    for face, own in zip(result, shading, strict=True):
        face[..., 0] += 0.8 * (common - own)
    return result


def register(faces: Sequence[Lab], rounds: int) -> Lab:
    """Warp each face to the running mean of all, by dense optical flow: (n, h, w, 3)."""
    textures = [_texture(face) for face in faces]
    warped = np.stack(faces)
    for turn in range(rounds):
        target = _texture(warped.mean(0))
        smooth = 4.0 if turn < rounds - 2 else 2.5
        flows = [_blur(_flow.calc(target, texture, _still(target)), smooth) for texture in textures]
        warped = np.stack([_shifted(face, flow) for face, flow in zip(faces, flows, strict=True)])
    return warped


def crisp(registered: Lab) -> Lab:
    """The median face, each band of it raised most of the way to the contrast of single faces."""
    bands, rest = _bands(np.median(registered, 0).astype(np.float32))
    singles = [_bands(face)[0] for face in registered]
    result = rest.copy()
    for k, band in enumerate(bands):
        usual = _blur(np.mean([single[k] ** 2 for single in singles], 0), 10)
        gain = np.sqrt(usual / (_blur(band**2, 10) + 0.5))
        result += band * _blur(1 + 0.8 * np.clip(gain - 1, 0, 1.2), 6)
    return result


def exaggerate(face: Lab, mean_face: Lab) -> Lab:
    """Move every feature farther from where the mean face has it, both sides alike."""
    away = _blur(_flow.calc(_texture(face), _texture(mean_face), _still(face)), 5)
    away = (away + away[:, ::-1] * (-1, 1)) / 2
    return _shifted(face, (EXAGGERATION * away).astype(np.float32))


def step_away(face: Lab, others: Sequence[Lab]) -> Lab:
    """Move the face away from what these others have in common, in shape and in shading, both sides alike."""
    own, *lit = same_light([face, *others])
    flows = [_blur(_flow.calc(_texture(face), _texture(other), _still(face)), 5) for other in lit]
    common = np.mean([_shifted(other, flow) for other, flow in zip(lit, flows, strict=True)], 0)
    apart = _blur(own, 2) - _blur(common, 2)
    apart -= _blur(apart, 25)
    towards = np.mean(flows, 0)
    moved = face + (0.22, 0.11, 0.11) * (apart + apart[:, ::-1]) / 2
    moved = _shifted(
        moved.astype(np.float32), (0.15 * (towards + towards[:, ::-1] * (-1, 1))).astype(np.float32)
    )
    mean, spread = moved[_FACE].mean((0, 1)), moved[_FACE].std((0, 1))
    return np.asarray((moved - mean) / spread * face[_FACE].std((0, 1)) + mean, np.float32)


def edge() -> NDArray[np.uint8]:
    """Opacity (288, 288): a feathered oval from the brow's upper end to the chin."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    across, down = (x - EYES[0]) / BETWEEN_EYES, (y - EYES[1]) / BETWEEN_EYES
    radius = np.hypot(across / 0.98, (down - 0.42) / 1.3)
    oval = np.clip((1 - radius) / 0.16, 0, 1)
    top = np.clip((down + 0.70) / 0.25, 0, 1)
    smooth = oval * top
    return np.asarray(np.rint(255 * smooth * smooth * (3 - 2 * smooth)), np.uint8)


def _blur(picture: NDArray[np.floating], sigma: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(np.asarray(picture, np.float32), (0, 0), sigma), np.float32)


def _still(picture: NDArray[np.generic]) -> NDArray[np.float32]:
    return np.zeros((*picture.shape[:2], 2), np.float32)


def _texture(face: Lab) -> NDArray[np.uint8]:
    """Luma with its local mean and contrast evened out: what the flow compares."""
    luma = np.ascontiguousarray(face[..., 0])
    detail = luma - _blur(luma, 12)
    return np.clip(128 + 45 * detail / (np.sqrt(_blur(detail**2, 20)) + 4), 0, 255).astype(np.uint8)


def _shifted(face: Lab, flow: NDArray[np.float32]) -> Lab:
    y, x = np.mgrid[0 : face.shape[0], 0 : face.shape[1]].astype(np.float32)
    moved = cv2.remap(
        face, x + flow[..., 0], y + flow[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.float32)


def _bands(face: Lab) -> tuple[list[Lab], Lab]:
    """Differences of Gaussians, finest first, and what remains."""
    bands = []
    for sigma in _BANDS:
        coarse = _blur(face, sigma)
        bands.append(face - coarse)
        face = coarse
    return bands, face
