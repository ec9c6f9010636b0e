"""A fixed list of pairs in folds, as *Labeled Faces in the Wild* gives one (``pairs.txt``)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from edge_gate.errors import UnreadableInput
from edge_gate.evaluation.samples import Samples
from edge_gate.evaluation.trials import Doubles, Flags


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures, by the stems of their names, whether they show one person, and the fold."""

    one: str
    two: str
    same: bool
    fold: int


@dataclass(frozen=True, slots=True)
class Folds:
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


def folded(samples: Samples, pairs: tuple[Pair, ...]) -> Folds:
    """Accuracy over the folds.

    Raises:
        UnreadableInput: if the dataset has too few of the pictures for two folds.
    """
    rows: Mapping[str, int] = {PurePosixPath(image).stem: row for row, image in enumerate(samples.images)}
    known = [pair for pair in pairs if pair.one in rows and pair.two in rows]
    if len({pair.fold for pair in known}) < 2:
        raise UnreadableInput(
            f"the dataset has both pictures of only {len(known)} of {len(pairs)} pairs",
            "Give the dataset that the list of pairs belongs to, with at least two folds",
        )
    one = np.array([rows[pair.one] for pair in known])
    two = np.array([rows[pair.two] for pair in known])
    usable = np.asarray(samples.vectors.any(axis=1))
    both = usable[one] & usable[two]
    scores = np.where(both, (samples.vectors[one] * samples.vectors[two]).sum(axis=1), -1.0)
    same = np.array([pair.same for pair in known])
    fold = np.array([pair.fold for pair in known])
    accuracies, thresholds = [], []
    for number in np.unique(fold):
        here = fold == number
        thresholds.append(best_threshold(scores[~here], same[~here]))
        accuracies.append(float(np.mean((scores[here] >= thresholds[-1]) == same[here])))
    return Folds(
        accuracy=float(np.mean(accuracies)),
        accuracy_std=float(np.std(accuracies)),
        threshold=float(np.mean(thresholds)),
        folds=len(accuracies),
        pairs=len(known),
        failed=int((~both).sum()),
        absent=len(pairs) - len(known),
    )


def best_threshold(scores: Doubles, same: Flags) -> float:
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
