"""Resumable uploads with a machine key (tus 1.0)."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from lims import tus
from lims.api.permissions import DenyByDefault
from lims.choices import KeyScope
from lims.models import MachineKey, Upload
from lims.permissions import Permission
from lims.policies import check_has


class EveryMethodWrites(DenyByDefault):
    """Asking where one's own upload stands belongs to writing it: no scope for reading is needed."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        if isinstance(request.auth, MachineKey):
            self._check_scope(request.auth, view.write_scope)
        check_has(request.user, view.write_permission)
        return True


class UploadList(APIView):
    """Begin an upload."""

    write_permission = Permission.FILE_WRITE
    write_scope = KeyScope.FILES_WRITE
    permission_classes = (EveryMethodWrites,)

    @extend_schema(request=None, responses={201: None}, description=tus.__doc__)
    def post(self, request: Request) -> HttpResponse:
        return tus.create(request._request, request.user, _address)

    @extend_schema(exclude=True)
    def options(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return tus.options()


class UploadDetail(APIView):
    """Ask where an upload stands (HEAD), go on with it (PATCH), or give it up (DELETE)."""

    write_permission = Permission.FILE_WRITE
    write_scope = KeyScope.FILES_WRITE
    permission_classes = (EveryMethodWrites,)

    @extend_schema(exclude=True)
    def head(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        return tus.serve(request._request, request.user, public_id)

    @extend_schema(request={tus.BYTES: bytes}, responses={204: None})
    def patch(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        return tus.serve(request._request, request.user, public_id)

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        return tus.serve(request._request, request.user, public_id)

    @extend_schema(exclude=True)
    def options(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return tus.options()


def _address(upload: Upload) -> str:
    return reverse("api-upload-detail", args=[upload.public_id])
