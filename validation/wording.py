"""How criteria, values and verdicts are worded, on pages and in reports alike."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import formats
from django.utils.translation import ngettext

from lims.models import Metric
from validation.choices import Basis
from validation.models import Criterion, Judgement


def criterion_words(criterion: Criterion) -> str:
    """Return what a criterion asks about, as one line."""
    parts = [criterion.get_variant_type_display() if criterion.variant_type else "", criterion.metric.name]
    return " ".join(filter(None, [*parts, criterion.stratum]))


def value_words(metric: Metric, value: float | None) -> str:
    """Return a value as its metric is written: percent for proportions, else with its unit."""
    if value is None:
        return "–"
    if metric.is_proportion:
        return f"{formats.number_format(value * 100, metric.decimals, force_grouping=False)} %"
    return f"{formats.number_format(value, metric.decimals)} {metric.unit}".strip()


def limit_words(criterion: Criterion) -> str:
    """Return the limit with its comparison and what is compared."""
    limit = value_words(criterion.metric, float(criterion.limit))
    basis = f" ({criterion.get_basis_display()})" if criterion.basis != Basis.POINT else ""
    return f"{criterion.get_comparator_display()} {limit}{basis}"


def count_words(judgement: Judgement) -> str:
    """Return what was counted: events of trials, or libraries."""
    if judgement.denominator is None:
        return ngettext("%d library", "%d libraries", judgement.library_count) % judgement.library_count
    numerator, denominator = (formats.number_format(n) for n in (judgement.numerator, judgement.denominator))
    return f"{numerator} / {denominator}"


@dataclass(frozen=True, slots=True)
class IntervalBar:
    """Where estimate, interval and limit stand on a scale from 0 to 1 that shows all of them."""

    lower: float
    value: float
    upper: float
    limit: float


def interval_bar(judgement: Judgement) -> IntervalBar | None:
    """Return the positions of the bar, or None where there is no interval."""
    if judgement.value is None or judgement.lower is None or judgement.upper is None:
        return None
    limit = float(judgement.criterion.limit)
    least, most = min(judgement.lower, limit), max(judgement.upper, limit)
    margin = (most - least) * 0.08 or 0.01
    start, span = least - margin, most - least + 2 * margin
    lower, value, upper, at = ((x - start) / span for x in (judgement.lower, judgement.value, judgement.upper, limit))
    return IntervalBar(lower=lower, value=value, upper=upper, limit=at)
