"""Measure an embedder on LFW's people: ten-fold accuracy, and true accept rates.

The chips come from the product's own path (YuNet-n, then `edge_gate.face.alignment`). The official list
of pairs is for the whole of LFW; on a part of it pairs are drawn likewise: people are split into ten
folds, and each fold has 300 pairs of one person and 300 of two, drawn with a fixed seed. Nothing is ever
tuned on these figures.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from engines import opened
from numpy.typing import NDArray
from tqdm import tqdm

from edge_gate.devices.pictures import read_picture
from edge_gate.evaluation.dataset import read_dataset
from edge_gate.face.alignment import align
from edge_gate.face.detection import Face
from edge_gate.face.frame import Picture
from edge_gate.recognition.detector import YuNetDetector
from embedder.crops import Image
from embedder.teachers import Vectors

FOLDS = 10
PAIRS_PER_KIND = 300
MOST_IMAGES = 20
"""Pictures of one person that count among all pairs: a few people have hundreds."""
FALSE_MATCH_RATES = (1e-3, 1e-4, 1e-5)


@dataclass(frozen=True)
class Chips:
    """(n, 112, 112, 3) BGR chips and each one's person, a number."""

    images: Image
    person: NDArray[np.int64]


def middlemost(faces: Iterable[Face], picture: Picture) -> Face:
    """Whose picture it is: the face nearest to the middle."""

    def from_middle(face: Face) -> float:
        left, top, width, height = face.box
        return float(np.hypot(left + width / 2 - picture.width / 2, top + height / 2 - picture.height / 2))

    return min(faces, key=from_middle)


def chips(folder: Path, detector: Path) -> Chips:
    """Detect and align the middlemost face of each picture of a dataset."""
    find = YuNetDetector(opened(detector), side=256, least_score=0.3)
    images, people = [], []
    for each in tqdm(read_dataset(folder), desc="align LFW", unit="picture"):
        picture = read_picture(each.path)
        faces = find.detect(picture)
        if not faces:
            raise ValueError(f"{each.image}: no face found; the figures would leave a person out")
        images.append(align(picture, middlemost(faces, picture)).pixels)
        people.append(each.subject)
    return Chips(np.stack(images), np.unique(people, return_inverse=True)[1])


@dataclass(frozen=True)
class Pairs:
    """(n,) rows of either chip, whether they show one person, and the fold."""

    one: NDArray[np.int64]
    two: NDArray[np.int64]
    same: NDArray[np.bool_]
    fold: NDArray[np.int64]


def pairs(person: NDArray[np.int64], seed: int = 0) -> Pairs:
    """Draw the ten folds."""
    rng = np.random.default_rng(seed)
    pictures: dict[int, list[int]] = defaultdict(list)
    for row, number in enumerate(person.tolist()):
        pictures[number].append(row)
    drawn: list[tuple[int, int, bool, int]] = []
    for fold, part in enumerate(np.array_split(rng.permutation(sorted(pictures)), FOLDS)):
        people = part.tolist()
        several = [number for number in people if len(pictures[number]) > 1]
        same: set[tuple[int, int]] = set()
        different: set[tuple[int, int]] = set()
        while len(same) < PAIRS_PER_KIND:
            a, b = rng.choice(pictures[int(rng.choice(several))], 2, replace=False).tolist()
            same.add((min(a, b), max(a, b)))
        while len(different) < PAIRS_PER_KIND:
            first, second = rng.choice(people, 2, replace=False).tolist()
            a, b = int(rng.choice(pictures[first])), int(rng.choice(pictures[second]))
            different.add((min(a, b), max(a, b)))
        drawn += [(a, b, True, fold) for a, b in sorted(same)] + [
            (a, b, False, fold) for a, b in sorted(different)
        ]
    one, two, alike, folds = zip(*drawn, strict=True)
    return Pairs(np.array(one), np.array(two), np.array(alike), np.array(folds))


@dataclass(frozen=True)
class Result:
    """What was measured; rates in percent.

    `accept` maps a false match rate to the true accept rate and its threshold.
    """

    accuracy: float
    spread: float
    threshold: float
    accept: dict[float, tuple[float, float]]
    mated: int
    non_mated: int

    def __str__(self) -> str:
        rates = ", ".join(f"TAR@{rate:.0e} {tar:.2f} ({at:.3f})" for rate, (tar, at) in self.accept.items())
        return f"10-fold {self.accuracy:.2f} ± {self.spread:.2f} (threshold {self.threshold:.3f}), {rates}"


def _best_threshold(scores: Vectors, same: NDArray[np.bool_]) -> float:
    order = np.argsort(scores)
    accepted = np.cumsum(same[order][::-1])[::-1]
    rejected = np.concatenate([[0], np.cumsum(~same[order])[:-1]])
    return float(scores[order][np.argmax(accepted + rejected)])


def measure(vectors: Vectors, person: NDArray[np.int64]) -> Result:
    """Both protocols for (n, d) unit vectors of the chips."""
    listed = pairs(person)
    scores = (vectors[listed.one] * vectors[listed.two]).sum(1)
    right, thresholds = [], []
    for fold in range(FOLDS):
        inside = listed.fold == fold
        thresholds.append(_best_threshold(scores[~inside], listed.same[~inside]))
        right.append(((scores[inside] >= thresholds[-1]) == listed.same[inside]).mean())
    mated, non_mated = all_pairs(vectors, person)
    strangers = np.sort(non_mated)[::-1]
    accept = {}
    for rate in FALSE_MATCH_RATES:
        at = float(strangers[int(rate * len(strangers))])
        accept[rate] = (100 * float((mated > at).mean()), at)
    accuracy, spread = 100 * float(np.mean(right)), 100 * float(np.std(right))
    return Result(accuracy, spread, float(np.mean(thresholds)), accept, len(mated), len(non_mated))


def all_pairs(vectors: Vectors, person: NDArray[np.int64]) -> tuple[Vectors, Vectors]:
    """Scores of all pairs of one person, and of all pairs of two; `MOST_IMAGES` a person."""
    order = np.argsort(person, kind="stable")
    first = np.searchsorted(person[order], person[order])
    rows = order[np.arange(len(order)) - first < MOST_IMAGES]
    scores = vectors[rows] @ vectors[rows].T
    upper = np.triu(np.ones(scores.shape, bool), 1)
    same = person[rows][:, None] == person[rows][None]
    return scores[upper & same], scores[upper & ~same]
