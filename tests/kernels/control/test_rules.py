"""Each vector of the rule table in the project's standards notes (its Appendix B), and the edges around them."""

from __future__ import annotations

import math

import pytest

from kernels.control.rules import (
    ControlRun,
    ExcludedPoints,
    RangeMode,
    Rule,
    RuleOptions,
    Scope,
    Streaks,
    evaluate,
)
from kernels.errors import KernelError

ALL = tuple(Rule)
POOLED = RuleOptions(streaks=Streaks.POOLED)


def runs_of(**levels: list[float | None]) -> list[ControlRun]:
    """One run per column: A=[…], B=[…]."""
    width = max(len(values) for values in levels.values())
    return [
        ControlRun(f"run{i + 1}", {level: values[i] for level, values in levels.items() if i < len(values)})
        for i in range(width)
    ]


def fired(runs, rules=ALL, options=None):
    return [(v.rule.value, v.run, v.scope.value) for v in evaluate(runs, rules, options)]


def test_a_point_on_the_limit__breaks_nothing():
    assert fired(runs_of(A=[2.0])) == []
    assert fired(runs_of(A=[3.0]), [Rule.ONE_3S]) == []


def test_beyond_2s__is_a_warning_rule():
    assert fired(runs_of(A=[2.1])) == [("1-2s", "run1", "within_run")]


def test_beyond_3s__fires_both():
    assert fired(runs_of(A=[-3.2])) == [("1-2s", "run1", "within_run"), ("1-3s", "run1", "within_run")]


def test_2_2s__across_runs_of_one_level():
    violations = evaluate(runs_of(A=[2.2, 2.4]), [Rule.TWO_2S])
    assert [(v.run, v.scope, v.points) for v in violations] == [
        ("run2", Scope.ACROSS_RUNS, (("run1", "A"), ("run2", "A")))
    ]


def test_opposite_sides_in_different_runs__are_neither_2_2s_nor_r_4s():
    assert fired(runs_of(A=[2.2, -2.4]), [Rule.TWO_2S, Rule.RANGE_4S]) == []
    both_modes = RuleOptions(r4s=RangeMode.RANGE_4S)
    assert fired(runs_of(A=[2.2, -2.4]), [Rule.RANGE_4S], both_modes) == []


def test_2_2s__within_a_run():
    violations = evaluate(runs_of(A=[2.1], B=[2.3]), [Rule.TWO_2S])
    assert [(v.run, v.scope, v.points) for v in violations] == [
        ("run1", Scope.WITHIN_RUN, (("run1", "A"), ("run1", "B")))
    ]


def test_2_2s__within_a_run_needs_neighbouring_levels():
    assert fired(runs_of(A=[2.1], B=[0.0], C=[2.3]), [Rule.TWO_2S]) == []


def test_2_2s__through_levels_and_runs_only_when_pooled():
    runs = runs_of(A=[0.0, 2.4], B=[2.2, 0.0])
    assert fired(runs, [Rule.TWO_2S]) == []
    assert fired(runs, [Rule.TWO_2S], POOLED) == [("2-2s", "run2", "across_levels")]


def test_2_2s__pooled_reports_each_pair_once():
    assert fired(runs_of(A=[2.1], B=[2.3]), [Rule.TWO_2S], POOLED) == [("2-2s", "run1", "within_run")]
    assert fired(runs_of(A=[2.2, 2.4]), [Rule.TWO_2S], POOLED) == [("2-2s", "run2", "across_runs")]


def test_r_4s__within_a_run():
    violations = evaluate(runs_of(A=[2.1], B=[-2.1]), [Rule.RANGE_4S])
    assert [(v.scope, v.points) for v in violations] == [(Scope.WITHIN_RUN, (("run1", "A"), ("run1", "B")))]


def test_r_4s__a_wide_range_fires_only_in_its_mode():
    runs = runs_of(A=[1.5], B=[-2.7])
    assert fired(runs, [Rule.RANGE_4S]) == []
    assert fired(runs, [Rule.RANGE_4S], RuleOptions(r4s=RangeMode.RANGE_4S)) == [("R-4s", "run1", "within_run")]


def test_r_4s__a_range_of_exactly_4_does_not_fire():
    """As decimals and as thirds: 1/3 - (-11/3) is a range of 4 whose two scores are both rounded."""
    options = RuleOptions(r4s=RangeMode.RANGE_4S)
    for high in (0.3, 1.1, 2.1, 2.2, 2.6, 3.3, 4.1):
        low = round(high - 4, 1)
        assert fired(runs_of(A=[high], B=[low]), [Rule.RANGE_4S], options) == []
        assert fired(runs_of(A=[high], B=[low - 0.1]), [Rule.RANGE_4S], options) != []
    for numerator in range(1, 60):
        thirds, sevenths = (numerator / d for d in (3, 7))
        assert fired(runs_of(A=[thirds], B=[(numerator - 12) / 3]), [Rule.RANGE_4S], options) == []
        assert fired(runs_of(A=[sevenths], B=[(numerator - 28) / 7]), [Rule.RANGE_4S], options) == []


def test_4_1s__at_the_fourth():
    assert fired(runs_of(A=[1.1, 1.2, 1.3, 1.4]), [Rule.FOUR_1S]) == [("4-1s", "run4", "across_runs")]
    assert fired(runs_of(A=[1.1, 1.2, 1.0, 1.4]), [Rule.FOUR_1S]) == []


def test_4_1s__pooled_at_the_end_of_the_second_run():
    runs = runs_of(A=[1.1, 1.2], B=[1.3, 1.4])
    assert fired(runs, [Rule.FOUR_1S]) == []
    violations = evaluate(runs, [Rule.FOUR_1S], POOLED)
    assert [(v.run, v.scope, v.points) for v in violations] == [
        ("run2", Scope.ACROSS_LEVELS, (("run1", "A"), ("run1", "B"), ("run2", "A"), ("run2", "B")))
    ]


@pytest.mark.parametrize(("rule", "length"), [("6x", 6), ("8x", 8), ("9x", 9), ("10x", 10), ("12x", 12)])
@pytest.mark.parametrize("side", [0.3, -0.3])
def test_x_rules__fire_at_their_length_and_again_while_they_hold(rule, length, side):
    assert fired(runs_of(A=[side] * (length - 1)), [Rule(rule)]) == []
    assert fired(runs_of(A=[side] * (length + 1)), [Rule(rule)]) == [
        (rule, f"run{length}", "across_runs"),
        (rule, f"run{length + 1}", "across_runs"),
    ]


def test_10x__a_point_on_the_target_ends_the_streak():
    assert fired(runs_of(A=[0.5] * 9 + [0.0] + [0.5] * 9), [Rule.TEN_X]) == []


def test_10x__pooled_over_two_levels_in_five_runs():
    runs = runs_of(A=[0.2] * 5, B=[0.4] * 5)
    assert fired(runs, [Rule.TEN_X]) == []
    assert fired(runs, [Rule.TEN_X], POOLED) == [("10x", "run5", "across_levels")]


def test_7t__needs_seven_points_and_six_strict_steps():
    rising = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    assert fired(runs_of(A=rising), [Rule.SEVEN_T]) == [("7T", "run7", "across_runs")]
    assert fired(runs_of(A=rising[:6]), [Rule.SEVEN_T]) == []
    assert fired(runs_of(A=[-z for z in rising]), [Rule.SEVEN_T]) == [("7T", "run7", "across_runs")]
    assert fired(runs_of(A=[0.1, 0.2, 0.3, 0.3, 0.5, 0.6, 0.7]), [Rule.SEVEN_T]) == []


def test_2of3_2s__within_a_run_and_across_runs():
    within = evaluate(runs_of(A=[2.1], B=[0.0], C=[2.3]), [Rule.TWO_OF_THREE_2S])
    assert [(v.scope, v.points) for v in within] == [(Scope.WITHIN_RUN, (("run1", "A"), ("run1", "C")))]
    across = evaluate(runs_of(A=[2.1, 0.0, 2.3]), [Rule.TWO_OF_THREE_2S])
    assert [(v.run, v.scope, v.points) for v in across] == [("run3", Scope.ACROSS_RUNS, (("run1", "A"), ("run3", "A")))]
    assert fired(runs_of(A=[2.1, 2.3]), [Rule.TWO_OF_THREE_2S]) == []
    assert fired(runs_of(A=[2.1, 0.0, -2.3]), [Rule.TWO_OF_THREE_2S]) == []


def test_3_1s__within_a_run_and_across_runs():
    assert fired(runs_of(A=[1.1], B=[1.2], C=[1.3]), [Rule.THREE_1S]) == [("3-1s", "run1", "within_run")]
    assert fired(runs_of(A=[-1.1, -1.2, -1.3]), [Rule.THREE_1S]) == [("3-1s", "run3", "across_runs")]


def test_a_reset__starts_every_streak_anew():
    runs = runs_of(A=[0.5] * 10)
    restarted = [*runs[:6], ControlRun("run7", runs[6].z, is_reset=True), *runs[7:]]
    assert fired(runs, [Rule.TEN_X]) == [("10x", "run10", "across_runs")]
    assert fired(restarted, [Rule.TEN_X]) == []
    assert fired(restarted, [Rule.TEN_X], POOLED) == []


def test_a_reset__leaves_the_rules_within_the_run():
    run = ControlRun("run1", {"A": 2.1, "B": 2.3}, is_reset=True)
    assert fired([run], [Rule.TWO_2S]) == [("2-2s", "run1", "within_run")]


def test_an_excluded_point__is_passed_over_or_ends_the_streak_by_choice():
    runs = runs_of(A=[1.1, 1.2, -0.5, 1.3, 1.4])
    runs[2] = ControlRun("run3", {"A": -0.5}, frozenset({"A"}))
    assert fired(runs, [Rule.FOUR_1S]) == [("4-1s", "run5", "across_runs")]
    for streaks in Streaks:
        options = RuleOptions(excluded=ExcludedPoints.BREAK, streaks=streaks)
        assert fired(runs, [Rule.FOUR_1S], options) == []


def test_an_excluded_point__breaks_no_rule_itself():
    assert fired([ControlRun("run1", {"A": 5.0}, frozenset({"A"}))]) == []


def test_a_missing_level__is_passed_over():
    assert fired(runs_of(A=[1.1, None, 1.2, 1.3, 1.4]), [Rule.FOUR_1S]) == [("4-1s", "run5", "across_runs")]


def test_violations__come_by_run_and_rule():
    violations = fired(runs_of(A=[2.2, 3.4]), [Rule.ONE_3S, Rule.TWO_2S, Rule.ONE_2S])
    assert violations == [
        ("1-2s", "run1", "within_run"),
        ("1-2s", "run2", "within_run"),
        ("1-3s", "run2", "within_run"),
        ("2-2s", "run2", "across_runs"),
    ]


def test_two_runs_of_one_id__are_refused():
    with pytest.raises(KernelError) as refusal:
        evaluate([ControlRun("r", {"A": 0.0}), ControlRun("r", {"A": 0.0})], ALL)
    assert refusal.value.code == "run_repeated"


@pytest.mark.parametrize("z", [math.nan, math.inf])
def test_a_score_that_is_no_number__is_refused(z):
    with pytest.raises(KernelError) as refusal:
        evaluate([ControlRun("r", {"A": z})], ALL)
    assert refusal.value.code == "z_not_finite"
