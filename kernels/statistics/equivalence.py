"""Is a difference small enough not to matter? Two one-sided tests (TOST), paired or between two groups.

References
----------
Schuirmann DJ. A comparison of the two one-sided tests procedure. J Pharmacokinet Biopharm 1987;15:657-680.
Welch BL. Biometrika 1947;34:28-35 (unequal variances).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from kernels.errors import KernelError
from kernels.statistics.distributions import checked_probability, student_t_cdf, student_t_quantile
from kernels.statistics.precision import summarize

Probability = Decimal | Fraction | float


@dataclass(frozen=True, slots=True)
class Equivalence:
    """The result of two one-sided tests at level alpha.

    `lower` and `upper` bound the difference with confidence 1 - 2 alpha; equivalence means that they lie strictly
    inside the margins. Without any scatter there is no test: the p-values are None and the difference itself decides.
    """

    n: int
    difference: float
    standard_error: float
    degrees_of_freedom: float
    margin_lower: float
    margin_upper: float
    alpha: float
    p_lower: float | None
    p_upper: float | None
    p_value: float | None
    lower: float
    upper: float
    is_equivalent: bool


def paired_equivalence(
    differences: Sequence[float], *, margin_lower: float, margin_upper: float, alpha: Probability = 0.05
) -> Equivalence:
    """Test whether the mean of paired differences lies between two margins.

    Parameters
    ----------
    differences : sequence of float
        Test minus reference, one per pair, at least two.
    margin_lower, margin_upper : float
        Margins that were fixed in the plan, in the unit of the differences; lower < upper.
    alpha : float
        Level of each one-sided test.
    """
    summary = summarize(differences)
    if summary.sd is None:
        raise KernelError("too_few_values", "Equivalence needs at least two pairs.", n=summary.n)
    error = summary.sd / math.sqrt(summary.n)
    return _tested(summary.n, summary.mean, error, summary.n - 1.0, margin_lower, margin_upper, alpha)


def group_equivalence(
    test: Sequence[float],
    reference: Sequence[float],
    *,
    margin_lower: float,
    margin_upper: float,
    alpha: Probability = 0.05,
) -> Equivalence:
    """Test whether the means of two independent groups differ by less than the margins, variances unequal (Welch)."""
    one, two = summarize(test), summarize(reference)
    if one.sd is None or two.sd is None:
        raise KernelError("too_few_values", "Equivalence needs at least two values in each group.", n=min(one.n, two.n))
    first, second = one.sd**2 / one.n, two.sd**2 / two.n
    variance = first + second
    freedom = float(one.n + two.n - 2)
    if variance > 0.0:
        freedom = variance**2 / (first**2 / (one.n - 1) + second**2 / (two.n - 1))
    difference = one.mean - two.mean
    return _tested(one.n + two.n, difference, math.sqrt(variance), freedom, margin_lower, margin_upper, alpha)


def _tested(
    n: int, difference: float, error: float, freedom: float, low: float, high: float, alpha: Probability
) -> Equivalence:
    if not low < high:
        raise KernelError("margins_invalid", f"The margins {low:g} and {high:g} must be in rising order.")
    level = float(checked_probability(alpha, "alpha"))
    p_lower: float | None = None
    p_upper: float | None = None
    half = 0.0
    if error > 0.0:
        p_lower = student_t_cdf(-(difference - low) / error, freedom)
        p_upper = student_t_cdf((difference - high) / error, freedom)
        half = student_t_quantile(1.0 - level, freedom) * error
    return Equivalence(
        n=n,
        difference=difference,
        standard_error=error,
        degrees_of_freedom=freedom,
        margin_lower=low,
        margin_upper=high,
        alpha=level,
        p_lower=p_lower,
        p_upper=p_upper,
        p_value=None if p_lower is None or p_upper is None else max(p_lower, p_upper),
        lower=difference - half,
        upper=difference + half,
        is_equivalent=low < difference - half and difference + half < high,
    )
