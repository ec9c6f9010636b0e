"""A search: who of the gallery is this, if anybody?"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from msgspec import Struct

from edge_gate.evaluation.bootstrap import Estimate, estimate, resample
from edge_gate.evaluation.samples import Samples
from edge_gate.evaluation.tally import Tally
from edge_gate.evaluation.trials import Evidence, Flags, Indices, Trials
from edge_gate.evaluation.verification import RULE_OF_30, curve, keeping, true_accepts
from edge_gate.face.frame import Floats

SIZES = (10, 100, 1000)
FRAMES = (1, 3)
FEWEST = 10
"""A search is told of only where as many different strangers try it."""
FPIRS = (1e-1, 1e-2, 1e-3)


class Identified(Struct, frozen=True):
    """What the rightful pay for a bound on strangers.

    Attributes:
        fpir: the false positive identification rate asked for.
        threshold: the least threshold that keeps it.
        fnir: share of rightful attempts not given the right name there.
        errors: strangers' attempts that the threshold rests on.
        supported: whether they are enough to speak of that rate (rule of 30).
    """

    fpir: float
    threshold: float
    fnir: Estimate
    errors: int
    supported: bool


class Search(Struct, frozen=True):
    """One way of searching, over random galleries.

    Attributes:
        enrolled: people in a gallery, one template each.
        frames: pictures fused into one probe (mean of unit vectors, re-normalised).
        lead: least lead over the next person.
        galleries: how many were drawn.
        strangers: different people outside a gallery.
        nonmated: strangers' attempts.
        mated: attempts of people in the gallery.
        points: FNIR at chosen FPIR.
    """

    enrolled: int
    frames: int
    lead: float
    galleries: int
    strangers: int
    nonmated: int
    mated: int
    points: tuple[Identified, ...]


class _Attempts(NamedTuple):
    """Every attempt on the drawn galleries: who made it, on which gallery, and what came of it."""

    person: Indices
    gallery: Indices
    rightful: Flags
    right: Flags
    score: Floats
    lead: Floats


def identify(samples: Samples, seed: int, lead: float, sizes: Sequence[int] = SIZES) -> tuple[Search, ...]:
    """Search galleries of each size and of everybody; with and without the lead, with one frame and three.

    Everybody outside a gallery is a stranger to it. Where there are fewer enrolled people than a size
    asks for, strangers' first pictures fill it up, as long as half of the strangers stay outside.
    """
    pool = _Pool.of(samples)
    room = len(pool.enrolled) + len(pool.fillers) // 2
    everybody = {*(size for size in sizes if size <= room), len(pool.enrolled)} - {0}
    searches = []
    for size in sorted(everybody):
        for frames in FRAMES:
            tried = pool.attempts(size, frames, np.random.default_rng((seed, size, frames)))
            strangers = len(np.unique(tried.person[~tried.rightful]))
            if tried.rightful.any() and strangers >= FEWEST:
                searches += [_search(tried, size, frames, least, seed) for least in (0.0, lead)]
    return tuple(searches)


class _Pool(Struct, frozen=True):
    """People by number: the row that may enrol each, and the rows of all their usable pictures."""

    vectors: Floats
    enrolled: dict[int, int]
    fillers: dict[int, int]
    pictures: dict[int, list[int]]

    @classmethod
    def of(cls, samples: Samples) -> "_Pool":
        pictures: dict[int, list[int]] = {}
        firsts: dict[bool, dict[int, int]] = {True: {}, False: {}}
        for row in samples.bona_fide.tolist():
            person, part = int(samples.people[row]), samples.parts[row]
            if samples.reasons[row]:
                continue
            pictures.setdefault(person, []).append(row)
            if part in {"enrol", "stranger"}:
                firsts[part == "enrol"].setdefault(person, row)
        return cls(samples.vectors, firsts[True], firsts[False], pictures)

    def attempts(self, size: int, frames: int, rng: np.random.Generator) -> _Attempts:
        """One attempt of every able person on each of some random galleries."""
        galleries = int(np.clip(2000 // size, 10, 100))
        each = [self._on_one(size, frames, number, rng) for number in range(galleries)]
        return _Attempts(*(np.concatenate(column) for column in zip(*each, strict=True)))

    def _on_one(self, size: int, frames: int, number: int, rng: np.random.Generator) -> _Attempts:
        first = self.enrolled | self.fillers
        people = np.append(rng.permutation(sorted(self.enrolled)), rng.permutation(sorted(self.fillers)))
        people = people[:size].astype(np.intp)
        gallery = self.vectors[[first[person] for person in people.tolist()]]
        template = {person: first[person] for person in people.tolist()}
        able, chosen = [], []
        for person, rows in self.pictures.items():
            free = [row for row in rows if row != template.get(person)]
            if len(free) >= frames:
                able.append(person)
                chosen.append(rng.choice(free, frames, replace=False))
        fused = self.vectors[np.array(chosen, dtype=np.intp).reshape(-1, frames)].sum(axis=1)
        scores = (fused / np.linalg.norm(fused, axis=1, keepdims=True)) @ gallery.T
        every = np.arange(len(able))
        best = scores.argmax(axis=1)
        top = scores[every, best]
        scores[every, best] = -1
        person_of = np.array(able, dtype=np.intp)
        return _Attempts(
            person_of,
            np.full(len(able), number, np.intp),
            np.isin(person_of, people),
            people[best] == person_of,
            top,
            top - scores.max(axis=1),
        )


def _search(tried: _Attempts, size: int, frames: int, lead: float, seed: int) -> Search:
    named = tried.lead >= lead
    right = np.where(named & tried.right, tried.score, np.float32(-1))
    wrong = np.where(named, tried.score, np.float32(-1))
    inside, outside = tried.rightful, ~tried.rightful
    # Galleries are numbered after the people: both are drawn anew by the bootstrap.
    gallery = tried.gallery + tried.person.max() + 1
    evidence = Evidence(
        Trials(right[inside], tried.person[inside], tried.person[inside]),
        Trials(wrong[outside], tried.person[outside], gallery[outside]),
    )
    mated, nonmated = Tally(evidence.mated), Tally(evidence.nonmated)
    thresholds, fpir, fnir = curve(mated, nonmated)
    again = resample(evidence, seed)
    points, rightful = [], len(np.unique(evidence.mated.first))
    for asked in FPIRS:
        threshold = float(thresholds[keeping(fpir, asked)])
        found = estimate(
            true_accepts(fpir, fnir, asked), true_accepts(again.fmr, again.fnmr, asked), rightful
        )
        missed = Estimate(1 - found.value, 1 - found.high, 1 - found.low)
        enough = asked * len(nonmated) >= RULE_OF_30
        points.append(Identified(asked, threshold, missed, nonmated.count(threshold), enough))
    galleries, strangers = len(np.unique(tried.gallery)), len(np.unique(evidence.nonmated.first))
    return Search(size, frames, lead, galleries, strangers, len(nonmated), len(mated), tuple(points))
