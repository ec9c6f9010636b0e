"""Data preparation: photographs to pixels on disk with the teacher's labels, without a picture that resembles LFW.

Reads `DATA/train/{scenes,faces128}.npz`, `DATA/models` (teachers) and `DATA/faces/lfw_dev` (only to keep away from it); writes
`pixels.bin` and `pictures.npz` to the work folder. Two rules are kept here:

- no picture is used whose face embedding (foamliu's MobileFaceNet) has a cosine above .6 with any LFW picture. Crops bring that
  figure; a scene takes the larger of its own cosine to the development half of LFW and the figure of the crop it equals.
- the held-out faces are other people: a training face with a cosine above .6 to a held-out face is dropped.
"""

from __future__ import annotations

import argparse
import multiprocessing
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tqdm import tqdm

from detector.labels import CERTAIN, label
from detector.yunet import Faces, Image, YuNet

SAME_PERSON = 0.6
SAME_PICTURE = 0.8
HELD_OUT_FACES, HELD_OUT_SCENES = 6, 16  # per cent
MARGINS = {"face": 40, "mask": 16, "crop": 36, "background": 0}
# ArcFace's 112x112 template (insightface, recognition/arcface_torch).
TEMPLATE = np.float32([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]])
MEAN, STD = np.float32([123.675, 116.28, 103.53]), np.float32([58.395, 57.12, 57.375])


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


def pictures(archive: Path) -> Iterator[Image]:
    """The WebP pictures of an archive with arrays `webp` and `length`, BGR, in order."""
    with np.load(archive) as data:
        webp, length = data["webp"], data["length"].astype(np.int64)
    for end, size in zip(np.cumsum(length), length, strict=True):
        image = cv2.imdecode(webp[end - size : end], cv2.IMREAD_COLOR)
        assert image is not None
        yield np.asarray(image, np.uint8)


def embed(session: onnxruntime.InferenceSession, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
    """N x 112 x 112 x 3 BGR to N x 128 unit vectors."""
    out = []
    for start in range(0, len(chips), 64):
        rgb = (chips[start : start + 64, :, :, ::-1].astype(np.float32) - MEAN) / STD
        (vectors,) = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(rgb.transpose(0, 3, 1, 2))})
        out.append(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    return np.concatenate(out)


def chip(image: Image, faces: Faces) -> Image | None:
    """The aligned 112x112 chip of the largest certain face, or None."""
    certain = faces[faces[:, 14] >= CERTAIN]
    if not len(certain):
        return None
    face = certain[np.argmax(certain[:, 2] - certain[:, 0])]
    transform, _ = cv2.estimateAffinePartial2D(face[4:14].reshape(5, 2), TEMPLATE, method=cv2.LMEDS)
    return None if transform is None else np.asarray(cv2.warpAffine(image, transform, (112, 112)), np.uint8)


_teacher: YuNet
_second: cv2.FaceDetectorYN


def _start_worker(paths: Paths) -> None:
    global _teacher, _second
    cv2.setNumThreads(1)
    _teacher = YuNet(paths.teacher, 0.3)
    _second = cv2.FaceDetectorYN.create(str(paths.second), "", (320, 320), 0.5)


def _label(item: tuple[str, Image]) -> tuple[Faces, Image | None]:
    kind, image = item
    faces = label(_teacher, image, MARGINS[kind])
    if kind == "background" and not len(faces):
        _second.setInputSize((image.shape[1], image.shape[0]))
        found = _second.detect(image)[1]
        if found is not None:  # a zone to ignore
            faces = np.concatenate([found[:, :2], found[:, :2] + found[:, 2:4], found[:, 4:14], np.full((len(found), 1), 0.5)], 1)
    return faces.astype(np.float32), chip(image, faces)


def main() -> None:
    """Prepare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True, help="folder with train/, models/ and faces/")
    parser.add_argument("--work", type=Path, required=True, help="folder for the result")
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    paths = Paths(args.data)
    args.work.mkdir(parents=True, exist_ok=True)

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = args.workers
    session = onnxruntime.InferenceSession(str(paths.embedder), options, providers=["CPUExecutionProvider"])
    pool = multiprocessing.get_context("spawn").Pool(args.workers, _start_worker, (paths,))

    with np.load(args.data / "train/faces128.npz") as data:
        source, duplicate, similarity = data["source"], data["duplicate"], data["lfw_similarity"].astype(np.float32)
    with np.load(args.data / "train/scenes.npz") as data:
        kinds = data["kind"]
    crops = list(pictures(args.data / "train/faces128.npz"))
    vectors = embed(session, np.stack([image[8:120, 8:120] for image in crops]))

    lfw = [np.asarray(cv2.imread(str(f)), np.uint8) for f in sorted((args.data / "faces/lfw_dev").glob("*/*.jpg"))]
    lfw_labels = pool.imap(_label, (("face", image) for image in lfw), 16)
    lfw_chips = [c for _, c in tqdm(lfw_labels, "LFW, to keep away from", len(lfw)) if c is not None]
    forbidden = embed(session, np.stack(lfw_chips))

    items = [(str(kind), image) for kind, image in zip(kinds, pictures(args.data / "train/scenes.npz"), strict=True)]
    scenes = len(items)
    usable = (source != "utk") & ~duplicate & (similarity <= SAME_PERSON)  # UTKFace is here as whole pictures
    items += [("crop", crops[i]) for i in np.flatnonzero(usable)]
    known = [0.0] * scenes + similarity[usable].tolist()

    kept = []
    for (kind, image), (faces, aligned), near in zip(
        items, tqdm(pool.imap(_label, items, 16), "labels", len(items)), known, strict=True
    ):
        if kind == "background":
            kept.append((kind, image, faces, np.zeros(128, np.float32)))
            continue
        if aligned is None:
            continue
        vector = embed(session, aligned[None])[0]
        if kind != "crop":
            match = vectors @ vector
            near = max(near, float((forbidden @ vector).max()), float(similarity[match > SAME_PICTURE].max(initial=0)))
        if near <= SAME_PERSON:
            kept.append((kind, image, faces, vector))
    write(args.work, kept)


def write(work: Path, kept: list[tuple[str, Image, Faces, NDArray[np.float32]]]) -> None:
    """Split into training and held-out pictures and write both, printing what was kept."""
    kind = np.array([k for k, *_ in kept])
    lot = np.array([zlib.crc32(image.tobytes()) % 100 for _, image, *_ in kept])
    held_out = lot < np.where(kind == "background", HELD_OUT_SCENES, HELD_OUT_FACES)
    embeddings = np.stack([vector for *_, vector in kept])
    like_held_out = (embeddings @ embeddings[held_out].T).max(1) > SAME_PERSON
    use = held_out | ~like_held_out
    print({(str(k), bool(h)): int(((kind == k) & (held_out == h) & use).sum()) for k in np.unique(kind) for h in (False, True)})
    chosen = np.flatnonzero(use)
    with open(work / "pixels.bin", "wb") as out:
        for i in chosen:
            out.write(kept[i][1].tobytes())
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
