"""How numbers, sizes, times and checksums are written on pages. An undefined value is a dash, never a zero."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lims.choices import Role
from lims.models import Job, Metric

register = template.Library()

UNDEFINED = "—"
_MAX_DECIMALS = 8
_LEAST_SHARE_DONE = 0.03
_BYTE_UNITS = ("kB", "MB", "GB", "TB", "PB")
Number = int | float | Decimal


@register.filter
def number(value: Number | None, decimals: int = 0) -> str:
    """Write a number with thousands separators and exactly `decimals` decimals."""
    return UNDEFINED if value is None else f"{value:,.{decimals}f}".replace("-", "−")


@register.filter
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


@register.filter
def count_of(numerator: int | None, denominator: int | None) -> str:
    """Write the two numbers behind a proportion."""
    if numerator is None or denominator is None:
        return UNDEFINED
    return f"{numerator:,} / {denominator:,}"


@register.filter
def byte_size(size: int | None) -> str:
    """Write a size in decimal units, as storage is sold and sequencers report."""
    if size is None:
        return UNDEFINED
    if size < 1000:
        return f"{size} B"
    amount = float(size)
    for unit in _BYTE_UNITS:
        amount /= 1000
        if amount < 999.95 or unit == _BYTE_UNITS[-1]:
            break
    return f"{amount:.1f} {unit}"


@register.filter
def duration(span: timedelta | Number | None) -> str:
    """Write a span of time in its two largest units."""
    if span is None:
        return UNDEFINED
    seconds = span.total_seconds() if isinstance(span, timedelta) else float(span)
    if seconds < 59.5:
        return _("%(seconds)s s") % {"seconds": f"{seconds:.1f}" if seconds < 10 else f"{seconds:.0f}"}
    whole = round(seconds)
    if whole < 3600:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": whole // 60, "seconds": whole % 60}
    minutes = round(whole / 60)
    if minutes < 24 * 60:
        return _("%(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}
    hours = round(minutes / 60)
    return _("%(days)d d %(hours)d h") % {"days": hours // 24, "hours": hours % 24}


@register.filter
def between(start: datetime | None, end: datetime | None) -> str:
    """Write how long it was from `start` to `end`; until now while it has not ended."""
    if start is None:
        return UNDEFINED
    return duration((end or timezone.now()) - start)


@register.filter
def moment(at: datetime | None, precision: str = "minutes") -> str | SafeString:
    """Write a moment in the laboratory's time zone; the tip shows seconds and the zone."""
    if at is None:
        return UNDEFINED
    local = timezone.localtime(at)
    shown = local.strftime("%Y-%m-%d %H:%M:%S" if precision == "seconds" else "%Y-%m-%d %H:%M")
    return _time_element(local, shown)


@register.filter
def day(at: datetime | None) -> str | SafeString:
    """Write the date of a moment in the laboratory's time zone."""
    if at is None:
        return UNDEFINED
    local = timezone.localtime(at)
    return _time_element(local, local.strftime("%Y-%m-%d"))


@register.filter
def ago(at: datetime | None) -> str | SafeString:
    """Write how long ago a moment was; the tip shows when."""
    if at is None:
        return UNDEFINED
    return _time_element(timezone.localtime(at), _age(timezone.now() - at))


def _time_element(local: datetime, shown: str) -> SafeString:
    exact = f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()} (UTC{local:%z})"
    return format_html(
        '<time datetime="{}" title="{}" class="moment">{}</time>', local.isoformat(timespec="seconds"), exact, shown
    )


def _age(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("%(count)d minute ago", "%(count)d minutes ago", minutes) % {"count": minutes}
    hours = minutes // 60
    if hours < 48:
        return ngettext("%(count)d hour ago", "%(count)d hours ago", hours) % {"count": hours}
    return ngettext("%(count)d day ago", "%(count)d days ago", hours // 24) % {"count": hours // 24}


@register.filter
def percent_of_whole(fraction: float) -> int:
    """Give whole percents done, rounded down: 100 is only what is finished."""
    return int(round(fraction * 100, 6))


@register.filter
def time_left(job: Job) -> str:
    """Estimate how long a running job still needs, from what it did so far; empty while that says too little."""
    if job.started_at is None or not _LEAST_SHARE_DONE <= job.progress_fraction < 1:
        return ""
    spent = (timezone.now() - job.started_at).total_seconds()
    return duration(spent * (1 - job.progress_fraction) / job.progress_fraction)


@register.filter
def moment_in_zone(at: datetime, zone: str) -> SafeString:
    """Write a moment as it was where somebody signed, with the zone."""
    local = at.astimezone(ZoneInfo(zone))
    return _time_element(local, f"{local:%Y-%m-%d %H:%M:%S} {zone} (UTC{local:%z})")


@register.filter
def role_label(role: str) -> str:
    """Write a stored role in words."""
    return str(Role(role).label)


@register.filter
def in_metric(value: Number | None, metric: Metric) -> str:
    """Write a value of a metric: fractions as percent, everything else with its unit."""
    return _in_metric(value, metric, metric.decimals)


def _in_metric(value: Number | None, metric: Metric, decimals: int) -> str:
    if value is None:
        return UNDEFINED
    if metric.is_proportion:
        return percent(value, decimals)
    return f"{number(value, decimals)} {metric.unit}".strip()


@register.filter
def limit_in(limit: Decimal, metric: Metric) -> str:
    """Write a limit as exactly as it was set, without the zeros that storage adds."""
    exact = Decimal(limit) * (100 if metric.is_proportion else 1)
    unit = "%" if metric.is_proportion else metric.unit
    return f"{exact.normalize():,f} {unit}".strip()


@register.simple_tag
def judged_value(value: Number | None, limit: Number, metric: Metric) -> str:
    """Write a judged value with as many decimals as it takes to stand on the same side of its limit as it does."""
    return _in_metric(value, metric, _decimals_apart(value, limit, metric))


@register.simple_tag
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


@register.filter
def change_in(change: Number | None, metric: Metric) -> str:
    """Write a difference between two values of a metric; of two percentages in percentage points."""
    if change is None:
        return UNDEFINED
    mark = "▲" if change > 0 else "▼" if change < 0 else "＝"
    if metric.is_proportion:
        return _("%(mark)s %(points)s pp") % {"mark": mark, "points": number(abs(change) * 100, metric.decimals)}
    return f"{mark} {number(abs(change), metric.decimals)} {metric.unit}".strip()
