"""Quantiles and tail areas of the textbook distributions.

SciPy is loaded on first use: importing a kernel must stay cheap for the web processes that only compare counts.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from statistics import NormalDist
from types import ModuleType

from kernels.errors import KernelError

STANDARD_NORMAL = NormalDist()


@cache
def _special() -> ModuleType:
    return importlib.import_module("scipy.special")


def exact_fraction(number: Decimal | Fraction | float | int) -> Fraction:
    """Return the number as written: the float 0.95 is 19/20, not its nearest binary neighbour."""
    return Fraction(Decimal(repr(float(number)))) if isinstance(number, float) else Fraction(number)


def scaled_integers(values: Sequence[float]) -> tuple[list[int], int]:
    """Return measurements as integers over one common denominator, as they are written.

    Sums of squares of integers carry no rounding: results that are equal have a variance of exactly 0.

    Raises
    ------
    KernelError
        `value_not_finite`.
    """
    ratios = []
    for index, value in enumerate(values):
        if not math.isfinite(value):
            raise KernelError("value_not_finite", f"Value {index} is {value}; give a finite number.", index=index)
        ratios.append(Decimal(repr(float(value))).as_integer_ratio())
    scale = math.lcm(*(denominator for _, denominator in ratios))
    return [numerator * (scale // denominator) for numerator, denominator in ratios], scale


def checked_probability(value: Decimal | Fraction | float, name: str) -> Fraction:
    """Return `value` exactly, or raise when it does not lie strictly between 0 and 1."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, Fraction)) or not 0 < value < 1:
        raise KernelError(
            "probability_out_of_range",
            f"{name} is {value}; give a number above 0 and below 1, such as 0.95.",
            name=name,
            value=str(value),
        )
    return exact_fraction(value)


def normal_quantile(probability: float) -> float:
    """Return the standard normal quantile."""
    return STANDARD_NORMAL.inv_cdf(probability)


def normal_cdf(x: float) -> float:
    """Return the standard normal distribution function, accurate in both tails."""
    return float(_special().ndtr(x))


def normal_two_sided_p(z: float) -> float:
    """Return P(|Z| >= |z|)."""
    return 2.0 * normal_cdf(-abs(z))


def beta_quantile(probability: float, a: float, b: float) -> float:
    """Return the quantile of Beta(a, b)."""
    return float(_special().betaincinv(a, b, probability))


def binomial_cdf(successes: int, trials: int, probability: float) -> float:
    """Return P(X <= successes) for X ~ Binomial(trials, probability)."""
    if successes < 0:
        return 0.0
    if successes >= trials:
        return 1.0
    return float(_special().betainc(trials - successes, successes + 1, 1.0 - probability))


def student_t_quantile(probability: float, degrees_of_freedom: float) -> float:
    """Return the quantile of Student's t."""
    return float(_special().stdtrit(degrees_of_freedom, probability))


def student_t_cdf(t: float, degrees_of_freedom: float) -> float:
    """Return the distribution function of Student's t."""
    return float(_special().stdtr(degrees_of_freedom, t))


def chi_squared_upper_tail(x: float, degrees_of_freedom: float) -> float:
    """Return P(X >= x) of the chi-squared distribution."""
    return float(_special().chdtrc(degrees_of_freedom, x))


def chi_squared_quantile(probability: float, degrees_of_freedom: float) -> float:
    """Return the quantile of the chi-squared distribution."""
    return 2.0 * float(_special().gammaincinv(degrees_of_freedom / 2.0, probability))


def f_quantile(probability: float, numerator_df: float, denominator_df: float) -> float:
    """Return the quantile of Fisher's F."""
    return float(_special().fdtri(numerator_df, denominator_df, probability))


def f_upper_tail(x: float, numerator_df: float, denominator_df: float) -> float:
    """Return P(X >= x) of Fisher's F."""
    return float(_special().fdtrc(numerator_df, denominator_df, x))
