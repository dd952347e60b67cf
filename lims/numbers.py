"""How numbers are written, on pages, in figures and in reports alike. An undefined value is a dash, never a zero."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from lims.models import Metric

UNDEFINED = "—"
_MAX_DECIMALS = 8
Number = int | float | Decimal


def number(value: Number | None, decimals: int = 0) -> str:
    """Write a number with thousands separators and exactly `decimals` decimals."""
    return UNDEFINED if value is None else f"{value:,.{decimals}f}".replace("-", "−")


def percent(fraction: Number | None, decimals: int = 2) -> str:
    """Write a 0–1 fraction as percent; what is not all or nothing never rounds to 100 or 0."""
    if fraction is None:
        return UNDEFINED
    while decimals < _MAX_DECIMALS and not _is_honest(fraction, decimals):
        decimals += 1
    return f"{number(fraction * 100, decimals)} %"


def _is_honest(fraction: Number, decimals: int) -> bool:
    shown = round(float(fraction) * 100, decimals)
    return (shown != 100.0 or fraction == 1) and (shown != 0.0 or fraction == 0)


def count_of(numerator: int | None, denominator: int | None) -> str:
    """Write the two numbers behind a proportion."""
    if numerator is None or denominator is None:
        return UNDEFINED
    return f"{numerator:,} / {denominator:,}"


def in_metric(value: Number | None, metric: Metric) -> str:
    """Write a value of a metric: fractions as percent, everything else with its unit."""
    return _in_metric(value, metric, metric.decimals)


def _in_metric(value: Number | None, metric: Metric, decimals: int) -> str:
    if value is None:
        return UNDEFINED
    if metric.is_proportion:
        return percent(value, decimals)
    return f"{number(value, decimals)} {metric.unit}".strip()


def limit_in(limit: Decimal, metric: Metric) -> str:
    """Write a limit as exactly as it was set, without the zeros that storage adds."""
    exact = Decimal(limit) * (100 if metric.is_proportion else 1)
    unit = "%" if metric.is_proportion else metric.unit
    return f"{exact.normalize():,f} {unit}".strip()


def judged_value(value: Number | None, limit: Number, metric: Metric) -> str:
    """Write a judged value with as many decimals as it takes to stand on the same side of its limit as it does."""
    return _in_metric(value, metric, _decimals_apart(value, limit, metric))


def judged_interval(lower: Number, upper: Number, limit: Number, metric: Metric) -> str:
    """Write an interval with as many decimals as it takes to see on which side of the limit each end lies."""
    decimals = max(_decimals_apart(end, limit, metric) for end in (lower, upper))
    factor = 100 if metric.is_proportion else 1
    unit = "%" if metric.is_proportion else metric.unit
    return f"{number(lower * factor, decimals)}–{number(upper * factor, decimals)} {unit}".strip()


def _decimals_apart(value: Number | None, limit: Number, metric: Metric) -> int:
    decimals = metric.decimals
    if value is None or float(value) == float(limit):
        return int(decimals)
    factor = 100 if metric.is_proportion else 1
    while decimals < _MAX_DECIMALS and round(float(value) * factor, decimals) == round(float(limit) * factor, decimals):
        decimals += 1
    return int(decimals)


def change_in(change: Number | None, metric: Metric) -> str:
    """Write a difference between two values of a metric; of two percentages in percentage points."""
    if change is None:
        return UNDEFINED
    mark = "▲" if change > 0 else "▼" if change < 0 else "＝"
    size: Number = -change if change < 0 else change
    if metric.is_proportion:
        return _("%(mark)s %(points)s pp") % {"mark": mark, "points": number(size * 100, metric.decimals)}
    return f"{mark} {number(size, metric.decimals)} {metric.unit}".strip()
