"""The photographs that composites are made of: found, aligned, and judged once.

Input is ``train/scenes.npz`` (loosely cropped faces, 200x200, about 78 pixels between the eyes) and
``train/faces128.npz``, whose crops carry their likeness to LFW. A photograph becomes a source when it is
one frontal, sharp, coloured face of an adult without glasses, and equals a crop that may be trained on
(`embedder.crops.chosen`): so nothing that resembles LFW gets in. All training crops, sources or not, stay
among the photographs that no composite may match.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from embedder.crops import MARGIN, Image, decode
from embedder.teachers import FILES, Teachers, Vectors, label_crops, read
from numpy.typing import NDArray
from tqdm import tqdm

SIDE = 288
EYES = (144, 126)
BETWEEN_EYES = 72
"""An aligned face: pixels across and down, the point between the eyes, the distance between them."""
LANDMARKS = (
    np.array([[-0.5, 0], [0.5, 0], [0, 0.535], [-0.418, 1.0], [0.418, 1.0]], np.float32) * BETWEEN_EYES + EYES
)
"""Eyes, nose and corners of the mouth there: the median over the photographs, made symmetrical."""
CHIP = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]],
    np.float32,
)

SAME_PHOTOGRAPH = 0.8
CHILDREN = (
    (24, 173, 180, 222, 229, 318, 347, 356, 414, 427, 523, 561),
    (162, 198, 336, 365, 599, 655, 816, 825, 832),
    (60, 75, 254, 277, 381, 411, 580, 704, 733),
    (94, 317, 504, 797, 938, 1024),
)
"""Numbers (among the faces of scenes.npz) of photographs of four kinds of children, seen by eye.

Likeness to a kind's mean above `CHILDLIKE` leaves a photograph out.
"""
CHILDLIKE = 0.16
GLASSES_QUANTILE = 0.78


@dataclass(frozen=True)
class Sources:
    """What composites are made of, and what they must not look like.

    `number` (n,) counts the faces of scenes.npz; `images` (n, 288, 288, 3) BGR, aligned; `vectors` (n, d) by
    teacher; `crops` are all the training crops, and `avoid` (m, d) by teacher their vectors.
    """

    number: NDArray[np.int64]
    images: Image
    vectors: dict[str, Vectors]
    crops: Image
    avoid: dict[str, Vectors]

    def crop(self, row: int) -> Image:
        """A training crop, aligned as `images` are."""
        matrix = similarity(CHIP + np.float32(MARGIN), LANDMARKS)
        size = (SIDE, SIDE)
        crop = np.ascontiguousarray(self.crops[row])
        return np.asarray(
            cv2.warpAffine(crop, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE),
            np.uint8,
        )


def similarity(landmarks: NDArray[np.float32], target: NDArray[np.float32]) -> NDArray[np.float64]:
    """The 2x3 rotation, scale and shift that bring five landmarks nearest to a target."""
    matrix, _ = cv2.estimateAffinePartial2D(landmarks, target, method=cv2.LMEDS)
    return np.asarray(matrix, np.float64)


def chip(image: Image, landmarks: NDArray[np.float32]) -> Image:
    """The aligned 112x112 crop that embedders read."""
    matrix = similarity(landmarks, CHIP)
    return np.asarray(cv2.warpAffine(image, matrix, (112, 112), borderMode=cv2.BORDER_REFLECT_101), np.uint8)


class Finder:
    """Landmarks of the one face in a picture, by YuNet."""

    def __init__(self, models: Path) -> None:
        path = str(models / "face_detection_yunet_2023mar.onnx")
        self._detector = cv2.FaceDetectorYN.create(path, "", (200, 200), 0.5)

    def __call__(self, image: Image) -> tuple[NDArray[np.float32], float] | None:
        """(5, 2) landmarks and the score; None unless there is exactly one face."""
        self._detector.setInputSize((image.shape[1], image.shape[0]))
        found = self._detector.detect(image)[1]
        if found is None or len(found) != 1:
            return None
        return found[0, 4:14].reshape(5, 2).astype(np.float32), float(found[0, 14])


def gather(data: Path, work: Path, processes: int) -> Sources:
    """Judge every photograph under `data` (with train/ and models/), once: `work`/sources.npz keeps it."""
    work.mkdir(parents=True, exist_ok=True)
    crops = decode(data / "train", work)
    label_crops(crops, data / "models", work, processes)
    avoid = {name: vectors[:, 0] for name, vectors in read(work).items()}
    path = work / "sources.npz"
    if not path.exists():
        np.savez(path, **_judged(data, avoid["foamliu"]))
    with np.load(path) as archive:
        vectors = {name: archive[name][archive["source"]] for name in FILES}
        return Sources(archive["number"], archive["images"], vectors, crops.images, avoid)


def _judged(data: Path, crops: Vectors) -> dict[str, NDArray[np.generic]]:
    with np.load(data / "train/scenes.npz") as archive:
        webp, ends = archive["webp"], np.cumsum(archive["length"].astype(np.int64))
        rows = np.flatnonzero(archive["kind"] == "face")
        starts = ends - archive["length"]
    finder, images, chips, landmarks, numbers = Finder(data / "models"), [], [], [], []
    for number, row in enumerate(tqdm(rows, desc="find faces", unit="photograph")):
        image = np.asarray(cv2.imdecode(webp[starts[row] : ends[row]], cv2.IMREAD_COLOR), np.uint8)
        found = finder(image)
        if found is None:
            continue
        numbers.append(number)
        landmarks.append(found[0])
        chips.append(chip(image, found[0]))
        matrix = similarity(found[0], LANDMARKS)
        images.append(
            cv2.warpAffine(
                image, matrix, (SIDE, SIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
            )
        )
    number, aligned = np.array(numbers), np.stack(images)
    teachers = Teachers(data / "models")
    pages = tqdm(range(0, len(chips), 64), desc="embed faces", unit="64")
    parts = [teachers.embed(np.stack(chips[page : page + 64])) for page in pages]
    vectors = {name: np.concatenate([part[name] for part in parts]) for name in FILES}
    trainable = (vectors["foamliu"] @ crops.T).max(1) > SAME_PHOTOGRAPH
    fit = trainable & _frontal(np.stack(landmarks)) & _crisp(aligned)
    fit &= _childlike(number, np.concatenate([vectors["esp"], vectors["foamliu"]], 1), fit) < CHILDLIKE
    bridge = np.array([_bridge(image) for image in aligned])
    fit &= bridge < np.quantile(bridge[fit], GLASSES_QUANTILE)
    source = np.flatnonzero(fit)
    return {"number": number[source], "images": aligned[source], "source": source, **vectors}


def _frontal(landmarks: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether nose and mouth lie where they do in a face seen from the front, in inter-ocular distances."""
    eyes = landmarks[:, 1] - landmarks[:, 0]
    length = np.hypot(*eyes.T)[:, None]
    along = eyes / length
    down = np.stack([-along[:, 1], along[:, 0]], 1)
    middle = landmarks[:, :2].mean(1)
    nose, mouth = landmarks[:, 2] - middle, landmarks[:, 3:].mean(1) - middle
    across = [np.abs((point * along).sum(1)) / length[:, 0] for point in (nose, mouth)]
    nose_down, mouth_down = ((point * down).sum(1) / length[:, 0] for point in (nose, mouth))
    level = (np.abs(nose_down - 0.535) < 0.12) & (np.abs(mouth_down - 1.0) < 0.13)
    return np.asarray(level & (across[0] < 0.12) & (across[1] < 0.12), np.bool_)


def _crisp(images: Image) -> NDArray[np.bool_]:
    """Whether the face is sharp, coloured and lit."""
    fit = []
    for image in images:
        face = image[70:230, 70:220]
        grey = cv2.cvtColor(face, cv2.COLOR_BGR2GRAY)
        saturation = cv2.cvtColor(face, cv2.COLOR_BGR2HSV)[..., 1]
        fit.append(cv2.Laplacian(grey, cv2.CV_32F).var() > 45 and saturation.mean() > 30 and grey.mean() > 60)
    return np.array(fit)


def _childlike(number: NDArray[np.int64], vectors: Vectors, fit: NDArray[np.bool_]) -> Vectors:
    """Likeness to the kind of child it is most like."""
    centred = vectors - vectors[fit].mean(0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    kinds = [centred[np.isin(number, kind)].mean(0) for kind in CHILDREN]
    return np.asarray(np.max([centred @ (kind / np.linalg.norm(kind)) for kind in kinds], axis=0), np.float32)


def _bridge(image: Image) -> float:
    """How strong the strongest level edge across the root of the nose is: high where glasses sit."""
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32), (0, 0), 1.2)
    edges = np.abs(cv2.Sobel(grey, cv2.CV_32F, 0, 1)) / grey[90:235, 84:204].std()
    x, y = EYES
    return float(np.sort(edges[y - 22 : y + 22, x - 9 : x + 9].mean(1))[-4:].mean())
