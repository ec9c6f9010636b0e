"""The rates, once more by scikit-learn and scipy, on the same raw scores."""

import numpy as np
import pytest
from population import SPREAD, Population
from scipy import stats
from sklearn.metrics import roc_curve

from edge_gate.evaluation.intervals import clopper_pearson, rate
from edge_gate.evaluation.tally import Tally
from edge_gate.evaluation.trials import Evidence
from edge_gate.evaluation.verification import curve, eer, true_accepts, verify


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return Population(likeness=0.2).evidence(people=300, rng=np.random.default_rng(1))


def test_fmr_and_fnmr_agree_with_scikit_learn_at_every_threshold(evidence: Evidence) -> None:
    thresholds, fmr, fnmr = curve(Tally(evidence.mated), Tally(evidence.nonmated))
    scores = np.concatenate([evidence.mated.scores, evidence.nonmated.scores])
    mated = np.repeat([True, False], [len(evidence.mated), len(evidence.nonmated)])

    fpr, tpr, at = roc_curve(mated, scores, drop_intermediate=False)

    here = np.isin(thresholds, at)
    assert here.sum() == len(np.unique(scores))
    np.testing.assert_allclose(fmr[here], fpr[1:][::-1], atol=1e-12)
    np.testing.assert_allclose(fnmr[here], 1 - tpr[1:][::-1], atol=1e-12)


def test_the_equal_error_rate_agrees_with_scikit_learn(evidence: Evidence) -> None:
    scores = np.concatenate([evidence.mated.scores, evidence.nonmated.scores])
    mated = np.repeat([True, False], [len(evidence.mated), len(evidence.nonmated)])
    fpr, tpr, _ = roc_curve(mated, scores, drop_intermediate=False)
    crossing = np.abs(fpr - (1 - tpr)).argmin()

    _, fmr, fnmr = curve(Tally(evidence.mated), Tally(evidence.nonmated))

    assert float(eer(fmr, fnmr)) == pytest.approx((fpr[crossing] + 1 - tpr[crossing]) / 2, abs=1e-4)


@pytest.mark.parametrize("asked", [1e-1, 1e-2, 1e-3])
def test_true_accepts_at_a_false_match_rate_agree_with_scikit_learn(evidence: Evidence, asked: float) -> None:
    scores = np.concatenate([evidence.mated.scores, evidence.nonmated.scores])
    mated = np.repeat([True, False], [len(evidence.mated), len(evidence.nonmated)])
    fpr, tpr, _ = roc_curve(mated, scores, drop_intermediate=False)

    _, fmr, fnmr = curve(Tally(evidence.mated), Tally(evidence.nonmated))

    assert float(true_accepts(fmr, fnmr, asked)) == pytest.approx(tpr[fpr <= asked].max(), abs=1e-12)


@pytest.mark.parametrize("tries", [20, 900, 1_000_000])
@pytest.mark.parametrize("errors", [0, 0.4, 1, 2.5, 7, 19])
@pytest.mark.parametrize("doubt", [0.05, 0.1])
def test_an_upper_limit_agrees_with_scipy_within_a_hundredth(tries: int, errors: float, doubt: float) -> None:
    _, high = clopper_pearson(errors, tries, doubt)

    assert high == pytest.approx(stats.beta.ppf(1 - doubt / 2, errors + 1, tries - errors), rel=0.01)


@pytest.mark.parametrize("errors", [5, 30, 400, 899, 900])
def test_a_lower_limit_agrees_with_scipy_within_a_hundredth(errors: int) -> None:
    low, _ = clopper_pearson(errors, 900)

    assert low == pytest.approx(stats.beta.ppf(0.025, errors, 900 - errors + 1), rel=0.01)


def test_no_error_in_n_tries_bounds_the_rate_by_the_rule_of_three() -> None:
    _, high = clopper_pearson(0, 10_000, doubt=0.1)

    assert high == pytest.approx(3 / 10_000, rel=0.01)


def test_no_error_seen_is_not_a_rate_of_nothing() -> None:
    measured = rate(0, 900)

    assert measured.value == 0
    assert measured.low == 0
    assert measured.high == pytest.approx(3.69 / 900, rel=0.01)


def test_an_interval_that_forgets_shared_people_is_too_narrow() -> None:
    # 200 experiments of 150 people each, who differ in how much they resemble others.
    population, threshold = Population(likeness=0.5), 0.2
    truth = population.fmr(threshold)
    aware, naive = [], []
    for seed in range(200):
        tally = Tally(population.evidence(150, np.random.default_rng(seed)).nonmated)
        knowing = tally.reaching(threshold)
        aware.append(knowing.low <= truth <= knowing.high)
        naive.append(abs(knowing.value - truth) <= 1.96 * (truth / len(tally)) ** 0.5)

    assert np.mean(naive) < 0.6
    assert np.mean(aware) > 0.88


def test_the_bootstrap_over_people_covers_the_true_rate_at_least_as_often_as_it_says() -> None:
    population, rate_asked = Population(likeness=0.3, mated=0.3), 1e-2
    truth = stats.norm.cdf((population.mated - stats.norm.isf(rate_asked) * SPREAD) / SPREAD)
    covered = []
    for seed in range(60):
        evidence = population.evidence(150, np.random.default_rng(seed))
        tar = verify(evidence, seed=seed, rates=(rate_asked,)).accepted[0].tar
        covered.append(tar.low <= truth <= tar.high)

    assert np.mean(covered) >= 0.9


def test_the_same_seed_gives_the_same_intervals(evidence: Evidence) -> None:
    assert verify(evidence, seed=7) == verify(evidence, seed=7)
    assert verify(evidence, seed=7).eer != verify(evidence, seed=8).eer


def test_a_figure_without_an_error_is_bounded_by_the_rule_of_three() -> None:
    evidence = Population(mated=5.0).evidence(people=100, rng=np.random.default_rng(1))

    figures = verify(evidence, seed=1, rates=(1e-2,))

    assert figures.accepted[0].tar.value == 1
    assert figures.accepted[0].tar.low == pytest.approx(1 - 3 / 100)
    assert figures.eer.value == 0
    assert figures.eer.high == pytest.approx(3 / 100)
