"""New identities: two or three aligned faces blended into one, labelled by both teachers.

The crops show too few people; a blend is somebody else, and the teachers say who. Smooth masks join
forehead, eyes or jaw of different people, colours matched; a gentle elastic warp moves the rest. Blends
are made in shards, so more can be added at any time.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from embedder.crops import SIDE, Crops, Image, blank_strip, decode
from embedder.teachers import FILES, Teachers, Vectors, inner

SHARD = 2048
_CHUNK = 64
_Plane = NDArray[np.float32]


@dataclass(frozen=True)
class Shard:
    """(n, 128, 128, 3) BGR blends, their blank strips and the teachers' unit vectors."""

    images: Image
    strip: NDArray[np.int64]
    labels: dict[str, Vectors]


def _smooth(rng: np.random.Generator, cells: int) -> _Plane:
    """A random field that varies slowly over the crop."""
    coarse = rng.standard_normal((cells, cells)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), np.float32)


def _elastic(image: Image, pixels: float, rng: np.random.Generator) -> Image:
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    out = cv2.remap(
        image,
        x + pixels * _smooth(rng, 4),
        y + pixels * _smooth(rng, 4),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(out, np.uint8)


def _join(one: _Plane, two: _Plane, rng: np.random.Generator) -> _Plane:
    """`two`, in the colours of `one`, laid over it through a smooth mask."""
    if rng.random() < 0.7:
        mean, spread = one.mean((0, 1)), one.std((0, 1)) + 1
        two = (two - two.mean((0, 1))) * (spread / (two.std((0, 1)) + 1)) + mean
    if rng.random() < 0.35:
        mask = np.full((SIDE, SIDE), rng.uniform(0.3, 0.7), np.float32)
    else:
        mask = 1 / (1 + np.exp(-rng.uniform(1, 4) * (_smooth(rng, 4) + np.float32(rng.normal(0, 0.3)))))
    return np.asarray(one * mask[..., None] + two * (1 - mask[..., None]), np.float32)


def blend(
    crops: Crops, usual: NDArray[np.int64], crowd: NDArray[np.int64], rng: np.random.Generator
) -> tuple[Image, int]:
    """One face of nobody, (128, 128, 3) BGR, and its blank strip; one source in five is of `crowd`."""

    def pick() -> tuple[_Plane, int]:
        row = int(rng.choice(usual if rng.random() < 0.8 else crowd))
        image = crops.images[row]
        return (image if rng.random() < 0.5 else image[:, ::-1]).astype(np.float32), int(crops.strip[row])

    face, strip = pick()
    for _ in range(1 if rng.random() < 0.75 else 2):
        other, missing = pick()
        face, strip = _join(face, other, rng), max(strip, missing)
    out = np.clip(face, 0, 255).astype(np.uint8)
    return (_elastic(out, 1.5, rng) if rng.random() < 0.6 else out), strip


def make_shard(data: Path, models: Path, work: Path, number: int) -> None:
    """Write `SHARD` blends to `work`/blends: pixels as NNN.npy, then, when all is done, labels as NNN.npz."""
    cv2.setNumThreads(1)
    crops, teachers, rng = decode(data, work), Teachers(models), np.random.default_rng((number, 77))
    crowd, usual = np.flatnonzero(crops.source == "ela"), np.flatnonzero(crops.source != "ela")
    images, strips = zip(*(blend(crops, usual, crowd, rng) for _ in range(SHARD)), strict=True)
    blanked = inner(
        np.stack([blank_strip(image, strip) for image, strip in zip(images, strips, strict=True)])
    )
    parts = [teachers.embed(blanked[i : i + _CHUNK]) for i in range(0, SHARD, _CHUNK)]
    labels = {name: np.concatenate([part[name] for part in parts]).astype(np.float16) for name in FILES}
    path, draft = work / "blends" / f"{number:03d}.npz", work / "blends" / f"{number:03d}.draft.npz"
    np.save(path.with_suffix(".npy"), np.stack(images))
    np.savez(draft, strip=np.array(strips), esp=labels["esp"], foamliu=labels["foamliu"])
    draft.rename(path)


def grow(data: Path, models: Path, work: Path, shards: int, processes: int) -> None:
    """Make the missing ones of the first `shards` shards."""
    (work / "blends").mkdir(parents=True, exist_ok=True)
    missing = [k for k in range(shards) if not (work / "blends" / f"{k:03d}.npz").exists()]
    with ProcessPoolExecutor(processes) as pool:
        jobs = [pool.submit(make_shard, data, models, work, k) for k in missing]
        for job in tqdm(jobs, desc="blend faces", unit="shard"):
            job.result()


def read(work: Path) -> list[Shard]:
    """Every finished shard; pixels stay on disk, memory-mapped."""
    shards = []
    for path in sorted((work / "blends").glob("[0-9][0-9][0-9].npz")):
        with np.load(path) as archive:
            labels = {name: archive[name].astype(np.float32) for name in FILES}
            shards.append(Shard(np.load(path.with_suffix(".npy"), mmap_mode="r"), archive["strip"], labels))
    return shards
