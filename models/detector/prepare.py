"""Data preparation: photographs and the teacher's labels, without a picture that resembles LFW.

Reads `DATA/train/{scenes,faces128}.npz`, `DATA/models` (teachers) and `DATA/faces/lfw_dev` (only to keep
away from it), and folders of scenery without people, if any; writes `pixels.bin` and `pictures.npz` to the
work folder. Two rules are kept here:

- no picture is used whose face embedding (foamliu's MobileFaceNet) has a cosine above .6 with any LFW
  picture. Crops bring that figure; of a scene, its own cosine to the development half of LFW counts, and
  whether it shows what a forbidden crop shows.
- the held-out faces are other people: a training face with a cosine above .6 to a held-out face is dropped.
"""

import argparse
import multiprocessing
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import cv2
import numpy as np
from engines import opened
from tqdm import tqdm

from detector.labels import CERTAIN, label
from detector.library import Picture
from detector.scenery import scenery
from detector.yunet import YuNet
from edge_gate.face.alignment import align
from edge_gate.face.detection import Face
from edge_gate.face.frame import Floats, Pixels
from edge_gate.face.frame import Picture as Frame
from edge_gate.ports import Normalisation

SAME_PERSON = 0.6
SAME_PICTURE = 0.8
HELD_OUT_FACES, HELD_OUT_SCENES = 6, 16  # per cent
MARGINS = {"face": 40, "mask": 16, "crop": 36, "background": 0, "scenery": 0}
MOST_SCENERY = 600
"""Pictures of one folder."""
EMPTY = frozenset({"background", "scenery"})
SEEN = Normalisation("rgb", (123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
"""For a pixel, by the embedder."""


@dataclass(frozen=True)
class Paths:
    """Where others' files lie under DATA."""

    data: Path

    @property
    def teacher(self) -> Path:
        """YuNet-n, which labels."""
        return self.data / "models/yunet_n_dynamic.onnx"

    @property
    def second(self) -> Path:
        """YuNet 2023mar, the second opinion that a photograph is free of faces."""
        return self.data / "models/face_detection_yunet_2023mar.onnx"

    @property
    def embedder(self) -> Path:
        """MobileFaceNet, which keeps LFW's people out."""
        return self.data / "models/mobilefacenet_foamliu_fp32.onnx"


def pictures(archive: Path) -> Iterator[Pixels]:
    """The WebP pictures of an archive with arrays `webp` and `length`, BGR, in order."""
    with np.load(archive) as data:
        webp, length = data["webp"], data["length"].astype(np.int64)
    for end, size in zip(np.cumsum(length), length, strict=True):
        image = cv2.imdecode(webp[end - size : end], cv2.IMREAD_COLOR)
        assert image is not None
        yield np.asarray(image, np.uint8)


class Reader:
    """The teachers, in one process."""

    def __init__(self, paths: Paths) -> None:
        cv2.setNumThreads(1)
        self._teacher = YuNet(opened(paths.teacher), 0.3)
        self._second = YuNet(opened(paths.second), 0.5, (640, 640))
        self._embedder = opened(paths.embedder, seen=SEEN)

    def embed(self, chip: Pixels) -> Floats:
        """(112, 112, 3) BGR to a unit vector of 128."""
        (vector,) = self._embedder.run(np.ascontiguousarray(chip)).values()
        return np.asarray(vector[0] / np.linalg.norm(vector[0]), np.float32)

    def person(self, image: Pixels, faces: Floats) -> Floats | None:
        """The embedding of the largest certain face, or None."""
        face = Picture(image, faces).largest
        if face is None:
            return None
        left, top, right, bottom = face[:4].tolist()
        box = (left, top, right - left, bottom - top)
        found = Face(box, face[4:14].reshape(5, 2), float(face[14]))
        return self.embed(align(Frame(np.ascontiguousarray(image)), found).pixels)

    def read(self, kind: str, image: Pixels) -> tuple[Floats, Floats | None]:
        """Labels, and the embedding of the largest certain face."""
        faces = label(self._teacher, image, MARGINS[kind])
        if kind in EMPTY and not len(faces):
            faces = self._second(image)
            faces[:, 14] = np.minimum(faces[:, 14], CERTAIN - 0.1)  # zones to ignore
        return faces, self.person(image, faces)

    def lfw(self, path: Path) -> Floats | None:
        """The person of one of LFW's files."""
        image = np.asarray(cv2.imread(str(path)), np.uint8)
        return self.person(image, self._teacher(image))


@cache
def _reader(paths: Paths) -> Reader:
    return Reader(paths)


def _read(paths: Paths, item: tuple[str, Pixels]) -> tuple[Floats, Floats | None]:
    return _reader(paths).read(*item)


def _embed_crop(paths: Paths, crop: Pixels) -> Floats:
    return _reader(paths).embed(crop[8:120, 8:120])


def _embed_file(paths: Paths, path: Path) -> Floats | None:
    return _reader(paths).lfw(path)


def main() -> None:
    """Prepare."""
    parser = argparse.ArgumentParser(prog="detector.prepare")
    parser.add_argument("--data", type=Path, required=True, help="folder with train/, models/ and faces/")
    parser.add_argument("--work", type=Path, required=True, help="folder for the result")
    parser.add_argument(
        "--scenery", type=Path, nargs="*", default=[], help="folders of pictures without people"
    )
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    paths = Paths(args.data)
    args.work.mkdir(parents=True, exist_ok=True)
    with np.load(args.data / "train/faces128.npz") as data:
        source, duplicate, near = data["source"], data["duplicate"], data["lfw_similarity"].astype(np.float32)
    with np.load(args.data / "train/scenes.npz") as data:
        kinds = data["kind"].tolist()
    crops = list(pictures(args.data / "train/faces128.npz"))
    like_lfw = [crops[i] for i in np.flatnonzero(near > SAME_PERSON)]
    # UTKFace is among the scenes, less tightly cropped.
    usable = [crops[i] for i in np.flatnonzero((source != "utk") & ~duplicate & (near <= SAME_PERSON))]
    items = list(zip(kinds, pictures(args.data / "train/scenes.npz"), strict=True))
    items += [("crop", crop) for crop in usable]
    items += [("scenery", picture) for picture in scenery(args.scenery, MOST_SCENERY)]

    with multiprocessing.get_context("spawn").Pool(args.workers) as pool:
        files = sorted((args.data / "faces/lfw_dev").glob("*/*.jpg"))
        found = tqdm(pool.imap(partial(_embed_file, paths), files, 32), "LFW, to keep away from", len(files))
        lfw = np.stack([vector for vector in found if vector is not None])
        known = np.stack(pool.map(partial(_embed_crop, paths), like_lfw, 32))
        labels = tqdm(pool.imap(partial(_read, paths), items, 32), "labels", len(items))
        kept = []
        for (kind, image), (faces, vector) in zip(items, labels, strict=True):
            if kind in EMPTY:
                if kind == "background" or not len(faces):
                    kept.append((kind, image, faces, np.zeros(128, np.float32)))
            elif vector is not None and (
                kind == "crop"
                or ((lfw @ vector).max() <= SAME_PERSON and (known @ vector).max() <= SAME_PICTURE)
            ):
                kept.append((kind, image, faces, vector))
    write(args.work, kept)


def write(work: Path, kept: list[tuple[str, Pixels, Floats, Floats]]) -> None:
    """Split into training and held-out pictures and write both, printing what was kept."""
    kind = np.array([k for k, *_ in kept])
    lot = np.array([zlib.crc32(image.tobytes()) % 100 for _, image, *_ in kept])
    share = np.select([kind == "background", kind == "scenery"], [HELD_OUT_SCENES, 0], HELD_OUT_FACES)
    held_out = lot < share
    embeddings = np.stack([vector for *_, vector in kept])
    like_held_out = (embeddings @ embeddings[held_out].T).max(1) > SAME_PERSON
    use = held_out | ~like_held_out
    for one in np.unique(kind):
        chosen = (kind == one) & use
        print(f"{one}: {(chosen & ~held_out).sum()} to train on, {(chosen & held_out).sum()} held out")
    chosen = np.flatnonzero(use)
    with (work / "pixels.bin").open("wb") as out:
        out.writelines(kept[i][1].tobytes() for i in chosen)
    np.savez(
        work / "pictures.npz",
        kind=kind[chosen],
        held_out=held_out[chosen],
        shape=np.array([kept[i][1].shape[:2] for i in chosen], np.int32),
        faces=np.concatenate([kept[i][2] for i in chosen]),
        count=np.array([len(kept[i][2]) for i in chosen], np.int32),
    )


if __name__ == "__main__":
    main()
