"""The registers for machines: what results lean on, to be read."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import generics, serializers

from lims.models import Assay, AssayVersion, DataFile, Metric, ReferenceGenome, ReferenceMaterial, TruthSet
from lims.permissions import Permission
from lims.selectors import registers


class RegisteredFileSerializer(serializers.ModelSerializer[DataFile]):
    """A file that a register names."""

    id = serializers.UUIDField(source="public_id")

    class Meta:
        model = DataFile
        fields = ("id", "name", "sha256")
        read_only_fields = fields


class GenomeSerializer(serializers.ModelSerializer[ReferenceGenome]):
    """A genome build with its contigs in order."""

    contigs = serializers.ListField(child=serializers.ListField(min_length=2, max_length=2), read_only=True)
    sequence = RegisteredFileSerializer(allow_null=True, read_only=True)

    class Meta:
        model = ReferenceGenome
        fields = ("code", "contigs", "sequence", "registered_at")
        read_only_fields = fields


class ReferenceMaterialSerializer(serializers.ModelSerializer[ReferenceMaterial]):
    """A material whose genome is known."""

    class Meta:
        model = ReferenceMaterial
        fields = ("code", "name", "supplier", "catalogue_number", "registered_at")
        read_only_fields = fields


class TruthSetSerializer(serializers.ModelSerializer[TruthSet]):
    """What is known of a reference material on one build; `retired_at` is null while it is in use."""

    reference_material = serializers.CharField(source="material.code")
    genome = serializers.CharField(source="genome.code")
    variants = RegisteredFileSerializer()
    confident_regions = RegisteredFileSerializer()

    class Meta:
        model = TruthSet
        fields = (
            "id",
            "reference_material",
            "genome",
            "version",
            "source",
            "variants",
            "confident_regions",
            "sample_name",
            "registered_at",
            "retired_at",
        )
        read_only_fields = fields


class AssaySerializer(serializers.ModelSerializer[Assay]):
    """An assay with the codes of its versions."""

    versions = serializers.SlugRelatedField(slug_field="version", many=True, read_only=True)

    class Meta:
        model = Assay
        fields = ("code", "name_en", "name_zh", "intended_use", "versions", "registered_at")
        read_only_fields = fields


class AssayVersionSerializer(serializers.ModelSerializer[AssayVersion]):
    """One configuration of an assay; in routine use from `effective_from` to `retired_at`."""

    assay = serializers.CharField(source="assay.code")
    genome = serializers.CharField(source="genome.code")
    targets = RegisteredFileSerializer()
    baits = RegisteredFileSerializer(allow_null=True)

    class Meta:
        model = AssayVersion
        fields = (
            "assay",
            "version",
            "genome",
            "targets",
            "baits",
            "capture_kit",
            "instrument_model",
            "pipeline_version",
            "callable_depth_reads",
            "registered_at",
            "effective_from",
            "retired_at",
        )
        read_only_fields = fields


class MetricSerializer(serializers.ModelSerializer[Metric]):
    """One definition of one number."""

    class Meta:
        model = Metric
        fields = (
            "code",
            "name_en",
            "name_zh",
            "definition_en",
            "definition_zh",
            "unit",
            "is_proportion",
            "direction",
            "stage",
            "decimals",
            "ga4gh_id",
            "source",
        )
        read_only_fields = fields


class TruthSetApiFilter(filters.FilterSet):
    reference_material = filters.CharFilter(field_name="material__code")
    genome = filters.CharFilter(field_name="genome__code")
    is_retired = filters.BooleanFilter(field_name="retired_at", lookup_expr="isnull", exclude=True)


class _ByCode(generics.RetrieveAPIView[Any]):
    """One row of a register by its code, through the selector that guards it."""

    read_permission = Permission.LAB_READ
    select: ClassVar[Any]

    def get_object(self) -> Any:
        return type(self).select(user=self.request.user, **self.kwargs)


class GenomeList(generics.ListAPIView[ReferenceGenome]):
    """Genome builds."""

    read_permission = Permission.LAB_READ
    serializer_class = GenomeSerializer
    queryset = ReferenceGenome.objects.none()

    def get_queryset(self) -> QuerySet[ReferenceGenome]:
        return registers.genomes_for(user=self.request.user)


class GenomeDetail(_ByCode):
    """One genome build."""

    serializer_class = GenomeSerializer
    queryset = ReferenceGenome.objects.none()
    select = staticmethod(registers.genome_for)


class ReferenceMaterialList(generics.ListAPIView[ReferenceMaterial]):
    """Reference materials."""

    read_permission = Permission.LAB_READ
    serializer_class = ReferenceMaterialSerializer
    queryset = ReferenceMaterial.objects.none()

    def get_queryset(self) -> QuerySet[ReferenceMaterial]:
        return registers.reference_materials_for(user=self.request.user)


class ReferenceMaterialDetail(_ByCode):
    """One reference material."""

    serializer_class = ReferenceMaterialSerializer
    queryset = ReferenceMaterial.objects.none()
    select = staticmethod(registers.reference_material_for)


class TruthSetList(generics.ListAPIView[TruthSet]):
    """Truth sets, also the retired ones."""

    read_permission = Permission.LAB_READ
    serializer_class = TruthSetSerializer
    filterset_class = TruthSetApiFilter
    queryset = TruthSet.objects.none()

    def get_queryset(self) -> QuerySet[TruthSet]:
        return registers.truth_sets_for(user=self.request.user)


class AssayList(generics.ListAPIView[Assay]):
    """Assays."""

    read_permission = Permission.LAB_READ
    serializer_class = AssaySerializer
    queryset = Assay.objects.none()

    def get_queryset(self) -> QuerySet[Assay]:
        return registers.assays_for(user=self.request.user)


class AssayDetail(_ByCode):
    """One assay."""

    serializer_class = AssaySerializer
    queryset = Assay.objects.none()
    select = staticmethod(registers.assay_for)


class AssayVersionList(generics.ListAPIView[AssayVersion]):
    """The versions of an assay."""

    read_permission = Permission.LAB_READ
    serializer_class = AssayVersionSerializer
    queryset = AssayVersion.objects.none()

    def get_queryset(self) -> QuerySet[AssayVersion]:
        assay = registers.assay_for(user=self.request.user, code=self.kwargs["assay"])
        return registers.assay_versions_for(user=self.request.user).filter(assay=assay)


class AssayVersionDetail(_ByCode):
    """One version of an assay."""

    serializer_class = AssayVersionSerializer
    queryset = AssayVersion.objects.none()
    select = staticmethod(registers.assay_version_for)


class MetricList(generics.ListAPIView[Metric]):
    """The metric catalogue."""

    read_permission = Permission.LAB_READ
    serializer_class = MetricSerializer
    queryset = Metric.objects.none()

    def get_queryset(self) -> QuerySet[Metric]:
        return registers.metrics_for(user=self.request.user)


class MetricDetail(_ByCode):
    """One metric."""

    serializer_class = MetricSerializer
    queryset = Metric.objects.none()
    select = staticmethod(registers.metric_for)
