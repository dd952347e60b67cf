"""Published: the skin-condition ratings of the SAS manual (PROC FREQ, agreement study); Fleiss' kappa of the worked
example in Wikipedia ("Fleiss' kappa", 0.210). Independent: the delta method by numerical derivatives, SciPy's tests."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from kernels.errors import KernelError
from kernels.statistics.agreement import (
    KappaWeights,
    McNemarMethod,
    cohen_kappa,
    fleiss_kappa,
    mcnemar,
    tally,
    two_by_two,
)

SKIN = [[10, 4, 1, 0], [5, 10, 12, 2], [2, 4, 12, 5], [0, 2, 6, 13]]
FLEISS = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]


def test_kappa__equals_the_sas_manual():
    kappa = cohen_kappa(SKIN)
    assert (round(kappa.kappa, 4), round(kappa.standard_error, 4)) == (0.3449, 0.0724)
    assert (round(kappa.lower, 4), round(kappa.upper, 4)) == (0.2030, 0.4868)
    assert round(kappa.null_standard_error, 4) == 0.0612


def kappa_of(shares, credit):
    observed = (credit * shares).sum()
    chance = (credit * np.outer(shares.sum(axis=1), shares.sum(axis=0))).sum()
    return (observed - chance) / (1 - chance)


def credit_matrix(size, weights):
    distance = np.abs(np.subtract.outer(np.arange(size), np.arange(size))) / (size - 1)
    return {"none": np.eye(size), "linear": 1 - distance, "quadratic": 1 - distance**2}[weights.value]


@pytest.mark.parametrize("weights", list(KappaWeights))
@pytest.mark.parametrize("table", [SKIN, [[20, 5], [10, 15]], [[3, 0, 1], [2, 9, 0], [0, 4, 8]]])
def test_weighted_kappa__and_its_error_by_numerical_derivatives(table, weights):
    counts = np.array(table, dtype=float)
    n, credit = counts.sum(), credit_matrix(len(table), weights)
    shares, step = counts / n, 1e-6
    gradient = np.empty_like(shares)
    for i, j in np.ndindex(shares.shape):
        move = np.zeros_like(shares)
        move[i, j] = step
        gradient[i, j] = (kappa_of(shares + move, credit) - kappa_of(shares - move, credit)) / (2 * step)
    variance = ((shares * gradient**2).sum() - (shares * gradient).sum() ** 2) / n
    kappa = cohen_kappa(table, weights=weights)
    assert kappa.kappa == pytest.approx(kappa_of(shares, credit))
    assert kappa.standard_error == pytest.approx(math.sqrt(variance), rel=1e-4)


def test_kappa__of_one_category_only_is_undefined():
    kappa = cohen_kappa([[30, 0], [0, 0]])
    assert (kappa.observed_fraction, kappa.kappa, kappa.lower) == (1.0, None, None)


def test_perfect_agreement__is_one():
    kappa = cohen_kappa([[7, 0], [0, 5]])
    assert (kappa.kappa, kappa.standard_error) == (pytest.approx(1.0), pytest.approx(0.0, abs=1e-9))


@pytest.mark.parametrize("table", [[[1]], [[1, 2]], [[1, 2], [3, -1]], [[0, 0], [0, 0]], [[1.0, 2], [3, 4]]])
def test_tables_that_are_none__are_refused(table):
    with pytest.raises(KernelError) as refusal:
        cohen_kappa(table)
    assert refusal.value.code == "agreement_table_invalid"


def test_tally__counts_pairs_in_the_order_of_the_categories():
    assert tally(["P", "B", "P"], ["P", "V", "V"], ["B", "V", "P"]) == [[0, 1, 0], [0, 0, 0], [0, 1, 1]]
    with pytest.raises(KernelError) as refusal:
        tally(["P"], ["X"], ["B", "P"])
    assert refusal.value.code == "rating_unknown"


def test_fleiss_kappa__equals_the_worked_example():
    result = fleiss_kappa(FLEISS)
    assert (round(result.observed_fraction, 3), round(result.chance_fraction, 3)) == (0.378, 0.213)
    assert round(result.kappa, 3) == 0.210


def test_fleiss_null_error__is_the_scatter_of_random_ratings():
    random = np.random.default_rng(4)
    shares = np.array([0.5, 0.3, 0.2])
    kappas = [fleiss_kappa(random.multinomial(6, shares, size=40).tolist()).kappa for _ in range(1500)]
    error = fleiss_kappa(random.multinomial(6, shares, size=2000).tolist()).null_standard_error * math.sqrt(2000 / 40)
    assert np.std(kappas) == pytest.approx(error, rel=0.08)


def test_fleiss__refuses_uneven_readers_and_leaves_one_category_undefined():
    with pytest.raises(KernelError):
        fleiss_kappa([[2, 1], [2, 2]])
    assert fleiss_kappa([[3, 0], [3, 0]]).kappa is None


@given(st.integers(0, 60), st.integers(0, 60))
@settings(deadline=None, max_examples=80)
def test_mcnemar__equals_scipy(b, c):
    result = mcnemar(b, c)
    assert result.exact_p_value == pytest.approx(stats.binomtest(b, b + c).pvalue if b + c else 1.0)
    if b + c == 0:
        assert (result.chi_squared, result.decided_by) == (None, McNemarMethod.EXACT)
        return
    chi_squared = max(0, abs(b - c) - 1) ** 2 / (b + c)
    assert result.chi_squared == pytest.approx(chi_squared)
    assert result.chi_squared_p_value == pytest.approx(stats.chi2.sf(chi_squared, 1))
    assert result.decided_by.value == ("exact" if b + c < 25 else "corrected")
    assert result.p_value == (result.exact_p_value if b + c < 25 else result.chi_squared_p_value)


def test_two_by_two__names_its_denominators():
    result = two_by_two(both_positive=90, only_method=3, only_comparator=5, both_negative=202)
    rates = (
        result.positive_agreement,
        result.negative_agreement,
        result.overall_agreement,
        result.positive_predictive_value,
        result.negative_predictive_value,
    )
    assert [(r.rate.numerator, r.rate.denominator) for r in rates] == [
        (90, 95),
        (202, 205),
        (292, 300),
        (90, 93),
        (202, 207),
    ]
    low, high = stats.binomtest(90, 95).proportion_ci()
    assert (result.positive_agreement.interval.lower, result.positive_agreement.interval.upper) == pytest.approx(
        (low, high)
    )
    assert (result.mcnemar.only_first, result.mcnemar.only_second) == (3, 5)


def test_two_by_two__without_positives_has_no_ppa():
    result = two_by_two(both_positive=0, only_method=0, only_comparator=0, both_negative=10)
    assert (result.positive_agreement.rate.value, result.positive_agreement.interval.lower) == (None, None)
    assert result.kappa.kappa is None
