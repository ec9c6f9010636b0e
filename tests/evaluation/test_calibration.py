"""The record of what a score means."""

import msgspec
import numpy as np
import pytest
from population import Population

from edge_gate.evaluation.calibrating import calibrate
from edge_gate.evaluation.calibration import Calibration, Level
from edge_gate.evaluation.trials import Evidence, Trials


def recorded(evidence: Evidence) -> Calibration:
    return calibrate(
        evidence, pack="drawn", detector="d" * 64, embedder="e" * 64, preprocessing="none", dataset="drawn"
    )


@pytest.fixture(scope="module")
def record() -> Calibration:
    return recorded(Population(likeness=0.1).evidence(800, np.random.default_rng(2)))


def test_the_true_rate_lies_under_the_bound_at_every_measured_level(record: Calibration) -> None:
    truth = [Population(likeness=0.1).fmr(level.threshold) for level in record.measured]

    assert sum(t > level.fmr_bound for t, level in zip(truth, record.measured, strict=True)) == 0


def test_the_fitted_tail_lies_above_the_truth_and_says_that_it_is_fitted(record: Calibration) -> None:
    tail = [level for level in record.levels if level.basis == "fitted"]

    assert tail
    assert all(level.fmr_bound >= Population(likeness=0.1).fmr(level.threshold) for level in tail)
    assert min(level.threshold for level in tail) > record.measured[-1].threshold


def test_a_higher_threshold_never_has_a_higher_bound(record: Calibration) -> None:
    bounds = [level.fmr_bound for level in record.levels]

    assert bounds == sorted(bounds, reverse=True)


def test_a_score_between_two_levels_counts_as_the_lower(record: Calibration) -> None:
    low, high = record.levels[10], record.levels[11]

    assert record.at((low.threshold + high.threshold) / 2) == low
    assert record.at(-1.0) == record.levels[0]


def test_people_who_differ_leave_their_mark_on_the_record() -> None:
    alike = recorded(Population(likeness=0.0).evidence(600, np.random.default_rng(3)))
    unlike = recorded(Population(likeness=0.3).evidence(600, np.random.default_rng(3)))

    assert unlike.spread > 2 * alike.spread


def test_a_record_survives_the_disk_unchanged(record: Calibration) -> None:
    again = msgspec.json.decode(msgspec.json.encode(record), type=Calibration)

    assert again == record
    assert len(msgspec.json.encode(record)) < 40_000


def test_a_record_whose_bounds_rise_is_refused(record: Calibration) -> None:
    rows = list(msgspec.to_builtins(record.levels))
    rows[5]["fmr_bound"] = 1.0

    with pytest.raises(msgspec.ValidationError, match="fall in fmr_bound"):
        msgspec.convert({**msgspec.to_builtins(record), "levels": rows}, Calibration)


def test_too_little_evidence_makes_no_record() -> None:
    few = Population().evidence(5, np.random.default_rng(1))

    with pytest.raises(ValueError, match="too few to calibrate on"):
        recorded(few)


def test_one_mislabelled_pair_does_not_stretch_what_was_measured_to_the_top() -> None:
    evidence = Population().evidence(500, np.random.default_rng(1))
    scores = evidence.nonmated.scores.copy()
    scores[0] = 0.98
    spoiled = Trials(scores, evidence.nonmated.first, evidence.nonmated.second)

    record = recorded(Evidence(evidence.mated, spoiled))

    assert record.measured[-1].threshold < 0.6
    assert isinstance(record.levels[0], Level)
