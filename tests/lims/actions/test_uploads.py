"""Resumable uploads: what the row counts is on the disk, whatever breaks in between."""

from __future__ import annotations

import fcntl
import hashlib
import io
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from lims import storage
from lims.actions import people, uploads
from lims.choices import FileKind, FileState
from lims.exceptions import InvalidInput, NotPermitted
from lims.models import AuditEntry, Upload, User
from lims.selectors import files as selectors

pytestmark = pytest.mark.django_db

CONTENT = b"chr1\t10\t20\n" * 50


def begin(by: User, length: int = len(CONTENT), **changes: Any) -> Upload:
    return uploads.create(by=by, **({"name": "targets.bed", "kind": FileKind.BED, "length_bytes": length} | changes))


def send(
    by: User, upload: Upload, content: bytes, offset: int = 0, checksum: tuple[str, bytes] | None = None
) -> Upload:
    return uploads.append(
        by=by, upload=upload, offset_bytes=offset, body=io.BytesIO(content), body_bytes=len(content), checksum=checksum
    )


class Broken(io.BytesIO):
    """A connection that breaks after some bytes."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)

    def read(self, size: int | None = -1) -> bytes:
        piece = super().read(min(size or -1, 100))
        if not piece:
            raise OSError("connection reset")
        return piece


def bytes_of(upload: Upload) -> bytes:
    return storage.path_of(upload.file).read_bytes()


def test_create__receives_a_file_that_is_not_there_yet(technician: User) -> None:
    upload = begin(technician)

    assert (upload.file.state, upload.offset_bytes, bytes_of(upload)) == (FileState.RECEIVING, 0, b"")
    entry = AuditEntry.objects.filter(object_type="lims_upload").get()
    assert (entry.action, entry.actor) == ("uploads.create", "technician")


def test_create__is_refused_to_a_person_who_may_not_add_files(technician: User, auditor: User) -> None:
    with pytest.raises(NotPermitted):
        begin(auditor)
    assert begin(technician)


@pytest.mark.parametrize("name", ["", "..", "a/", "\0"])
def test_create__needs_a_name(name: str, technician: User) -> None:
    with pytest.raises(InvalidInput):
        begin(technician, name=name)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\data\\reads.bam", "reads.bam"),
        ("样本 1.bam", "样本 1.bam"),
        ("a\nb.bed", "ab.bed"),
        (".hidden", "hidden"),
        ("x" * 300 + ".bam", "x" * 196 + ".bam"),
    ],
)
def test_create__keeps_only_the_safe_part_of_a_name(given: str, kept: str, technician: User) -> None:
    assert begin(technician, name=given).file.name == kept


def test_create__refuses_what_is_too_large(technician: User, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    assert begin(technician, 1000)
    with pytest.raises(uploads.TooLarge):
        begin(technician, 1001)


def test_create__refuses_what_the_disk_has_no_room_for(technician: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "free_bytes", lambda: uploads.SPARE_BYTES + 100)
    assert begin(technician, 100)
    with pytest.raises(uploads.NoRoom):
        begin(technician, 101)


def test_create__of_an_empty_file_is_complete_at_once(technician: User) -> None:
    upload = begin(technician, 0)
    assert upload.completed_at is not None
    assert upload.file.state == FileState.VERIFYING


def test_append__with_the_last_byte_hands_the_file_to_verification(technician: User) -> None:
    upload = begin(technician)
    upload = send(technician, upload, CONTENT[:200])
    assert (upload.offset_bytes, upload.file.state) == (200, FileState.RECEIVING)
    upload = send(technician, upload, CONTENT[200:], 200)

    assert upload.completed_at is not None
    assert bytes_of(upload) == CONTENT
    assert (upload.file.state, upload.file.size_bytes) == (FileState.VERIFYING, len(CONTENT))
    assert selectors.verification_of(upload.file) is not None
    entry = AuditEntry.objects.filter(object_type="lims_datafile", operation="update").first()
    assert entry.action == "uploads.complete"


def test_append__at_another_offset_is_refused_and_changes_nothing(technician: User) -> None:
    upload = send(technician, begin(technician), CONTENT[:200])
    for offset in (0, 100, 300):
        with pytest.raises(uploads.WrongOffset):
            send(technician, upload, b"x", offset)
    assert bytes_of(upload) == CONTENT[:200]


def test_append__beyond_the_announced_length_is_refused(technician: User) -> None:
    upload = begin(technician, 10)
    with pytest.raises(uploads.TooLarge):
        send(technician, upload, b"x" * 11)
    assert bytes_of(upload) == b""


def test_append__of_a_connection_that_breaks_keeps_what_arrived(technician: User) -> None:
    upload = begin(technician)
    upload = uploads.append(
        by=technician,
        upload=upload,
        offset_bytes=0,
        body=Broken(CONTENT[:250]),
        body_bytes=len(CONTENT),
        checksum=None,
    )
    assert upload.offset_bytes == 250
    assert bytes_of(send(technician, upload, CONTENT[250:], 250)) == CONTENT


@pytest.mark.parametrize("algorithm", uploads.CHECKSUMS)
def test_append__with_a_checksum_counts_all_or_nothing(algorithm: str, technician: User) -> None:
    upload = send(technician, begin(technician), CONTENT[:100])
    right = hashlib.new(algorithm, CONTENT[100:300]).digest()
    with pytest.raises(uploads.ChecksumMismatch):
        send(technician, upload, CONTENT[100:299] + b"!", 100, (algorithm, right))
    upload.refresh_from_db()
    assert (upload.offset_bytes, bytes_of(upload)) == (100, CONTENT[:100])

    upload = send(technician, upload, CONTENT[100:300], 100, (algorithm, right))
    assert (upload.offset_bytes, bytes_of(upload)) == (300, CONTENT[:300])


def test_settle__cuts_off_bytes_that_the_row_does_not_count(technician: User) -> None:
    """As after a crash between a write and the row's update."""
    upload = send(technician, begin(technician), CONTENT[:200])
    with storage.path_of(upload.file).open("ab") as stream:
        stream.write(b"half-written")
    assert uploads.settle(by=technician, upload=upload).offset_bytes == 200
    assert bytes_of(upload) == CONTENT[:200]


def test_settle__goes_back_to_the_bytes_that_are_there(technician: User) -> None:
    upload = send(technician, begin(technician), CONTENT[:200])
    with storage.path_of(upload.file).open("r+b") as stream:
        stream.truncate(150)
    assert uploads.settle(by=technician, upload=upload).offset_bytes == 150
    upload.refresh_from_db()
    assert upload.offset_bytes == 150


def test_settle__completes_what_arrived_whole_before_its_server_ended(
    technician: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that is told of all its bytes sends nothing more, so this is the last chance."""
    upload = begin(technician)
    with monkeypatch.context() as patch:
        patch.setattr(uploads, "_complete", lambda _by, _upload: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            send(technician, upload, CONTENT)
    upload.refresh_from_db()
    assert (upload.offset_bytes, upload.completed_at) == (len(CONTENT), None)

    assert uploads.settle(by=technician, upload=upload).completed_at is not None
    upload.file.refresh_from_db()
    assert upload.file.state == FileState.VERIFYING
    assert selectors.verification_of(upload.file) is not None


def test_append__while_another_connection_writes_is_locked(technician: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LOCK_SECONDS", 0.2)
    monkeypatch.setitem(uploads._locked.__wrapped__.__kwdefaults__, "wait_seconds", 0.2)  # type: ignore[attr-defined]
    upload = begin(technician)
    with storage.path_of(upload.file).open("rb") as other:
        fcntl.flock(other.fileno(), fcntl.LOCK_EX)
        with pytest.raises(uploads.Locked):
            send(technician, upload, CONTENT)
    assert send(technician, upload, CONTENT).completed_at is not None


def test_append__by_somebody_else_is_refused(technician: User, supervisor: User) -> None:
    upload = begin(technician)
    with pytest.raises(NotPermitted):
        send(supervisor, upload, CONTENT)
    with pytest.raises(NotPermitted):
        uploads.settle(by=supervisor, upload=upload)
    with pytest.raises(NotPermitted):
        uploads.terminate(by=supervisor, upload=upload)


def test_terminate__removes_the_bytes_and_ends_the_file(technician: User) -> None:
    upload = send(technician, begin(technician), CONTENT[:200])
    uploads.terminate(by=technician, upload=upload)

    upload.refresh_from_db()
    upload.file.refresh_from_db()
    assert upload.file.state == FileState.EXPIRED
    assert not storage.path_of(upload.file).exists()
    with pytest.raises(uploads.Gone):
        send(technician, upload, CONTENT[200:], 200)


def test_terminate__of_a_complete_upload_is_refused(technician: User) -> None:
    upload = send(technician, begin(technician), CONTENT)
    with pytest.raises(InvalidInput):
        uploads.terminate(by=technician, upload=upload)
    assert bytes_of(upload) == CONTENT


def test_expire__ends_only_what_nobody_went_on_with(technician: User) -> None:
    late, fresh, complete = begin(technician), begin(technician), send(technician, begin(technician), CONTENT)
    past = timezone.now() - timedelta(minutes=1)
    Upload.objects.filter(pk__in=[late.pk, complete.pk]).update(expires_at=past)

    assert uploads.expire(by=people.system_account()) == 1
    states = {upload.pk: Upload.objects.get(pk=upload.pk).file.state for upload in (late, fresh, complete)}
    assert states == {
        late.pk: FileState.EXPIRED,
        fresh.pk: FileState.RECEIVING,
        complete.pk: FileState.VERIFYING,
    }
    with pytest.raises(uploads.Gone):
        send(technician, late, CONTENT)


def test_append__gives_an_upload_that_goes_on_its_full_time_again(technician: User) -> None:
    upload = begin(technician)
    soon = timezone.now() + timedelta(minutes=5)
    Upload.objects.filter(pk=upload.pk).update(expires_at=soon)
    assert send(technician, upload, CONTENT[:10]).expires_at > soon + timedelta(hours=1)
