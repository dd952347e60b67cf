"""Does the measured value follow the expected one? A straight line with its uncertainty (heteroplasmy, mixing series).

References
----------
Draper NR, Smith H. Applied Regression Analysis, 3rd ed. Wiley 1998, chapter 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from kernels.errors import KernelError
from kernels.statistics.distributions import checked_probability, student_t_quantile


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A coefficient with its standard error and interval."""

    estimate: float
    standard_error: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Linearity:
    """Least squares of measured on expected.

    `r_squared` is None when the measured values do not vary. `largest_deviation` is the measured minus the expected
    value that is farthest from 0, which a good correlation can hide.
    """

    n: int
    confidence: float
    intercept: Coefficient
    slope: Coefficient
    residual_sd: float
    r_squared: float | None
    largest_deviation: float
    largest_deviation_at: float


def linearity(
    expected: Sequence[float], measured: Sequence[float], *, confidence: Decimal | Fraction | float = 0.95
) -> Linearity:
    """Fit measured = intercept + slope * expected.

    Parameters
    ----------
    expected, measured : sequence of float
        One pair per measurement, at least three, with at least two different expected values.
    confidence : float
        Of the two-sided t intervals.
    """
    n = len(expected)
    if len(measured) != n or n < 3 or len(set(expected)) < 2:
        message = "Linearity needs at least three pairs with at least two different expected values."
        raise KernelError("too_few_values", message, n=n)
    x_mean, y_mean = math.fsum(expected) / n, math.fsum(measured) / n
    sxx = math.fsum((x - x_mean) ** 2 for x in expected)
    syy = math.fsum((y - y_mean) ** 2 for y in measured)
    sxy = math.fsum((x - x_mean) * (y - y_mean) for x, y in zip(expected, measured, strict=True))
    slope = sxy / sxx
    intercept = y_mean - slope * x_mean
    residual = math.fsum((y - intercept - slope * x) ** 2 for x, y in zip(expected, measured, strict=True))
    sd = math.sqrt(residual / (n - 2))
    t = student_t_quantile(float(1 - (1 - checked_probability(confidence, "confidence")) / 2), n - 2)
    deviation, place = max(
        ((y - x, x) for x, y in zip(expected, measured, strict=True)), key=lambda pair: (abs(pair[0]), -pair[1])
    )
    return Linearity(
        n=n,
        confidence=float(confidence),
        intercept=_coefficient(intercept, sd * math.sqrt(1.0 / n + x_mean * x_mean / sxx), t),
        slope=_coefficient(slope, sd / math.sqrt(sxx), t),
        residual_sd=sd,
        r_squared=1.0 - residual / syy if len(set(measured)) > 1 else None,
        largest_deviation=deviation,
        largest_deviation_at=place,
    )


def _coefficient(estimate: float, error: float, t: float) -> Coefficient:
    return Coefficient(estimate, error, estimate - t * error, estimate + t * error)
