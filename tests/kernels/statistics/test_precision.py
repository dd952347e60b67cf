"""Published: Montgomery's nested design with its negative component. Unbalanced: expectations of quadratic forms by
matrix traces (Searle, Casella & McCulloch 1992, section 5.4), a derivation that shares nothing with the kernel."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from kernels.errors import KernelError
from kernels.statistics.precision import summarize, variance_components

# Montgomery, Design and Analysis of Experiments, table 14.3: purity of batches (coded), 3 suppliers x 4 batches x 3.
PURITY = {
    "1": [[1, -1, 0], [-2, -3, -4], [-2, 0, 1], [1, 4, 0]],
    "2": [[1, -2, -3], [0, 4, 2], [-1, 0, -2], [0, 3, 2]],
    "3": [[2, 4, 0], [-2, 0, 2], [1, -1, 2], [3, 2, 1]],
}


def rows_of(design):
    values, groups = [], []
    for outer, batches in design.items():
        for batch, replicates in enumerate(batches):
            values += [float(value) for value in replicates]
            groups += [(outer, str(batch))] * len(replicates)
    return values, groups


def test_nested__equals_montgomerys_table():
    result = variance_components(*rows_of(PURITY), ["supplier", "batch"])
    _, batch, residual = result.components
    assert [round(c.sum_of_squares, 2) for c in result.components] == [15.06, 69.92, 63.33]
    assert [c.degrees_of_freedom for c in result.components] == [2, 9, 24]
    assert [round(c.mean_square, 2) for c in result.components] == [7.53, 7.77, 2.64]
    assert (round(batch.estimate, 2), round(residual.estimate, 2)) == (1.71, 2.64)
    assert result.is_balanced


def test_a_negative_component__is_reported_and_counts_as_nothing():
    result = variance_components(*rows_of(PURITY), ["supplier", "batch"])
    supplier = result.components[0]
    assert supplier.estimate == pytest.approx((7.5278 - 7.7685) / 12, abs=1e-4)
    assert (supplier.variance, supplier.is_truncated, supplier.share_fraction) == (0.0, True, 0.0)
    rest = sum(c.variance for c in result.components[1:])
    assert result.intermediate_precision.variance == pytest.approx(rest)


def test_one_way__equals_the_formulas_of_the_notes():
    groups = {"a": [10.1, 10.3, 9.9], "b": [11.0, 11.4], "c": [9.0, 9.2, 9.4, 9.1]}
    values = [value for members in groups.values() for value in members]
    labels = [(name,) for name, members in groups.items() for _ in members]
    result = variance_components(values, labels, ["run"])
    n, k = len(values), len(groups)
    within = sum((len(m) - 1) * statistics.variance(m) for m in groups.values()) / (n - k)
    mean = statistics.mean(values)
    between = sum(len(m) * (statistics.mean(m) - mean) ** 2 for m in groups.values()) / (k - 1)
    n0 = (n - sum(len(m) ** 2 for m in groups.values()) / n) / (k - 1)
    assert result.repeatability.variance == pytest.approx(within)
    assert result.components[0].estimate == pytest.approx((between - within) / n0)
    assert result.components[0].expected_mean_square == pytest.approx((n0, 1.0))
    assert not result.is_balanced
    f_statistic = stats.f_oneway(*groups.values()).statistic
    assert result.components[0].mean_square / result.components[1].mean_square == pytest.approx(f_statistic)


def by_traces(values, groups, depth):
    """Solve E[SS_i] = sum_j tr(Q_i Z_j Z_j') s_j with projections built from incidence matrices."""
    y = np.array(values)
    incidence = []
    for level in range(depth + 1):
        names = sorted({path[:level] for path in groups})
        incidence.append(np.array([[float(path[:level] == name) for name in names] for path in groups]))
    incidence.append(np.eye(len(y)))
    projections = [z @ np.linalg.pinv(z) for z in incidence]
    forms = [projections[i] - projections[i - 1] for i in range(1, depth + 2)]
    coefficients = np.array([[np.trace(q @ z @ z.T) for z in incidence[1:]] for q in forms])
    return np.linalg.solve(coefficients, np.array([y @ q @ y for q in forms]))


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_unbalanced_nested__equals_matrix_traces(depth, seed):
    random = np.random.default_rng(seed)
    groups = []
    for a in range(4):
        for b in range(random.integers(1, 4) + (a == 0)):
            for c in range(random.integers(1, 3) + (b == 0)):
                groups += [(f"a{a}", f"b{b}", f"c{c}")[:depth]] * int(random.integers(1, 4))
    values = random.normal(50, 3, len(groups)).round(2).tolist()
    result = variance_components(values, groups, ["day", "run", "plate"][:depth])
    expected = by_traces(values, groups, depth)
    assert [c.estimate for c in result.components] == pytest.approx(expected, rel=1e-8, abs=1e-8)


def test_intervals__are_chi_squared_with_satterthwaites_degrees_of_freedom():
    result = variance_components(*rows_of(PURITY), ["supplier", "batch"])
    repeatability = result.repeatability
    low = math.sqrt(24 * repeatability.variance / stats.chi2.ppf(0.975, 24))
    high = math.sqrt(24 * repeatability.variance / stats.chi2.ppf(0.025, 24))
    assert (repeatability.sd_lower, repeatability.sd_upper) == pytest.approx((low, high))
    batch, within = (c.mean_square for c in result.components[1:])
    combined = batch / 3 + 2 * within / 3
    freedom = combined**2 / ((batch / 3) ** 2 / 9 + (2 * within / 3) ** 2 / 24)
    assert result.intermediate_precision.degrees_of_freedom == pytest.approx(freedom)


@given(st.floats(-1e4, 1e4), st.floats(0.01, 100))
@settings(deadline=None, max_examples=30)
def test_shift_and_scale__do_what_they_do_to_a_variance(shift, scale):
    values, groups = rows_of(PURITY)
    plain = variance_components(values, groups, ["supplier", "batch"])
    moved = variance_components([shift + scale * v for v in values], groups, ["supplier", "batch"])
    for one, two in zip(plain.components, moved.components, strict=True):
        assert two.estimate == pytest.approx(one.estimate * scale**2, rel=1e-6, abs=1e-6 * scale**2)


def test_labels__are_read_within_their_outer_group():
    values = [1.0, 1.2, 2.0, 2.1, 3.0, 3.3, 4.0, 4.2]
    same = [(str(d), "run 1" if r == 0 else "run 2") for d in range(2) for r in range(2) for _ in range(2)]
    own = [(str(d), f"run {d}.{r}") for d in range(2) for r in range(2) for _ in range(2)]
    assert variance_components(values, same, ["day", "run"]) == variance_components(values, own, ["day", "run"])


@pytest.mark.parametrize(
    ("values", "groups", "factors", "code"),
    [
        ([1.0, 2.0], [("a",), ("b",)], ["run"], "no_degrees_of_freedom"),
        ([1.0, 2.0], [("a",), ("a",)], ["run"], "no_degrees_of_freedom"),
        ([1.0, 2.0, 3.0, 4.0], [("a", "x")] * 2 + [("b", "x")] * 2, ["day", "run"], "no_degrees_of_freedom"),
        ([1.0], [("a",), ("b",)], ["run"], "design_invalid"),
        ([1.0, 2.0], [("a",), ("b", "c")], ["run"], "design_invalid"),
        ([1.0, 2.0], [("a",), ("b",)], [], "design_invalid"),
        ([1.0, 2.0], [("a", "a"), ("b", "b")], ["run", "run"], "design_invalid"),
    ],
)
def test_designs_that_cannot_be_estimated__are_refused(values, groups, factors, code):
    with pytest.raises(KernelError) as refusal:
        variance_components(values, groups, factors)
    assert refusal.value.code == code


def test_no_variation__has_zero_components_and_no_interval():
    result = variance_components([5.0] * 4, [("a",), ("a",), ("b",), ("b",)], ["run"])
    assert (result.intermediate_precision.sd, result.intermediate_precision.sd_upper) == (0.0, None)
    assert result.components[0].share_fraction is None


def test_equal_replicates__have_a_variance_of_exactly_zero():
    """0.1 three times averages to 0.10000000000000002 in floating point."""
    result = variance_components([0.1] * 3 + [0.3] * 3, [("a",)] * 3 + [("b",)] * 3, ["run"])
    assert (result.repeatability.variance, summarize([0.1] * 3).sd) == (0.0, 0.0)


def test_mean_squares_that_are_equal__are_not_a_negative_component():
    """Both mean squares are 0.02 in decimal; in floating point their difference may fall on either side of 0."""
    equal = variance_components([0.2, 0.4, 0.1, 0.3, 0.3, 0.5], [(x,) for x in "aabbcc"], ["run"])
    assert (equal.components[0].mean_square, equal.components[0].estimate) == (0.02, 0.0)
    assert not equal.components[0].is_truncated


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_measurement_that_is_no_number__is_refused(value):
    with pytest.raises(KernelError) as refusal:
        summarize([1.0, value])
    assert refusal.value.code == "value_not_finite"


def test_a_cv__needs_a_mean_above_zero():
    result = variance_components([-1.0, 1.0, -2.0, 2.0], [("a",), ("a",), ("b",), ("b",)], ["run"])
    assert result.repeatability.cv_fraction is None


@given(st.lists(st.floats(0.1, 1e5), min_size=2, max_size=40))
@settings(deadline=None, max_examples=60)
def test_summary__equals_the_standard_library_and_scipy(values):
    summary = summarize(values)
    assert summary.mean == pytest.approx(statistics.fmean(values))
    assert summary.sd == pytest.approx(float(np.std(values, ddof=1)), rel=1e-9, abs=1e-6)
    assert summary.median == pytest.approx(statistics.median(values))
    assert summary.robust_sd == pytest.approx(stats.median_abs_deviation(values, scale="normal"), rel=1e-9, abs=1e-9)


def test_summary__of_one_value_has_no_sd():
    assert (summarize([3.0]).sd, summarize([3.0]).cv_fraction) == (None, None)
    with pytest.raises(KernelError):
        summarize([])
