"""How entries of the audit trail are written on pages."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from lims.models import AuditEntry
from lims.selectors import audit

register = template.Library()
_LONGEST = 160


@register.filter
def changes(entry: AuditEntry) -> list[audit.Change]:
    """Return what an entry changed, column by column; of a new row only what it says."""
    found = audit.changes_of(entry)
    return [change for change in found if change.before not in (None, "") or change.after not in (None, "")]


@register.filter
def record_kind(table: str) -> str | Promise:
    """Name a kind of record in words."""
    return audit.kind_label(table)


@register.filter
def recorded(value: Any) -> str | SafeString:
    """Write a recorded value: short ones whole, long ones cut with the whole as tip."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) <= _LONGEST:
        return text
    return format_html('<span title="{}">{}…</span>', text, text[:_LONGEST])
