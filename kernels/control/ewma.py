"""Exponentially weighted moving average of z-scores, for small lasting shifts.

References
----------
Roberts SW. Control chart tests based on geometric moving averages. Technometrics 1959;1:239-250.
Lucas JM, Saccucci MS. Technometrics 1990;32:1-12 (choice of lambda and L).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kernels.errors import KernelError


@dataclass(frozen=True, slots=True)
class EwmaParams:
    """Weight of the newest point, and width of the limits in SD of the average.

    The default has an average run length of about 500 in control and 10.5 at a shift of one SD.
    """

    weight: float = 0.2
    width_sd: float = 2.962

    def __post_init__(self) -> None:
        if not 0.0 < self.weight <= 1.0 or not self.width_sd > 0.0:
            message = f"lambda {self.weight} must be above 0 and at most 1, and L {self.width_sd} above 0."
            raise KernelError("ewma_params_invalid", message)


@dataclass(frozen=True, slots=True)
class EwmaPoint:
    """The average after one point and its limit ±; all None where the point is missing."""

    average: float | None
    limit: float | None
    is_signal: bool


def ewma(
    z: Sequence[float | None], params: EwmaParams | None = None, *, resets: frozenset[int] = frozenset()
) -> tuple[EwmaPoint, ...]:
    """Follow w = lambda z + (1 - lambda) w from w = 0, with limits ± L sqrt(lambda/(2-lambda) (1 - (1-lambda)^(2t))).

    Parameters
    ----------
    z : sequence of float or None
        z-scores in time order; None is passed over and does not count as time.
    params : EwmaParams, optional
    resets : frozenset of int
        Indexes at which a new history starts.
    """
    chosen = params or EwmaParams()
    stay = 1.0 - chosen.weight
    spread = chosen.weight / (2.0 - chosen.weight)
    average, steps = 0.0, 0
    points = []
    for index, score in enumerate(z):
        if index in resets:
            average, steps = 0.0, 0
        if score is None:
            points.append(EwmaPoint(None, None, False))
            continue
        steps += 1
        average = chosen.weight * score + stay * average
        limit = chosen.width_sd * math.sqrt(spread * (1.0 - stay ** (2 * steps)))
        points.append(EwmaPoint(average, limit, abs(average) > limit))
    return tuple(points)
