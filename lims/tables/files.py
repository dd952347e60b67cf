"""Lists of files."""

from __future__ import annotations

import django_tables2 as tables
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lims.models import DataFile
from lims.tables.material import CODE, NUMBER


class FileTable(tables.Table):
    name = tables.Column(_("File"), linkify=True)
    kind = tables.Column(_("Kind"))
    state = tables.TemplateColumn(
        "{% load components reasons %}"
        "{% status_chip record.state record.get_state_display title=record|why_rejected %}",
        verbose_name=_("State"),
    )
    size_bytes = tables.TemplateColumn("{% load formats %}{{ value|byte_size }}", verbose_name=_("Size"), attrs=NUMBER)
    run_library = tables.Column(_("Library on a run"), order_by="run_library__run__code", attrs=CODE)
    registered_by = tables.Column(_("Registered by"))
    registered_at = tables.TemplateColumn("{% load formats %}{{ value|moment }}", verbose_name=_("Registered"))

    caption = pgettext_lazy("navigation", "Files")
    empty_icon = "file-earmark-binary"
    empty_title = _("No file yet")
    empty_text = _("Reads, variants, targets and references stand here once they are uploaded or registered.")
    empty_act_url = reverse_lazy("file-create")
    empty_act_label = _("Add a file")

    class Meta:
        model = DataFile
        fields = ("name", "kind", "state", "size_bytes", "run_library", "registered_by", "registered_at")
