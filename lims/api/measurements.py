"""Measurements for machines: each with the counts behind it and the job that made it."""

from __future__ import annotations

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import generics, serializers

from lims.choices import VariantType
from lims.models import Measurement
from lims.permissions import Permission
from lims.selectors import results


class RecordedMeasurementSerializer(serializers.ModelSerializer[Measurement]):
    """A value of a metric for a library on a run; `value` is null where the metric is undefined."""

    metric = serializers.CharField(source="metric.code")
    unit = serializers.CharField(source="metric.unit")
    run = serializers.CharField(source="run_library.run.code")
    library = serializers.CharField(source="run_library.library.code")
    sample = serializers.CharField(source="run_library.library.sample.code")
    job = serializers.UUIDField(source="job.public_id", default=None)
    kernel_version = serializers.CharField(source="job.kernel_version", default=None)
    is_superseded = serializers.BooleanField()
    recorded_by = serializers.CharField(source="recorded_by.username")

    class Meta:
        model = Measurement
        fields = (
            "id",
            "metric",
            "unit",
            "run",
            "library",
            "sample",
            "variant_type",
            "stratum",
            "value",
            "numerator",
            "denominator",
            "source",
            "job",
            "kernel_version",
            "recorded_at",
            "recorded_by",
            "is_superseded",
            "reason",
        )
        read_only_fields = fields


class MeasurementApiFilter(filters.FilterSet):
    run = filters.CharFilter(field_name="run_library__run__code")
    library = filters.CharFilter(field_name="run_library__library__code")
    sample = filters.CharFilter(field_name="run_library__library__sample__code")
    metric = filters.CharFilter(field_name="metric__code")
    variant_type = filters.ChoiceFilter(choices=VariantType.choices)
    job = filters.UUIDFilter(field_name="job__public_id")
    is_superseded = filters.BooleanFilter()
    recorded_from = filters.IsoDateTimeFilter(field_name="recorded_at", lookup_expr="gte")


class MeasurementList(generics.ListAPIView[Measurement]):
    """Measurements, oldest first."""

    read_permission = Permission.LAB_READ
    serializer_class = RecordedMeasurementSerializer
    filterset_class = MeasurementApiFilter
    queryset = Measurement.objects.none()

    def get_queryset(self) -> QuerySet[Measurement]:
        return results.measurements_for(user=self.request.user)
