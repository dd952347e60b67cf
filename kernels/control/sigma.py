"""How good is the process against what is allowed? Bias, total error, sigma metric, capability.

References
----------
Westgard JO. Six Sigma Quality Design and Control. Westgard QC 2001.
Kane VE. Process capability indices. J Qual Technol 1986;18:41-52.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernels.control.rules import Rule
from kernels.errors import KernelError

TOTAL_ERROR_FACTOR = 1.65


@dataclass(frozen=True, slots=True)
class SigmaMetric:
    """Everything relative to the target, as fractions; `sigma` is negative when bias alone exceeds the allowance."""

    bias_fraction: float
    cv_fraction: float
    total_error_fraction: float
    allowable_error_fraction: float
    sigma: float


@dataclass(frozen=True, slots=True)
class SuggestedDesign:
    """Westgard's sigma rules for two levels; measurements per run times runs is what the rules look at together."""

    rules: tuple[Rule, ...]
    measurements_per_run: int
    runs: int


def sigma_metric(*, mean: float, target: float, sd: float, allowable_error_fraction: float) -> SigmaMetric:
    """Compute (allowable error - |bias|) / CV.

    Parameters
    ----------
    mean, sd : float
        Of the control results, in the unit of the metric; mean > 0, sd > 0.
    target : float
        True or assigned value, > 0.
    allowable_error_fraction : float
        Allowable total error over the target.
    """
    if not (mean > 0.0 and target > 0.0 and sd > 0.0 and allowable_error_fraction > 0.0):
        raise KernelError("sigma_undefined", "Mean, target, SD and allowable error must all be above 0.")
    bias, cv = (mean - target) / target, sd / mean
    return SigmaMetric(
        bias,
        cv,
        abs(bias) + TOTAL_ERROR_FACTOR * cv,
        allowable_error_fraction,
        (allowable_error_fraction - abs(bias)) / cv,
    )


def capability(*, mean: float, sd: float, lower: float | None = None, upper: float | None = None) -> float:
    """Return Cpk, the distance from the mean to the nearer specification limit in units of 3 SD."""
    if not sd > 0.0 or (lower is None and upper is None):
        raise KernelError("capability_undefined", "Give an SD above 0 and at least one specification limit.")
    distances = [mean - lower] if lower is not None else []
    distances += [upper - mean] if upper is not None else []
    return min(distances) / (3.0 * sd)


def suggested_design(sigma: float) -> SuggestedDesign:
    """Return the rules and measurements that Westgard suggests for a sigma metric, two control levels."""
    if sigma >= 6.0:
        return SuggestedDesign((Rule.ONE_3S,), 2, 1)
    three = (Rule.ONE_3S, Rule.TWO_2S, Rule.RANGE_4S)
    if sigma >= 5.0:
        return SuggestedDesign(three, 2, 1)
    if sigma >= 4.0:
        return SuggestedDesign((*three, Rule.FOUR_1S), 4, 1)
    return SuggestedDesign((*three, Rule.FOUR_1S, Rule.EIGHT_X), 4, 2)
