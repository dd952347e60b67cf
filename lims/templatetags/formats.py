"""How numbers, sizes, times and checksums are written on pages. An undefined value is a dash, never a zero."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lims import numbers
from lims.choices import Role
from lims.models import Job

register = template.Library()

UNDEFINED = numbers.UNDEFINED
_LEAST_SHARE_DONE = 0.03
_BYTE_UNITS = ("kB", "MB", "GB", "TB", "PB")

number = register.filter("number", numbers.number)
percent = register.filter("percent", numbers.percent)
count_of = register.filter("count_of", numbers.count_of)
in_metric = register.filter("in_metric", numbers.in_metric)
limit_in = register.filter("limit_in", numbers.limit_in)
change_in = register.filter("change_in", numbers.change_in)
judged_value = register.simple_tag(numbers.judged_value)
judged_interval = register.simple_tag(numbers.judged_interval)


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
def duration(span: timedelta | float | None) -> str:
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
