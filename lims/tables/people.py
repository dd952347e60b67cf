"""List of accounts."""

from __future__ import annotations

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lims.choices import Role
from lims.models import User
from lims.tables.material import CODE


class PersonTable(tables.Table):
    printed_name = tables.Column(_("Name"), linkify=("person-detail", {"username": tables.A("username")}))
    username = tables.Column(_("User name"), attrs=CODE)
    kind = tables.Column(_("Kind"))
    held_roles = tables.Column(_("Roles"), orderable=False, empty_values=())
    is_active = tables.Column(_("State"), attrs={"td": {"class": "w-state"}})
    last_login = tables.DateTimeColumn(verbose_name=_("Last log-in"), short=True)

    caption = pgettext_lazy("navigation", "People")

    class Meta:
        model = User
        fields = ("printed_name", "username", "kind", "held_roles", "is_active", "last_login")

    def render_held_roles(self, record: User) -> str:
        return ", ".join(str(Role(held.role).label) for held in record.held_roles) or "—"  # type: ignore[attr-defined]

    def render_is_active(self, value: bool) -> SafeString | str:
        return (
            format_html("{}", _("Active")) if value else format_html('<span class="muted">{}</span>', _("Switched off"))
        )
