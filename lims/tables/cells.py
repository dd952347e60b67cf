"""Cells that several lists share."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString

from lims.templatetags import components


def chip(state: str, label: str | Promise, why: str = "") -> SafeString:
    """Draw where a record stands; the tip says why."""
    return render_to_string("_components/status_chip.html", components.status_chip(state, str(label), title=why))
