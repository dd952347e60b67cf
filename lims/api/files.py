"""Files for machines: registered by path, asked about, downloaded."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lims import downloads
from lims.actions import files as actions
from lims.actions.files import KINDS_TO_ADD
from lims.choices import FileKind, FileState, KeyScope
from lims.models import DataFile
from lims.permissions import Permission
from lims.selectors import files, material, registers


class FileSerializer(serializers.ModelSerializer[DataFile]):
    """A file, with what verification found and why it was rejected."""

    id = serializers.UUIDField(source="public_id")
    run = serializers.CharField(source="run_library.run.code", default=None)
    library = serializers.CharField(source="run_library.library.code", default=None)
    genome = serializers.CharField(source="genome.code", default=None)
    rejection = serializers.SerializerMethodField()
    registered_by = serializers.CharField(source="registered_by.username")

    class Meta:
        model = DataFile
        fields = (
            "id",
            "name",
            "kind",
            "state",
            "origin",
            "size_bytes",
            "sha256",
            "run",
            "library",
            "genome",
            "findings",
            "rejection",
            "registered_at",
            "registered_by",
            "verified_at",
        )
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_rejection(self, file: DataFile) -> dict[str, Any] | None:
        if file.state != FileState.REJECTED:
            return None
        return {"code": file.rejection_code, "message": files.why_rejected(file), "where": file.rejection_where}


class RegistrationSerializer(serializers.Serializer[None]):
    """A file that lies where the worker can read it."""

    path = serializers.CharField(max_length=1024, help_text="Absolute path under one of the configured folders.")
    kind = serializers.ChoiceField(choices=[(kind.value, kind.label) for kind in KINDS_TO_ADD])
    run = serializers.CharField(required=False, allow_blank=True, default="")
    library = serializers.CharField(required=False, allow_blank=True, default="", help_text="With `run`.")
    genome = serializers.CharField(required=False, allow_blank=True, default="", help_text="Code of a build.")
    sha256 = serializers.CharField(
        required=False, allow_blank=True, default="", help_text="If given, the file must have this checksum."
    )

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if bool(values["run"]) != bool(values["library"]):
            raise serializers.ValidationError({"library": "Give run and library together, or neither."})
        return values


class FileApiFilter(filters.FilterSet):
    kind = filters.ChoiceFilter(choices=FileKind.choices)
    state = filters.ChoiceFilter(choices=FileState.choices)
    run = filters.CharFilter(field_name="run_library__run__code")
    library = filters.CharFilter(field_name="run_library__library__code")
    sha256 = filters.CharFilter()

    class Meta:
        model = DataFile
        fields: list[str] = []


class FileList(generics.ListAPIView[DataFile]):
    """Files, oldest first; or register one by its path."""

    read_permission = Permission.LAB_READ
    write_permission = Permission.FILE_WRITE
    write_scope = KeyScope.FILES_WRITE
    serializer_class = FileSerializer
    filterset_class = FileApiFilter
    queryset = DataFile.objects.none()

    def get_queryset(self) -> Any:
        return files.list_for(user=self.request.user)

    @extend_schema(
        request=RegistrationSerializer,
        responses={201: FileSerializer, 200: FileSerializer},
        description="The same unchanged file for the same use again answers 200 with the one that is there.",
    )
    def post(self, request: Request) -> Response:
        given = RegistrationSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        run, library, genome = values["run"], values["library"], values["genome"]
        file, is_new = actions.register_path(
            by=request.user,
            path=values["path"],
            kind=FileKind(values["kind"]),
            run_library=material.run_library_for(user=request.user, run=run, library=library) if run else None,
            genome=registers.genome_for(user=request.user, code=genome) if genome else None,
            sha256=values["sha256"],
        )
        answer = FileSerializer(files.get_for(user=request.user, public_id=file.public_id))
        return Response(answer.data, status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)


class FileDetail(APIView):
    """One file."""

    read_permission = Permission.LAB_READ

    @extend_schema(responses=FileSerializer)
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        return Response(FileSerializer(files.get_for(user=request.user, public_id=public_id)).data)


class FileContent(APIView):
    """The bytes of a file, whole or by range."""

    read_permission = Permission.FILE_DOWNLOAD

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponseBase:
        file = files.get_for(user=request.user, public_id=public_id)
        plain: HttpRequest = request._request
        return downloads.respond(plain, user=request.user, file=file)
