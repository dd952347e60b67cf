"""Expected values: the standard library's statistics, SciPy, and figures of the project's standards notes."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from kernels.control.limits import (
    Limits,
    RunningMoments,
    Side,
    Stage,
    from_target,
    mean_and_sd,
    median_and_mad,
    normality,
    percentile_limits,
    prediction_limits,
    stage,
    tolerance_size,
    transferred,
)
from kernels.control.scores import Transform, TransformKind, z_score
from kernels.errors import KernelError

DEPTHS = [112.0, 118.5, 109.2, 121.0, 116.4, 113.3, 119.9, 110.8]


def test_z__of_a_point_on_two_sd_is_two():
    assert (100.2 - 100.0) / 0.1 > 2
    assert z_score(100.2, 100.0, 0.1) == 2.0


@given(st.integers(-9999, 9999), st.integers(-9999, 9999), st.integers(1, 999))
@settings(deadline=None, max_examples=100)
def test_z__is_the_quotient(value, target, sd):
    assert z_score(value / 100, target / 100, sd / 100) == pytest.approx((value - target) / sd, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("sd", [0.0, -1.0, math.nan])
def test_z__refuses_an_sd_that_is_not_positive(sd):
    with pytest.raises(KernelError) as refusal:
        z_score(1.0, 1.0, sd)
    assert refusal.value.code == "sd_not_positive"


@pytest.mark.parametrize(
    ("transform", "value", "score"),
    [
        (Transform(TransformKind.LOG10), 1000.0, 3.0),
        (Transform(TransformKind.LOG10, 1e-4), 0.0, -4.0),
        (Transform(TransformKind.LOGIT), 0.98, math.log(49)),
        (Transform(TransformKind.LOGIT, 0.5 / 200), 1.0, math.log(1.0025 / 0.0025)),
        (Transform(TransformKind.ARCSINE), 0.5, math.pi / 4),
    ],
)
def test_transform__forward_and_back(transform, value, score):
    assert transform.forward(value) == pytest.approx(score)
    assert transform.backward(score) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    ("kind", "value"),
    [(TransformKind.LOG10, 0.0), (TransformKind.LOGIT, 1.0), (TransformKind.LOGIT, 1.2), (TransformKind.ARCSINE, -0.1)],
)
def test_transform__refuses_values_off_its_scale(kind, value):
    with pytest.raises(KernelError) as refusal:
        Transform(kind).forward(value)
    assert refusal.value.code == "value_outside_scale"


def test_mean_and_sd__are_the_textbook_ones():
    limits = mean_and_sd(DEPTHS)
    mean, sd = statistics.mean(DEPTHS), statistics.stdev(DEPTHS)
    assert (limits.n, limits.target, limits.sd) == (8, pytest.approx(mean), pytest.approx(sd))
    assert (limits.two_sd.lower, limits.three_sd.upper) == pytest.approx((mean - 2 * sd, mean + 3 * sd))


def test_robust_limits__are_scipys_median_absolute_deviation():
    values = [*DEPTHS, 900.0]
    limits = median_and_mad(values)
    expected = stats.median_abs_deviation(values, scale="normal")
    assert (limits.target, limits.sd) == pytest.approx((statistics.median(values), expected), rel=1e-6)


def test_transformed_limits__come_back_in_the_unit_of_the_metric():
    limits = mean_and_sd(DEPTHS, transform=Transform(TransformKind.LOG10))
    logs = [math.log10(value) for value in DEPTHS]
    assert limits.three_sd.lower == pytest.approx(10 ** (statistics.mean(logs) - 3 * statistics.stdev(logs)))


def test_one_sided_limits__leave_the_other_side_open():
    assert from_target(0.98, 0.005, side=Side.LOWER).three_sd == Limits(pytest.approx(0.965), None)
    assert from_target(10.0, 1.0, side=Side.UPPER).two_sd == Limits(None, 12.0)


def test_logit_limits__stay_inside_the_scale():
    limits = from_target(5.0, 3.0, transform=Transform(TransformKind.LOGIT, 0.01))
    assert 0.0 <= limits.three_sd.lower < limits.three_sd.upper <= 1.0


@pytest.mark.parametrize("values", [[5.0], [5.0, 5.0, 5.0]])
def test_no_spread__gives_no_limits(values):
    with pytest.raises(KernelError) as refusal:
        mean_and_sd(values)
    assert refusal.value.code in {"too_few_values", "sd_not_positive"}


def test_a_new_lot__takes_the_cv_of_the_old_one():
    """Target 100, SD 4 (CV 4 %); the new lot runs at 110, so its SD is 4.4."""
    new = transferred([109.0, 110.0, 111.0], old=from_target(100.0, 4.0))
    assert (new.target, new.sd, new.n) == (pytest.approx(110.0), pytest.approx(4.4), 3)


def test_a_new_lot_on_a_log_scale__keeps_the_sd():
    old = from_target(2.0, 0.05, transform=Transform(TransformKind.LOG10))
    new = transferred([1000.0, 1000.0], old=old)
    assert (new.target, new.sd) == (pytest.approx(3.0), 0.05)


def test_prediction_limits__equal_students_t():
    limits = prediction_limits(DEPTHS)
    mean, sd, n = statistics.mean(DEPTHS), statistics.stdev(DEPTHS), len(DEPTHS)
    half = stats.t.ppf(0.975, n - 1) * sd * math.sqrt(1 + 1 / n)
    assert (limits.lower, limits.upper) == pytest.approx((mean - half, mean + half))
    one_sided = prediction_limits(DEPTHS, side=Side.LOWER)
    assert one_sided == Limits(pytest.approx(mean - stats.t.ppf(0.95, n - 1) * sd * math.sqrt(1 + 1 / n)), None)


def test_prediction_limits__cover_the_next_result_as_often_as_promised():
    random = np.random.default_rng(3)
    covered = 0
    for _ in range(3000):
        *past, following = random.normal(10, 2, 6).tolist()
        limits = prediction_limits(past)
        covered += limits.lower <= following <= limits.upper
    assert covered / 3000 == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 3000))


def test_percentiles__are_numpys_weibull_ranks():
    values = np.random.default_rng(9).lognormal(3, 0.4, 120).tolist()
    limits = percentile_limits(values)
    expected = np.percentile(values, [2.5, 97.5], method="weibull")
    assert (limits.lower, limits.upper) == pytest.approx(tuple(expected))
    assert percentile_limits(values, tail=0.01, side=Side.UPPER).lower is None


def test_percentiles__refuse_to_extrapolate():
    """2.5 % is the first of 39 values, and needs them."""
    values = [float(i) for i in range(39)]
    assert percentile_limits(values) == Limits(0.0, 38.0)
    with pytest.raises(KernelError) as refusal:
        percentile_limits(values[:-1])
    assert refusal.value.where["needed"] == 39


def test_tolerance_sizes__of_the_notes():
    assert tolerance_size(coverage=0.95, confidence=0.95) == 93
    assert tolerance_size(coverage=0.95, confidence=0.95, side=Side.UPPER) == 59


def test_normality__equals_scipy():
    values = np.random.default_rng(2).lognormal(0, 0.8, 50).tolist()
    check = normality(values)
    reference = stats.shapiro(values)
    assert (check.shapiro_wilk, check.p_value) == pytest.approx((reference.statistic, reference.pvalue))
    assert check.skewness == pytest.approx(stats.skew(values, bias=False))
    assert normality(values, transform=Transform(TransformKind.LOG10)).p_value > check.p_value


def test_normality__of_a_constant_is_undefined():
    assert normality([1.0] * 30).shapiro_wilk is None


@pytest.mark.parametrize(
    ("points", "expected"), [(2, "not_enough_points"), (3, "immediate"), (19, "immediate"), (20, "provisional")]
)
def test_stage(points, expected):
    assert stage(points) is Stage(expected)


@given(st.lists(st.floats(-1e6, 1e6), max_size=30), st.lists(st.floats(-1e6, 1e6), max_size=30))
@settings(deadline=None, max_examples=60)
def test_running_moments__pool_to_those_of_all_values(first, second):
    parts = []
    for values in (first, second):
        moments = RunningMoments()
        for value in values:
            moments = moments.with_value(value)
        parts.append(moments)
    pooled, everything = parts[0].pooled(parts[1]), [*first, *second]
    assert pooled.n == len(everything)
    if len(everything) > 1:
        assert pooled.mean == pytest.approx(statistics.fmean(everything), rel=1e-9, abs=1e-6)
        assert pooled.sd == pytest.approx(float(np.std(everything, ddof=1)), rel=1e-7, abs=1e-5)
    else:
        assert pooled.sd is None
