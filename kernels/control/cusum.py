"""Tabular cumulative sum of z-scores, for small lasting shifts.

References
----------
Page ES. Continuous inspection schemes. Biometrika 1954;41:100-115.
Lucas JM, Crosier RB. Fast initial response for CUSUM. Technometrics 1982;24:199-205.
Siegmund D. Sequential Analysis. Springer 1985 (average run length).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from kernels.errors import KernelError
from kernels.statistics.distributions import exact_fraction


class AfterSignal(StrEnum):
    """Where the sums go on after a signal: from 0, from h/2 (fast initial response), or as they are."""

    RESET = "reset"
    FAST_INITIAL_RESPONSE = "fast_initial_response"
    CONTINUE = "continue"


@dataclass(frozen=True, slots=True)
class CusumParams:
    """Reference value k (half the shift to find) and decision interval h, in SD."""

    k: float = 0.5
    h: float = 4.0
    after_signal: AfterSignal = AfterSignal.RESET

    def __post_init__(self) -> None:
        if not (math.isfinite(self.k) and self.k >= 0.0 and math.isfinite(self.h) and self.h > 0.0):
            raise KernelError("cusum_params_invalid", f"k {self.k} must be 0 or more, and h {self.h} above 0.")


@dataclass(frozen=True, slots=True)
class CusumPoint:
    """Both sums after one point, before any restart; None where the point is missing."""

    upper: float | None
    lower: float | None
    is_upper_signal: bool
    is_lower_signal: bool


def cusum(
    z: Sequence[Decimal | float | None], params: CusumParams | None = None, *, resets: frozenset[int] = frozenset()
) -> tuple[CusumPoint, ...]:
    """Follow C+ = max(0, z - k + C+) and C- = max(0, -z - k + C-), in decimal as the scores are written.

    Parameters
    ----------
    z : sequence of Decimal, float or None
        z-scores in time order; None is passed over.
    params : CusumParams, optional
    resets : frozenset of int
        Indexes at which both sums start from 0 again.

    Returns
    -------
    tuple of CusumPoint
        A signal is a sum strictly above h.
    """
    chosen = params or CusumParams()
    k, h = exact_fraction(chosen.k), exact_fraction(chosen.h)
    restart = {AfterSignal.RESET: Fraction(0), AfterSignal.FAST_INITIAL_RESPONSE: h / 2}.get(chosen.after_signal)
    upper = lower = Fraction(0)
    points = []
    for index, score in enumerate(z):
        if index in resets:
            upper = lower = Fraction(0)
        if score is None:
            points.append(CusumPoint(None, None, False, False))
            continue
        exact = exact_fraction(score)
        upper, lower = max(Fraction(0), upper + exact - k), max(Fraction(0), lower - exact - k)
        points.append(CusumPoint(float(upper), float(lower), upper > h, lower > h))
        if restart is not None:
            upper = restart if upper > h else upper
            lower = restart if lower > h else lower
    return tuple(points)


def siegmund_run_length(params: CusumParams, shift_sd: float) -> float:
    """Return Siegmund's approximation of the average run length of the two-sided scheme at a shift in SD."""
    upper, lower = (_one_sided_run_length(params, sign * shift_sd) for sign in (1.0, -1.0))
    return 1.0 / (1.0 / upper + 1.0 / lower)


def _one_sided_run_length(params: CusumParams, shift_sd: float) -> float:
    drift, height = shift_sd - params.k, params.h + 1.166
    if abs(drift) < 1e-9:
        return height * height
    exponent = -2.0 * drift * height
    return (math.exp(exponent) - 1.0 - exponent) / (2.0 * drift * drift)
