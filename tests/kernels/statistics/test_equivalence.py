"""Expected values: SciPy's one-sample and Welch t tests, one-sided, shifted to the margins."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from kernels.errors import KernelError
from kernels.statistics.equivalence import group_equivalence, paired_equivalence
from kernels.statistics.linearity import linearity

DIFFERENCES = [0.1, -0.2, 0.3, 0.0, 0.15, -0.1, 0.05, 0.2]


@pytest.mark.parametrize("margin", [0.1, 0.25, 0.6])
def test_paired__equals_two_one_sided_t_tests(margin):
    result = paired_equivalence(DIFFERENCES, margin_lower=-margin, margin_upper=margin)
    lower = stats.ttest_1samp(DIFFERENCES, -margin, alternative="greater").pvalue
    upper = stats.ttest_1samp(DIFFERENCES, margin, alternative="less").pvalue
    assert (result.p_lower, result.p_upper, result.p_value) == pytest.approx((lower, upper, max(lower, upper)))
    interval = stats.ttest_1samp(DIFFERENCES, 0.0).confidence_interval(0.90)
    assert (result.lower, result.upper) == pytest.approx((interval.low, interval.high))
    assert result.is_equivalent is (result.p_value < 0.05)


def test_groups__equal_welchs_t_tests():
    random = np.random.default_rng(1)
    test, reference = random.normal(50, 2, 12).tolist(), random.normal(50.4, 4, 9).tolist()
    result = group_equivalence(test, reference, margin_lower=-3.0, margin_upper=4.0)
    lower = stats.ttest_ind([v + 3.0 for v in test], reference, equal_var=False, alternative="greater").pvalue
    upper = stats.ttest_ind([v - 4.0 for v in test], reference, equal_var=False, alternative="less").pvalue
    assert (result.p_lower, result.p_upper) == pytest.approx((lower, upper))
    interval = stats.ttest_ind(test, reference, equal_var=False).confidence_interval(0.90)
    assert (result.lower, result.upper) == pytest.approx((interval.low, interval.high))


def test_no_scatter__is_decided_by_the_difference_and_has_no_p_value():
    inside = paired_equivalence([0.1, 0.1, 0.1], margin_lower=-0.2, margin_upper=0.2)
    assert (inside.is_equivalent, inside.p_value) == (True, None)
    assert not paired_equivalence([0.2, 0.2], margin_lower=-0.2, margin_upper=0.2).is_equivalent
    assert not group_equivalence([1.0, 1.0], [2.0, 2.0], margin_lower=-0.5, margin_upper=0.5).is_equivalent


def test_not_different__is_not_equivalent():
    """Two scattered pairs: no difference can be shown, and no equivalence either."""
    result = paired_equivalence([-3.0, 3.1], margin_lower=-1.0, margin_upper=1.0)
    assert not result.is_equivalent


@pytest.mark.parametrize(
    ("differences", "low", "high", "code"),
    [
        ([0.1], -1, 1, "too_few_values"),
        ([], -1, 1, "no_values"),
        ([0.1, 0.2], 1, -1, "margins_invalid"),
        ([0.1, 0.2], 1, 1, "margins_invalid"),
    ],
)
def test_questions_without_an_answer__are_refused(differences, low, high, code):
    with pytest.raises(KernelError) as refusal:
        paired_equivalence(differences, margin_lower=low, margin_upper=high)
    assert refusal.value.code == code


def test_linearity__equals_scipys_regression():
    expected, measured = [0.05, 0.1, 0.2, 0.4, 0.6, 0.8], [0.052, 0.094, 0.21, 0.39, 0.585, 0.77]
    result, reference = linearity(expected, measured), stats.linregress(expected, measured)
    assert (result.slope.estimate, result.intercept.estimate) == pytest.approx((reference.slope, reference.intercept))
    errors = (result.slope.standard_error, result.intercept.standard_error)
    assert errors == pytest.approx((reference.stderr, reference.intercept_stderr))
    assert result.r_squared == pytest.approx(reference.rvalue**2)
    assert result.slope.upper == pytest.approx(reference.slope + stats.t.ppf(0.975, 4) * reference.stderr)
    assert (result.largest_deviation, result.largest_deviation_at) == (pytest.approx(-0.03), 0.8)


def test_linearity__of_constant_measurements_explains_nothing():
    assert linearity([0.1, 0.2, 0.3], [0.1, 0.1, 0.1]).r_squared is None


@pytest.mark.parametrize(("x", "y"), [([1, 2], [1, 2]), ([1, 1, 1], [1, 2, 3]), ([1, 2, 3], [1, 2])])
def test_linearity__refuses_too_little(x, y):
    with pytest.raises(KernelError) as refusal:
        linearity(x, y)
    assert refusal.value.code == "too_few_values"
