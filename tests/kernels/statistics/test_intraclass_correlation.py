"""Published: the four judges of Shrout & Fleiss 1979 (table 2): 0.17, 0.29, 0.71, with the intervals of R's psych::ICC
on the same data (rounded to two places). Independent: mean squares by the linear model's residuals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from kernels.errors import KernelError
from kernels.statistics.intraclass_correlation import IccModel, intraclass_correlation

JUDGES = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


@pytest.mark.parametrize(
    ("model", "estimate", "lower", "upper"),
    [
        (IccModel.ONE_WAY, 0.17, -0.13, 0.72),
        (IccModel.TWO_WAY_AGREEMENT, 0.29, 0.02, 0.76),
        (IccModel.TWO_WAY_CONSISTENCY, 0.71, 0.34, 0.95),
    ],
)
def test_icc__equals_the_published_ones(model, estimate, lower, upper):
    result = intraclass_correlation(JUDGES, model=model)
    assert (result.estimate, result.lower, result.upper) == pytest.approx((estimate, lower, upper), abs=5.1e-3)


def test_mean_squares__equal_those_of_the_paper():
    """Shrout & Fleiss, table 3: BMS 11.24, JMS 32.49, EMS 1.02, WMS 6.26."""
    result = intraclass_correlation(JUDGES, model=IccModel.TWO_WAY_AGREEMENT)
    squares = (
        result.mean_square_subjects,
        result.mean_square_raters,
        result.mean_square_error,
        result.mean_square_within,
    )
    assert squares == pytest.approx((11.24, 32.49, 1.02, 6.26), abs=5.1e-3)


def test_one_way_interval__covers_as_promised():
    random = np.random.default_rng(6)
    covered = 0
    for _ in range(800):
        table = random.normal(0, 1, (15, 1)) * np.sqrt(3) + random.normal(0, 1, (15, 3))
        result = intraclass_correlation(table.tolist(), model=IccModel.ONE_WAY)
        covered += result.lower <= 0.75 <= result.upper
    assert stats.binomtest(covered, 800, 0.95).pvalue > 0.001


def test_identical_ratings__agree_perfectly_without_an_interval():
    result = intraclass_correlation([[1, 1], [2, 2], [3, 3]], model=IccModel.TWO_WAY_CONSISTENCY)
    assert (result.estimate, result.lower) == (pytest.approx(1.0), None)


def test_constant_ratings__have_no_icc():
    assert intraclass_correlation([[0.1] * 3] * 3, model=IccModel.ONE_WAY).estimate is None


@pytest.mark.parametrize("ratings", [[[1, 2]], [[1], [2]], [[1, 2], [3, float("nan")]]])
def test_tables_that_are_too_small__are_refused(ratings):
    with pytest.raises(KernelError) as refusal:
        intraclass_correlation(ratings, model=IccModel.ONE_WAY)
    assert refusal.value.code == "ratings_invalid"
