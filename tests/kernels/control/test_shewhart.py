"""Factors of the project's standards notes; Montgomery's table of constants; definitions written out here."""

from __future__ import annotations

import math
import statistics

import pytest
from scipy import stats

from kernels.control.rules import Rule
from kernels.control.shewhart import (
    a3,
    b3_b4,
    c4,
    individual_charts,
    moving_ranges,
    proportion_limits,
    subgroup_charts,
)
from kernels.control.sigma import capability, sigma_metric, suggested_design
from kernels.errors import KernelError
from kernels.statistics.proportions import Proportion


@pytest.mark.parametrize(
    ("size", "factors"),
    [
        (2, (2.659, 0, 3.267)),
        (3, (1.954, 0, 2.568)),
        (4, (1.628, 0, 2.266)),
        (5, (1.427, 0, 2.089)),
        (6, (1.287, 0.030, 1.970)),
        (8, (1.099, 0.185, 1.815)),
        (10, (0.975, 0.284, 1.716)),
    ],
)
def test_factors__of_the_notes(size, factors):
    assert (a3(size), *b3_b4(size)) == pytest.approx(factors, abs=5.1e-4)


@pytest.mark.parametrize(
    ("size", "value"), [(2, 0.7979), (3, 0.8862), (4, 0.9213), (5, 0.9400), (10, 0.9727), (400, 0.9994)]
)
def test_c4(size, value):
    assert c4(size) == pytest.approx(value, abs=5.1e-5)


def test_subgroup_charts():
    subgroups = [[5.1, 5.3, 4.9], [5.0, 5.4, 5.2], [4.8, 5.1, 5.6]]
    charts = subgroup_charts(subgroups)
    mean = statistics.mean(map(statistics.mean, subgroups))
    sd = statistics.mean(map(statistics.stdev, subgroups))
    assert (charts.mean.centre, charts.mean.upper) == pytest.approx((mean, mean + 1.9544 * sd), abs=1e-4)
    assert (charts.sd.centre, charts.sd.lower, charts.sd.upper) == pytest.approx((sd, 0, 2.5682 * sd), abs=1e-4)


@pytest.mark.parametrize("subgroups", [[[1.0, 2.0]], [[1.0, 2.0], [1.0]], [[1.0], [2.0]]])
def test_subgroups_that_do_not_fit__are_refused(subgroups):
    with pytest.raises(KernelError) as refusal:
        subgroup_charts(subgroups)
    assert refusal.value.code == "subgroups_invalid"


def test_individual_charts():
    values = [10.0, 12.0, 11.0, 14.0]
    assert moving_ranges(values) == (2.0, 1.0, 3.0)
    charts = individual_charts(values)
    assert charts.value.upper == pytest.approx(11.75 + 2.66 * 2.0, abs=5e-3)
    assert charts.moving_range.upper == pytest.approx(3.267 * 2.0, abs=2e-3)


def test_p_chart__with_many_expected_is_three_sigma():
    limits = proportion_limits(Proportion(100, 1000), 200)
    half = 3 * math.sqrt(0.1 * 0.9 / 200)
    assert (limits.centre, limits.lower, limits.upper) == pytest.approx((0.1, 0.1 - half, 0.1 + half))


@pytest.mark.parametrize(("failures", "trials"), [(5, 20), (5, 96), (10, 48), (10, 96), (40, 96), (960, 48), (990, 96)])
def test_p_chart__with_few_expected_is_binomial(failures, trials):
    """The limits are the outermost counts that a tail of 3 sigma does not rule out."""
    p = failures / 1000
    limits = proportion_limits(Proportion(failures, 1000), trials)
    low, high = round(limits.lower * trials), round(limits.upper * trials)
    assert stats.binom.sf(high, trials, p) <= stats.norm.sf(3)
    assert high == 0 or stats.binom.sf(high - 1, trials, p) > stats.norm.sf(3)
    assert stats.binom.cdf(low, trials, p) > stats.norm.sf(3)
    assert low == 0 or stats.binom.cdf(low - 1, trials, p) <= stats.norm.sf(3)


def test_sigma_metric():
    """Target 100, mean 101, SD 2, allowed 10 %: bias 1 %, CV 1.98 %, sigma (10 - 1) / 1.98 = 4.545."""
    metric = sigma_metric(mean=101.0, target=100.0, sd=2.0, allowable_error_fraction=0.10)
    assert metric.sigma == pytest.approx(0.09 / (2 / 101))
    assert metric.total_error_fraction == pytest.approx(0.01 + 1.65 * 2 / 101)


@pytest.mark.parametrize(
    ("sigma", "rules", "n", "runs"), [(6.0, 1, 2, 1), (5.0, 3, 2, 1), (4.0, 4, 4, 1), (3.2, 5, 4, 2)]
)
def test_suggested_design__grows_as_sigma_falls(sigma, rules, n, runs):
    design = suggested_design(sigma)
    assert (len(design.rules), design.measurements_per_run, design.runs) == (rules, n, runs)
    assert Rule.ONE_3S in design.rules


def test_capability():
    assert capability(mean=120.0, sd=5.0, lower=100.0) == pytest.approx(20 / 15)
    assert capability(mean=120.0, sd=5.0, lower=100.0, upper=130.0) == pytest.approx(10 / 15)
    with pytest.raises(KernelError):
        capability(mean=1.0, sd=1.0)
