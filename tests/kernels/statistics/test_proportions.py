"""Expected values: the oracle table of the project's standards notes (SciPy 1.11 beta quantiles, rounded to 4 places),
R `binom.test(x, n)$conf.int` for the published pairs named below, and an exact rational reference written here."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from kernels.errors import KernelError
from kernels.statistics.proportions import (
    Basis,
    Comparator,
    IntervalMethod,
    Proportion,
    Sided,
    binomial_upper_tail_exact,
    compare,
    proportion_interval,
)

# x, n, Clopper-Pearson two-sided lower and upper, one-sided lower, Wilson lower and upper (95 %).
ORACLE = [
    (5, 5, 0.4782, 1, 0.5493, 0.5655, 1),
    (10, 10, 0.6915, 1, 0.7411, 0.7225, 1),
    (18, 20, 0.6830, 0.9877, 0.7174, 0.6990, 0.9721),
    (19, 20, 0.7513, 0.9987, 0.7839, 0.7639, 0.9911),
    (20, 20, 0.8316, 1, 0.8609, 0.8389, 1),
    (30, 30, 0.8843, 1, 0.9050, 0.8865, 1),
    (50, 50, 0.9289, 1, 0.9418, 0.9287, 1),
    (58, 59, 0.9091, 0.9996, 0.9221, 0.9100, 0.9970),
    (59, 59, 0.9394, 1, 0.9505, 0.9389, 1),
    (100, 100, 0.9638, 1, 0.9705, 0.9630, 1),
    (300, 300, 0.9878, 1, 0.9901, 0.9874, 1),
    (990, 1000, 0.9817, 0.9952, 0.9831, 0.9817, 0.9946),
    (19800, 20000, 0.9885, 0.9913, 0.9888, 0.9885, 0.9913),
]


@pytest.mark.parametrize(("x", "n", "lower", "upper", "one_sided", "wilson_lower", "wilson_upper"), ORACLE)
def test_interval__of_the_oracle_table(x, n, lower, upper, one_sided, wilson_lower, wilson_upper):
    exact = proportion_interval(Proportion(x, n))
    below = proportion_interval(Proportion(x, n), sided=Sided.LOWER)
    wilson = proportion_interval(Proportion(x, n), method=IntervalMethod.WILSON)
    assert (exact.lower, exact.upper) == pytest.approx((lower, upper), abs=5.1e-5)
    assert (below.lower, below.upper) == (pytest.approx(one_sided, abs=5.1e-5), 1.0)
    assert (wilson.lower, wilson.upper) == pytest.approx((wilson_lower, wilson_upper), abs=5.1e-5)


counts = st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts.filter(lambda pair: pair[1] > 0), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
@settings(deadline=None, max_examples=150)
def test_interval__equals_scipy_binomtest(pair, confidence):
    x, n = pair
    reference = stats.binomtest(x, n)
    for method, name in ((IntervalMethod.CLOPPER_PEARSON, "exact"), (IntervalMethod.WILSON, "wilson")):
        ours = proportion_interval(Proportion(x, n), method=method, confidence=confidence)
        theirs = reference.proportion_ci(confidence, method=name)
        assert (ours.lower, ours.upper) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@pytest.mark.parametrize(
    ("x", "n", "lower", "upper"),
    # Brown, Cai & DasGupta 2001, Table 5: 95 % limits of the Jeffreys interval for n = 10.
    [(0, 10, 0, 0.217), (1, 10, 0.011, 0.381), (2, 10, 0.044, 0.503), (5, 10, 0.224, 0.776)],
)
def test_jeffreys__equals_the_published_table(x, n, lower, upper):
    interval = proportion_interval(Proportion(x, n), method=IntervalMethod.JEFFREYS)
    assert (interval.lower, interval.upper) == pytest.approx((lower, upper), abs=5.1e-4)


@pytest.mark.parametrize("method", list(IntervalMethod))
@pytest.mark.parametrize("sided", list(Sided))
def test_nothing_observed__is_undefined_everywhere(method, sided):
    empty = Proportion(0, 0)
    interval = proportion_interval(empty, method=method, sided=sided)
    assert (empty.value, empty.exact, interval.lower, interval.upper) == (None, None, None, None)
    assert compare(empty, Comparator.AT_LEAST, Decimal("0.98")) is None
    assert compare(empty, Comparator.AT_LEAST, Decimal("0.98"), Basis.LOWER_BOUND, method=method) is None


def test_no_calls_of_a_truth__is_zero_not_undefined():
    assert Proportion(0, 12).value == 0.0
    assert compare(Proportion(0, 12), Comparator.AT_LEAST, Decimal("0.98")) is False


@pytest.mark.parametrize("pair", [(-1, 3), (4, 3), (0, -1), (1.0, 2), (True, 2), ("1", 2)])
def test_counts_that_contradict__are_refused(pair):
    with pytest.raises(KernelError) as refusal:
        Proportion(*pair)
    assert refusal.value.code == "proportion_counts_invalid"


@pytest.mark.parametrize(
    ("pair", "comparator", "limit", "met"),
    [
        ((49, 50), ">=", "0.98", True),
        ((49, 50), ">", "0.98", False),
        ((49, 50), "<=", "0.98", True),
        ((49, 50), "<", "0.98", False),
        ((49, 50), "==", "0.98", True),
        ((979999, 1000000), ">=", "0.98", False),
        # 1 - 0.9 = 0.09999999999999998 in floating point: a complement computed there would fail this one.
        ((1, 10), ">=", "0.1", True),
        ((3, 10), "<=", "0.3", True),
    ],
)
def test_point_at_the_limit__is_decided_on_the_counts(pair, comparator, limit, met):
    assert compare(Proportion(*pair), Comparator(comparator), Decimal(limit)) is met


@pytest.mark.parametrize("limit", [0.98, "0.98", True])
def test_inexact_limit__is_refused(limit):
    with pytest.raises(KernelError) as refusal:
        compare(Proportion(49, 50), Comparator.AT_LEAST, limit)
    assert refusal.value.code == "limit_not_exact"


@pytest.mark.parametrize(
    ("pair", "limit", "met"), [((59, 59), "0.95", True), ((58, 58), "0.95", False), ((58, 59), "0.95", False)]
)
def test_lower_bound__follows_the_success_run(pair, limit, met):
    assert compare(Proportion(*pair), Comparator.AT_LEAST, Decimal(limit), Basis.LOWER_BOUND) is met


def test_bound_exactly_on_the_limit__is_met_by_at_least_and_not_by_above():
    """The one-sided bound of n/n is alpha^(1/n): at 19 % confidence (0.9² = 0.81) that of 2/2 is 0.9."""
    on_limit = {"confidence": Decimal("0.19"), "basis": Basis.LOWER_BOUND}
    assert compare(Proportion(2, 2), Comparator.AT_LEAST, Decimal("0.9"), **on_limit) is True
    assert compare(Proportion(2, 2), Comparator.ABOVE, Decimal("0.9"), **on_limit) is False
    on_upper = {"confidence": Decimal("0.19"), "basis": Basis.UPPER_BOUND}
    assert compare(Proportion(0, 2), Comparator.AT_MOST, Decimal("0.1"), **on_upper) is True
    assert compare(Proportion(0, 2), Comparator.BELOW, Decimal("0.1"), **on_upper) is False


def test_two_sided_bound__is_stricter_than_the_one_sided_one():
    arguments = (Proportion(59, 59), Comparator.AT_LEAST, Decimal("0.95"), Basis.LOWER_BOUND)
    assert compare(*arguments) is True
    assert compare(*arguments, sided=Sided.TWO) is False


def test_bound_that_the_interval_lacks__is_refused():
    with pytest.raises(KernelError) as refusal:
        compare(Proportion(5, 9), Comparator.AT_LEAST, Decimal("0.5"), Basis.LOWER_BOUND, sided=Sided.UPPER)
    assert refusal.value.code == "bound_not_estimated"


@pytest.mark.parametrize("confidence", [0, 1, 1.5, -0.1, float("nan"), True])
def test_confidence_outside_its_range__is_refused(confidence):
    with pytest.raises(KernelError) as refusal:
        proportion_interval(Proportion(1, 2), confidence=confidence)
    assert refusal.value.code == "probability_out_of_range"


@given(counts, st.fractions(0, 1, max_denominator=60))
@settings(deadline=None, max_examples=150)
def test_exact_tail__equals_the_term_by_term_sum(pair, p):
    x, n = min(pair[0], 40), min(pair[1], 40)
    expected = sum((comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(x, n + 1)), Fraction(0))
    assert binomial_upper_tail_exact(x, n, p) == expected


def test_import__does_not_load_scipy():
    code = (
        "import sys; import kernels.statistics.proportions; sys.exit('scipy' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
