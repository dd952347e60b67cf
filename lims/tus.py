"""The tus 1.0 protocol over `lims.actions.uploads`: one implementation for the browser's session and for machine keys.

https://tus.io/protocols/resumable-upload, with the extensions named in `EXTENSIONS`.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.http import http_date
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lims.actions import uploads
from lims.choices import FileKind
from lims.exceptions import DomainError, InvalidInput, NotFound
from lims.models import Upload, User
from lims.problems import problem_of
from lims.selectors import material, registers

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,termination,expiration"
BYTES = "application/offset+octet-stream"
METHODS = ("OPTIONS", "HEAD", "POST", "PATCH", "DELETE")
READ_TIMEOUT_SECONDS = 60

Handler = Callable[[HttpRequest, User], HttpResponse]


class BadRequest(DomainError):
    status = 400
    code = "bad_request"


class WrongVersion(DomainError):
    status = 412
    code = "wrong_tus_version"


class WrongType(DomainError):
    status = 415
    code = "wrong_media_type"


def options() -> HttpResponse:
    """Say what is offered."""
    response = HttpResponse(status=204)
    response["Tus-Version"] = VERSION
    response["Tus-Extension"] = EXTENSIONS
    response["Tus-Max-Size"] = str(settings.UPLOAD_MAX_BYTES)
    response["Tus-Checksum-Algorithm"] = ",".join(uploads.CHECKSUMS)
    return _marked(response)


def create(request: HttpRequest, user: User, address: Callable[[Upload], str]) -> HttpResponse:
    """POST: begin an upload; bytes that come along are its first."""
    return _answered(request, lambda: _create(request, user, address))


def serve(request: HttpRequest, user: User, public_id: uuid.UUID) -> HttpResponse:
    """HEAD, PATCH, DELETE of one upload."""
    acts: Mapping[str, Callable[[HttpRequest, User, Upload], HttpResponse]] = {
        "HEAD": _head,
        "PATCH": _patch,
        "DELETE": _delete,
    }
    return _answered(request, lambda: acts[str(request.method)](request, user, _upload(public_id)))


def _answered(request: HttpRequest, act: Callable[[], HttpResponse]) -> HttpResponse:
    try:
        if request.headers.get("Tus-Resumable") != VERSION:
            raise WrongVersion(format_lazy(_("Speak tus {version}."), version=VERSION))
        return _marked(act())
    except DomainError as error:
        response = JsonResponse(problem_of(error), status=error.status)
        if isinstance(error, WrongVersion):
            response["Tus-Version"] = VERSION
        return _marked(response)


def _create(request: HttpRequest, user: User, address: Callable[[Upload], str]) -> HttpResponse:
    upload = uploads.create(by=user, length_bytes=_length(request), **_described(user, _metadata(request)))
    if request.content_type == BYTES and _body_bytes(request):
        upload = _append(request, user, upload, 0)
    response = HttpResponse(status=201)
    response["Location"] = address(upload)
    return _with_state(response, upload)


def _head(request: HttpRequest, user: User, upload: Upload) -> HttpResponse:
    upload = uploads.settle(by=user, upload=upload)
    response = HttpResponse(status=200)
    response["Upload-Length"] = str(upload.length_bytes)
    response["Cache-Control"] = "no-store"
    return _with_state(response, upload)


def _patch(request: HttpRequest, user: User, upload: Upload) -> HttpResponse:
    if request.content_type != BYTES:
        raise WrongType(format_lazy(_("Send the bytes as {type}."), type=BYTES))
    upload = _append(request, user, upload, _number(request, "Upload-Offset"))
    return _with_state(HttpResponse(status=204), upload)


def _delete(request: HttpRequest, user: User, upload: Upload) -> HttpResponse:
    uploads.terminate(by=user, upload=upload)
    return HttpResponse(status=204)


def _append(request: HttpRequest, user: User, upload: Upload, offset_bytes: int) -> Upload:
    _limit_silence(request)
    return uploads.append(
        by=user,
        upload=upload,
        offset_bytes=offset_bytes,
        body=request,
        body_bytes=_body_bytes(request),
        checksum=_checksum(request),
    )


def _limit_silence(request: HttpRequest) -> None:
    """A client that vanished without a word must not hold its upload for ever."""
    connection = request.META.get("gunicorn.socket")
    if connection is not None:
        connection.settimeout(READ_TIMEOUT_SECONDS)


def _upload(public_id: uuid.UUID) -> Upload:
    upload = Upload.objects.select_related("file__genome", "file__expected_targets").filter(public_id=public_id).first()
    if upload is None:
        raise NotFound(_("There is no such upload."))
    return upload


def _with_state(response: HttpResponse, upload: Upload) -> HttpResponse:
    response["Upload-Offset"] = str(upload.offset_bytes)
    if upload.completed_at is None:
        response["Upload-Expires"] = http_date(upload.expires_at.timestamp())
    response["Upload-File"] = str(upload.file.public_id)
    return response


def _marked(response: HttpResponse) -> HttpResponse:
    response["Tus-Resumable"] = VERSION
    return response


def _number(request: HttpRequest, header: str) -> int:
    value = request.headers.get(header, "")
    if not (value.isascii() and value.isdigit()):
        raise BadRequest(format_lazy(_("The header {header} must be a whole number."), header=header))
    return int(value)


def _length(request: HttpRequest) -> int:
    return _number(request, "Upload-Length")


def _body_bytes(request: HttpRequest) -> int:
    return int(request.META.get("CONTENT_LENGTH") or 0)


def _checksum(request: HttpRequest) -> tuple[str, bytes] | None:
    header = request.headers.get("Upload-Checksum")
    if header is None:
        return None
    algorithm, _blank, encoded = header.partition(" ")
    if algorithm not in uploads.CHECKSUMS:
        names = ", ".join(uploads.CHECKSUMS)
        raise BadRequest(format_lazy(_("Checksums are offered as {names}."), names=names), code="checksum_algorithm")
    return algorithm, _decoded(encoded, "Upload-Checksum")


def _metadata(request: HttpRequest) -> dict[str, str]:
    header = request.headers.get("Upload-Metadata", "")
    pairs = (pair.strip().partition(" ") for pair in header.split(",") if pair.strip())
    decoded = {key: _decoded(value, "Upload-Metadata") for key, _blank, value in pairs}
    try:
        return {key: value.decode() for key, value in decoded.items()}
    except UnicodeDecodeError as error:
        raise BadRequest(_("The header Upload-Metadata is not UTF-8.")) from error


def _decoded(encoded: str, header: str) -> bytes:
    try:
        return base64.b64decode(encoded.strip(), validate=True)
    except binascii.Error as error:
        raise BadRequest(format_lazy(_("The header {header} is not Base64."), header=header)) from error


def _described(user: User, metadata: Mapping[str, str]) -> dict[str, Any]:
    """Return what the client says of its file: natural keys become rows."""
    kind = metadata.get("kind", "")
    if kind not in FileKind.values:
        raise InvalidInput(_("Say what kind of file this is."), fields={"kind": _("Choose one.")})
    run, library, genome = (metadata.get(key, "") for key in ("run", "library", "genome"))
    return {
        "name": metadata.get("filename", ""),
        "kind": FileKind(kind),
        "run_library": material.run_library_for(user=user, run=run, library=library) if run and library else None,
        "genome": registers.genome_for(user=user, code=genome) if genome else None,
        "sha256": metadata.get("sha256", ""),
    }
