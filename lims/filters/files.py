"""Filters of files."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from lims.choices import FileKind, FileState
from lims.models import DataFile


class FileFilter(django_filters.FilterSet):
    name = django_filters.CharFilter(label=_("Name contains"), lookup_expr="icontains")
    kind = django_filters.ChoiceFilter(
        label=_("Kind"), choices=FileKind.choices, empty_label=_("Any but results of jobs")
    )
    state = django_filters.ChoiceFilter(label=_("State"), choices=FileState.choices, empty_label=_("Any"))
    run = django_filters.CharFilter(
        label=_("Run contains"), field_name="run_library__run__code", lookup_expr="icontains"
    )
    sha256 = django_filters.CharFilter(label=_("SHA-256 begins with"), lookup_expr="istartswith")

    class Meta:
        model = DataFile
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[DataFile]) -> QuerySet[DataFile]:
        """Leave out what jobs made unless it is asked for: it stands with its job, and would hide everything else."""
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("kind") else rows.exclude(kind=FileKind.RESULT)
