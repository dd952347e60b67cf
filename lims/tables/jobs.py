"""Lists of jobs."""

from __future__ import annotations

import django_tables2 as tables
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lims.choices import JobState
from lims.models import Job
from lims.selectors import jobs
from lims.tables import cells
from lims.tables.material import CODE, NUMBER
from lims.templatetags.formats import between, percent_of_whole


class JobTable(tables.Table):
    kind = tables.Column(_("Job"), linkify=True)
    state = tables.Column(_("State"))
    progress_fraction = tables.Column(_("Done (%)"), attrs=NUMBER)
    run_library = tables.Column(_("Library on a run"), order_by="run_library__run__code", attrs=CODE)
    requested_by = tables.Column(_("Requested by"))
    requested_at = tables.DateTimeColumn(verbose_name=_("Requested"), short=True)
    finished_at = tables.Column(_("Took"), attrs=NUMBER, orderable=False, empty_values=())

    caption = pgettext_lazy("navigation", "Jobs")
    empty_icon = "cpu"
    empty_title = _("No job yet")
    empty_text = _("Every verification and computation stands here with its progress, inputs and result.")

    class Meta:
        model = Job
        fields = ("kind", "state", "progress_fraction", "run_library", "requested_by", "requested_at", "finished_at")

    def render_state(self, record: Job) -> SafeString:
        return cells.chip(record.state, record.get_state_display(), jobs.why_failed(record))

    def render_progress_fraction(self, record: Job) -> str:
        return str(percent_of_whole(record.progress_fraction)) if record.state != JobState.QUEUED else "—"

    def render_finished_at(self, record: Job) -> str:
        return between(record.started_at, record.finished_at) if record.started_at and record.finished_at else "—"
