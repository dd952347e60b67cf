"""Lists of samples, libraries and runs."""

from __future__ import annotations

from decimal import Decimal

import django_tables2 as tables
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lims.models import Library, Run, Sample

CODE = {"td": {"class": "code"}}
NUMBER = {"th": {"class": "num"}, "td": {"class": "num"}}


class SampleTable(tables.Table):
    code = tables.Column(_("Sample"), linkify=True, attrs=CODE)
    reference_material = tables.Column(_("Reference material"), linkify=True, accessor="reference_material")
    library_count = tables.Column(_("Libraries"), attrs=NUMBER)
    received_at = tables.DateTimeColumn(verbose_name=_("Received"), short=True)
    registered_by = tables.Column(_("Registered by"))

    caption = pgettext_lazy("navigation", "Samples")
    empty_icon = "droplet-half"
    empty_title = _("No sample yet")
    empty_text = _("Every sample that the laboratory receives stands here, with its libraries and runs.")
    empty_act_url = reverse_lazy("sample-create")
    empty_act_label = _("Register a sample")

    class Meta:
        model = Sample
        fields = ("code", "reference_material", "library_count", "received_at", "registered_by")


class LibraryTable(tables.Table):
    code = tables.Column(_("Library"), linkify=True, attrs=CODE)
    sample = tables.Column(_("Sample"), linkify=True, attrs=CODE)
    index_i7 = tables.Column("i7", attrs=CODE)
    index_i5 = tables.Column("i5", attrs=CODE)
    input_ng = tables.Column(_("DNA input (ng)"), attrs=NUMBER)
    registered_at = tables.DateTimeColumn(verbose_name=_("Registered"), short=True)

    caption = pgettext_lazy("sequencing", "libraries")
    empty_icon = "collection"
    empty_title = _("No library yet")

    class Meta:
        model = Library
        fields = ("code", "sample", "index_i7", "index_i5", "input_ng", "registered_at")

    def render_input_ng(self, value: Decimal) -> str:
        return f"{value.normalize():,f}"


class RunTable(tables.Table):
    code = tables.Column(_("Run"), linkify=True, attrs=CODE)
    assay_version = tables.Column(_("Assay version"), order_by="assay_version__assay__code")
    instrument = tables.Column(_("Instrument"))
    flow_cell = tables.Column(_("Flow cell"), attrs=CODE)
    library_count = tables.Column(_("Libraries"), attrs=NUMBER)
    started_at = tables.DateTimeColumn(verbose_name=_("Started"), short=True)
    registered_by = tables.Column(_("Registered by"))

    caption = pgettext_lazy("navigation", "Runs")
    empty_icon = "hdd-stack"
    empty_title = _("No run yet")
    empty_text = _("Every sequencing run stands here, with its libraries, files and metrics.")
    empty_act_url = reverse_lazy("run-create")
    empty_act_label = _("Register a run")

    class Meta:
        model = Run
        fields = ("code", "assay_version", "instrument", "flow_cell", "library_count", "started_at", "registered_by")
