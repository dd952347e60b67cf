"""Filters of jobs."""

from __future__ import annotations

import django_filters
from django.utils.translation import gettext_lazy as _

from lims.choices import JobKind, JobState
from lims.models import Job


class JobFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=JobKind.choices, empty_label=_("Any"))
    state = django_filters.ChoiceFilter(label=_("State"), choices=JobState.choices, empty_label=_("Any"))
    run = django_filters.CharFilter(
        label=_("Run contains"), field_name="run_library__run__code", lookup_expr="icontains"
    )

    class Meta:
        model = Job
        fields: list[str] = []
