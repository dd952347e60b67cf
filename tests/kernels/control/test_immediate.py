"""Limits from the table of the project's standards notes; verdicts from plain definitions written here."""

from __future__ import annotations

import math
import statistics
from decimal import Decimal

import numpy as np
import pytest
from scipy import stats

from kernels.control.immediate import (
    ImmediateState,
    LimitTable,
    grubbs_limit,
    immediate_limits,
    immediate_method,
)
from kernels.errors import KernelError

# n: n2s and n3s, exact to three places (the standards notes), then the printed two-decimal ones.
TABLE = {
    3: (1.153, 1.155, 1.15, 1.15),
    4: (1.463, 1.493, 1.46, 1.49),
    5: (1.671, 1.749, 1.67, 1.75),
    6: (1.822, 1.944, 1.82, 1.94),
    7: (1.938, 2.097, 1.94, 2.10),
    8: (2.032, 2.221, 2.03, 2.22),
    9: (2.110, 2.323, 2.11, 2.32),
    10: (2.176, 2.410, 2.18, 2.41),
    11: (2.234, 2.484, 2.23, 2.48),
    12: (2.285, 2.549, 2.29, 2.55),
    13: (2.331, 2.607, 2.33, 2.61),
    14: (2.372, 2.658, 2.37, 2.66),
    15: (2.409, 2.705, 2.41, 2.71),
    16: (2.443, 2.747, 2.44, 2.75),
    17: (2.475, 2.785, 2.47, 2.79),
    18: (2.504, 2.821, 2.50, 2.82),
    19: (2.531, 2.853, 2.53, 2.85),
    20: (2.557, 2.884, 2.56, 2.88),
}


@pytest.mark.parametrize("n", TABLE)
def test_limits__equal_the_table(n):
    assert immediate_limits(n) == pytest.approx(TABLE[n][:2], abs=5.1e-4)
    assert immediate_limits(n, LimitTable.TEXTBOOK) == TABLE[n][2:]


def test_limits_at_three__keep_five_decimals():
    assert immediate_limits(3) == pytest.approx((1.15312, 1.15464), abs=5e-6)
    assert immediate_limits(3)[1] < 2 / math.sqrt(3), "an exact limit can still fire at n = 3"


@pytest.mark.parametrize("n", [3, 7, 20])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_grubbs_limit__by_scipy_students_t(n, alpha):
    t = stats.t.isf(alpha / n, n - 2)
    assert grubbs_limit(n, alpha) == pytest.approx((n - 1) / math.sqrt(n) * math.sqrt(t**2 / (n - 2 + t**2)), rel=1e-9)


@pytest.mark.parametrize("n", [2, 21])
def test_limits_outside_the_method__are_refused(n):
    with pytest.raises(KernelError) as refusal:
        immediate_limits(n)
    assert refusal.value.code == "outside_immediate_method"


def states(values, table=LimitTable.EXACT):
    return [point.state.value for point in immediate_method(values, table=table)]


def test_points__carry_what_the_definition_says():
    values = [5.1, 5.3, 4.9, 5.2, 6.0]
    last = immediate_method(values)[-1]
    mean, sd = statistics.mean(values), statistics.stdev(values)
    assert (last.n, last.mean, last.sd) == (5, pytest.approx(mean), pytest.approx(sd))
    assert last.si_upper == pytest.approx((6.0 - mean) / sd)
    assert last.si_lower == pytest.approx((mean - 4.9) / sd)
    assert (last.limit_2s, last.limit_3s) == immediate_limits(5)
    assert last.state is ImmediateState.WARNING
    assert last.extreme_index == 4


def test_first_two_points__are_not_judged():
    first, second = immediate_method([5.0, 5.1])
    assert (first.state, second.state) == (ImmediateState.NOT_ENOUGH, ImmediateState.NOT_ENOUGH)
    assert (first.sd, first.si_upper, first.limit_2s) == (None, None, None)


def test_equal_results__are_in_control_with_no_index():
    """0.1 three times has an SD of 1.7e-17 in floating point, and an SI that means nothing."""
    assert np.std([0.1, 0.1, 0.1], ddof=1) > 0
    point = immediate_method([0.1, 0.1, 0.1])[-1]
    assert (point.state, point.sd, point.si_upper, point.extreme_index) == (ImmediateState.IN_CONTROL, 0.0, None, None)


def test_an_outlier__is_set_aside_and_the_next_result_is_judged_without_it():
    points = immediate_method([10.0, 10.1, 9.9, 10.05, 14.0, 10.02])
    assert [p.state.value for p in points[3:]] == ["in_control", "out_of_control", "in_control"]
    assert points[4].is_set_aside
    assert (points[5].n, points[5].mean) == (5, pytest.approx(statistics.mean([10.0, 10.1, 9.9, 10.05, 10.02])))


def test_an_old_point__can_become_the_extreme():
    """The first result lies off; only when others agree with each other does the set say so."""
    points = immediate_method([12.0, 10.0, 10.1, 10.0, 10.05, 10.02])
    assert points[-1].extreme_index == 0


def test_three_results__two_alike_and_one_off_have_the_largest_index_there_is():
    """SI is then 2/sqrt(3) = 1.1547 whatever the third value: above both limits, exact and printed."""
    values = [Decimal("1.0"), Decimal("1.0"), Decimal("1.1")]
    assert states(values) == ["not_enough_points", "not_enough_points", "out_of_control"]
    assert states(values, LimitTable.TEXTBOOK)[-1] == "out_of_control"


def test_three_results__the_printed_table_rejects_what_the_exact_limit_does_not():
    values = [1.0, 1.1, 2.2]
    index = immediate_method(values)[-1].si_upper
    assert 1.15 < index < immediate_limits(3)[0]
    assert states(values)[-1] == "in_control"
    assert states(values, LimitTable.TEXTBOOK)[-1] == "out_of_control"


def test_after_twenty__the_method_ends():
    random = np.random.default_rng(7)
    points = immediate_method([round(float(v), 3) for v in random.normal(50, 1, 25)])
    assert next(p.n for p in points if p.state is ImmediateState.FINISHED) == 21
    assert points[-1].limit_2s is None


@pytest.mark.parametrize(
    ("table", "at_three", "over_all"), [(LimitTable.EXACT, 0.020, 0.126), (LimitTable.TEXTBOOK, 0.172, 0.257)]
)
def test_false_alarms__are_those_of_the_notes(table, at_three, over_all):
    """Cumulative false alarms over n = 3 to 20 on normal data: the rounding trap of the printed table at n = 3."""
    random = np.random.default_rng(11)
    series = 800
    first = any_alarm = 0
    for _ in range(series):
        alarms = [
            p.is_set_aside for p in immediate_method(np.round(random.standard_normal(20), 6).tolist(), table=table)
        ]
        first += alarms[2]
        any_alarm += any(alarms)
    for count, expected in ((first, at_three), (any_alarm, over_all)):
        # The notes count on after an alarm in their own way: allow 4 standard errors and 1.5 points.
        assert count / series == pytest.approx(expected, abs=0.015 + 4 * math.sqrt(expected * (1 - expected) / series))


def test_a_result_that_is_no_number__is_refused():
    with pytest.raises(KernelError) as refusal:
        immediate_method([1.0, math.nan])
    assert refusal.value.code == "value_not_finite"
