"""One criterion against the measurements of the evidence. Counts decide; undefined is not evaluated, never met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kernels.statistics.proportions import (
    Basis as KernelBasis,
)
from kernels.statistics.proportions import (
    Comparator as KernelComparator,
)
from kernels.statistics.proportions import (
    IntervalMethod as KernelMethod,
)
from kernels.statistics.proportions import Proportion, Sided, compare, proportion_interval
from lims.models import Measurement
from validation.choices import Basis, Comparator, Verdict
from validation.models import Criterion

_COMPARATORS = {Comparator.AT_LEAST: KernelComparator.AT_LEAST, Comparator.AT_MOST: KernelComparator.AT_MOST}


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one criterion; numbers are None where there is nothing to count."""

    verdict: Verdict
    library_count: int
    numerator: int | None = None
    denominator: int | None = None
    value: float | None = None
    lower: float | None = None
    upper: float | None = None


def judge(criterion: Criterion, measurements: Sequence[Measurement]) -> Finding:
    """Judge a criterion over the measurements that answer it.

    Proportions are pooled over libraries by adding their counts. Any other metric must hold in every library: the worst
    value is reported.
    """
    libraries = len({measurement.run_library_id for measurement in measurements})
    if not measurements:
        return Finding(Verdict.NOT_EVALUATED, 0)
    if criterion.metric.is_proportion:
        return _judge_proportion(criterion, measurements, libraries)
    return _judge_worst(criterion, measurements, libraries)


def _judge_proportion(criterion: Criterion, measurements: Sequence[Measurement], libraries: int) -> Finding:
    counts = [(measurement.numerator, measurement.denominator) for measurement in measurements]
    if any(numerator is None or denominator is None for numerator, denominator in counts):
        return Finding(Verdict.NOT_EVALUATED, libraries)
    pooled = Proportion(sum(n for n, _d in counts if n is not None), sum(d for _n, d in counts if d is not None))
    method = KernelMethod(criterion.interval_method)
    interval = proportion_interval(pooled, method=method, confidence=criterion.confidence)
    is_met = compare(
        pooled,
        _COMPARATORS[Comparator(criterion.comparator)],
        criterion.limit,
        _kernel_basis(criterion),
        method=method,
        confidence=criterion.confidence,
        sided=None if criterion.basis == Basis.POINT else Sided.TWO,
    )
    return Finding(
        _verdict(is_met), libraries, pooled.numerator, pooled.denominator, pooled.value, interval.lower, interval.upper
    )


def _judge_worst(criterion: Criterion, measurements: Sequence[Measurement], libraries: int) -> Finding:
    values = [measurement.value for measurement in measurements]
    if any(value is None for value in values):
        return Finding(Verdict.NOT_EVALUATED, libraries)
    present = [value for value in values if value is not None]
    limit = float(criterion.limit)
    if criterion.comparator == Comparator.AT_LEAST:
        worst = min(present)
        is_met = worst >= limit
    else:
        worst = max(present)
        is_met = worst <= limit
    return Finding(_verdict(is_met), libraries, value=worst)


def _kernel_basis(criterion: Criterion) -> KernelBasis:
    if criterion.basis == Basis.POINT:
        return KernelBasis.POINT
    at_least = criterion.comparator == Comparator.AT_LEAST
    return KernelBasis.LOWER_BOUND if at_least else KernelBasis.UPPER_BOUND


def _verdict(is_met: bool | None) -> Verdict:
    if is_met is None:
        return Verdict.NOT_EVALUATED
    return Verdict.MET if is_met else Verdict.NOT_MET
