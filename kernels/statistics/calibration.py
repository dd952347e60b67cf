"""Are predicted probabilities right? Brier score, calibration intercept and slope, expected calibration error, benefit.

References
----------
Brier GW. Mon Weather Rev 1950;78:1-3.
Cox DR. Two further applications of a model for binary regression. Biometrika 1958;45:562-565.
Van Calster B et al. Calibration: the Achilles heel of predictive analytics. BMC Med 2019;17:230.
Vickers AJ, Elkin EB. Decision curve analysis. Med Decis Making 2006;26:565-574.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from kernels.errors import KernelError
from kernels.statistics.binomial_regression import Link, fit_line
from kernels.statistics.distributions import checked_probability, normal_quantile
from kernels.statistics.proportions import Proportion

MAX_ITERATIONS = 100

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Cases whose prediction falls into (lower, upper], the first bin including its lower end."""

    lower: float
    upper: float
    mean_predicted: float | None
    observed: Proportion


@dataclass(frozen=True, slots=True)
class CalibrationCoefficient:
    """An estimate with its Wald interval."""

    estimate: float
    standard_error: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Calibration of predicted probabilities.

    `slope` and `intercept` come from the logistic fit of the outcome on logit(p); `in_the_large` is the intercept with
    the slope held at 1. All three are None, with `why_no_fit`, where the likelihood has no maximum.
    """

    n: int
    events: int
    brier: float
    brier_of_prevalence: float
    expected_calibration_error: float
    confidence: float
    slope: CalibrationCoefficient | None
    intercept: CalibrationCoefficient | None
    in_the_large: CalibrationCoefficient | None
    why_no_fit: str | None
    bins: tuple[CalibrationBin, ...]


@dataclass(frozen=True, slots=True)
class NetBenefit:
    """Net benefit at a threshold probability, of the model and of treating everyone; treating nobody gives 0."""

    threshold: float
    model: float
    treat_all: float


def calibration(
    outcomes: Sequence[bool],
    predicted: Sequence[float],
    *,
    bins: int = 10,
    confidence: Decimal | Fraction | float = 0.95,
) -> Calibration:
    """Judge predicted probabilities against outcomes.

    Parameters
    ----------
    outcomes : sequence of bool
        True for an event.
    predicted : sequence of float
        Probabilities strictly between 0 and 1.
    bins : int
        Bins of equal width for the table and the expected calibration error.
    confidence : float
        Of the Wald intervals.

    Raises
    ------
    KernelError
        `predictions_invalid`.
    """
    y, p = checked_predictions(outcomes, predicted)
    if bins < 1:
        raise KernelError("predictions_invalid", f"{bins} bins hold nothing; give at least one.")
    z = normal_quantile(float(1 - (1 - checked_probability(confidence, "confidence")) / 2))
    table = _binned(y, p, bins)
    slope, intercept, level, why = _fitted(y, np.log(p / (1.0 - p)), z)
    prevalence = float(y.mean())
    return Calibration(
        n=y.size,
        events=int(y.sum()),
        brier=float(((p - y) ** 2).mean()),
        brier_of_prevalence=prevalence * (1.0 - prevalence),
        expected_calibration_error=math.fsum(_gap(cell) for cell in table) / y.size,
        confidence=float(confidence),
        slope=slope,
        intercept=intercept,
        in_the_large=level,
        why_no_fit=why,
        bins=table,
    )


def net_benefit(
    outcomes: Sequence[bool], predicted: Sequence[float], thresholds: Sequence[float]
) -> tuple[NetBenefit, ...]:
    """Compute TP/N - FP/N * pt/(1 - pt) at each threshold probability; a prediction at the threshold is positive."""
    y, p = checked_predictions(outcomes, predicted)
    prevalence = float(y.mean())
    rows = []
    for threshold in thresholds:
        odds = float(checked_probability(threshold, "threshold"))
        odds /= 1.0 - odds
        positive = p >= threshold
        gain = float((positive & (y == 1)).mean()) - float((positive & (y == 0)).mean()) * odds
        rows.append(NetBenefit(float(threshold), gain, prevalence - (1.0 - prevalence) * odds))
    return tuple(rows)


def checked_predictions(outcomes: Sequence[bool], predicted: Sequence[float]) -> tuple[Floats, Floats]:
    """Return outcomes as 0 and 1 beside probabilities, or raise `predictions_invalid`."""
    y, p = np.asarray(outcomes, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    if y.size != p.size or y.size == 0:
        raise KernelError("predictions_invalid", f"{y.size} outcomes stand beside {p.size} predictions; give one each.")
    if not ((p > 0.0) & (p < 1.0)).all():
        raise KernelError("predictions_invalid", "Every prediction must lie strictly between 0 and 1.")
    return y, p


def _fitted(
    y: Floats, logit: Floats, z: float
) -> tuple[CalibrationCoefficient | None, CalibrationCoefficient | None, CalibrationCoefficient | None, str | None]:
    try:
        fit = fit_line(logit, y, np.ones_like(y), Link.LOGIT)
    except KernelError as error:
        return None, None, None, error.code
    slope = _coefficient(fit.slope, math.sqrt(fit.slope_variance), z)
    intercept = _coefficient(fit.intercept, math.sqrt(fit.intercept_variance), z)
    return slope, intercept, _in_the_large(y, logit, z), None


def _in_the_large(y: Floats, logit: Floats, z: float) -> CalibrationCoefficient:
    """Solve sum(y) = sum(expit(a + logit)) for a by Newton's method; both outcomes occur, so a root exists."""
    shift = 0.0
    information = 1.0
    for _ in range(MAX_ITERATIONS):
        mean = 1.0 / (1.0 + np.exp(-np.clip(shift + logit, -700.0, 700.0)))
        information = float((mean * (1.0 - mean)).sum())
        step = max(-1.0, min(1.0, float((y - mean).sum()) / information))
        shift += step
        if abs(step) < 1e-12:
            return _coefficient(shift, 1.0 / math.sqrt(information), z)
    raise KernelError(
        "regression_no_convergence", "The calibration in the large did not settle; check the predictions."
    )


def _coefficient(estimate: float, error: float, z: float) -> CalibrationCoefficient:
    return CalibrationCoefficient(estimate, error, estimate - z * error, estimate + z * error)


def _binned(y: Floats, p: Floats, bins: int) -> tuple[CalibrationBin, ...]:
    place = np.clip(np.ceil(p * bins).astype(int) - 1, 0, bins - 1)
    cells = []
    for index in range(bins):
        inside = place == index
        count = int(inside.sum())
        mean = float(p[inside].mean()) if count else None
        observed = Proportion(int(y[inside].sum()), count)
        cells.append(CalibrationBin(index / bins, (index + 1) / bins, mean, observed))
    return tuple(cells)


def _gap(cell: CalibrationBin) -> float:
    if cell.mean_predicted is None:
        return 0.0
    return abs(cell.mean_predicted * cell.observed.denominator - cell.observed.numerator)
