"""Answering with a file: whole or a range of it, by the web server where it can, never as something a browser runs."""

from __future__ import annotations

import io
import re
from typing import BinaryIO
from urllib.parse import quote

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _

from lims import storage
from lims.actions import files
from lims.choices import FileOrigin
from lims.exceptions import InvalidTransition
from lims.models import DataFile, User

BLOCK_BYTES = 1024**2
TYPES = {".pdf": "application/pdf", ".json": "application/json"}
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def respond(request: HttpRequest, *, user: User, file: DataFile) -> HttpResponseBase:
    """Note the download in the audit trail and answer with the bytes.

    Raises
    ------
    DomainError
        The person may not, or the file may not be used.
    """
    wanted = request.headers.get("Range", "") if _is_range_valid(request, file) else ""
    files.record_download(by=user, file=file, byte_range=wanted)
    if request.headers.get("If-None-Match") == _tag(file):
        return _described(HttpResponse(status=304), file)
    if settings.ACCEL_REDIRECT_PREFIX and file.origin != FileOrigin.PATH:
        response = HttpResponse()
        response["X-Accel-Redirect"] = f"{settings.ACCEL_REDIRECT_PREFIX.rstrip('/')}/{quote(file.location)}"
        return _described(response, file)
    if files.is_changed(file):
        raise InvalidTransition(_("The file is gone or changed since it was verified. Add it again."))
    return _described(_streamed(file, wanted), file)


def _streamed(file: DataFile, wanted: str) -> HttpResponseBase:
    size = file.size_bytes or 0
    bounds = _bounds(wanted, size)
    if bounds is None:
        response = FileResponse(storage.path_of(file).open("rb"))
        response.block_size = BLOCK_BYTES
        return response
    first, last = bounds
    if first > last:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    stream = storage.path_of(file).open("rb")
    stream.seek(first)
    response = FileResponse(_Slice(stream, last - first + 1), status=206)
    response.block_size = BLOCK_BYTES
    response["Content-Length"] = str(last - first + 1)
    response["Content-Range"] = f"bytes {first}-{last}/{size}"
    return response


def _described(response: HttpResponseBase, file: DataFile) -> HttpResponseBase:
    response["Content-Type"] = TYPES.get(file.name[file.name.rfind(".") :].lower(), "application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=file.name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = _tag(file)
    response["Cache-Control"] = "private, no-cache"
    return response


def _tag(file: DataFile) -> str:
    return f'"{file.sha256}"'


def _is_range_valid(request: HttpRequest, file: DataFile) -> bool:
    """A client that goes on with an older version of the file gets the whole new one."""
    return request.headers.get("If-Range", _tag(file)) == _tag(file)


def _bounds(wanted: str, size: int) -> tuple[int, int] | None:
    """Return first and last byte; None for the whole file. What cannot be given has its first beyond its last."""
    found = _RANGE.fullmatch(wanted.strip())
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        return (max(size - int(last), 0), size - 1) if int(last) else (size, size - 1)
    begin, end = int(first), min(int(last), size - 1) if last else size - 1
    if last and int(last) < begin:
        return None
    return (begin, end) if begin < size else (size, size - 1)


class _Slice(io.RawIOBase):
    """The next bytes of a stream, and no more."""

    def __init__(self, stream: BinaryIO, length: int) -> None:
        self._stream, self._left = stream, length

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        piece = self._stream.read(wanted)
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        self._stream.close()
        super().close()
