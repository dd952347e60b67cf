"""How many samples a claim needs, and what a number of samples can show.

References
----------
Clopper CJ, Pearson ES. Biometrika 1934;26:404-413 (the success-run theorem is its zero-failure case).
Kish L. Survey Sampling. Wiley 1965 (design effect).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from kernels.errors import KernelError
from kernels.statistics.distributions import (
    binomial_cdf,
    checked_probability,
    exact_fraction,
    normal_quantile,
)
from kernels.statistics.proportions import (
    Basis,
    Comparator,
    Proportion,
    binomial_upper_tail_exact,
    compare,
)

MAX_SAMPLES = 100_000
# Closer than this (relative) to the error that is allowed, a binomial tail is summed in integers instead.
TIE_DISTANCE = 1e-9
MAX_SAMPLES_FOR_POWER = 5_000

Probability = Decimal | Fraction | float


@dataclass(frozen=True, slots=True)
class PoweredSize:
    """The smallest number of samples that reaches a power, and the most failures it may then have."""

    samples: int
    allowed_failures: int
    power: float


def success_run_size(*, reliability: Probability, confidence: Probability, allowed_failures: int = 0) -> int:
    """Return the smallest n that shows `reliability` with `confidence` when at most `allowed_failures` fail.

    Parameters
    ----------
    reliability, confidence : Decimal, Fraction or float
        Strictly between 0 and 1, taken as written.
    allowed_failures : int
        Failures that may occur, >= 0.

    Returns
    -------
    int
        Smallest n with P(X <= allowed_failures; n, 1 - reliability) <= 1 - confidence; ties are decided in integers.

    Raises
    ------
    KernelError
        `sample_size_too_large` above `MAX_SAMPLES`.
    """
    _check_count(allowed_failures, "allowed_failures")
    miss = 1 - checked_probability(reliability, "reliability")
    alpha = 1 - checked_probability(confidence, "confidence")
    size = _smallest_by_float(allowed_failures, float(miss), float(alpha))
    while not _is_shown(size, allowed_failures, miss, alpha):
        size += 1
    while size - 1 > allowed_failures and _is_shown(size - 1, allowed_failures, miss, alpha):
        size -= 1
    return size


def powered_size(
    *, expected: Probability, limit: Probability, confidence: Probability = 0.95, power: Probability = 0.8
) -> PoweredSize:
    """Return the smallest n whose one-sided Clopper-Pearson lower bound reaches `limit` with the wanted power.

    Parameters
    ----------
    expected : Decimal, Fraction or float
        The true proportion that the laboratory expects; must exceed `limit`.
    limit : Decimal, Fraction or float
        What the lower confidence bound must reach.
    confidence : Decimal, Fraction or float
        One-sided.
    power : Decimal, Fraction or float
        Wanted probability of success. Power is not monotonic in n; the first n that reaches it is returned.
    """
    p = checked_probability(expected, "expected")
    bound = checked_probability(limit, "limit")
    wanted = checked_probability(power, "power")
    if p <= bound:
        raise KernelError("expected_not_above_limit", f"Expecting {expected} can never show more than {limit}.")
    failures = -1
    for samples in range(1, MAX_SAMPLES_FOR_POWER + 1):
        failures = _most_failures(samples, failures, bound, confidence)
        reached = binomial_cdf(failures, samples, float(1 - p))
        if reached >= float(wanted):
            return PoweredSize(samples, failures, reached)
    raise _too_large(MAX_SAMPLES_FOR_POWER)


def size_for_half_width(*, expected: Probability, half_width: Probability, confidence: Probability = 0.95) -> int:
    """Return n = ceil(z² p (1 - p) / d²), the usual planning size for an interval of ± `half_width`.

    For sensitivity the n counts events; for specificity, non-events.
    """
    p = float(checked_probability(expected, "expected"))
    d = float(checked_probability(half_width, "half_width"))
    z = normal_quantile(float(1 - (1 - checked_probability(confidence, "confidence")) / 2))
    return math.ceil(z * z * p * (1.0 - p) / (d * d))


def _check_count(count: int, name: str) -> None:
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise KernelError("count_invalid", f"{name} is {count}; give an integer of 0 or more.", name=name)


def _too_large(maximum: int) -> KernelError:
    return KernelError(
        "sample_size_too_large", f"More than {maximum} samples would be needed; relax the claim.", maximum=maximum
    )


def _is_shown(samples: int, failures: int, miss: Fraction, alpha: Fraction) -> bool:
    if samples <= failures:
        return False
    tail = binomial_cdf(failures, samples, float(miss))
    if abs(tail - alpha) > TIE_DISTANCE * alpha:
        return tail <= alpha
    return 1 - binomial_upper_tail_exact(failures + 1, samples, miss) <= alpha


def _smallest_by_float(failures: int, miss: float, alpha: float) -> int:
    """Return the answer up to rounding, for the exact search to start from."""
    low, high = failures, failures + 1
    while binomial_cdf(failures, high, miss) > alpha:
        if high >= MAX_SAMPLES:
            raise _too_large(MAX_SAMPLES)
        low, high = high, min(2 * high, MAX_SAMPLES)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if binomial_cdf(failures, middle, miss) > alpha else (low, middle)
    return high


def _most_failures(samples: int, known: int, limit: Fraction, confidence: Probability) -> int:
    """Return the most failures that still meet the limit, -1 when even none does; it never falls with n."""
    failures = known
    while failures < samples and _meets(samples, failures + 1, limit, confidence):
        failures += 1
    return failures


def _meets(samples: int, failures: int, limit: Fraction, confidence: Probability) -> bool:
    proportion = Proportion(samples - failures, samples)
    return bool(
        compare(proportion, Comparator.AT_LEAST, exact_fraction(limit), Basis.LOWER_BOUND, confidence=confidence)
    )
