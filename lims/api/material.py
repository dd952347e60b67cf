"""Samples, libraries and runs for machines: registered under their codes, listed, asked about."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers

from lims.actions import material as actions
from lims.api.natural_keys import NaturalKeyView, StrictSerializer, described
from lims.exceptions import InvalidInput, NotFound
from lims.models import Library, ReferenceMaterial, Run, RunLibrary, Sample, User
from lims.permissions import Permission
from lims.selectors import material, registers

USERNAME = {"source": "registered_by.username", "read_only": True}


class SampleSerializer(StrictSerializer):
    """A sample; `reference_material` is a code."""

    reference_material = serializers.SlugRelatedField(
        slug_field="code", queryset=ReferenceMaterial.objects.all(), allow_null=True, required=False
    )
    registered_by = serializers.CharField(**USERNAME)

    class Meta:
        model = Sample
        fields = (
            "code",
            "reference_material",
            "sequencing_name",
            "note",
            "received_at",
            "registered_at",
            "registered_by",
        )
        read_only_fields = ("code", "registered_at")


class LibrarySerializer(StrictSerializer):
    """A library; `sample` is the code of the sample that it was made of."""

    sample = serializers.SlugRelatedField(slug_field="code", queryset=Sample.objects.all())
    input_ng = serializers.DecimalField(
        max_digits=10, decimal_places=3, min_value=0, allow_null=True, required=False, coerce_to_string=True
    )
    registered_by = serializers.CharField(**USERNAME)

    class Meta:
        model = Library
        fields = ("code", "sample", "index_i7", "index_i5", "input_ng", "note", "registered_at", "registered_by")
        read_only_fields = ("code", "registered_at")

    def validate_index_i7(self, sequence: str) -> str:
        return sequence.upper()

    def validate_index_i5(self, sequence: str) -> str:
        return sequence.upper()


class RunSerializer(StrictSerializer):
    """A run; `assay` and `assay_version` are the codes of what was examined."""

    assay = serializers.CharField(source="assay_version.assay.code")
    assay_version = serializers.CharField(source="assay_version.version")
    registered_by = serializers.CharField(**USERNAME)

    class Meta:
        model = Run
        fields = (
            "code",
            "assay",
            "assay_version",
            "instrument",
            "flow_cell",
            "started_at",
            "note",
            "registered_at",
            "registered_by",
        )
        read_only_fields = ("code", "registered_at")


class RunLibrarySerializer(StrictSerializer):
    """A library on a run; `lane` is null where it is on several."""

    run = serializers.CharField(source="run.code", read_only=True)
    library = serializers.CharField(source="library.code", read_only=True)
    sample = serializers.CharField(source="library.sample.code", read_only=True)
    loaded_by = serializers.CharField(source="loaded_by.username", read_only=True)

    class Meta:
        model = RunLibrary
        fields = ("run", "library", "sample", "lane", "loaded_at", "loaded_by")
        read_only_fields = ("loaded_at",)


class SampleApiFilter(filters.FilterSet):
    reference_material = filters.CharFilter(field_name="reference_material__code")
    received_from = filters.IsoDateTimeFilter(field_name="received_at", lookup_expr="gte")
    received_before = filters.IsoDateTimeFilter(field_name="received_at", lookup_expr="lt")


class LibraryApiFilter(filters.FilterSet):
    sample = filters.CharFilter(field_name="sample__code")


class RunApiFilter(filters.FilterSet):
    assay = filters.CharFilter(field_name="assay_version__assay__code")
    assay_version = filters.CharFilter(field_name="assay_version__version")
    instrument = filters.CharFilter()
    started_from = filters.IsoDateTimeFilter(field_name="started_at", lookup_expr="gte")
    started_before = filters.IsoDateTimeFilter(field_name="started_at", lookup_expr="lt")


class SampleList(generics.ListAPIView[Sample]):
    """Samples, oldest first."""

    read_permission = Permission.LAB_READ
    serializer_class = SampleSerializer
    filterset_class = SampleApiFilter
    queryset = Sample.objects.none()

    def get_queryset(self) -> QuerySet[Sample]:
        return material.samples_for(user=self.request.user)


@described
class SampleDetail(NaturalKeyView):
    """One sample by its code."""

    serializer_class = SampleSerializer

    def find(self, user: User, **key: str) -> Sample:
        return material.sample_for(user=user, **key)

    def register(self, by: User, values: dict[str, Any], **key: str) -> Sample:
        return actions.register_sample(by=by, **key, **values)


class LibraryList(generics.ListAPIView[Library]):
    """Libraries, oldest first."""

    read_permission = Permission.LAB_READ
    serializer_class = LibrarySerializer
    filterset_class = LibraryApiFilter
    queryset = Library.objects.none()

    def get_queryset(self) -> QuerySet[Library]:
        return material.libraries_for(user=self.request.user)


@described
class LibraryDetail(NaturalKeyView):
    """One library by its code."""

    serializer_class = LibrarySerializer

    def find(self, user: User, **key: str) -> Library:
        return material.library_for(user=user, **key)

    def register(self, by: User, values: dict[str, Any], **key: str) -> Library:
        return actions.register_library(by=by, **key, **values)


class RunList(generics.ListAPIView[Run]):
    """Runs, oldest first."""

    read_permission = Permission.LAB_READ
    serializer_class = RunSerializer
    filterset_class = RunApiFilter
    queryset = Run.objects.none()

    def get_queryset(self) -> QuerySet[Run]:
        return material.runs_for(user=self.request.user)


@described
class RunDetail(NaturalKeyView):
    """One run by its code."""

    serializer_class = RunSerializer

    def find(self, user: User, **key: str) -> Run:
        return material.run_for(user=user, **key)

    def register(self, by: User, values: dict[str, Any], **key: str) -> Run:
        codes = values.pop("assay_version")
        try:
            version = registers.assay_version_for(user=by, assay=codes["assay"]["code"], version=codes["version"])
        except NotFound as error:
            raise InvalidInput(error.message, fields={"assay_version": error.message}) from error
        return actions.register_run(by=by, assay_version=version, **key, **values)


class RunLibraryList(generics.ListAPIView[RunLibrary]):
    """The libraries of a run."""

    read_permission = Permission.LAB_READ
    serializer_class = RunLibrarySerializer
    queryset = RunLibrary.objects.none()

    @extend_schema(operation_id="run_libraries_list")
    def get(self, *args: Any, **kwargs: Any) -> Any:
        return super().get(*args, **kwargs)

    def get_queryset(self) -> QuerySet[RunLibrary]:
        run = material.run_for(user=self.request.user, code=self.kwargs["run"])
        return material.run_libraries_for(user=self.request.user).filter(run=run)


@described
class RunLibraryDetail(NaturalKeyView):
    """One library on one run, by the two codes."""

    serializer_class = RunLibrarySerializer

    def find(self, user: User, **key: str) -> RunLibrary:
        return material.run_library_for(user=user, **key)

    def register(self, by: User, values: dict[str, Any], **key: str) -> RunLibrary:
        run = material.run_for(user=by, code=key["run"])
        library = material.library_for(user=by, code=key["library"])
        return actions.load_library(by=by, run=run, library=library, **values)
