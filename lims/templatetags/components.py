"""The pieces of pages that need a little thought before they are drawn; the rest are plain includes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
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
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from lims.selectors import role_holders

register = template.Library()

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


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """Draw a field's control in the kit's look; refused ones say so to eye and ear."""
    classes = [_control_class(field)]
    if field.errors:
        classes.append("is-invalid")
    own = field.field.widget.attrs.get("class", "")
    attributes = {"class": " ".join(filter(None, [*classes, own]))}
    return mark_safe(field.as_widget(attrs=attributes))  # noqa: S308 - Django rendered and escaped it


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
