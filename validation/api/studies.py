"""Studies for machines, to be read: the plan, where it stands, and its newest judgement."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lims.choices import VariantType
from lims.permissions import Permission
from validation.choices import Basis, Comparator, IntervalMethod, StudyState, Verdict
from validation.models import Study
from validation.selectors import judgements, studies


class StudySerializer(serializers.ModelSerializer[Study]):
    """A study and where it stands."""

    assay = serializers.CharField(source="assay_version.assay.code")
    assay_version = serializers.CharField(source="assay_version.version")
    supersedes = serializers.CharField(source="supersedes.code", default=None)
    created_by = serializers.CharField(source="created_by.username")
    locked_by = serializers.CharField(source="locked_by.username", default=None)
    submitted_by = serializers.CharField(source="submitted_by.username", default=None)
    decided_by = serializers.CharField(source="decided_by.username", default=None)

    class Meta:
        model = Study
        fields = (
            "code",
            "title",
            "kind",
            "trigger",
            "state",
            "assay",
            "assay_version",
            "intended_use",
            "design",
            "supersedes",
            "conclusion",
            "limitations",
            "created_at",
            "created_by",
            "locked_at",
            "locked_by",
            "submitted_at",
            "submitted_by",
            "decided_at",
            "decided_by",
        )
        read_only_fields = fields


class JudgementSerializer(serializers.Serializer[judgements.JudgementRow]):
    """One criterion with its outcome; numbers are null where nothing was counted."""

    position = serializers.IntegerField(source="criterion.position")
    metric = serializers.CharField(source="criterion.metric.code")
    variant_type = serializers.ChoiceField(
        source="criterion.variant_type", choices=VariantType.choices, allow_blank=True
    )
    stratum = serializers.CharField(source="criterion.stratum")
    comparator = serializers.ChoiceField(source="criterion.comparator", choices=Comparator.choices)
    limit = serializers.DecimalField(
        source="criterion.limit", max_digits=16, decimal_places=6, coerce_to_string=True, normalize_output=True
    )
    basis = serializers.ChoiceField(source="criterion.basis", choices=Basis.choices)
    interval_method = serializers.ChoiceField(source="criterion.interval_method", choices=IntervalMethod.choices)
    confidence = serializers.DecimalField(
        source="criterion.confidence", max_digits=4, decimal_places=3, coerce_to_string=True
    )
    rationale = serializers.CharField(source="criterion.rationale")
    library_count = serializers.IntegerField()
    numerator = serializers.IntegerField(allow_null=True)
    denominator = serializers.IntegerField(allow_null=True)
    value = serializers.FloatField(allow_null=True)
    lower = serializers.FloatField(allow_null=True)
    upper = serializers.FloatField(allow_null=True)
    verdict = serializers.ChoiceField(choices=Verdict.choices)


class EvidenceSerializer(serializers.Serializer[Any]):
    """A result that the study rests on; an excluded one says why."""

    job = serializers.UUIDField(source="job.public_id")
    kind = serializers.CharField(source="job.kind")
    run = serializers.CharField(source="job.run_library.run.code")
    library = serializers.CharField(source="job.run_library.library.code")
    result_sha256 = serializers.CharField(source="job.result.sha256")
    added_at = serializers.DateTimeField()
    excluded_at = serializers.DateTimeField(allow_null=True)
    exclusion_reason = serializers.CharField()


class StudyDetailSerializer(StudySerializer):
    """A study with its judgement and its evidence."""

    judgement = JudgementSerializer(many=True, read_only=True)
    evidence = EvidenceSerializer(many=True, read_only=True)

    class Meta(StudySerializer.Meta):
        fields = (*StudySerializer.Meta.fields, "judgement", "evidence")
        read_only_fields = fields


class StudyApiFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=StudyState.choices)
    assay = filters.CharFilter(field_name="assay_version__assay__code")
    assay_version = filters.CharFilter(field_name="assay_version__version")


class StudyList(generics.ListAPIView[Study]):
    """Studies, oldest first."""

    read_permission = Permission.STUDY_READ
    serializer_class = StudySerializer
    filterset_class = StudyApiFilter
    queryset = Study.objects.none()

    def get_queryset(self) -> QuerySet[Study]:
        return studies.list_for(user=self.request.user)


class StudyDetail(APIView):
    """One study: criteria with their outcome, what is not met first, and the evidence."""

    read_permission = Permission.STUDY_READ

    @extend_schema(responses=StudyDetailSerializer)
    def get(self, request: Request, code: str) -> Response:
        study = studies.get_for(user=request.user, code=code)
        facts = StudySerializer(study).data
        facts["judgement"] = JudgementSerializer(judgements.rows_of(study), many=True).data
        facts["evidence"] = EvidenceSerializer(studies.evidence_of(study), many=True).data
        return Response(facts)
