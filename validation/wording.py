"""How criteria, values and verdicts are worded in reports and on the terminal; pages draw the same with components."""

from __future__ import annotations

from typing import Protocol

from django.utils.translation import ngettext

from lims import numbers
from lims.interval_geometry import WIDTH, interval_geometry
from lims.models import Metric
from validation.choices import Basis, Comparator
from validation.models import Criterion


class Judged(Protocol):
    """A judgement, or a row that shows one."""

    @property
    def criterion(self) -> Criterion: ...
    @property
    def library_count(self) -> int: ...
    @property
    def numerator(self) -> int | None: ...
    @property
    def denominator(self) -> int | None: ...
    @property
    def value(self) -> float | None: ...
    @property
    def lower(self) -> float | None: ...
    @property
    def upper(self) -> float | None: ...


def criterion_words(criterion: Criterion) -> str:
    """Return what a criterion asks about, as one line."""
    variant_type = criterion.get_variant_type_display() if criterion.variant_type else ""
    return " ".join(filter(None, [variant_type, criterion.metric.name, criterion.stratum]))


def value_words(metric: Metric, value: float | None) -> str:
    """Return a value as its metric is written: percent for proportions, else with its unit."""
    return numbers.in_metric(value, metric)


def judged_words(judged: Judged) -> str:
    """Return a judged value with as many decimals as show on which side of its limit it lies."""
    return numbers.judged_value(judged.value, judged.criterion.limit, judged.criterion.metric)


def interval_words(judged: Judged) -> str:
    """Return the confidence interval; nothing where there is none."""
    if judged.lower is None or judged.upper is None:
        return ""
    return numbers.judged_interval(judged.lower, judged.upper, judged.criterion.limit, judged.criterion.metric)


def limit_words(criterion: Criterion) -> str:
    """Return the limit as exactly as it was set, with its comparison and what is compared."""
    basis = f" ({criterion.get_basis_display()})" if criterion.basis != Basis.POINT else ""
    return f"{bare_limit_words(criterion)}{basis}"


def bare_limit_words(criterion: Criterion) -> str:
    """Return the limit as exactly as it was set, with its comparison."""
    return f"{criterion.get_comparator_display()} {numbers.limit_in(criterion.limit, criterion.metric)}"


def count_words(judged: Judged) -> str:
    """Return what was counted: events of trials, or libraries."""
    if judged.denominator is None:
        return ngettext("%d library", "%d libraries", judged.library_count) % judged.library_count
    return numbers.count_of(judged.numerator, judged.denominator)


def bar_positions(judged: Judged) -> dict[str, float] | None:
    """Return where value, interval and limit stand on a bar of length 1; None where there is no interval."""
    if judged.value is None or judged.lower is None or judged.upper is None:
        return None
    geometry = interval_geometry(
        value=judged.value,
        lower=judged.lower,
        upper=judged.upper,
        limit=float(judged.criterion.limit),
        is_floor=judged.criterion.comparator == Comparator.AT_LEAST,
        is_proportion=judged.criterion.metric.is_proportion,
    )
    assert geometry.lower is not None
    assert geometry.upper is not None
    return {
        "lower": geometry.lower / WIDTH,
        "value": geometry.value / WIDTH,
        "upper": geometry.upper / WIDTH,
        "limit": geometry.limit / WIDTH,
    }
