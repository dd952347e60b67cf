"""The simulation against the rule engine, against normal tail areas, and against published run lengths."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from kernels.control.power import (
    Disturbance,
    RuleSetDesign,
    rejection_probabilities,
    run_length,
    simulate,
)
from kernels.control.rules import ControlRun, RangeMode, Rule, RuleOptions, Streaks, evaluate

NAMES = ("A", "B", "C", "D")


@pytest.mark.parametrize("levels", [1, 2, 3, 4])
@pytest.mark.parametrize("options", [RuleOptions(r, s) for r, s in itertools.product(RangeMode, Streaks)])
def test_simulated_rules__fire_where_the_engine_does(levels, options):
    random = np.random.default_rng(levels)
    z = np.round(random.normal(0.4, 1.3, (30, 25, levels)) + 0.1 * np.sin(np.arange(25))[None, :, None], 1)
    z[:5] += np.linspace(0, 4, 25)[None, :, None]
    design = RuleSetDesign(tuple(Rule), levels, options)
    fired = simulate(design, z)
    for series in range(z.shape[0]):
        runs = [ControlRun(str(i), dict(zip(NAMES, z[series, i].tolist(), strict=False))) for i in range(z.shape[1])]
        expected = {(v.rule, int(v.run)) for v in evaluate(runs, tuple(Rule), options)}
        assert {(rule, i) for rule in Rule for i in np.flatnonzero(fired[rule][series])} == expected


def two_tails(z):
    return stats.norm.sf(z)


# Normal tail areas of one level (R-4s: two): the false-alarm column of the standards notes, derived.
THEORY = {
    (Rule.ONE_2S, 1): 2 * two_tails(2),
    (Rule.ONE_3S, 1): 2 * two_tails(3),
    (Rule.TWO_2S, 1): 2 * two_tails(2) ** 2,
    (Rule.RANGE_4S, 2): 2 * two_tails(2) ** 2,
    (Rule.FOUR_1S, 1): 2 * two_tails(1) ** 4,
    (Rule.TEN_X, 1): 2 * 0.5**10,
    (Rule.EIGHT_X, 1): 2 * 0.5**8,
    (Rule.TWELVE_X, 1): 2 * 0.5**12,
    (Rule.TWO_OF_THREE_2S, 1): 2 * (3 * two_tails(2) ** 2 * (1 - two_tails(2)) + two_tails(2) ** 3),
    (Rule.THREE_1S, 1): 2 * two_tails(1) ** 3,
    (Rule.SIX_X, 1): 2 * 0.5**6,
    (Rule.SEVEN_T, 1): 2 / 5040,
}
NOTES = {
    "1-2s": 4.55,
    "1-3s": 0.27,
    "2-2s": 0.10,
    "R-4s": 0.10,
    "4-1s": 0.13,
    "10x": 0.20,
    "2of3-2s": 0.31,
    "3-1s": 0.80,
    "6x": 3.1,
    "7T": 0.04,
}


@pytest.mark.parametrize(("rule", "levels"), THEORY)
def test_false_alarms__lie_within_the_bounds_of_theory(rule, levels):
    expected = THEORY[rule, levels]
    if rule.value in NOTES:
        assert 100 * expected == pytest.approx(NOTES[rule.value], abs=0.055 if expected > 0.01 else 0.0055)
    result = rejection_probabilities(RuleSetDesign((rule,), levels), seed=42, series=100_000).by_rule[rule]
    low, high = stats.binom.interval(0.999, 100_000, expected)
    assert low <= result.share.numerator <= high


def test_wide_range_mode__is_more_sensitive_as_the_notes_say():
    design = RuleSetDesign((Rule.RANGE_4S,), 2, RuleOptions(r4s=RangeMode.RANGE_4S))
    result = rejection_probabilities(design, seed=42, series=100_000).any_rule
    low, high = stats.binom.interval(0.999, 100_000, 2 * stats.norm.sf(4 / np.sqrt(2)))
    assert low <= result.share.numerator <= high
    assert 2 * stats.norm.sf(4 / np.sqrt(2)) == pytest.approx(0.0047, abs=5e-5)


def test_detection__of_a_shift_by_1_3s():
    """A shift of 2 SD is seen by one point with P(z > 1) + P(z < -5)."""
    result = rejection_probabilities(RuleSetDesign((Rule.ONE_3S,), 1), Disturbance(shift_sd=2.0), seed=1)
    assert result.any_rule.interval.lower < stats.norm.sf(1) < result.any_rule.interval.upper


def test_detection__of_imprecision_by_1_3s():
    result = rejection_probabilities(RuleSetDesign((Rule.ONE_3S,), 1), Disturbance(sd_ratio=2.0), seed=1)
    assert result.any_rule.interval.lower < 2 * stats.norm.sf(1.5) < result.any_rule.interval.upper


def test_detection__grows_with_the_runs_after_the_shift():
    design = RuleSetDesign((Rule.TWO_2S,), 1)
    first, second = (
        rejection_probabilities(design, Disturbance(shift_sd=2.0), seed=3, disturbed_runs=runs).any_rule.share.value
        for runs in (1, 2)
    )
    assert second == pytest.approx(0.25, abs=0.015)
    assert first < 0.03


def test_run_length__of_1_3s_is_geometric():
    result = run_length(RuleSetDesign((Rule.ONE_3S,), 1), seed=8, series=1500)
    assert result.mean == pytest.approx(1 / (2 * stats.norm.sf(3)), abs=4 * result.standard_error)


def test_run_length__with_supplementary_rules_is_champ_and_woodalls():
    """Champ & Woodall 1987: 1-3s with 2 of 3 beyond 2s has an in-control run length of 225.44."""
    result = run_length(RuleSetDesign((Rule.ONE_3S, Rule.TWO_OF_THREE_2S), 1), seed=8, series=3000)
    assert result.mean == pytest.approx(225.44, abs=4 * result.standard_error)


def test_run_length__that_was_cut_off_has_no_mean():
    result = run_length(RuleSetDesign((Rule.ONE_3S,), 1), seed=8, series=200, max_runs=20)
    assert result.censored > 100
    assert (result.mean, result.standard_error, result.median) == (None, None, None)


def test_one_seed__gives_one_answer():
    design = RuleSetDesign((Rule.ONE_3S, Rule.TWO_2S), 2)
    assert run_length(design, seed=5, series=100) == run_length(design, seed=5, series=100)
    assert run_length(design, seed=5, series=100) != run_length(design, seed=6, series=100)
