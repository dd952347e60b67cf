"""Lists of jobs."""

from __future__ import annotations

import django_tables2 as tables
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lims.models import Job
from lims.tables.material import CODE, NUMBER


class JobTable(tables.Table):
    kind = tables.Column(_("Job"), linkify=True)
    state = tables.TemplateColumn(
        "{% load components reasons %}{% status_chip record.state record.get_state_display title=record|why_failed %}",
        verbose_name=_("State"),
    )
    progress_fraction = tables.TemplateColumn(
        "{% load formats %}{% if record.state == 'queued' %}—{% else %}{{ value|percent_of_whole }}{% endif %}",
        verbose_name=_("Done (%)"),
        attrs=NUMBER,
    )
    run_library = tables.TemplateColumn(
        "{% firstof record.run_library record.parameters.name '—' %}",
        verbose_name=_("Library or file"),
        order_by="run_library__run__code",
        attrs=CODE,
        empty_values=(),
    )
    requested_by = tables.Column(_("Requested by"))
    requested_at = tables.TemplateColumn("{% load formats %}{{ value|moment }}", verbose_name=_("Requested"))
    finished_at = tables.TemplateColumn(
        "{% load formats %}"
        "{% if record.started_at and value %}{{ record.started_at|between:value }}{% else %}—{% endif %}",
        verbose_name=_("Took"),
        attrs=NUMBER,
        orderable=False,
        empty_values=(),
    )

    caption = pgettext_lazy("navigation", "Jobs")
    empty_icon = "cpu"
    empty_title = _("No job yet")
    empty_text = _("Every verification and computation stands here with its progress, inputs and result.")

    class Meta:
        model = Job
        fields = ("kind", "state", "progress_fraction", "run_library", "requested_by", "requested_at", "finished_at")
