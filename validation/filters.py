"""Filters of studies."""

from __future__ import annotations

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from lims.models import Assay
from validation.choices import StudyState
from validation.models import Study


class StudyFilter(django_filters.FilterSet):
    text = django_filters.CharFilter(label=_("Code or title contains"), method="by_text")
    state = django_filters.ChoiceFilter(label=_("State"), choices=StudyState, empty_label=_("Any"))
    assay = django_filters.ModelChoiceFilter(
        label=_("Assay"),
        field_name="assay_version__assay",
        queryset=Assay.objects.order_by("code"),
        empty_label=_("Any"),
    )

    class Meta:
        model = Study
        fields: list[str] = []

    def by_text(self, rows: QuerySet[Study], _name: str, value: str) -> QuerySet[Study]:
        return rows.filter(Q(code__icontains=value) | Q(title__icontains=value))
