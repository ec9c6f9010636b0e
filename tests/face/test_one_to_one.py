"""A face to a card: compared with its holder's templates alone."""

import numpy as np

from edge_gate.face.comparison import Candidate, Roster
from edge_gate.face.probe import Probe, Template, unit


def probe(*direction: float) -> Probe:
    return unit(np.array(direction, np.float32), "net")


TEMPLATES = [
    Template("ada", probe(1, 0, 0)),
    Template("ada", probe(0.9, 0.1, 0)),
    Template("bob", probe(0, 1, 0)),
    Template("cyd", probe(0, 0, 1)),
]


def test_everybody_else_is_left_out() -> None:
    for holder, templates in (("ada", 2), ("bob", 1), ("cyd", 1)):
        roster = Roster.of(TEMPLATES).only(holder)
        assert roster.subjects == (holder,)
        assert len(roster.matrix) == templates
        found = roster.search(probe(0, 1, 0))
        assert isinstance(found, Candidate)
        assert (found.subject, found.lead) == (holder, 2.0)
        assert (found.score > 0.99) is (holder == "bob")


def test_a_holder_who_is_not_enrolled_is_compared_with_nobody() -> None:
    assert Roster.of(TEMPLATES).only("eve").search(probe(0, 1, 0)) is None
