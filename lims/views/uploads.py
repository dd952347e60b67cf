"""Resumable uploads of the browser's session (tus 1.0)."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from lims import tus
from lims.models import Upload
from lims.permissions import Permission
from lims.policies import check_has


@require_http_methods(["OPTIONS", "POST"])
def upload_create(request: HttpRequest) -> HttpResponse:
    """Begin an upload."""
    check_has(request.user, Permission.FILE_WRITE)
    if request.method == "OPTIONS":
        return tus.options()
    return tus.create(request, request.user, _address)


@require_http_methods(["OPTIONS", "HEAD", "PATCH", "DELETE"])
def upload_detail(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask where an upload stands, go on with it, or give it up."""
    check_has(request.user, Permission.FILE_WRITE)
    if request.method == "OPTIONS":
        return tus.options()
    return tus.serve(request, request.user, public_id)


def _address(upload: Upload) -> str:
    return reverse("upload-detail", args=[upload.public_id])
