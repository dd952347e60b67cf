"""Lists of studies."""

from __future__ import annotations

import django_tables2 as tables
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from validation.models import Study


class StudyTable(tables.Table):
    code = tables.Column(_("Study"), linkify=True, attrs={"td": {"class": "code"}})
    title = tables.Column(_("Title"), attrs={"td": {"class": "wrap"}})
    state = tables.TemplateColumn(
        "{% load components %}{% status_chip record.state record.get_state_display %}", verbose_name=_("State")
    )
    kind = tables.Column(_("Kind"))
    assay_version = tables.Column(_("Assay version"), order_by="assay_version__assay__code")
    created_by = tables.Column(_("Author"))
    decided_at = tables.DateTimeColumn(verbose_name=_("Decided"), short=True)

    caption = _("validation studies")
    empty_icon = "patch-check"
    empty_title = _("No study yet")
    empty_text = _(
        "A study shows that an assay version is fit for use: locked criteria, evidence, judgement, signature."
    )
    empty_act_url = reverse_lazy("study-create")
    empty_act_label = _("Plan a study")

    class Meta:
        model = Study
        fields = ("code", "title", "state", "kind", "assay_version", "created_by", "decided_at")
