"""Resumable uploads: bytes go to storage as they come, and the row says how many of them are certain."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, Protocol

from django.conf import settings
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lims import storage
from lims.actions import files
from lims.audit import acting, action
from lims.choices import FileKind, FileOrigin, FileState
from lims.exceptions import DomainError, InvalidInput, NotPermitted
from lims.models import DataFile, ReferenceGenome, RunLibrary, Upload, User
from lims.permissions import Permission
from lims.policies import check_has

CHECKSUMS = ("sha1", "sha256")
# A crash costs at most this much of an upload.
CERTAIN_EVERY_BYTES = 32 * 1024**2
READ_BYTES = 1024**2
LOCK_SECONDS = 5.0
SPARE_BYTES = 256 * 1024**2
EXTEND_EVERY = timedelta(hours=1)


class TooLarge(DomainError):
    status = 413
    code = "too_large"


class NoRoom(DomainError):
    status = 507
    code = "no_room"


class WrongOffset(DomainError):
    status = 409
    code = "wrong_offset"


class Gone(DomainError):
    status = 410
    code = "upload_gone"


class Locked(DomainError):
    status = 423
    code = "upload_locked"


class ChecksumMismatch(DomainError):
    status = 460
    code = "checksum_mismatch"


class ByteStream(Protocol):
    """The body of a request."""

    def read(self, size: int = -1, /) -> bytes: ...


@action
def create(
    *,
    by: User,
    name: str,
    kind: FileKind,
    length_bytes: int,
    run_library: RunLibrary | None = None,
    genome: ReferenceGenome | None = None,
    sha256: str = "",
) -> Upload:
    """Begin an upload: the file is receiving until its last byte is certain."""
    check_has(by, Permission.FILE_WRITE)
    _check_room(length_bytes)
    public_id = uuid.uuid4()
    described = files.describe(name=name, kind=kind, run_library=run_library, genome=genome)
    file = DataFile.objects.create(
        public_id=public_id,
        origin=FileOrigin.UPLOAD,
        location=storage.location_of_upload(public_id, described["name"]),
        findings={"expected_sha256": files.clean_sha256(sha256)},
        registered_by=by,
        **described,
    )
    upload = Upload.objects.create(
        file=file,
        length_bytes=length_bytes,
        created_by=by,
        expires_at=timezone.now() + timedelta(hours=settings.UPLOAD_EXPIRY_HOURS),
    )
    path = storage.path_of(file)
    path.parent.mkdir(parents=True)
    path.touch()
    storage.sync_folder(path.parent)
    if length_bytes == 0:
        _complete(by, upload)
    return upload


def settle(*, by: User, upload: Upload) -> Upload:
    """Make the row and the bytes agree, after whatever happened to the server that received them."""
    _check_owner(by, upload)
    _check_open(upload)
    if upload.completed_at is not None:
        return upload
    with _locked(upload) as (held, stream):
        _check_open(held)
        if held.completed_at is None:
            _settle(held, stream)
            _complete_if_whole(by, held)
        return held


def append(
    *,
    by: User,
    upload: Upload,
    offset_bytes: int,
    body: ByteStream,
    body_bytes: int,
    checksum: tuple[str, bytes] | None,
) -> Upload:
    """Add bytes at the offset at which the upload stands; complete it with the last one.

    Each stretch is on the disk before the row counts it. With a checksum, nothing counts until all of it is right.

    Raises
    ------
    WrongOffset, TooLarge, Gone, Locked, ChecksumMismatch
    """
    _check_owner(by, upload)
    with _locked(upload) as (held, stream):
        _check_open(held)
        if held.completed_at is None:
            _settle(held, stream)
        _check_stretch(held, offset_bytes, body_bytes)
        if held.completed_at is None:
            _extend(by, held)
            _receive(held, stream, body, checksum)
        _complete_if_whole(by, held)
        return held


def terminate(*, by: User, upload: Upload) -> None:
    """Give an unfinished upload up and remove its bytes."""
    _check_owner(by, upload)
    with _locked(upload) as (held, _stream):
        _check_open(held)
        if held.completed_at is not None:
            raise InvalidInput(_("The upload is complete; its file stays."), code="upload_complete")
        _end(by, held, "uploads.terminate")


def expire(*, by: User) -> int:
    """Give up every unfinished upload that nobody went on with in time; return how many."""
    overdue = Upload.objects.filter(completed_at=None, terminated_at=None, expires_at__lt=timezone.now())
    ended = 0
    for upload in overdue[:1000]:
        try:
            with _locked(upload, wait_seconds=0) as (locked, _stream):
                if locked.completed_at is None and locked.terminated_at is None:
                    _end(by, locked, "uploads.expire")
                    ended += 1
        except Locked:
            continue  # bytes are arriving this moment
    return ended


def _receive(upload: Upload, stream: IO[bytes], body: ByteStream, checksum: tuple[str, bytes] | None) -> None:
    digest = hashlib.new(checksum[0]) if checksum else None
    begin = position = certain = stream.seek(upload.offset_bytes)
    for chunk in _chunks(body, upload.length_bytes - begin):
        _write(stream, chunk)
        position += len(chunk)
        if digest is not None:
            digest.update(chunk)
        elif position - certain >= CERTAIN_EVERY_BYTES:
            _make_certain(upload, stream, position)
            certain = position
    if checksum is not None and digest is not None and digest.digest() != checksum[1]:
        stream.truncate(begin)
        raise ChecksumMismatch(_("The bytes arrived damaged: their checksum differs. Send them again."))
    _make_certain(upload, stream, position)


def _chunks(body: ByteStream, limit: int) -> Iterator[bytes]:
    """Yield what arrives; a connection that breaks is simply its end, and the client comes back for the rest."""
    while limit > 0:
        try:
            chunk = body.read(min(READ_BYTES, limit))
        except OSError:
            return
        if not chunk:
            return
        limit -= len(chunk)
        yield chunk


def _write(stream: IO[bytes], chunk: bytes) -> None:
    view = memoryview(chunk)
    try:
        while view:
            view = view[stream.write(view) :]
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _no_room() from error
        raise


def _make_certain(upload: Upload, stream: IO[bytes], position: int) -> None:
    if position == upload.offset_bytes:
        return
    os.fsync(stream.fileno())
    upload.offset_bytes = position
    upload.save(update_fields=["offset_bytes"])


def _extend(by: User, upload: Upload) -> None:
    """Give an upload that goes on its full time again; noted at the most once an hour."""
    expires_at = timezone.now() + timedelta(hours=settings.UPLOAD_EXPIRY_HOURS)
    if expires_at - upload.expires_at > EXTEND_EVERY:
        with acting(by=by, action="uploads.extend"):
            upload.expires_at = expires_at
            upload.save(update_fields=["expires_at"])


def _settle(upload: Upload, stream: IO[bytes]) -> None:
    """Bytes beyond the row's count may be half-written: cut them off. Fewer bytes than it counts: go on from those."""
    size = os.fstat(stream.fileno()).st_size
    if size > upload.offset_bytes:
        stream.truncate(upload.offset_bytes)
    elif size < upload.offset_bytes:
        upload.offset_bytes = size
        upload.save(update_fields=["offset_bytes"])


def _complete_if_whole(by: User, upload: Upload) -> None:
    """Also where a server ended between the last byte and this: a client that finds all bytes there sends no more."""
    if upload.completed_at is None and upload.offset_bytes == upload.length_bytes:
        _complete(by, upload)


def _complete(by: User, upload: Upload) -> None:
    with acting(by=by, action="uploads.complete"):
        upload.completed_at = timezone.now()
        upload.save(update_fields=["completed_at"])
        file = upload.file
        file.state, file.size_bytes = FileState.VERIFYING, upload.length_bytes
        file.save(update_fields=["state", "size_bytes"])
        files.ask_for_verification(by=by, file=file)


def _end(by: User, upload: Upload, act: str) -> None:
    with acting(by=by, action=act):
        upload.terminated_at = timezone.now()
        upload.save(update_fields=["terminated_at"])
        upload.file.state = FileState.EXPIRED
        upload.file.save(update_fields=["state"])
    storage.path_of(upload.file).unlink(missing_ok=True)


@contextmanager
def _locked(upload: Upload, *, wait_seconds: float = LOCK_SECONDS) -> Iterator[tuple[Upload, IO[bytes]]]:
    """Hold an upload against every other process; the system lets go when a process dies, however it dies.

    Raises
    ------
    Locked
        Somebody else holds it for longer than `wait_seconds`.
    """
    path = _existing(storage.path_of(upload.file))
    with open(path, "r+b", buffering=0) as stream:
        _lock(stream.fileno(), wait_seconds)
        yield Upload.objects.select_related("file__genome", "file__expected_targets").get(pk=upload.pk), stream


def _lock(descriptor: int, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise Locked(_("Bytes of this upload are arriving on another connection. Try again soon.")) from error
            time.sleep(0.1)
        else:
            return


def _existing(path: Path) -> Path:
    if not path.exists():
        raise Gone(_("This upload has ended. Begin a new one."))
    return path


def _check_open(upload: Upload) -> None:
    is_late = upload.completed_at is None and upload.expires_at < timezone.now()
    if upload.terminated_at is not None or is_late:
        raise Gone(_("This upload has ended. Begin a new one."))


def _check_stretch(upload: Upload, offset_bytes: int, body_bytes: int) -> None:
    if offset_bytes != upload.offset_bytes:
        raise WrongOffset(
            format_lazy(_("The upload stands at byte {offset}. Go on from there."), offset=upload.offset_bytes)
        )
    if offset_bytes + body_bytes > upload.length_bytes:
        raise TooLarge(_("These are more bytes than the upload was announced with."))


def _check_owner(by: User, upload: Upload) -> None:
    check_has(by, Permission.FILE_WRITE)
    if upload.created_by_id != by.pk:
        raise NotPermitted(_("Somebody else began this upload. Only that account may go on with it."))


def _check_room(length_bytes: int) -> None:
    if length_bytes < 0:
        raise InvalidInput(_("The length of an upload is 0 or more bytes."), code="bad_length")
    if length_bytes > settings.UPLOAD_MAX_BYTES:
        raise TooLarge(
            format_lazy(
                _("The file has {size} bytes; uploads may have {limit}. Register it by path instead."),
                size=length_bytes,
                limit=settings.UPLOAD_MAX_BYTES,
            )
        )
    if length_bytes > storage.free_bytes() - SPARE_BYTES:
        raise _no_room()


def _no_room() -> NoRoom:
    return NoRoom(_("The storage has no room for this file. Tell whoever looks after the server."))
