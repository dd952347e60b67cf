"""Independent: the logistic likelihood maximized by SciPy; definitions counted out row by row."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, special, stats

from kernels.errors import KernelError
from kernels.statistics.calibration import calibration, net_benefit
from kernels.statistics.model_performance import optimism_correction, summarize_folds
from kernels.statistics.proportions import Proportion
from kernels.statistics.reclassification import reclassification

RANDOM = np.random.default_rng(21)
PREDICTED = np.round(RANDOM.beta(2, 3, 120), 3).clip(0.01, 0.99)
OUTCOMES = (RANDOM.random(120) < special.expit(0.3 + 0.7 * special.logit(PREDICTED))).tolist()
CHANGE = np.where(OUTCOMES, 0.4, -0.3) + RANDOM.normal(0, 0.5, 120)
BETTER = np.round(special.expit(special.logit(PREDICTED) + CHANGE), 4)


def test_slope_and_intercept__maximize_the_logistic_likelihood():
    x, y = special.logit(PREDICTED), np.array(OUTCOMES, float)

    def loss(b):
        eta = b[0] + b[1] * x
        return (np.logaddexp(0, eta) - y * eta).sum()

    best = optimize.minimize(loss, [0, 1], method="BFGS", options={"gtol": 1e-9})
    result = calibration(OUTCOMES, PREDICTED.tolist())
    assert (result.intercept.estimate, result.slope.estimate) == pytest.approx(best.x, abs=1e-5)
    p = special.expit(best.x[0] + best.x[1] * x)
    information = np.array([[(p * (1 - p)).sum(), (p * (1 - p) * x).sum()], [0, (p * (1 - p) * x * x).sum()]])
    information[1, 0] = information[0, 1]
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    assert (result.intercept.standard_error, result.slope.standard_error) == pytest.approx(tuple(errors), rel=1e-4)
    assert result.slope.upper == pytest.approx(best.x[1] + stats.norm.ppf(0.975) * errors[1], abs=1e-4)
    large = optimize.brentq(lambda a: (y - special.expit(a + x)).sum(), -5, 5)
    assert result.in_the_large.estimate == pytest.approx(large)


def test_brier_and_calibration_error__row_by_row():
    result = calibration(OUTCOMES, PREDICTED.tolist(), bins=5)
    assert result.brier == pytest.approx(sum((p - y) ** 2 for p, y in zip(PREDICTED, OUTCOMES, strict=True)) / 120)
    gap = 0.0
    for index in range(5):
        rows = [
            (p, y)
            for p, y in zip(PREDICTED, OUTCOMES, strict=True)
            if index / 5 < p <= (index + 1) / 5 or (index == 0 and p == 0)
        ]
        assert result.bins[index].observed == Proportion(sum(y for _, y in rows), len(rows))
        gap += abs(sum(p for p, _ in rows) - sum(y for _, y in rows)) / 120
    assert result.expected_calibration_error == pytest.approx(gap)


def test_predictions_that_separate__have_no_slope_and_say_why():
    result = calibration([True, True, False, False], [0.9, 0.8, 0.2, 0.1])
    assert (result.slope, result.in_the_large, result.why_no_fit) == (None, None, "regression_separated")
    assert result.brier == pytest.approx((0.01 + 0.04 + 0.04 + 0.01) / 4)


@pytest.mark.parametrize("predicted", [[0.5], [0.0, 0.5], [1.0, 0.5], [float("nan"), 0.5]])
def test_predictions_off_the_scale__are_refused(predicted):
    with pytest.raises(KernelError) as refusal:
        calibration([True, False], predicted)
    assert refusal.value.code == "predictions_invalid"


def test_net_benefit__counts_the_table():
    at_fifth = net_benefit([True, False, True, False], [0.9, 0.6, 0.1, 0.05], [0.2])[0]
    assert at_fifth.model == pytest.approx(1 / 4 - 1 / 4 * 0.25)
    assert at_fifth.treat_all == pytest.approx(0.5 - 0.5 * 0.25)


def compare(cut_points=()):
    return reclassification(OUTCOMES, PREDICTED.tolist(), BETTER.tolist(), seed=2, cut_points=cut_points)


def test_categorical_nri__counts_the_moves():
    cuts = (0.2, 0.5)
    result = compare(cuts).net_reclassification

    def category(p):
        return sum(p >= cut for cut in cuts)

    moves = [category(n) - category(o) for o, n in zip(PREDICTED, BETTER, strict=True)]
    events = [m for m, y in zip(moves, OUTCOMES, strict=True) if y]
    others = [m for m, y in zip(moves, OUTCOMES, strict=True) if not y]
    up, down = sum(m > 0 for m in events), sum(m < 0 for m in events)
    up2, down2 = sum(m > 0 for m in others), sum(m < 0 for m in others)
    assert (result.events.up, result.events.down, result.non_events.up) == (up, down, up2)
    nri = (up - down) / len(events) + (down2 - up2) / len(others)
    assert result.nri == pytest.approx(nri)
    null_error = ((up + down) / len(events) ** 2 + (up2 + down2) / len(others) ** 2) ** 0.5
    assert (result.null_standard_error, result.z) == pytest.approx((null_error, nri / null_error))
    signs = [np.sign(events), np.sign(others)]
    assert result.standard_error == pytest.approx(sum(np.var(s) / len(s) for s in signs) ** 0.5)


def test_a_prediction_at_a_cut_point__belongs_to_the_higher_category():
    result = reclassification(
        [True, True, False, False], [0.4, 0.6, 0.5, 0.2], [0.5, 0.5, 0.4, 0.2], seed=1, cut_points=[0.5]
    ).net_reclassification
    assert (result.events.up, result.events.down) == (1, 0)
    assert (result.non_events.up, result.non_events.down) == (0, 1)


def test_idi__is_the_difference_of_mean_changes():
    result = compare().integrated_discrimination
    change = BETTER - PREDICTED
    mask = np.array(OUTCOMES)
    assert result.idi == pytest.approx(change[mask].mean() - change[~mask].mean())
    error = np.sqrt(sum(np.var(c, ddof=1) / c.size for c in (change[mask], change[~mask])))
    assert result.standard_error == pytest.approx(error)


def test_bootstrap__is_as_wide_as_the_errors_say():
    result = compare()
    nri, idi = result.net_reclassification, result.integrated_discrimination
    assert result.bootstrap.nri_upper - result.bootstrap.nri_lower == pytest.approx(3.92 * nri.standard_error, rel=0.1)
    assert result.bootstrap.idi_upper - result.bootstrap.idi_lower == pytest.approx(3.92 * idi.standard_error, rel=0.1)
    assert result.bootstrap.nri_lower < nri.nri < result.bootstrap.nri_upper


def test_nobody_moved__has_no_test():
    result = reclassification([True, True, False, False], [0.5] * 4, [0.5] * 4, seed=1)
    assert (result.net_reclassification.z, result.integrated_discrimination.p_value) == (None, None)


@pytest.mark.parametrize(
    ("outcomes", "arguments", "code"),
    [
        ([True, False, False], {"seed": 1}, "too_few_cases"),
        ([True, True, False, False], {"seed": 1, "cut_points": [0.5, 0.2]}, "cut_points_invalid"),
        ([True, True, False, False], {"seed": 1, "resamples": 10}, "resamples_too_few"),
    ],
)
def test_comparisons_that_cannot_be_made__are_refused(outcomes, arguments, code):
    p = [0.4] * len(outcomes)
    with pytest.raises(KernelError) as refusal:
        reclassification(outcomes, p, p, **arguments)
    assert refusal.value.code == code


def test_folds__are_described():
    summary = summarize_folds([0.8, 0.9, 0.85, 0.95, 0.9])
    assert (summary.mean, summary.sd) == pytest.approx((0.88, np.std([0.8, 0.9, 0.85, 0.95, 0.9], ddof=1)))
    with pytest.raises(KernelError):
        summarize_folds([0.8])


def test_optimism__is_taken_off():
    result = optimism_correction(
        apparent=0.9, on_resample=[0.92, 0.94], on_original=[0.88, 0.9], out_of_bag=[0.8, 0.84]
    )
    assert result.corrected == pytest.approx(0.86)
    assert result.corrected_632 == pytest.approx(0.368 * 0.9 + 0.632 * 0.82)
    with pytest.raises(KernelError):
        optimism_correction(apparent=0.9, on_resample=[0.9], on_original=[0.9, 0.8])
