"""Jobs for machines: coverage and concordance asked for, watched, read."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lims.actions import analyses
from lims.actions import jobs as actions
from lims.choices import JobKind, JobState, KeyScope
from lims.exceptions import InvalidInput
from lims.models import Job, JobInput, Measurement, RunLibrary, TruthSet, User
from lims.permissions import Permission
from lims.selectors import files, jobs, material, registers, results

KINDS_TO_START = (JobKind.COVERAGE, JobKind.CONCORDANCE)


class JobInputSerializer(serializers.ModelSerializer[JobInput]):
    """A file that a job reads, with the checksum that it had."""

    file = serializers.UUIDField(source="file.public_id")
    name = serializers.CharField(source="file.name")

    class Meta:
        model = JobInput
        fields = ("role", "file", "name", "sha256")
        read_only_fields = fields


class MeasurementSerializer(serializers.ModelSerializer[Measurement]):
    """A value with the counts behind it."""

    metric = serializers.CharField(source="metric.code")

    class Meta:
        model = Measurement
        fields = ("metric", "variant_type", "stratum", "value", "numerator", "denominator")
        read_only_fields = fields


class JobSerializer(serializers.ModelSerializer[Job]):
    """A job and how far it is."""

    id = serializers.UUIDField(source="public_id")
    run = serializers.CharField(source="run_library.run.code", default=None)
    library = serializers.CharField(source="run_library.library.code", default=None)
    error = serializers.SerializerMethodField()
    requested_by = serializers.CharField(source="requested_by.username")

    class Meta:
        model = Job
        fields = (
            "id",
            "kind",
            "state",
            "progress_fraction",
            "kernel",
            "kernel_version",
            "parameters",
            "run",
            "library",
            "attempts",
            "error",
            "requested_at",
            "requested_by",
            "started_at",
            "finished_at",
        )
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_error(self, job: Job) -> dict[str, Any] | None:
        if job.state != JobState.FAILED:
            return None
        return {"code": job.error_code, "message": jobs.why_failed(job), "where": job.error_where}


class JobDetailSerializer(JobSerializer):
    """A job with its inputs and, once it is done, everything that it found."""

    inputs = JobInputSerializer(many=True)
    measurements = serializers.SerializerMethodField()
    result = serializers.SerializerMethodField()

    class Meta(JobSerializer.Meta):
        fields = (*JobSerializer.Meta.fields, "inputs", "measurements", "result")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]

    @extend_schema_field(MeasurementSerializer(many=True))
    def get_measurements(self, job: Job) -> Any:
        return MeasurementSerializer(jobs.measurements_of(job), many=True).data

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_result(self, job: Job) -> dict[str, Any] | None:
        result = jobs.result_of(job)
        return {"sha256": result.sha256, "document": result.document} if result else None


class StartSerializer(serializers.Serializer[None]):
    """Work on a library on a run; targets, baits, build and callable depth come from its assay version."""

    kind = serializers.ChoiceField(choices=[(kind.value, kind.label) for kind in KINDS_TO_START])
    run = serializers.CharField()
    library = serializers.CharField()
    file = serializers.UUIDField(help_text="Reads (BAM, CRAM) for coverage, calls (VCF) for concordance.")
    truth_set = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="The current one of the sample's material if left out."
    )


class CancelSerializer(serializers.Serializer[None]):
    """Why a job is cancelled."""

    reason = serializers.CharField()


class JobApiFilter(filters.FilterSet):
    kind = filters.ChoiceFilter(choices=JobKind.choices)
    state = filters.ChoiceFilter(choices=JobState.choices)
    run = filters.CharFilter(field_name="run_library__run__code")
    library = filters.CharFilter(field_name="run_library__library__code")

    class Meta:
        model = Job
        fields: list[str] = []


class JobList(generics.ListAPIView[Job]):
    """Jobs, oldest first; or start one."""

    read_permission = Permission.LAB_READ
    write_permission = Permission.JOB_START
    write_scope = KeyScope.FILES_WRITE
    serializer_class = JobSerializer
    filterset_class = JobApiFilter
    queryset = Job.objects.none()

    def get_queryset(self) -> Any:
        return jobs.list_for(user=self.request.user)

    @extend_schema(
        request=StartSerializer,
        responses={201: JobDetailSerializer, 200: JobDetailSerializer},
        description="The same work on the same content answers 200 with the job that exists, done or under way.",
    )
    def post(self, request: Request) -> Response:
        given = StartSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        row = material.run_library_for(user=request.user, run=values["run"], library=values["library"])
        file = files.get_for(user=request.user, public_id=values["file"])
        if values["kind"] == JobKind.COVERAGE:
            job, is_new = analyses.start_coverage(by=request.user, run_library=row, alignment=file)
        else:
            truth_set = _truth_set(request.user, row, values["truth_set"])
            job, is_new = analyses.start_concordance(by=request.user, run_library=row, query=file, truth_set=truth_set)
        answer = JobDetailSerializer(jobs.get_for(user=request.user, public_id=job.public_id))
        return Response(answer.data, status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)


class JobDetail(APIView):
    """One job: progress while it runs, result once it is done."""

    read_permission = Permission.LAB_READ

    @extend_schema(responses=JobDetailSerializer)
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        return Response(JobDetailSerializer(jobs.get_for(user=request.user, public_id=public_id)).data)


class JobCancel(APIView):
    """Cancel a job; the reason stands in the audit trail."""

    write_permission = Permission.JOB_CANCEL
    write_scope = KeyScope.FILES_WRITE

    @extend_schema(request=CancelSerializer, responses=JobDetailSerializer)
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        given = CancelSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        job = jobs.get_for(user=request.user, public_id=public_id)
        actions.cancel(by=request.user, job=job, reason=given.validated_data["reason"])
        return Response(JobDetailSerializer(jobs.get_for(user=request.user, public_id=public_id)).data)


def _truth_set(user: User, row: RunLibrary, pk: int | None) -> TruthSet:
    if pk is not None:
        return registers.truth_set_for(user=user, pk=pk)
    truth_set = results.truth_set_of(row)
    if truth_set is None:
        message = _("The sample is no reference material with a truth set on this build.")
        raise InvalidInput(message, fields={"truth_set": message})
    return truth_set
