"""Independent: DeLong's estimator from its double sums (the kernel uses midranks); SciPy's Mann-Whitney statistic."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from kernels.errors import KernelError
from kernels.statistics.proportions import Proportion
from kernels.statistics.roc import bootstrap_area, compare_areas, operating_point, roc_auc, roc_curve

LABELS = [True] * 7 + [False] * 9
FIRST = [0.9, 0.8, 0.8, 0.55, 0.7, 0.35, 0.6, 0.1, 0.3, 0.35, 0.5, 0.2, 0.4, 0.6, 0.15, 0.7]
SECOND = [0.6, 0.7, 0.5, 0.5, 0.9, 0.2, 0.4, 0.3, 0.4, 0.1, 0.6, 0.2, 0.5, 0.45, 0.3, 0.2]


def by_double_sums(labels, scores):
    x = [s for s, is_case in zip(scores, labels, strict=True) if is_case]
    y = [s for s, is_case in zip(scores, labels, strict=True) if not is_case]
    psi = np.array([[1.0 if a > b else 0.5 if a == b else 0.0 for b in y] for a in x])
    return psi.mean(), psi.mean(axis=1), psi.mean(axis=0)


def test_auc__and_its_error_equal_the_double_sums():
    auc, v10, v01 = by_double_sums(LABELS, FIRST)
    result = roc_auc(LABELS, FIRST)
    error = math.sqrt(np.var(v10, ddof=1) / 7 + np.var(v01, ddof=1) / 9)
    assert (result.auc, result.standard_error) == pytest.approx((auc, error))
    z = stats.norm.ppf(0.975)
    assert result.wald.lower == pytest.approx(auc - z * error)
    logit = math.log(auc / (1 - auc))
    assert result.logit.upper == pytest.approx(stats.logistic.cdf(logit + z * error / (auc * (1 - auc))))


scored = st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=6, max_size=40).filter(
    lambda rows: 2 <= sum(label for label, _ in rows) <= len(rows) - 2
)


@given(scored)
@settings(deadline=None, max_examples=80)
def test_auc__is_mann_whitney_over_the_pairs(rows):
    labels, scores = zip(*rows, strict=True)
    cases = [s for label, s in rows if label]
    controls = [s for label, s in rows if not label]
    expected = stats.mannwhitneyu(cases, controls).statistic / (len(cases) * len(controls))
    result = roc_auc(labels, scores)
    assert result.auc == pytest.approx(expected)
    assert result.standard_error == pytest.approx(
        math.sqrt(sum(np.var(v, ddof=1) / len(v) for v in by_double_sums(labels, scores)[1:]))
    )


def test_delong__equals_the_double_sums():
    one, two = by_double_sums(LABELS, FIRST), by_double_sums(LABELS, SECOND)
    covariance = np.cov(one[1], two[1])[0, 1] / 7 + np.cov(one[2], two[2])[0, 1] / 9
    variance = sum(np.var(v, ddof=1) / len(v) for part in (one, two) for v in part[1:]) - 2 * covariance
    result = compare_areas(LABELS, FIRST, SECOND)
    assert (result.difference, result.covariance) == pytest.approx((one[0] - two[0], covariance))
    assert result.z == pytest.approx((one[0] - two[0]) / math.sqrt(variance))
    assert result.p_value == pytest.approx(2 * stats.norm.sf(abs(result.z)))
    assert result.lower == pytest.approx(result.difference - stats.norm.ppf(0.975) * math.sqrt(variance))


def test_delong__of_scores_that_rank_alike_has_no_test():
    result = compare_areas(LABELS, FIRST, [10 * score for score in FIRST])
    assert (result.difference, result.z, result.p_value) == (0.0, None, None)


def test_perfect_separation__has_an_area_but_no_interval():
    result = roc_auc([True, True, False, False], [4, 3, 2, 1])
    assert (result.auc, result.logit.lower, result.wald.lower) == (1.0, None, None)
    assert bootstrap_area([True, True, False, False], [4, 3, 2, 1], seed=1).interval.lower is None


def test_bootstrap__equals_an_explicit_loop():
    random = np.random.default_rng(5)
    cases = np.array(FIRST)[np.array(LABELS)]
    controls = np.array(FIRST)[~np.array(LABELS)]
    areas = []
    for _ in range(4000):
        x, y = random.choice(cases, cases.size), random.choice(controls, controls.size)
        areas.append((np.greater.outer(x, y) + 0.5 * np.equal.outer(x, y)).mean())
    result = bootstrap_area(LABELS, FIRST, seed=3, resamples=4000)
    low, high = np.quantile(areas, [0.025, 0.975])
    assert (result.interval.lower, result.interval.upper) == pytest.approx((low, high), abs=0.02)


def test_operating_point__counts_the_table():
    point = operating_point(LABELS, FIRST, 0.6)
    assert (point.sensitivity, point.specificity) == (Proportion(5, 7), Proportion(7, 9))
    assert (point.positive_predictive_value, point.negative_predictive_value) == (Proportion(5, 7), Proportion(7, 9))
    assert (point.accuracy, point.f1) == (Proportion(12, 16), Proportion(10, 14))
    assert point.youden == pytest.approx(5 / 7 + 7 / 9 - 1)
    assert point.likelihood_ratio_positive == pytest.approx((5 / 7) / (2 / 9))
    assert point.likelihood_ratio_negative == pytest.approx((2 / 7) / (7 / 9))


def test_operating_point__over_a_zero_has_no_ratio():
    everything = operating_point(LABELS, FIRST, 0.0)
    assert (everything.likelihood_ratio_negative, everything.negative_predictive_value.value) == (None, None)
    assert operating_point(LABELS, FIRST, 5.0).likelihood_ratio_positive is None


def test_curve__starts_at_nothing_and_ends_at_everything():
    curve = roc_curve(LABELS, FIRST)
    assert curve[0] == (None, 0, 0)
    assert curve[-1] == (0.1, 7, 9)
    area = sum((b[2] - a[2]) / 9 * (a[1] + b[1]) / 14 for a, b in pairwise(curve))
    assert area == pytest.approx(roc_auc(LABELS, FIRST).auc)


@pytest.mark.parametrize(
    ("labels", "scores", "code"),
    [
        ([True, False], [1.0], "scores_unpaired"),
        ([True, True, False, False], [1, 2, 3, math.nan], "score_not_finite"),
        ([True, False, False], [1, 2, 3], "too_few_cases"),
    ],
)
def test_scores_that_cannot_be_ranked__are_refused(labels, scores, code):
    with pytest.raises(KernelError) as refusal:
        roc_auc(labels, scores)
    assert refusal.value.code == code
