"""Discrimination of a score: ROC curve, AUC with DeLong's variance, comparison of two scores on the same cases.

References
----------
DeLong ER, DeLong DM, Clarke-Pearson DL. Comparing the areas under correlated ROC curves. Biometrics 1988;44:837-845.
Sun X, Xu W. Fast implementation of DeLong's algorithm. IEEE Signal Process Lett 2014;21:1389-1393.
Pepe MS. The Statistical Evaluation of Medical Tests. Oxford 2003, chapter 5 (logit interval).
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
from kernels.statistics.distributions import checked_probability, normal_quantile, normal_two_sided_p
from kernels.statistics.proportions import IntervalMethod, Proportion, ProportionInterval, proportion_interval

MIN_RESAMPLES = 1000

Floats = NDArray[np.float64]
Probability = Decimal | Fraction | float


@dataclass(frozen=True, slots=True)
class AreaInterval:
    """Bounds of an AUC; None where the method has none (an AUC of 0 or 1 has no logit and no variance)."""

    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Area:
    """Area under the ROC curve, the chance that a case scores above a control, ties counting one half."""

    cases: int
    controls: int
    auc: float
    standard_error: float
    confidence: float
    logit: AreaInterval
    wald: AreaInterval


@dataclass(frozen=True, slots=True)
class AreaComparison:
    """Two scores on the same cases and controls; z and p are None when their difference has no variance."""

    first: Area
    second: Area
    difference: float
    covariance: float
    standard_error: float
    confidence: float
    lower: float
    upper: float
    z: float | None
    p_value: float | None


@dataclass(frozen=True, slots=True)
class BootstrapArea:
    """Percentile interval of the AUC, cases and controls resampled apart."""

    auc: float
    resamples: int
    seed: int
    confidence: float
    interval: AreaInterval


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """A threshold (score >= threshold is positive) and what it gives; ratios are None over a zero."""

    threshold: float
    sensitivity: Proportion
    specificity: Proportion
    positive_predictive_value: Proportion
    negative_predictive_value: Proportion
    accuracy: Proportion
    f1: Proportion
    sensitivity_interval: ProportionInterval
    specificity_interval: ProportionInterval
    youden: float
    likelihood_ratio_positive: float | None
    likelihood_ratio_negative: float | None


def roc_auc(labels: Sequence[bool], scores: Sequence[float], *, confidence: Probability = 0.95) -> Area:
    """Compute the AUC and its DeLong standard error.

    Parameters
    ----------
    labels : sequence of bool
        True for a case.
    scores : sequence of float
        Higher means more likely a case.

    Raises
    ------
    KernelError
        `scores_unpaired`, `score_not_finite`, `too_few_cases` for fewer than two cases or controls.
    """
    cases, controls = _split(labels, scores)
    case_part, control_part = _placements(cases, controls)
    return _area(case_part, control_part, confidence)


def compare_areas(
    labels: Sequence[bool], first: Sequence[float], second: Sequence[float], *, confidence: Probability = 0.95
) -> AreaComparison:
    """Compare two scores of the same cases and controls by DeLong's test."""
    one, two = (_placements(*_split(labels, scores)) for scores in (first, second))
    areas = [_area(*part, confidence) for part in (one, two)]
    covariance = _covariance(one[0], two[0]) + _covariance(one[1], two[1])
    variance = areas[0].standard_error ** 2 + areas[1].standard_error ** 2 - 2.0 * covariance
    # Two scores that rank alike have equal parts; what is left of the variance is then only rounding.
    ranks_alike = bool(np.array_equal(one[0], two[0]) and np.array_equal(one[1], two[1]))
    error = 0.0 if ranks_alike else math.sqrt(max(0.0, variance))
    difference = areas[0].auc - areas[1].auc
    half = _normal_factor(confidence) * error
    z = difference / error if error > 0.0 else None
    return AreaComparison(
        first=areas[0],
        second=areas[1],
        difference=difference,
        covariance=covariance,
        standard_error=error,
        confidence=float(confidence),
        lower=difference - half,
        upper=difference + half,
        z=z,
        p_value=None if z is None else normal_two_sided_p(z),
    )


def bootstrap_area(
    labels: Sequence[bool],
    scores: Sequence[float],
    *,
    seed: int,
    resamples: int = 2000,
    confidence: Probability = 0.95,
) -> BootstrapArea:
    """Bootstrap the AUC within cases and within controls, with NumPy's PCG64 from `seed`."""
    if resamples < MIN_RESAMPLES or seed < 0:
        raise KernelError("resamples_too_few", f"Give at least {MIN_RESAMPLES} resamples and a seed of 0 or more.")
    cases, controls = _split(labels, scores)
    tail = float((1 - checked_probability(confidence, "confidence")) / 2)
    random = np.random.default_rng(seed)
    wins = _wins(cases, controls)
    areas = np.empty(resamples)
    for index in range(resamples):
        drawn_cases = random.multinomial(cases.size, np.full(cases.size, 1.0 / cases.size))
        drawn_controls = random.multinomial(controls.size, np.full(controls.size, 1.0 / controls.size))
        areas[index] = drawn_cases @ wins @ drawn_controls / (cases.size * controls.size)
    low, high = np.quantile(areas, [tail, 1.0 - tail])
    interval = AreaInterval(float(low), float(high)) if low < high else AreaInterval(None, None)
    return BootstrapArea(float(wins.mean()), resamples, seed, float(confidence), interval)


def operating_point(
    labels: Sequence[bool],
    scores: Sequence[float],
    threshold: float,
    *,
    confidence: Probability = 0.95,
    method: IntervalMethod = IntervalMethod.WILSON,
) -> OperatingPoint:
    """Count what a threshold does: a score of at least `threshold` is positive."""
    cases, controls = _split(labels, scores, least=1)
    tp, fp = int((cases >= threshold).sum()), int((controls >= threshold).sum())
    fn, tn = cases.size - tp, controls.size - fp
    sensitivity, specificity = Proportion(tp, tp + fn), Proportion(tn, tn + fp)
    sens, spec = Fraction(tp, tp + fn), Fraction(tn, tn + fp)
    return OperatingPoint(
        threshold=threshold,
        sensitivity=sensitivity,
        specificity=specificity,
        positive_predictive_value=Proportion(tp, tp + fp),
        negative_predictive_value=Proportion(tn, tn + fn),
        accuracy=Proportion(tp + tn, tp + tn + fp + fn),
        f1=Proportion(2 * tp, 2 * tp + fp + fn),
        sensitivity_interval=proportion_interval(sensitivity, method=method, confidence=confidence),
        specificity_interval=proportion_interval(specificity, method=method, confidence=confidence),
        youden=float(sens + spec - 1),
        likelihood_ratio_positive=float(sens / (1 - spec)) if spec < 1 else None,
        likelihood_ratio_negative=float((1 - sens) / spec) if spec > 0 else None,
    )


def roc_curve(labels: Sequence[bool], scores: Sequence[float]) -> tuple[tuple[float | None, int, int], ...]:
    """Return (threshold, true positives, false positives) from the strictest threshold down.

    The first point, at which nothing is positive, has no threshold (None).
    """
    cases, controls = _split(labels, scores, least=1)
    points: list[tuple[float | None, int, int]] = [(None, 0, 0)]
    for threshold in np.unique(np.concatenate([cases, controls]))[::-1]:
        points.append((float(threshold), int((cases >= threshold).sum()), int((controls >= threshold).sum())))
    return tuple(points)


def _split(labels: Sequence[bool], scores: Sequence[float], least: int = 2) -> tuple[Floats, Floats]:
    if len(labels) != len(scores):
        raise KernelError("scores_unpaired", f"{len(labels)} labels stand beside {len(scores)} scores; give one each.")
    values = np.asarray(scores, dtype=np.float64)
    if not np.isfinite(values).all():
        raise KernelError("score_not_finite", "Every score must be a finite number.")
    is_case = np.asarray(labels, dtype=bool)
    cases, controls = values[is_case], values[~is_case]
    if min(cases.size, controls.size) < least:
        message = f"{cases.size} cases and {controls.size} controls are too few; give at least {least} of each."
        raise KernelError("too_few_cases", message, cases=int(cases.size), controls=int(controls.size))
    return cases, controls


def _midranks(values: Floats) -> Floats:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    middle: Floats = (last - (counts - 1) / 2.0).astype(np.float64)
    return middle[inverse]


def _placements(cases: Floats, controls: Floats) -> tuple[Floats, Floats]:
    """Return DeLong's V10 of each case and V01 of each control, from midranks."""
    m, n = cases.size, controls.size
    pooled = _midranks(np.concatenate([cases, controls]))
    case_part = (pooled[:m] - _midranks(cases)) / n
    control_part = 1.0 - (pooled[m:] - _midranks(controls)) / m
    return case_part, control_part


def _covariance(first: Floats, second: Floats) -> float:
    """Return the covariance of two means of paired placements."""
    return float(((first - first.mean()) * (second - second.mean())).sum() / (first.size - 1) / first.size)


def _area(case_part: Floats, control_part: Floats, confidence: Probability) -> Area:
    auc = float(case_part.mean())
    error = math.sqrt(_covariance(case_part, case_part) + _covariance(control_part, control_part))
    factor = _normal_factor(confidence)
    logit = wald = AreaInterval(None, None)
    if error > 0.0 and 0.0 < auc < 1.0:
        middle, half = math.log(auc / (1.0 - auc)), factor * error / (auc * (1.0 - auc))
        logit = AreaInterval(_expit(middle - half), _expit(middle + half))
        wald = AreaInterval(max(0.0, auc - factor * error), min(1.0, auc + factor * error))
    return Area(case_part.size, control_part.size, auc, error, float(confidence), logit, wald)


def _expit(x: float) -> float:
    """Evaluate on the side where the exponential cannot overflow."""
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0.0 else math.exp(x) / (1.0 + math.exp(x))


def _normal_factor(confidence: Probability) -> float:
    return normal_quantile(float(1 - (1 - checked_probability(confidence, "confidence")) / 2))


def _wins(cases: Floats, controls: Floats) -> Floats:
    return (cases[:, None] > controls[None, :]) + 0.5 * (cases[:, None] == controls[None, :])
