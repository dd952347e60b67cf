"""The pieces of pages that need a little thought before they are drawn; the rest are plain includes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.forms import (
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    FileInput,
    RadioSelect,
    Select,
)
from django.templatetags.static import static
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from lims.interval_geometry import interval_geometry
from lims.models import Measurement
from lims.selectors import provenance, role_holders
from lims.templatetags import formats

register = template.Library()

AT_LEAST = "ge"
_SIGNS = {AT_LEAST: "≥", "le": "≤"}
_VERDICT_WORDS = {
    "met": pgettext_lazy("criterion", "Met"),
    "not_met": pgettext_lazy("criterion", "Not met"),
    "not_evaluated": pgettext_lazy("criterion", "Not evaluated"),
}
ICONS = "vendor/bootstrap-icons/icons.svg"


@dataclass(frozen=True, slots=True)
class Look:
    """How a state looks beside its word: colour by tone, and an icon that tells without colour."""

    tone: str
    icon: str


GOOD = Look("pass", "check-circle-fill")
WARNING = Look("warn", "exclamation-triangle-fill")
BAD = Look("fail", "x-octagon-fill")
HELD = Look("held", "pause-circle-fill")
WAITING = Look("wait", "hourglass-split")
WORKING = Look("work", "arrow-repeat")
PLAIN = Look("none", "dash-circle")

# By the stored value of every enumeration that says where a record stands.
LOOKS: dict[str, Look] = {
    # files
    "receiving": WORKING,
    "verifying": WORKING,
    "ready": GOOD,
    "rejected": BAD,
    "expired": WARNING,
    # jobs
    "queued": WAITING,
    "running": WORKING,
    "done": GOOD,
    "failed": BAD,
    "cancelled": PLAIN,
    # studies
    "draft": Look("none", "pencil"),
    "locked": Look("wait", "lock-fill"),
    "submitted": Look("wait", "pen"),
    "approved": Look("pass", "patch-check-fill"),
    "withdrawn": PLAIN,
    "retired": Look("none", "archive"),
    # verdicts
    "met": GOOD,
    "not_met": BAD,
    "not_evaluated": PLAIN,
    # accounts, keys, registers
    "active": GOOD,
    "effective": GOOD,
    "inactive": PLAIN,
    "revoked": Look("none", "slash-circle"),
    # gates and control
    "held": HELD,
    "warning": WARNING,
    "in_control": GOOD,
    "out_of_control": BAD,
}


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Draw an icon of the sprite; without a label it is decoration beside a word."""
    source = f"{static(ICONS)}#{name}"
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>', label, source)
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"></use></svg>', source)


@register.inclusion_tag("_components/status_chip.html")
def status_chip(state: str, label: str = "", since: datetime | None = None, title: str = "") -> dict[str, Any]:
    """Draw where a record stands: icon, word, since when; the tip says why."""
    look = LOOKS[str(state)]
    return {"tone": look.tone, "icon": look.icon, "label": label or state, "since": since, "title": title}


@register.inclusion_tag("_components/value_cell.html")
def value_cell(
    measurement: Measurement | None,
    limit: Decimal | None = None,
    comparator: str = "",
    verdict: str = "",
    place: str = "",
) -> dict[str, Any]:
    """Draw a measured value with its unit, limit, mark and provenance; a dash where there is none.

    `place` keeps ids apart where one measurement stands twice on a page.
    """
    if measurement is None:
        return {"shown": formats.UNDEFINED}
    limit_shown = f"{_SIGNS[comparator]} {formats.limit_in(limit, measurement.metric)}" if limit is not None else ""
    return {
        "shown": formats.in_metric(measurement.value, measurement.metric),
        "limit_shown": limit_shown,
        "look": LOOKS[verdict] if verdict else None,
        "verdict_label": _VERDICT_WORDS.get(verdict, ""),
        "provenance": provenance.of_measurement(measurement, limit=limit_shown),
        "popover_id": f"provenance-{measurement.pk}{place}",
    }


@register.inclusion_tag("_components/interval_bar.html")
def interval_bar(row: Any) -> dict[str, Any]:
    """Draw a judgement's value and interval against its limit."""
    criterion = row.criterion
    metric = criterion.metric
    if row.value is None:
        return {"bar": None}
    limit = f"{_SIGNS[criterion.comparator]} {formats.limit_in(criterion.limit, metric)}"
    words = {
        "value": formats.in_metric(row.value, metric),
        "lower": formats.in_metric(row.lower, metric),
        "upper": formats.in_metric(row.upper, metric),
        "limit": limit,
    }
    has_interval = row.lower is not None and row.upper is not None
    sentence = (
        _("%(value)s, interval %(lower)s to %(upper)s, limit %(limit)s")
        if has_interval
        else _("%(value)s, limit %(limit)s")
    )
    return {
        "bar": interval_geometry(
            value=row.value,
            lower=row.lower if has_interval else None,
            upper=row.upper if has_interval else None,
            limit=float(criterion.limit),
            is_floor=criterion.comparator == AT_LEAST,
            is_proportion=metric.is_proportion,
        ),
        "tone": LOOKS[row.verdict].tone,
        "sentence": sentence % words,
    }


@register.filter
def chart_json(figure: dict[str, Any], chart_id: str) -> SafeString:
    """Put a figure into the page as JSON, for static/js/charts.js."""
    return json_script(figure, f"{chart_id}-figure")


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """Draw a field's control in the kit's look; refused ones say so to eye and ear."""
    classes = [_control_class(field)]
    if field.errors:
        classes.append("is-invalid")
    own = field.field.widget.attrs.get("class", "")
    attributes: dict[str, str | bool] = {"class": " ".join(filter(None, [*classes, own]))}
    return mark_safe(field.as_widget(attrs=attributes))


def _control_class(field: BoundField) -> str:
    widget = field.field.widget
    if isinstance(widget, CheckboxInput):
        return "form-check-input"
    if isinstance(widget, (RadioSelect, CheckboxSelectMultiple)):
        return "choice"
    if isinstance(widget, Select):
        return "form-select"
    return "form-control form-file" if isinstance(widget, FileInput) else "form-control"


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Say whether a field is one box, whose label stands behind it."""
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def is_choice_group(field: BoundField) -> bool:
    """Say whether a field is several boxes or buttons, which a legend names together."""
    return isinstance(field.field.widget, (RadioSelect, CheckboxSelectMultiple))


@register.simple_tag
def holders_of(roles: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Return each role's name with the people who hold it, for the page that refuses somebody."""
    return [(str(role.label), names) for role, names in role_holders.printed_names_by_role(roles=roles).items()]
