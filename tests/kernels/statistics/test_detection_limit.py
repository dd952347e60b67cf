"""Published: Finney's rotenone data (Probit Analysis 1971), whose logit fit has ED50 4.829 in R's drc (`finney71`).
Independent: the likelihood maximized by SciPy with a numerical Hessian; Fieller's set scanned point by point."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from scipy import optimize, stats

from kernels.errors import KernelError
from kernels.statistics.binomial_regression import Link
from kernels.statistics.detection_limit import (
    DetectionLevel,
    detection_limit,
    hit_rate,
    limit_of_blank,
    minimum_depth,
)
from kernels.statistics.proportions import Proportion

ROTENONE = [(10.2, 44, 50), (7.7, 42, 49), (5.1, 24, 46), (3.8, 16, 48), (2.6, 6, 50)]
TITRATION = [(100.0, 20, 20), (50.0, 19, 20), (25.0, 17, 20), (12.5, 11, 20), (6.25, 4, 20)]


def levels_of(rows):
    return [DetectionLevel(level, Proportion(detected, replicates)) for level, detected, replicates in rows]


def by_scipy(rows, link):
    x = np.log10([row[0] for row in rows])
    hits, trials = np.array([row[1] for row in rows]), np.array([row[2] for row in rows])
    curve = stats.norm.cdf if link is Link.PROBIT else stats.logistic.cdf

    def loss(b):
        p = np.clip(curve(b[0] + b[1] * x), 1e-12, 1 - 1e-12)
        return -(hits * np.log(p) + (trials - hits) * np.log(1 - p)).sum()

    return optimize.minimize(loss, [-2.0, 2.0], method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12}).x


@pytest.mark.parametrize("rows", [ROTENONE, TITRATION])
@pytest.mark.parametrize("link", list(Link))
def test_fit__is_the_maximum_of_the_likelihood(rows, link):
    fit = detection_limit(levels_of(rows), link=link).fit
    assert (fit.intercept, fit.slope) == pytest.approx(by_scipy(rows, link), rel=1e-5)


def test_logit_median_dose__is_that_of_rs_drc():
    result = detection_limit(levels_of(ROTENONE), probability=0.5, link=Link.LOGIT)
    assert result.limit == pytest.approx(4.829, abs=5e-4)
    assert result.fit.residual_df == 3


def expected_information(rows, fit):
    x = np.log10([row[0] for row in rows])
    trials = np.array([row[2] for row in rows])
    eta = fit.intercept + fit.slope * x
    p, density = stats.norm.cdf(eta), stats.norm.pdf(eta)
    weight = trials * density**2 / (p * (1 - p))
    return np.array([[weight.sum(), (weight * x).sum()], [(weight * x).sum(), (weight * x * x).sum()]])


def test_covariance__is_the_inverse_of_fishers_information():
    fit = detection_limit(levels_of(TITRATION)).fit
    covariance = np.linalg.inv(expected_information(TITRATION, fit))
    ours = (fit.intercept_variance, fit.covariance, fit.slope_variance)
    assert ours == pytest.approx((covariance[0, 0], covariance[0, 1], covariance[1, 1]), rel=1e-5)


def test_goodness_of_fit__is_pearsons():
    result = detection_limit(levels_of(TITRATION))
    x = np.log10([row[0] for row in TITRATION])
    p = stats.norm.cdf(result.fit.intercept + result.fit.slope * x)
    hits = np.array([row[1] for row in TITRATION])
    pearson = ((hits - 20 * p) ** 2 / (20 * p * (1 - p))).sum()
    assert result.fit.pearson_chi_squared == pytest.approx(pearson, rel=1e-6)
    assert result.fit.p_value == pytest.approx(stats.chi2.sf(pearson, 3), rel=1e-6)


def test_lod95__is_where_the_line_reaches_1_6449():
    result = detection_limit(levels_of(TITRATION))
    line = result.fit.intercept + result.fit.slope * math.log10(result.limit)
    assert line == pytest.approx(stats.norm.ppf(0.95))
    assert result.delta.lower < result.limit < result.delta.upper
    assert result.fieller.lower < result.limit < result.fieller.upper
    assert not result.is_extrapolated


def test_fieller_bounds__are_where_its_test_turns():
    result = detection_limit(levels_of(TITRATION))
    fit, target, z = result.fit, stats.norm.ppf(0.95), stats.norm.ppf(0.975)

    def inside(level):
        x = math.log10(level)
        gap = fit.intercept + fit.slope * x - target
        return gap**2 - z**2 * (fit.intercept_variance + 2 * x * fit.covariance + x * x * fit.slope_variance)

    for bound, search in ((result.fieller.lower, (1.0, result.limit)), (result.fieller.upper, (result.limit, 1e4))):
        assert optimize.brentq(inside, *search) == pytest.approx(bound, rel=1e-6)


def test_delta_interval__is_the_gradient_formula():
    result = detection_limit(levels_of(TITRATION))
    fit, x = result.fit, result.log10_limit
    gradient = np.array([-1 / fit.slope, -x / fit.slope])
    covariance = np.array([[fit.intercept_variance, fit.covariance], [fit.covariance, fit.slope_variance]])
    error = math.sqrt(gradient @ covariance @ gradient)
    assert result.log10_standard_error == pytest.approx(error)
    assert result.delta.upper == pytest.approx(10 ** (x + stats.norm.ppf(0.975) * error))


def test_an_uncertain_slope__has_no_fieller_interval():
    result = detection_limit(levels_of([(1.0, 2, 5), (10.0, 3, 5), (100.0, 4, 5)]))
    assert result.g >= 1
    assert (result.fieller.lower, result.fieller.upper) == (None, None)
    assert result.is_extrapolated


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([(10.0, 20, 20), (5.0, 20, 20), (1.0, 0, 20)], "regression_separated"),
        ([(10.0, 20, 20), (5.0, 9, 20), (1.0, 0, 20)], "regression_separated"),
        ([(10.0, 20, 20), (5.0, 20, 20)], "regression_separated"),
        ([(10.0, 0, 20), (5.0, 0, 20)], "regression_separated"),
        ([(10.0, 9, 20)], "regression_one_level"),
        ([(10.0, 5, 20), (5.0, 9, 20), (1.0, 15, 20)], "detection_not_increasing"),
        ([(10.0, 15, 20), (0.0, 1, 20)], "level_not_positive"),
        ([(10.0, 15, 20), (10.0, 1, 20)], "level_repeated"),
        ([(10.0, 15, 20), (1.0, 0, 0)], "level_untested"),
    ],
)
def test_levels_that_give_no_curve__are_refused(rows, code):
    with pytest.raises(KernelError) as refusal:
        detection_limit(levels_of(rows))
    assert refusal.value.code == code


def test_hit_rate__is_compared_on_the_counts():
    result = hit_rate(levels_of(TITRATION), minimum_rate=Decimal("0.95"))
    assert [level.is_met for level in result.levels] == [False, False, False, True, True]
    assert (result.limit, result.is_monotonic) == (50.0, True)


def test_hit_rate__a_failing_level_above_takes_the_lower_ones_with_it():
    rows = [(100.0, 20, 20), (50.0, 18, 20), (25.0, 20, 20)]
    result = hit_rate(levels_of(rows), minimum_rate=Decimal("0.95"))
    assert (result.limit, result.is_monotonic) == (100.0, False)


def test_hit_rate__without_a_passing_top_level_has_no_limit():
    assert hit_rate(levels_of([(50.0, 10, 20), (25.0, 20, 20)]), minimum_rate=Decimal("0.95")).limit is None
    assert hit_rate(levels_of([(50.0, 0, 0)]), minimum_rate=Decimal("0.95")).limit is None


# Reads needed for a 95 % chance of k variant reads, by allele fraction: the project's standards notes.
DEPTHS = {
    "0.05": {3: 124, 5: 181, 8: 260},
    "0.10": {3: 61, 5: 89, 8: 129},
    "0.15": {3: 40, 5: 59, 8: 85},
    "0.20": {3: 30, 5: 44, 8: 63},
    "0.25": {3: 23, 5: 34, 8: 50},
}


@pytest.mark.parametrize("fraction", DEPTHS)
def test_minimum_depth__equals_the_table(fraction):
    for reads, depth in DEPTHS[fraction].items():
        assert minimum_depth(allele_fraction=Decimal(fraction), alt_reads=reads) == depth


@pytest.mark.parametrize(
    ("depth", "chances"),
    [
        (8, (0.9648, 0.8555, 0.6367, 0.3633)),
        (10, (0.9893, 0.9453, 0.8281, 0.6230)),
        (12, (0.9968, 0.9807, 0.9270, 0.8062)),
        (15, (0.9995, 0.9963, 0.9824, 0.9408)),
        (20, (1.0000, 0.9998, 0.9987, 0.9941)),
        (25, (1.0000, 1.0000, 0.9999, 0.9995)),
    ],
)
def test_minimum_depth_of_a_heterozygote__agrees_with_the_binomial_table(depth, chances):
    for reads, chance in zip((2, 3, 4, 5), chances, strict=True):
        assert stats.binom.sf(reads - 1, depth, 0.5) == pytest.approx(chance, abs=5.1e-5)
        if chance < 0.9999:
            just_less, just_more = (Decimal(str(chance)) + Decimal(change) for change in ("-0.0001", "0.0001"))
            assert minimum_depth(allele_fraction=0.5, alt_reads=reads, probability=just_less) <= depth
            assert minimum_depth(allele_fraction=0.5, alt_reads=reads, probability=just_more) > depth


def test_limit_of_blank__is_the_parametric_formula():
    blanks, low = [0.1, 0.3, 0.2, 0.2, 0.4], [[0.9, 1.1, 1.0], [1.4, 1.2]]
    result = limit_of_blank(blanks, low)
    lob = np.mean(blanks) + stats.norm.ppf(0.95) / (1 - 1 / 16) * np.std(blanks, ddof=1)
    pooled = math.sqrt((2 * np.var(low[0], ddof=1) + np.var(low[1], ddof=1)) / 3)
    assert result.limit_of_blank == pytest.approx(lob)
    assert result.limit_of_detection == pytest.approx(lob + stats.norm.ppf(0.95) / (1 - 1 / 12) * pooled)
    assert limit_of_blank(blanks).limit_of_detection is None
