"""Control limits from control results: classical, robust, percentile, predictive, carried over to a new lot.

Limits are computed on the scale of the transform and given back in the unit of the metric. One-sided charts keep the
bound on the side that is bad.

References
----------
CLSI C24-Ed4 (2016); GB/T 20468-2006 (provisional and established limits).
Hahn GJ, Meeker WQ. Statistical Intervals. Wiley 1991, chapter 4 (prediction) and 5 (distribution-free).
Rousseeuw PJ, Croux C. J Am Stat Assoc 1993;88:1273-1283 (median absolute deviation).
CLSI EP28-A3c (2010) for ranks of percentiles.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from kernels.control.scores import IDENTITY, Transform
from kernels.errors import KernelError
from kernels.statistics.distributions import checked_probability, exact_fraction, student_t_quantile
from kernels.statistics.precision import Summary, summarize

Probability = Decimal | Fraction | float

FEWEST_FOR_IMMEDIATE = 3
FEWEST_FOR_PROVISIONAL = 20


class Side(StrEnum):
    """Which side of the target is bad."""

    BOTH = "both"
    LOWER = "lower"
    UPPER = "upper"


class Stage(StrEnum):
    """What a number of in-control points allows."""

    NOT_ENOUGH = "not_enough_points"
    IMMEDIATE = "immediate"
    PROVISIONAL = "provisional"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds in the unit of the metric; None on a side that is not watched."""

    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class TargetAndSd:
    """Target and SD on the scale of the transform, ready for z-scores, with the limits that they give."""

    n: int
    target: float
    sd: float
    transform: Transform
    side: Side
    two_sd: Limits
    three_sd: Limits


@dataclass(frozen=True, slots=True)
class NormalityCheck:
    """How normal a series looks on one scale; the decision stays with a person."""

    n: int
    skewness: float | None
    shapiro_wilk: float | None
    p_value: float | None


def stage(points: int) -> Stage:
    """Return what `points` in-control results allow: nothing, the immediate method, or provisional limits."""
    if points < FEWEST_FOR_IMMEDIATE:
        return Stage.NOT_ENOUGH
    return Stage.IMMEDIATE if points < FEWEST_FOR_PROVISIONAL else Stage.PROVISIONAL


def mean_and_sd(values: Sequence[float], *, transform: Transform = IDENTITY, side: Side = Side.BOTH) -> TargetAndSd:
    """Estimate target and SD (n - 1) from at least two in-control results."""
    summary = _summary(values, transform)
    return from_target(summary.mean, _positive(summary.sd), n=summary.n, transform=transform, side=side)


def median_and_mad(values: Sequence[float], *, transform: Transform = IDENTITY, side: Side = Side.BOTH) -> TargetAndSd:
    """Estimate target and SD robustly: median and 1.4826 times the median absolute deviation."""
    summary = _summary(values, transform)
    return from_target(summary.median, _positive(summary.robust_sd), n=summary.n, transform=transform, side=side)


def from_target(
    target: float, sd: float, *, n: int = 0, transform: Transform = IDENTITY, side: Side = Side.BOTH
) -> TargetAndSd:
    """Draw the limits of a given target and SD (fixed, manufacturer's, transferred) on the transform's scale."""
    return TargetAndSd(
        n,
        target,
        _positive(sd),
        transform,
        side,
        _band(target, 2.0 * sd, transform, side),
        _band(target, 3.0 * sd, transform, side),
    )


def transferred(new_values: Sequence[float], *, old: TargetAndSd, side: Side | None = None) -> TargetAndSd:
    """Give a new lot its own mean and the old lot's CV.

    On a log or logit scale the SD is already relative and is carried over as it stands.
    """
    new_target = _summary(new_values, old.transform, fewest=1).mean
    sd = old.sd
    if old.transform.kind is IDENTITY.kind:
        if old.target <= 0.0 or new_target <= 0.0:
            raise KernelError("cv_undefined", "A CV needs targets above 0; give the new lot its own SD.")
        sd = new_target * old.sd / old.target
    return from_target(new_target, sd, n=len(new_values), transform=old.transform, side=side or old.side)


def prediction_limits(
    values: Sequence[float],
    *,
    coverage: Probability = 0.95,
    transform: Transform = IDENTITY,
    side: Side = Side.BOTH,
) -> Limits:
    """Return where the next single result falls with probability `coverage`: mean ± t SD sqrt(1 + 1/n).

    Honest for a handful of points, where mean ± 2 SD is far too narrow.
    """
    summary = _summary(values, transform)
    alpha = 1 - checked_probability(coverage, "coverage")
    tail = float(alpha / 2 if side is Side.BOTH else alpha)
    width = student_t_quantile(1.0 - tail, summary.n - 1) * _positive(summary.sd) * math.sqrt(1.0 + 1.0 / summary.n)
    return _band(summary.mean, width, transform, side)


def percentile_limits(values: Sequence[float], *, tail: Probability = 0.025, side: Side = Side.BOTH) -> Limits:
    """Return distribution-free limits that leave `tail` beyond each watched side, by ranks p (n + 1).

    Raises
    ------
    KernelError
        `too_few_values` when the rank would lie before the first value: 2.5 % needs 39 values, 1 % needs 99.
    """
    p = checked_probability(tail, "tail")
    needed = math.ceil(1 / p) - 1
    if len(values) < needed:
        message = f"{len(values)} values cannot show a {float(p):.2%} percentile; {needed} are needed."
        raise KernelError("too_few_values", message, n=len(values), needed=needed)
    ordered = sorted(values)
    lower = None if side is Side.UPPER else _at_rank(ordered, p * (len(ordered) + 1))
    upper = None if side is Side.LOWER else _at_rank(ordered, (1 - p) * (len(ordered) + 1))
    return Limits(lower, upper)


def tolerance_size(*, coverage: Probability, confidence: Probability, side: Side = Side.BOTH) -> int:
    """Return the least n whose extremes enclose `coverage` of the population with `confidence`, whatever its shape."""
    p, wanted = checked_probability(coverage, "coverage"), checked_probability(confidence, "confidence")
    n = 1
    while 1 - p**n - (n * (1 - p) * p ** (n - 1) if side is Side.BOTH else 0) < wanted:
        n += 1
    return n


def normality(values: Sequence[float], *, transform: Transform = IDENTITY) -> NormalityCheck:
    """Describe skewness (adjusted Fisher-Pearson) and Shapiro-Wilk of a series on the scale of a transform."""
    scores = [transform.forward(value) for value in values]
    n = len(scores)
    if n < 3 or len(set(scores)) == 1:
        return NormalityCheck(n, None, None, None)
    mean = math.fsum(scores) / n
    second, third = (math.fsum((score - mean) ** power for score in scores) / n for power in (2, 3))
    skewness = third / second**1.5 * math.sqrt(n * (n - 1)) / (n - 2)
    result = importlib.import_module("scipy.stats").shapiro(scores)
    return NormalityCheck(n, skewness, float(result.statistic), float(result.pvalue))


@dataclass(frozen=True, slots=True)
class RunningMoments:
    """Count, mean and sum of squared deviations: add results one by one, or pool months, without rounding losses."""

    n: int = 0
    mean: float = 0.0
    squares: float = 0.0

    @property
    def sd(self) -> float | None:
        """The SD with n - 1, None for fewer than two results."""
        return math.sqrt(self.squares / (self.n - 1)) if self.n > 1 else None

    @property
    def cv_fraction(self) -> float | None:
        """SD over mean, None where it has no meaning."""
        return self.sd / self.mean if self.sd is not None and self.mean > 0.0 else None

    def with_value(self, value: float) -> RunningMoments:
        """Return the moments after one more result (Welford)."""
        return self.pooled(RunningMoments(1, value, 0.0))

    def pooled(self, other: RunningMoments) -> RunningMoments:
        """Return the moments of both series together (Chan)."""
        n = self.n + other.n
        if n == 0:
            return self
        shift = other.mean - self.mean
        mean = self.mean + shift * other.n / n
        return RunningMoments(n, mean, self.squares + other.squares + shift * shift * self.n * other.n / n)


def _summary(values: Sequence[float], transform: Transform, fewest: int = 2) -> Summary:
    if len(values) < fewest:
        message = f"{len(values)} results are too few; at least {fewest} are needed."
        raise KernelError("too_few_values", message, n=len(values), needed=fewest)
    return summarize([transform.forward(value) for value in values])


def _positive(sd: float | None) -> float:
    if sd is None or not sd > 0.0:
        raise KernelError("sd_not_positive", "The results do not vary, so they give no limits; choose fixed ones.")
    return sd


def _band(centre: float, width: float, transform: Transform, side: Side) -> Limits:
    lower = None if side is Side.UPPER else transform.backward(centre - width)
    upper = None if side is Side.LOWER else transform.backward(centre + width)
    return Limits(lower, upper)


def _at_rank(ordered: Sequence[float], rank: Fraction) -> float:
    whole = math.floor(rank)
    low, high = ordered[whole - 1], ordered[min(whole, len(ordered) - 1)]
    return float(exact_fraction(low) + (rank - whole) * (exact_fraction(high) - exact_fraction(low)))
