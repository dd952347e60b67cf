"""The immediate method (即刻法): control from the third result on, by Grubbs' test of the extremes.

References
----------
Grubbs FE. Procedures for detecting outlying observations in samples. Technometrics 1969;11:1-21.
GB/T 20468-2006 for its use in quality control.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from kernels.errors import KernelError
from kernels.statistics.distributions import exact_fraction, student_t_quantile

FEWEST = 3
MOST = 20
ALPHA_2S = 0.05
ALPHA_3S = 0.01

# The two-decimal limits of the printed tables, n = 3 to 20. At n = 3 both are 1.15, so that rounding alone turns many
# good results into false alarms; 1.16 is printed elsewhere and can never fire.
TEXTBOOK_2S = (
    1.15,
    1.46,
    1.67,
    1.82,
    1.94,
    2.03,
    2.11,
    2.18,
    2.23,
    2.29,
    2.33,
    2.37,
    2.41,
    2.44,
    2.47,
    2.50,
    2.53,
    2.56,
)
TEXTBOOK_3S = (
    1.15,
    1.49,
    1.75,
    1.94,
    2.10,
    2.22,
    2.32,
    2.41,
    2.48,
    2.55,
    2.61,
    2.66,
    2.71,
    2.75,
    2.79,
    2.82,
    2.85,
    2.88,
)


class LimitTable(StrEnum):
    """Where the limits come from: computed, or the rounded ones in print."""

    EXACT = "exact"
    TEXTBOOK = "textbook"


class ImmediateState(StrEnum):
    """The verdict on the set of results after one more."""

    NOT_ENOUGH = "not_enough_points"
    IN_CONTROL = "in_control"
    WARNING = "warning"
    OUT_OF_CONTROL = "out_of_control"
    FINISHED = "change_to_levey_jennings"


@dataclass(frozen=True, slots=True)
class ImmediatePoint:
    """The verdict after one result.

    `n` counts the results in the set, this one included. `extreme_index` is the place of the value with the larger SI:
    it may be an old one, for the verdict belongs to the set. After `out_of_control` the new result is set aside and
    later sets do not hold it. SI and limits are None where they do not exist.
    """

    index: int
    value: float
    n: int
    mean: float
    sd: float | None
    si_upper: float | None
    si_lower: float | None
    limit_2s: float | None
    limit_3s: float | None
    state: ImmediateState
    extreme_index: int | None
    is_set_aside: bool


def grubbs_limit(n: int, alpha: float) -> float:
    """Return the one-sided Grubbs limit (n-1)/sqrt(n) * sqrt(t² / (n - 2 + t²)) with t at alpha / n."""
    if n < FEWEST:
        raise KernelError("too_few_values", f"{n} results have no Grubbs limit; it starts at {FEWEST}.", n=n)
    t = student_t_quantile(1.0 - alpha / n, n - 2)
    return (n - 1) / math.sqrt(n) * math.sqrt(t * t / (n - 2 + t * t))


def immediate_limits(n: int, table: LimitTable = LimitTable.EXACT) -> tuple[float, float]:
    """Return the warning (2s) and the rejection (3s) limit for n results, n = 3 to 20."""
    if not FEWEST <= n <= MOST:
        message = f"The immediate method covers {FEWEST} to {MOST} results, not {n}."
        raise KernelError("outside_immediate_method", message, n=n)
    if table is LimitTable.TEXTBOOK:
        return TEXTBOOK_2S[n - FEWEST], TEXTBOOK_3S[n - FEWEST]
    return grubbs_limit(n, ALPHA_2S), grubbs_limit(n, ALPHA_3S)


def immediate_method(
    values: Sequence[Decimal | float], *, table: LimitTable = LimitTable.EXACT
) -> tuple[ImmediatePoint, ...]:
    """Judge results one by one.

    Parameters
    ----------
    values : sequence of Decimal or float
        Results in time order, as written: SD and SI are compared in exact arithmetic, so that equal results have an SD
        of exactly 0 and are in control.
    table : LimitTable
        Exact limits, or the printed table as a knowing choice.

    Returns
    -------
    tuple of ImmediatePoint
        One for each value.
    """
    kept: list[tuple[int, Fraction]] = []
    points = []
    for index, value in enumerate(values):
        if not math.isfinite(value):
            raise KernelError("value_not_finite", f"Result {index} is {value}; give a number.", index=index)
        point = _judged([*kept, (index, exact_fraction(value))], table)
        points.append(point)
        if not point.is_set_aside:
            kept.append((index, exact_fraction(value)))
    return tuple(points)


def _judged(members: Sequence[tuple[int, Fraction]], table: LimitTable) -> ImmediatePoint:
    n = len(members)
    index, newest = members[-1]
    mean = sum((value for _, value in members), Fraction(0)) / n
    variance = sum(((value - mean) ** 2 for _, value in members), Fraction(0)) / (n - 1) if n > 1 else None
    highest = max(members, key=lambda member: member[1])
    lowest = min(members, key=lambda member: member[1])
    above, below = highest[1] - mean, mean - lowest[1]
    limits = immediate_limits(n, table) if FEWEST <= n <= MOST else None
    state = _state(n, max(above, below), variance, limits)
    sd = None if variance is None else math.sqrt(variance)
    return ImmediatePoint(
        index=index,
        value=float(newest),
        n=n,
        mean=float(mean),
        sd=sd,
        si_upper=float(above) / sd if sd else None,
        si_lower=float(below) / sd if sd else None,
        limit_2s=limits[0] if limits else None,
        limit_3s=limits[1] if limits else None,
        state=state,
        extreme_index=(highest if above >= below else lowest)[0] if sd else None,
        is_set_aside=state is ImmediateState.OUT_OF_CONTROL,
    )


def _state(
    n: int, deviation: Fraction, variance: Fraction | None, limits: tuple[float, float] | None
) -> ImmediateState:
    if limits is None or variance is None:
        return ImmediateState.NOT_ENOUGH if n < FEWEST else ImmediateState.FINISHED
    # SI against a limit, squared: no root is taken, so nothing is rounded.
    warning, rejection = (exact_fraction(limit) ** 2 * variance for limit in limits)
    if variance == 0 or deviation**2 < warning:
        return ImmediateState.IN_CONTROL
    return ImmediateState.OUT_OF_CONTROL if deviation**2 > rejection else ImmediateState.WARNING
