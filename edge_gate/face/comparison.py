"""One probe against everybody: the best subject, and its lead over the next."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct
from msgspec.structs import force_setattr

from edge_gate.access.withheld import Withheld
from edge_gate.face.frame import Floats
from edge_gate.face.probe import Probe, Template

if TYPE_CHECKING:
    from edge_gate.face.coarse import Coarse

LARGE = 1_000
"""Templates from which on the int8 copy is faster, read from memory: the networks empty the caches."""


class Candidate(Struct, frozen=True):
    """Who a probe looks most like.

    Attributes:
        subject: the best subject.
        score: cosine with that subject's best template, -1..1.
        lead: score less the best of any *other* subject; 2 (the widest there is) where there is none.
    """

    subject: str
    score: float
    lead: float


class Roster(Withheld, frozen=True):
    """Everybody enrolled, as one matrix; swapped whole when the gallery changes, never edited.

    Attributes:
        embedder: identity of the network that made every template; None while the roster is empty.
        subjects: names, sorted, each once.
        matrix: (n, d) float32, contiguous, read-only; one template a row, rows of one subject together.
        starts: (len(subjects),) intp, the first row of each subject.
        coarse: the matrix again in int8, where it is so large that reading it is what a search costs.
    """

    embedder: str | None
    subjects: tuple[str, ...]
    matrix: Floats
    starts: np.ndarray[tuple[int], np.dtype[np.intp]]
    coarse: "Coarse | None" = None

    def __post_init__(self) -> None:
        if len(self.matrix) >= LARGE:
            from edge_gate.face.coarse import Coarse  # noqa: PLC0415 - most doors have no use for its library

            force_setattr(self, "coarse", Coarse.of(self.matrix))

    def __repr__(self) -> str:
        return f"Roster of {len(self.matrix)} templates of {len(self.subjects)} people"

    @classmethod
    def of(cls, templates: Iterable[Template]) -> "Roster":
        """Gather templates.

        Raises:
            ValueError: if they come from more than one embedder.
        """
        rows = sorted(templates, key=lambda template: template.subject)
        embedders = {row.probe.embedder for row in rows}
        if len(embedders) > 1:
            raise ValueError(f"templates of {len(embedders)} embedders cannot be compared with each other")
        matrix = np.stack([row.probe.vector for row in rows]) if rows else np.empty((0, 0), np.float32)
        return cls.filed([row.subject for row in rows], matrix, next(iter(embedders), None))

    @classmethod
    def filed(cls, names: Sequence[str], matrix: Floats, embedder: str | None) -> "Roster":
        """Of one embedder's templates in the order of their subjects.

        Args:
            names: sorted; whose each row of the matrix is.
            matrix: (n, d) float32, contiguous, rows of length 1; not to be written to any more.
            embedder: identity of the network that made them.
        """
        starts = [row for row, name in enumerate(names) if row == 0 or name != names[row - 1]]
        matrix.setflags(write=False)
        return cls(embedder, tuple(names[row] for row in starts), matrix, np.array(starts, dtype=np.intp))

    def only(self, subject: str) -> "Roster":
        """The same roster with everybody else left out: for a comparison with one holder's templates."""
        if subject not in self.subjects:
            return Roster.of([])
        place = self.subjects.index(subject)
        ends = (*self.starts, len(self.matrix))
        rows = self.matrix[self.starts[place] : ends[place + 1]]
        return Roster(self.embedder, (subject,), rows, np.zeros(1, dtype=np.intp))

    def search(self, probe: Probe) -> Candidate | None:
        """Compare a probe with every template; None where nobody is enrolled.

        Raises:
            ValueError: if the probe comes from another embedder than the roster.
        """
        if not self.subjects:
            return None
        if probe.embedder != self.embedder:
            raise ValueError("the probe and the roster come from different embedders")
        scores, doubt = self.coarse.scores(probe.vector) if self.coarse else (self.matrix @ probe.vector, 0.0)
        row, score = self._best(scores, doubt, probe)
        place = int(self.starts.searchsorted(row, side="right")) - 1
        if len(self.subjects) == 1:
            return Candidate(self.subjects[0], score, 2.0)
        end = self.starts[place + 1] if place + 1 < len(self.starts) else len(scores)
        scores[self.starts[place] : end] = -np.inf
        _, runner_up = self._best(scores, doubt, probe)
        return Candidate(self.subjects[place], score, score - runner_up)

    def _best(self, scores: Floats, doubt: float, probe: Probe) -> tuple[int, float]:
        """The best row and its score, exactly: of all that may be the best if scores are off by `doubt`."""
        highest = scores[scores.argmax()]  # numpy finds the place in half the time of the maximum
        near = (scores >= highest - 2 * doubt).nonzero()[0]
        exact = self.matrix[near] @ probe.vector
        best = int(exact.argmax())
        return int(near[best]), float(exact[best])
