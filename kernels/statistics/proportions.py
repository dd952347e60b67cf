"""Proportions with their counts, intervals, and comparisons that are decided on the counts.

References
----------
Clopper CJ, Pearson ES. The use of confidence or fiducial limits. Biometrika 1934;26:404-413.
Wilson EB. Probable inference. J Am Stat Assoc 1927;22:209-212.
Brown LD, Cai TT, DasGupta A. Interval estimation for a binomial proportion. Stat Sci 2001;16:101-133.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from kernels.errors import KernelError
from kernels.statistics.distributions import beta_quantile, checked_probability, exact_fraction, normal_quantile

# Closer than this to the limit, a Clopper-Pearson bound is compared by its exact binomial tail instead.
TIE_DISTANCE = 1e-9


class IntervalMethod(StrEnum):
    """How the interval is made."""

    CLOPPER_PEARSON = "clopper_pearson"
    WILSON = "wilson"
    JEFFREYS = "jeffreys"


class Sided(StrEnum):
    """Which ends carry the error: both, or the lower or the upper bound alone."""

    TWO = "two"
    LOWER = "lower"
    UPPER = "upper"


class Comparator(StrEnum):
    """What must hold between the value and the limit."""

    AT_LEAST = ">="
    ABOVE = ">"
    AT_MOST = "<="
    BELOW = "<"
    EQUAL = "=="


class Basis(StrEnum):
    """What is compared with the limit."""

    POINT = "point"
    LOWER_BOUND = "lower_bound"
    UPPER_BOUND = "upper_bound"


@dataclass(frozen=True, slots=True)
class Proportion:
    """A share that never loses its counts; 0/0 is undefined, not 0 and not 1.

    Parameters
    ----------
    numerator : int
        Events, 0 <= numerator <= denominator.
    denominator : int
        Trials.

    Raises
    ------
    KernelError
        `proportion_counts_invalid` when the counts are not integers or contradict each other.
    """

    numerator: int
    denominator: int

    def __post_init__(self) -> None:
        counts = (self.numerator, self.denominator)
        if any(isinstance(count, bool) or not isinstance(count, int) for count in counts):
            raise _invalid_counts(self, "both counts must be integers")
        if not 0 <= self.numerator <= self.denominator:
            raise _invalid_counts(self, "the numerator must lie between 0 and the denominator")

    @property
    def exact(self) -> Fraction | None:
        """The value as a fraction, None when the denominator is 0."""
        return Fraction(self.numerator, self.denominator) if self.denominator else None

    @property
    def value(self) -> float | None:
        """The value as a float, None when the denominator is 0."""
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True, slots=True)
class ProportionInterval:
    """A confidence interval of a proportion.

    A one-sided interval keeps the natural end of the scale, 0 or 1, on its other side. Both bounds are None when the
    denominator is 0.
    """

    method: IntervalMethod
    confidence: float
    sided: Sided
    lower: float | None
    upper: float | None


def proportion_interval(
    proportion: Proportion,
    *,
    method: IntervalMethod = IntervalMethod.CLOPPER_PEARSON,
    confidence: Decimal | Fraction | float = 0.95,
    sided: Sided = Sided.TWO,
) -> ProportionInterval:
    """Compute a confidence interval of a proportion.

    Parameters
    ----------
    proportion : Proportion
        The counts.
    method : IntervalMethod
        Clopper-Pearson (exact), Wilson (score), or Jeffreys with its ends held at 0 and 1.
    confidence : Decimal, Fraction or float
        Strictly between 0 and 1.
    sided : Sided
        Two-sided splits the error in halves; a one-sided bound carries all of it.

    Returns
    -------
    ProportionInterval

    Raises
    ------
    KernelError
        `probability_out_of_range` for a confidence outside (0, 1).
    """
    tail = float(_tail(confidence, sided))
    lower: float | None = None
    upper: float | None = None
    if proportion.denominator:
        lower_bound, upper_bound = _BOUNDS[method]
        lower = 0.0 if sided is Sided.UPPER else lower_bound(proportion, tail)
        upper = 1.0 if sided is Sided.LOWER else upper_bound(proportion, tail)
    return ProportionInterval(method, float(confidence), sided, lower, upper)


def compare(
    proportion: Proportion,
    comparator: Comparator,
    limit: Decimal | Fraction | int,
    basis: Basis = Basis.POINT,
    *,
    method: IntervalMethod = IntervalMethod.CLOPPER_PEARSON,
    confidence: Decimal | Fraction | float = 0.95,
    sided: Sided | None = None,
) -> bool | None:
    """Decide whether a proportion meets a limit.

    The point estimate is compared as a fraction of integers. A Clopper-Pearson bound within `TIE_DISTANCE` of the
    limit is decided by its binomial tail in integer arithmetic, so that rounding decides nothing.

    Parameters
    ----------
    proportion : Proportion
        The counts.
    comparator : Comparator
        The relation that must hold.
    limit : Decimal, Fraction or int
        The limit as written, 0-1. A float is refused: 0.1 + 0.2 is not 0.3.
    basis : Basis
        The point estimate, or a confidence bound.
    method, confidence
        The interval that gives the bound.
    sided : Sided, optional
        Default: one-sided on the side of the bound.

    Returns
    -------
    bool or None
        None when the denominator is 0: nothing was observed, so nothing is met and nothing failed.

    Raises
    ------
    KernelError
        `limit_not_exact` for a float limit, `bound_not_estimated` when `sided` leaves out the bound asked for.
    """
    exact_limit = _checked_limit(limit)
    if basis is Basis.POINT:
        return None if proportion.exact is None else _RELATIONS[comparator](proportion.exact, exact_limit)
    side = _side_of(basis, sided)
    interval = proportion_interval(proportion, method=method, confidence=confidence, sided=side)
    bound = interval.lower if basis is Basis.LOWER_BOUND else interval.upper
    if bound is None:
        return None
    sign = _sign_of_difference(proportion, bound, exact_limit, basis, method, _tail(confidence, side))
    return _RELATIONS[comparator](sign, 0)


_RELATIONS: dict[Comparator, Callable[[Fraction | int, Fraction | int], bool]] = {
    Comparator.AT_LEAST: operator.ge,
    Comparator.ABOVE: operator.gt,
    Comparator.AT_MOST: operator.le,
    Comparator.BELOW: operator.lt,
    Comparator.EQUAL: operator.eq,
}


def _invalid_counts(proportion: Proportion, why: str) -> KernelError:
    counts = f"{proportion.numerator}/{proportion.denominator}"
    return KernelError("proportion_counts_invalid", f"The counts {counts} are not a proportion: {why}.", counts=counts)


def _tail(confidence: Decimal | Fraction | float, sided: Sided) -> Fraction:
    alpha = 1 - checked_probability(confidence, "confidence")
    return alpha / 2 if sided is Sided.TWO else alpha


def _checked_limit(limit: Decimal | Fraction | int) -> Fraction:
    if isinstance(limit, bool) or not isinstance(limit, (Decimal, Fraction, int)):
        raise KernelError(
            "limit_not_exact",
            f"The limit {limit!r} is not exact; give it as a Decimal or a Fraction.",
            limit=str(limit),
        )
    return exact_fraction(limit)


def _side_of(basis: Basis, sided: Sided | None) -> Sided:
    side = Sided.LOWER if basis is Basis.LOWER_BOUND else Sided.UPPER
    if sided in (None, side, Sided.TWO):
        return sided or side
    raise KernelError(
        "bound_not_estimated",
        f"A {sided} one-sided interval has no {basis.value.replace('_', ' ')}; ask for a two-sided one or for {side}.",
        basis=basis.value,
        sided=str(sided),
    )


def _sign_of_difference(
    proportion: Proportion, bound: float, limit: Fraction, basis: Basis, method: IntervalMethod, tail: Fraction
) -> int:
    """Return -1, 0 or 1 as the bound lies below, on or above the limit."""
    if method is not IntervalMethod.CLOPPER_PEARSON or abs(bound - limit) > TIE_DISTANCE:
        return _sign(Fraction(bound) - limit)
    x, n = proportion.numerator, proportion.denominator
    if basis is Basis.LOWER_BOUND:
        # P(X >= x) rises with p and equals the tail at the bound, so a smaller tail at the limit puts it below.
        return _sign(limit * -1) if x == 0 else _sign(tail - binomial_upper_tail_exact(x, n, limit))
    return _sign(1 - limit) if x == n else _sign(binomial_upper_tail_exact(n - x, n, 1 - limit) - tail)


def _sign(difference: Fraction) -> int:
    return (difference > 0) - (difference < 0)


def binomial_upper_tail_exact(successes: int, trials: int, probability: Fraction) -> Fraction:
    """Return P(X >= successes) of Binomial(trials, probability) without rounding."""
    if not 0 < probability < 1:
        return Fraction(int(probability >= 1 or successes <= 0))
    a, d = probability.numerator, probability.denominator
    b = d - a
    # Sum the shorter tail: term k is C(n, k) a^k b^(n-k), and the next differs by a ratio of small integers.
    if trials - successes <= successes:
        return Fraction(_tail_sum(trials - successes + 1, trials, b, a), d**trials)
    return 1 - Fraction(_tail_sum(successes, trials, a, b), d**trials)


def _tail_sum(terms: int, trials: int, a: int, b: int) -> int:
    term, total = b**trials, 0
    for k in range(terms):
        total += term
        term = term * (trials - k) * a // ((k + 1) * b)
    return total


def _clopper_pearson_lower(proportion: Proportion, tail: float) -> float:
    x, n = proportion.numerator, proportion.denominator
    if x == 0:
        return 0.0
    return math.exp(math.log(tail) / n) if x == n else beta_quantile(tail, x, n - x + 1)


def _clopper_pearson_upper(proportion: Proportion, tail: float) -> float:
    x, n = proportion.numerator, proportion.denominator
    if x == n:
        return 1.0
    return -math.expm1(math.log(tail) / n) if x == 0 else beta_quantile(1.0 - tail, x + 1, n - x)


def _wilson_lower(proportion: Proportion, tail: float) -> float:
    centre, half = _wilson_centre_and_half(proportion, tail)
    return 0.0 if proportion.numerator == 0 else max(0.0, centre - half)


def _wilson_upper(proportion: Proportion, tail: float) -> float:
    centre, half = _wilson_centre_and_half(proportion, tail)
    return 1.0 if proportion.numerator == proportion.denominator else min(1.0, centre + half)


def _wilson_centre_and_half(proportion: Proportion, tail: float) -> tuple[float, float]:
    x, n = proportion.numerator, proportion.denominator
    z = normal_quantile(1.0 - tail)
    p, shrink = x / n, 1.0 + z * z / n
    half = z * math.sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n)) / shrink
    return (p + z * z / (2.0 * n)) / shrink, half


def _jeffreys_lower(proportion: Proportion, tail: float) -> float:
    x, n = proportion.numerator, proportion.denominator
    return 0.0 if x == 0 else beta_quantile(tail, x + 0.5, n - x + 0.5)


def _jeffreys_upper(proportion: Proportion, tail: float) -> float:
    x, n = proportion.numerator, proportion.denominator
    return 1.0 if x == n else beta_quantile(1.0 - tail, x + 0.5, n - x + 0.5)


_Bound = Callable[[Proportion, float], float]
_BOUNDS: dict[IntervalMethod, tuple[_Bound, _Bound]] = {
    IntervalMethod.CLOPPER_PEARSON: (_clopper_pearson_lower, _clopper_pearson_upper),
    IntervalMethod.WILSON: (_wilson_lower, _wilson_upper),
    IntervalMethod.JEFFREYS: (_jeffreys_lower, _jeffreys_upper),
}
