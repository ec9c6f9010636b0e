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
        vector = probe.vector
        scores, doubt = self.coarse.scores(vector) if self.coarse else (self.matrix @ vector, 0.0)
        # By scores off by `doubt`, whoever is best or next best is not below the best of all but one subject.
        place, begin, end = self._whose(scores.argmax())
        scores[begin:end] = -np.inf
        least = scores[scores.argmax()] - 2 * doubt
        scores[begin:end] = np.inf
        near = (scores >= least).nonzero()[0]
        exact = (self.matrix.take(near, axis=0) @ vector).tolist()
        # Mostly a handful: numpy's functions, no longer in the caches, would take longer to call than to run.
        score, rows = max(exact), near.tolist()
        best = rows[exact.index(score)]
        if not begin <= best < end:
            place, begin, end = self._whose(best)
        others = [each for row, each in zip(rows, exact, strict=True) if not begin <= row < end]
        return Candidate(self.subjects[place], score, min(score - max(others, default=-np.inf), 2.0))

    def _whose(self, row: int | np.intp) -> tuple[int, int, int]:
        """The place of the subject whose this row is, that subject's first row, and the first after."""
        after = int(self.starts.searchsorted(row, side="right"))
        end = int(self.starts[after]) if after < len(self.starts) else len(self.matrix)
        return after - 1, int(self.starts[after - 1]), end
