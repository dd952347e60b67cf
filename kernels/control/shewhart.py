"""Charts of subgroups, of single values with their moving range, and of proportions.

References
----------
Montgomery DC. Introduction to Statistical Quality Control, 7th ed. Wiley 2013, chapters 6 and 7.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from kernels.errors import KernelError
from kernels.statistics.distributions import binomial_cdf
from kernels.statistics.precision import summarize
from kernels.statistics.proportions import Proportion

D2_OF_TWO = 2.0 / math.sqrt(math.pi)  # mean range of two normal values, in SD
D3_OF_TWO = math.sqrt(2.0 - 4.0 / math.pi)  # its SD
# The normal approximation of a p-chart is not used when fewer failures than this are expected.
FEWEST_EXPECTED = 5
THREE_SIGMA_TAIL = 0.0013498980316300957


@dataclass(frozen=True, slots=True)
class ChartLimits:
    """Centre line and limits."""

    centre: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class SubgroupCharts:
    """X-bar and S charts of subgroups of one size."""

    size: int
    subgroups: int
    mean: ChartLimits
    sd: ChartLimits


@dataclass(frozen=True, slots=True)
class IndividualCharts:
    """Single values and moving ranges of two."""

    n: int
    value: ChartLimits
    moving_range: ChartLimits


def c4(size: int) -> float:
    """Return the mean of the SD of `size` normal values, in units of their true SD."""
    if size < 2:
        raise KernelError("too_few_values", f"A subgroup of {size} has no SD; it needs two.", n=size)
    return math.sqrt(2.0 / (size - 1)) * math.exp(math.lgamma(size / 2.0) - math.lgamma((size - 1) / 2.0))


def a3(size: int) -> float:
    """Return the factor of the mean SD for 3-sigma limits of subgroup means."""
    return 3.0 / (c4(size) * math.sqrt(size))


def b3_b4(size: int) -> tuple[float, float]:
    """Return the factors of the mean SD for 3-sigma limits of subgroup SDs."""
    half = 3.0 / c4(size) * math.sqrt(1.0 - c4(size) ** 2)
    return max(0.0, 1.0 - half), 1.0 + half


def subgroup_charts(subgroups: Sequence[Sequence[float]]) -> SubgroupCharts:
    """Compute X-bar and S limits from at least two subgroups of one size, two or more values each."""
    sizes = {len(subgroup) for subgroup in subgroups}
    if len(subgroups) < 2 or len(sizes) != 1 or min(sizes) < 2:
        raise KernelError("subgroups_invalid", "Give at least two subgroups of one size, each of two values or more.")
    size = sizes.pop()
    summaries = [summarize(subgroup) for subgroup in subgroups]
    mean = math.fsum(summary.mean for summary in summaries) / len(summaries)
    sd = math.fsum(summary.sd or 0.0 for summary in summaries) / len(summaries)
    low, high = b3_b4(size)
    reach = a3(size) * sd
    return SubgroupCharts(
        size, len(subgroups), ChartLimits(mean, mean - reach, mean + reach), ChartLimits(sd, low * sd, high * sd)
    )


def moving_ranges(values: Sequence[float]) -> tuple[float, ...]:
    """Return the absolute differences of neighbours."""
    return tuple(abs(after - before) for before, after in pairwise(values))


def individual_charts(values: Sequence[float]) -> IndividualCharts:
    """Compute the limits mean ± 2.66 MR and 3.267 MR of single values and their moving ranges."""
    if len(values) < 2:
        raise KernelError("too_few_values", "A moving range needs at least two values.", n=len(values))
    mean = math.fsum(values) / len(values)
    ranges = moving_ranges(values)
    average = math.fsum(ranges) / len(ranges)
    reach = 3.0 * average / D2_OF_TWO
    top = average * (1.0 + 3.0 * D3_OF_TWO / D2_OF_TWO)
    return IndividualCharts(len(values), ChartLimits(mean, mean - reach, mean + reach), ChartLimits(average, 0.0, top))


def proportion_limits(baseline: Proportion, trials: int) -> ChartLimits:
    """Compute the limits of the share of failures among `trials`, exactly binomial when few are expected.

    The exact limits are the smallest and the largest share that a 3-sigma tail on each side does not rule out.
    """
    p = baseline.value
    if p is None or trials < 1:
        raise KernelError("too_few_values", "A p-chart needs a baseline with trials and at least one new trial.")
    if min(p, 1.0 - p) * trials >= FEWEST_EXPECTED:
        reach = 3.0 * math.sqrt(p * (1.0 - p) / trials)
        return ChartLimits(p, max(0.0, p - reach), min(1.0, p + reach))
    low = next(x for x in range(trials + 1) if binomial_cdf(x, trials, p) > THREE_SIGMA_TAIL)
    high = next(x for x in range(low, trials + 1) if 1.0 - binomial_cdf(x, trials, p) <= THREE_SIGMA_TAIL)
    return ChartLimits(p, low / trials, high / trials)
