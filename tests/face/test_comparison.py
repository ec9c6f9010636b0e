"""Who a probe looks most like, and how far ahead."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_gate.face.comparison import Roster
from edge_gate.face.probe import Probe, Template, unit


def probe(*parts: float, embedder: str = "e") -> Probe:
    return unit(np.array(parts, dtype=np.float32), embedder)


def template(subject: str, *parts: float) -> Template:
    return Template(subject, probe(*parts))


def assert_found_exactly(roster: Roster, asked: Probe) -> None:
    """The best of a roster of one template each, numbered by row, and the lead, as float64 has them."""
    exact = roster.matrix.astype(np.float64) @ asked.vector
    second, first = np.partition(exact, -2)[-2:]
    found = roster.search(asked)
    assert found is not None
    assert exact[int(found.subject)] >= first - 1e-6
    assert (found.score, found.lead) == pytest.approx((first, first - second), abs=1e-6)


def test_the_best_subject_wins_by_its_best_template() -> None:
    roster = Roster.of([template("ada", 1, 0), template("bela", 0, 1), template("ada", -1, 0.2)])
    found = roster.search(probe(1, 0.1))
    assert found is not None
    assert found.subject == "ada"
    assert found.score == pytest.approx(1 / np.sqrt(1.01))


def test_the_lead_is_over_the_next_person_not_the_same_person_s_next_template() -> None:
    roster = Roster.of([template("ada", 1, 0), template("ada", 1, 0.01), template("bela", 0, 1)])
    found = roster.search(probe(1, 0))
    assert found is not None
    assert found.lead == pytest.approx(1, abs=1e-3)


def test_one_person_alone_leads_by_all_there_is() -> None:
    found = Roster.of([template("ada", 1, 0)]).search(probe(1, 0))
    assert found is not None
    assert found.lead == 2


def test_nobody_enrolled_is_nobody_found() -> None:
    assert Roster.of([]).search(probe(1, 0)) is None


def test_probes_of_another_embedder_are_refused() -> None:
    roster = Roster.of([template("ada", 1, 0)])
    with pytest.raises(ValueError, match="different embedders"):
        roster.search(probe(1, 0, embedder="other"))


def test_templates_of_two_embedders_make_no_roster() -> None:
    with pytest.raises(ValueError, match="2 embedders"):
        Roster.of([template("ada", 1, 0), Template("bela", probe(1, 0, embedder="other"))])


@given(st.integers(1, 40), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_the_matrix_says_what_a_loop_over_everybody_would(people: int, each: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(people, each, 8)).astype(np.float32)
    roster = Roster.of(
        Template(f"{n:03}", unit(vector, "e")) for n, theirs in enumerate(vectors) for vector in theirs
    )
    asked = unit(rng.normal(size=8).astype(np.float32), "e")
    best = sorted(
        (max(float(unit(vector, "e").vector @ asked.vector) for vector in theirs) for theirs in vectors),
        reverse=True,
    )
    found = roster.search(asked)
    assert found is not None
    assert found.score == pytest.approx(best[0], abs=1e-5)
    assert found.lead == pytest.approx(best[0] - best[1] if people > 1 else 2, abs=1e-5)


def test_the_nearest_of_many_near_duplicates_is_found_exactly() -> None:
    """A hundred thousand templates in a hundred clusters, a thousandth apart: where rounding would lose."""
    rng = np.random.default_rng(7)
    people, dimensions = 100_000, 128
    centres = rng.normal(size=(100, dimensions)).astype(np.float32)
    rows = centres[np.arange(people) % 100] + rng.normal(scale=1e-3, size=(people, dimensions)).astype(
        np.float32
    )
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    roster = Roster("e", tuple(f"{n:06}" for n in range(people)), rows, np.arange(people))
    for person in rng.integers(0, people, 50):
        asked = unit(rows[person] + rng.normal(scale=1e-4, size=dimensions).astype(np.float32), "e")
        assert_found_exactly(roster, asked)


@pytest.mark.parametrize("people", [999, 1_000, 30_000])
def test_one_odd_template_that_makes_all_rounding_coarse_costs_no_exactness(people: int) -> None:
    """All of its length in one number: the steps become ten times as wide, and hardly tell others apart."""
    rng = np.random.default_rng(11)
    rows = 1 + 0.02 * rng.normal(size=(people, 128)).astype(np.float32)
    rows[0] = np.eye(128)[5]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    roster = Roster("e", tuple(f"{n:06}" for n in range(people)), rows, np.arange(people))
    for person in rng.integers(0, people, 20):
        asked = unit(rows[person] + rng.normal(scale=1e-3, size=128).astype(np.float32), "e")
        assert_found_exactly(roster, asked)


@pytest.mark.parametrize("spread", [1e-4, 1e-2, 1.0])
def test_among_thousands_with_several_templates_each_the_best_person_and_the_next_are_exact(
    spread: float,
) -> None:
    """In groups that look alike; the best two templates are one person's as often as they are not."""
    rng = np.random.default_rng(3)
    people, each = 700, 3
    rows = rng.normal(size=(7, 128)).repeat(100 * each, 0) + spread * rng.normal(size=(people * each, 128))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    names = [f"{row // each:03}" for row in range(len(rows))]
    roster = Roster.filed(names, rows, "e")
    for row in rng.integers(0, len(rows), 50):
        asked = unit(rows[row] + rng.normal(scale=spread / 10, size=128).astype(np.float32), "e")
        best = np.sort((rows.astype(np.float64) @ asked.vector).reshape(people, each).max(1))
        found = roster.search(asked)
        assert found is not None
        theirs = rows[[name == found.subject for name in names]].astype(np.float64) @ asked.vector
        assert theirs.max() >= best[-1] - 1e-6
        assert (found.score, found.lead) == pytest.approx((best[-1], best[-1] - best[-2]), abs=1e-6)


@pytest.mark.parametrize("people", [10, 2_000])
def test_of_two_people_with_the_same_template_the_first_leads_by_nothing(people: int) -> None:
    rows = np.random.default_rng(5).normal(size=(people, 128)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows[7] = rows[4]
    found = Roster.filed([f"{n:04}" for n in range(people)], rows, "e").search(unit(rows[7].copy(), "e"))
    assert found is not None
    assert (found.subject, found.lead) == ("0004", 0)


def test_one_person_with_thousands_of_templates_leads_by_all_there_is() -> None:
    rows = np.random.default_rng(5).normal(size=(2_000, 128)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    found = Roster.filed(["ada"] * 2_000, rows, "e").search(unit(rows[7].copy(), "e"))
    assert found is not None
    assert found.score == pytest.approx(1)
    assert found.lead == 2


def test_an_embedding_without_a_direction_is_no_probe() -> None:
    for raw in (np.zeros(4, np.float32), np.array([np.nan, 1], np.float32)):
        with pytest.raises(ValueError, match="length"):
            unit(raw, "e")


def test_a_probe_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        probe(1, 0).vector[0] = 0
