"""A fixed list of pairs in folds, as *Labeled Faces in the Wild* gives one (``pairs.txt``)."""

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from msgspec import Struct

from edge_gate.errors import UnreadableInput
from edge_gate.evaluation.samples import Samples
from edge_gate.evaluation.trials import Flags, Indices
from edge_gate.face.frame import Floats


class Pair(Struct, frozen=True):
    """Two pictures, by path or by the stem of their names, whether they show one person, and the fold."""

    one: str
    two: str
    same: bool
    fold: int


class Folds(Struct, frozen=True):
    """Accuracy on each fold at the threshold that is best on the others.

    Attributes:
        accuracy: mean of the folds.
        accuracy_std: standard deviation of the folds (of ten, not of their mean).
        threshold: mean threshold.
        folds: how many.
        pairs: how many were compared or failed.
        failed: pairs with a picture that gave no probe; they count as different people.
        absent: pairs left out because the dataset has not both pictures.
    """

    accuracy: float
    accuracy_std: float
    threshold: float
    folds: int
    pairs: int
    failed: int
    absent: int


def read_pairs(path: Path) -> tuple[Pair, ...]:
    """Read a list in LFW's format: ``folds size``, then for each fold as many pairs of one person as of two.

    Raises:
        UnreadableInput: if it is not that.
    """
    try:
        lines = [line.split() for line in path.read_text().splitlines() if line.strip()]
        return tuple(_parsed(lines))
    except (OSError, ValueError, IndexError) as error:
        raise UnreadableInput(
            f"{path} is no list of pairs: {error}",
            "Give a file like LFW's pairs.txt: folds and size, then names and picture numbers",
        ) from error


def _parsed(lines: list[list[str]]) -> Iterator[Pair]:
    head, rest = [int(word) for word in lines[0]], lines[1:]
    folds, size = (1, head[0]) if len(head) == 1 else (head[0], head[1])
    if len(rest) != folds * size * 2:
        raise ValueError(f"{folds} folds of {size} and {size} pairs announced, {len(rest)} lines found")
    for place, words in enumerate(rest):
        if len(words) not in (3, 4):
            raise ValueError(f"line {place + 2}: {' '.join(words)}")
        other = words[0] if len(words) == 3 else words[2]
        stems = (f"{words[0]}_{int(words[1]):04}", f"{other}_{int(words[-1]):04}")
        yield Pair(*stems, same=len(words) == 3, fold=place // (2 * size))


def draw_pairs(samples: Samples, seed: int, folds: int = 10, each: int = 300) -> tuple[Pair, ...]:
    """Where nobody gave a list: people parted into folds, each with up to `each` pairs of either kind."""
    rng = np.random.default_rng(seed)
    pictures: dict[int, list[str]] = {}
    for row in samples.bona_fide.tolist():
        pictures.setdefault(int(samples.people[row]), []).append(samples.images[row])
    drawn: list[Pair] = []
    for fold, people in enumerate(np.array_split(rng.permutation(sorted(pictures)), folds)):
        same = [pair for person in people.tolist() for pair in combinations(pictures[person], 2)]
        same = [same[place] for place in rng.permutation(len(same))[:each]]
        others = [rng.choice(people, 2, replace=False) for _ in same] if len(people) > 1 else []
        different = [tuple(str(rng.choice(pictures[int(person)])) for person in two) for two in others]
        drawn += [Pair(one, two, same=True, fold=fold) for one, two in same]
        drawn += [Pair(one, two, same=False, fold=fold) for one, two in different]
    return tuple(drawn)


class Scored(NamedTuple):
    """Pairs that the dataset has: rows of both pictures, score (-1 where one failed), label and fold."""

    one: Indices
    two: Indices
    scores: Floats
    same: Flags
    fold: Indices
    failed: int


def scored(samples: Samples, pairs: tuple[Pair, ...]) -> Scored:
    """Compare the pairs of a list whose pictures the dataset has."""
    rows = {PurePosixPath(image).stem: row for row, image in enumerate(samples.images)}
    rows |= {image: row for row, image in enumerate(samples.images)}
    known = [pair for pair in pairs if pair.one in rows and pair.two in rows]
    one = np.array([rows[pair.one] for pair in known], dtype=np.intp)
    two = np.array([rows[pair.two] for pair in known], dtype=np.intp)
    usable = np.asarray(samples.vectors.any(axis=1))
    both = usable[one] & usable[two]
    scores = np.where(both, (samples.vectors[one] * samples.vectors[two]).sum(axis=1), np.float32(-1))
    same = np.array([pair.same for pair in known], dtype=np.bool_)
    fold = np.array([pair.fold for pair in known], dtype=np.intp)
    return Scored(one, two, scores, same, fold, int((~both).sum()))


def folded(samples: Samples, pairs: tuple[Pair, ...]) -> Folds:
    """Accuracy over the folds.

    Raises:
        UnreadableInput: if the dataset has too few of the pictures for two folds.
    """
    known = scored(samples, pairs)
    if len(np.unique(known.fold)) < 2:
        raise UnreadableInput(
            f"the dataset has both pictures of only {len(known.one)} of {len(pairs)} pairs",
            "Give the dataset that the list of pairs belongs to, with at least two folds",
        )
    accuracies, thresholds = [], []
    for number in np.unique(known.fold):
        here = known.fold == number
        thresholds.append(best_threshold(known.scores[~here], known.same[~here]))
        accuracies.append(float(np.mean((known.scores[here] >= thresholds[-1]) == known.same[here])))
    return Folds(
        accuracy=float(np.mean(accuracies)),
        accuracy_std=float(np.std(accuracies)),
        threshold=float(np.mean(thresholds)),
        folds=len(accuracies),
        pairs=len(known.one),
        failed=known.failed,
        absent=len(pairs) - len(known.one),
    )


def best_threshold(scores: Floats, same: Flags) -> float:
    """The threshold with most pairs right; midway between two scores."""
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    right = np.cumsum(np.where(same[order], 1, -1))
    ends = np.append(ranked[1:] < ranked[:-1], True)
    best = int(np.where(ends, right, -len(scores)).argmax())
    if right[best] < 0:
        return float(ranked[0] + 1e-6)
    after = ranked[best + 1] if best + 1 < len(ranked) else ranked[best]
    return float((ranked[best] + after) / 2)
