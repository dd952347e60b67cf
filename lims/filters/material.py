"""Filters of samples and runs."""

from __future__ import annotations

import django_filters
from django.utils.translation import gettext_lazy as _

from lims.models import AssayVersion, ReferenceMaterial, Run, Sample


class SampleFilter(django_filters.FilterSet):
    code = django_filters.CharFilter(label=_("Sample contains"), lookup_expr="icontains")
    reference_material = django_filters.ModelChoiceFilter(
        label=_("Reference material"), queryset=ReferenceMaterial.objects.order_by("code"), empty_label=_("Any")
    )

    class Meta:
        model = Sample
        fields: list[str] = []


class RunFilter(django_filters.FilterSet):
    code = django_filters.CharFilter(label=_("Run contains"), lookup_expr="icontains")
    assay_version = django_filters.ModelChoiceFilter(
        label=_("Assay version"), queryset=AssayVersion.objects.select_related("assay"), empty_label=_("Any")
    )

    class Meta:
        model = Run
        fields: list[str] = []
