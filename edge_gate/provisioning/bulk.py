"""Many people from a table and a folder of photographs; begun again, it goes on where it stopped.

What is done is what the gallery holds: each person is committed by itself, and whoever is enrolled already is
passed over. One photograph a thread is in memory at a time, and of each person only the probes are kept.
"""

import csv
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from pathlib import Path

import numpy as np

from edge_gate.access.events import SubjectEnrolled
from edge_gate.devices.pictures import read_picture
from edge_gate.errors import EnrolmentRefused, UnreadableInput
from edge_gate.evaluation.budget import Answer
from edge_gate.evaluation.calibration import Calibration
from edge_gate.face.comparison import Roster
from edge_gate.face.frame import Floats
from edge_gate.face.probe import Probe
from edge_gate.provisioning.ledger import Ledger
from edge_gate.recognition.enrolment import enrollable
from edge_gate.recognition.recognise import Eyes
from edge_gate.service.standard import strictest, usual
from edge_gate.store.gallery import EncryptedGallery

AHEAD = 4
"""People a thread may be ahead of the one who writes."""

FEWEST = 1024
"""Rows that the table of probes begins with; it doubles when it is full."""


class Outcome(StrEnum):
    """What became of one person."""

    ENROLLED = "enrolled"
    ALREADY = "already enrolled"
    DUPLICATE = "duplicate"
    """So like somebody enrolled that it is taken for the same person under two names; not enrolled."""
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One person of the table."""

    name: str
    photographs: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one person, and why.

    Attributes:
        reasons: of each photograph that will not do, and of a refusal.
        alike: enrolled people whom this door could take for this one, each with the score.
    """

    name: str
    outcome: Outcome
    templates: int = 0
    reasons: tuple[str, ...] = ()
    alike: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Likeness:
    """Which scores mean what.

    Attributes:
        threshold: from here on two people are look-alikes.
        same: from here on two names are taken for one person.
    """

    threshold: float
    same: float

    @classmethod
    def of(cls, answer: Answer, calibration: Calibration) -> "Likeness":
        """What the budget allows at the gallery that `answer` is about: the one that all of them would make.

        For one person: a score that two people reach no more often than the rarest rate there is a figure
        for, and that half of all pairs of one person's pictures reach.
        """
        return cls(strictest(answer, calibration), max(calibration.levels[-1].threshold, usual(calibration)))


def read_table(path: Path, folder: Path) -> list[Wanted]:
    """The people of a CSV file with the columns ``name`` and ``photo``; a person may have several lines.

    Raises:
        UnreadableInput: if it is no such table, naming the line.
    """
    photographs: dict[str, list[Path]] = {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file)
            if not {"name", "photo"} <= set(table.fieldnames or ()):
                raise UnreadableInput(
                    f"{path} has the columns {', '.join(table.fieldnames or ())}",
                    "Name them `name` and `photo`",
                )
            for row in table:
                name, photo = (row["name"] or "").strip(), (row["photo"] or "").strip()
                if not name or not photo:
                    raise UnreadableInput(f"{path} line {table.line_num}: a name or a photo is missing")
                photographs.setdefault(name, []).append(folder / photo)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableInput(f"{path} cannot be read: {error}", "Save the table as CSV, UTF-8") from error
    return [Wanted(name, tuple(paths)) for name, paths in photographs.items()]


def enrol_all(
    people: Iterable[Wanted],
    eyes: Callable[[], Eyes],
    gallery: EncryptedGallery,
    book: Ledger | None,
    likeness: Likeness,
    *,
    workers: int,
) -> Generator[Result]:
    """Enrol everybody who can be; one result a person, in the table's order.

    Args:
        people: the table.
        eyes: makes the networks; called once a thread.
        gallery: of the door.
        book: the journal; None for a dry run, which changes nothing.
        likeness: which scores mean what.
        workers: threads that read and look.

    Raises:
        EdgeGateError: if the gallery or the journal cannot be written; what was done before stands.
    """
    desk = _Desk(gallery, book, likeness, _Known.of(gallery.roster()))
    present = set(gallery.subjects())
    local = threading.local()

    def prepare() -> None:
        local.eyes = eyes()

    def look(wanted: Wanted) -> "_Looked":
        return _looked(wanted, local.eyes) if wanted.name not in present else _Looked()

    with ThreadPoolExecutor(workers, "enrol", prepare) as pool:
        waiting: deque[tuple[Wanted, Future[_Looked]]] = deque()
        coming = iter(people)
        try:
            while True:
                for wanted in islice(coming, AHEAD * workers - len(waiting)):
                    waiting.append((wanted, pool.submit(look, wanted)))
                if not waiting:
                    return
                wanted, future = waiting.popleft()
                if wanted.name in present:
                    yield Result(wanted.name, Outcome.ALREADY)
                else:
                    yield desk.settle(wanted, future.result())
        finally:
            pool.shutdown(cancel_futures=True)


@dataclass(frozen=True, slots=True)
class _Looked:
    probes: tuple[Probe, ...] = ()
    reasons: tuple[str, ...] = ()


def _looked(wanted: Wanted, eyes: Eyes) -> _Looked:
    probes, reasons = [], []
    for path in wanted.photographs:
        try:
            probes.append(enrollable(read_picture(path), eyes, path.name).probe)
        except (EnrolmentRefused, UnreadableInput) as refusal:
            reasons.append(refusal.what)
    return _Looked(tuple(probes), tuple(reasons))


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where one person after the other is written down."""

    gallery: EncryptedGallery
    book: Ledger | None
    likeness: Likeness
    known: "_Known"

    def settle(self, wanted: Wanted, looked: _Looked) -> Result:
        name, reasons = wanted.name, looked.reasons
        if not looked.probes:
            return Result(name, Outcome.REJECTED, reasons=reasons)
        alike = self.known.alike(looked.probes, self.likeness.threshold)
        if alike and alike[0][1] >= self.likeness.same:
            reason = f"score {alike[0][1]:.2f} with {alike[0][0]}: one person under two names?"
            return Result(name, Outcome.DUPLICATE, 0, (*reasons, reason), alike)
        if self.book:
            note = self.book.note
            try:
                with self.book.act():
                    self.gallery.enrol(name, looked.probes, lambda count: note(SubjectEnrolled(name, count)))
            except EnrolmentRefused as refusal:
                return Result(name, Outcome.REJECTED, reasons=(*reasons, refusal.what))
        self.known.add(name, looked.probes)
        return Result(name, Outcome.ENROLLED, len(looked.probes), reasons, alike)


@dataclass(slots=True)
class _Known:
    """Everybody so far, in a table that grows: a roster would be made anew for each of thousands."""

    table: Floats
    names: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, roster: Roster) -> "_Known":
        known = cls(np.empty((FEWEST, max(1, roster.matrix.shape[1])), np.float32))
        ends = [*roster.starts[1:], len(roster.matrix)]
        for subject, start, end in zip(roster.subjects, roster.starts, ends, strict=False):
            known._put(subject, roster.matrix[start:end])
        return known

    def add(self, name: str, probes: Sequence[Probe]) -> None:
        self._put(name, np.stack([probe.vector for probe in probes]))

    def alike(self, probes: Sequence[Probe], threshold: float) -> tuple[tuple[str, float], ...]:
        """Names at or above the threshold, the most alike first."""
        if not self.names:
            return ()
        scores = np.max([self.table[: len(self.names)] @ probe.vector for probe in probes], axis=0)
        best: dict[str, float] = {}
        for row in np.flatnonzero(scores >= threshold):
            best[self.names[row]] = max(float(scores[row]), best.get(self.names[row], -1.0))
        return tuple(sorted(best.items(), key=lambda item: -item[1]))

    def _put(self, name: str, vectors: Floats) -> None:
        used, needed = len(self.names), len(self.names) + len(vectors)
        rows, width = max(len(self.table), FEWEST), vectors.shape[1]
        while rows < needed:
            rows *= 2
        if self.table.shape != (rows, width):
            grown = np.empty((rows, width), np.float32)
            grown[:used, :] = self.table[:used, :width]
            self.table = grown
        self.table[used:needed] = vectors
        self.names += [name] * len(vectors)
