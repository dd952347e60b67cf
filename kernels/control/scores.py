"""From a value to its z-score: transform, target, SD, with the arithmetic that keeps a point on its limit there.

References
----------
Bartlett MS. The use of transformations. Biometrics 1947;3:39-52.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Context, Decimal
from enum import StrEnum

from kernels.errors import KernelError

# Enough digits to subtract any two doubles of one metric without rounding, and to divide far beyond a double's own.
ARITHMETIC = Context(prec=60)


class TransformKind(StrEnum):
    """The scale on which a metric is close to normal."""

    NONE = "none"
    LOG10 = "log10"
    LOGIT = "logit"
    ARCSINE = "arcsine"


@dataclass(frozen=True, slots=True)
class Transform:
    """A transform with its offset.

    Parameters
    ----------
    kind : TransformKind
        `log10`: log10(x + offset); `logit`: ln((x + offset) / (1 - x + offset)); `arcsine`: asin(sqrt(x)).
    offset : float
        Keeps 0 (and for the logit 1) on the scale: half a count over the denominator, or half the least step.
    """

    kind: TransformKind = TransformKind.NONE
    offset: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.offset) and self.offset >= 0.0):
            raise KernelError("offset_invalid", f"The offset {self.offset} must be 0 or more.", offset=self.offset)

    def forward(self, value: float) -> float:
        """Return the value on the scale of the chart, or raise `value_outside_scale`."""
        if self.kind is TransformKind.NONE:
            return value
        if self.kind is TransformKind.LOG10:
            self._check(value, value + self.offset > 0.0, "above 0")
            return math.log10(value + self.offset)
        self._check(value, 0.0 <= value <= 1.0, "from 0 to 1")
        if self.kind is TransformKind.ARCSINE:
            return math.asin(math.sqrt(value))
        above, below = value + self.offset, 1.0 - value + self.offset
        self._check(value, above > 0.0 and below > 0.0, "strictly between 0 and 1, or needs an offset")
        return math.log(above / below)

    def backward(self, score: float) -> float:
        """Return a point of the chart's scale in the unit of the metric; limits off the scale stop at its end."""
        if self.kind is TransformKind.NONE:
            return score
        if self.kind is TransformKind.LOG10:
            return float(10.0**score - self.offset)
        if self.kind is TransformKind.ARCSINE:
            return math.sin(min(max(score, 0.0), math.pi / 2.0)) ** 2
        share = 1.0 / (1.0 + math.exp(-score)) if score >= 0.0 else math.exp(score) / (1.0 + math.exp(score))
        return min(1.0, max(0.0, share * (1.0 + 2.0 * self.offset) - self.offset))

    def _check(self, value: float, is_inside: bool, where: str) -> None:
        if not is_inside:
            message = f"The value {value:g} must be {where} for the {self.kind.value} transform."
            raise KernelError("value_outside_scale", message, value=value, transform=self.kind.value)


IDENTITY = Transform()


def z_score(value: float, target: float, sd: float, transform: Transform = IDENTITY) -> float:
    """Return (transformed value - target) / sd.

    Untransformed values are subtracted and divided as the decimals they were written as: (100.2 - 100) / 0.1 is 2,
    which 1-2s lets pass, and not 2.0000000000000284.

    Parameters
    ----------
    value : float
        In the unit of the metric.
    target, sd : float
        Of the limit set, on the scale of the transform; sd > 0.

    Raises
    ------
    KernelError
        `sd_not_positive`, `value_outside_scale`.
    """
    if not sd > 0.0:
        raise KernelError("sd_not_positive", f"The SD {sd} must be above 0 to give a z-score.", sd=sd)
    if transform.kind is not TransformKind.NONE:
        return (transform.forward(value) - target) / sd
    distance = ARITHMETIC.subtract(_decimal(value), _decimal(target))
    return float(ARITHMETIC.divide(distance, _decimal(sd)))


def _decimal(number: float) -> Decimal:
    return Decimal(repr(float(number)))
