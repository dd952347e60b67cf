"""Pages of files: the list, adding by path, one file, the download by range."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from lims import storage
from lims.choices import FileKind, FileOrigin, FileState, JobState, Role
from lims.models import AuditEntry, DataFile, Job, User
from lims.selectors import files as selectors
from tests.factories import lims as make

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
CONTENT = bytes(range(256)) * 4


@pytest.fixture
def incoming() -> Path:
    return Path(settings.FILE_ROOTS[0])


def body(answer: object) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]


def test_list__filters_by_name_kind_state_and_run(client_of: ClientOf, technician: User) -> None:
    library = make.run_library()
    reads = make.data_file(name="reads.bam", kind=FileKind.BAM, run_library=library, content=b"unlike any other")
    client = client_of(technician)

    def shown(**query: str) -> list[str]:
        return [row.record.name for row in client.get("/files/", query).context["table"].rows]

    assert shown() == ["reads.bam", "targets.bed"]  # the targets came with the library's assay
    assert shown(name="READS") == shown(kind="bam") == shown(run=library.run.code) == ["reads.bam"]
    assert shown(sha256=reads.sha256[:8]) == ["reads.bam"]
    assert shown(state="rejected") == []


def test_list__shows_what_jobs_made_only_when_asked(client_of: ClientOf, technician: User) -> None:
    made = make.data_file(name="gaps.bed.gz", kind=FileKind.RESULT, origin=FileOrigin.COMPUTED)
    client = client_of(technician)
    assert made.name not in client.get("/files/").content.decode()
    assert made.name in client.get("/files/", {"kind": "result"}).content.decode()


def test_list__says_why_a_file_was_rejected(client_of: ClientOf, technician: User) -> None:
    make.data_file(state=FileState.VERIFYING)
    DataFile.objects.update(state=FileState.REJECTED, rejection_code="no_reads", rejection_where={"file": "a.bam"})
    assert "a.bam holds no reads." in client_of(technician).get("/files/").content.decode()


def test_list__asks_the_database_as_often_for_many_as_for_few(client_of: ClientOf, technician: User) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_of(technician)
    make.data_file(run_library=make.run_library(), kind=FileKind.BAM)
    client.get("/files/")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/files/").status_code == 200
        return len(captured)

    few = queries()
    for _number in range(10):
        make.data_file(run_library=make.run_library(), kind=FileKind.BAM)
    assert queries() == few


def test_create__by_path_registers_the_file_and_goes_to_it(
    client_of: ClientOf, technician: User, incoming: Path
) -> None:
    (incoming / "targets.bed").write_text("chr1\t1\t2\n")
    answer = client_of(technician).post("/files/+new/?by=path", {"path": str(incoming / "targets.bed"), "kind": "bed"})
    file = DataFile.objects.get()
    assert answer.status_code == 302
    assert answer.headers["Location"] == file.get_absolute_url()
    assert file.state == FileState.VERIFYING


def test_create__by_path_keeps_what_was_entered_when_it_is_refused(client_of: ClientOf, technician: User) -> None:
    answer = client_of(technician).post("/files/+new/?by=path", {"path": "/etc/passwd", "kind": "other"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "/etc/passwd lies outside the folders" in page
    assert 'value="/etc/passwd"' in page
    assert not DataFile.objects.exists()


def test_create__shows_only_folders_that_may_be_registered_from(
    client_of: ClientOf, technician: User, incoming: Path, tmp_path: Path
) -> None:
    (incoming / "run7").mkdir()
    (incoming / "run7" / "reads.bam").write_bytes(b"x")
    (incoming / "way-out").symlink_to(tmp_path)
    client = client_of(technician)

    assert str(incoming) in client.get("/files/+new/?by=path").content.decode()
    page = client.get("/files/+new/", {"by": "path", "folder": str(incoming)}).content.decode()
    assert "run7" in page
    assert "way-out" not in page
    page = client.get("/files/+new/", {"by": "path", "folder": str(incoming / "run7"), "path": "/x/reads.bam"})
    assert "reads.bam" in page.content.decode()
    assert page.context["form"].initial["kind"] == "bam"
    assert client.get("/files/+new/", {"by": "path", "folder": str(tmp_path)}).status_code == 404


def test_create__keeps_the_library_that_the_link_named(client_of: ClientOf, technician: User) -> None:
    library = make.run_library()
    query = {"run": library.run.code, "library": library.library.code}
    answer = client_of(technician).get("/files/+new/", query)
    assert answer.context["form"].initial["run_library"] == library
    assert f'value="{library.pk}" selected' in answer.content.decode()


def test_detail__of_a_rejected_file_says_why_and_offers_no_download(client_of: ClientOf, technician: User) -> None:
    file = make.data_file(state=FileState.VERIFYING)
    DataFile.objects.update(state=FileState.REJECTED, rejection_code="file_empty", rejection_where={"file": "a.bed"})
    page = client_of(technician).get(file.get_absolute_url()).content.decode()
    assert "a.bed has no content" in page
    assert f"/files/{file.public_id}/download/" not in page


def test_detail__offers_to_verify_again_what_got_stuck(
    client_of: ClientOf, technician: User, auditor: User, incoming: Path
) -> None:
    from lims.actions import files

    (incoming / "targets.bed").write_text("chr1\t1\t2\n")
    file, _created = files.register_path(by=technician, path=str(incoming / "targets.bed"), kind=FileKind.BED)
    address = f"/files/{file.public_id}/verify/"
    assert address not in client_of(technician).get(file.get_absolute_url()).content.decode()
    Job.objects.update(state=JobState.FAILED, error_code="worker_lost", error_where={"attempts": 3})

    page = client_of(technician).get(file.get_absolute_url()).content.decode()
    assert "lost in each of 3 attempts" in page
    assert address in page
    assert address not in client_of(auditor).get(file.get_absolute_url()).content.decode()
    assert client_of(auditor).post(address).status_code == 403
    assert client_of(technician).post(address).status_code == 302
    assert selectors.verification_of(file).state == JobState.QUEUED  # type: ignore[union-attr]
    assert client_of(technician).post(f"/files/{make.data_file().public_id}/verify/").status_code == 409


def test_download__gives_the_bytes_and_leaves_a_trace(client_of: ClientOf, technician: User) -> None:
    file = make.data_file(name="样本 1.bin", kind=FileKind.OTHER, content=CONTENT)
    answer = client_of(technician).get(f"/files/{file.public_id}/download/")

    assert body(answer) == CONTENT
    assert answer.headers["Content-Length"] == str(len(CONTENT))
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    entry = AuditEntry.objects.get(operation="event", object_type="lims_datafile")
    assert (entry.actor, entry.object_id, entry.after["sha256"]) == ("technician", str(file.pk), file.sha256)


@pytest.mark.parametrize(
    ("asked", "status", "expected", "content_range"),
    [
        ("bytes=0-9", 206, CONTENT[:10], "bytes 0-9/1024"),
        ("bytes=1000-", 206, CONTENT[1000:], "bytes 1000-1023/1024"),
        ("bytes=-24", 206, CONTENT[-24:], "bytes 1000-1023/1024"),
        ("bytes=1000-9999", 206, CONTENT[1000:], "bytes 1000-1023/1024"),
        ("bytes=-9999", 206, CONTENT, "bytes 0-1023/1024"),
        ("bytes=1024-", 416, b"", "bytes */1024"),
        ("bytes=-0", 416, b"", "bytes */1024"),
        ("bytes=9-3", 200, CONTENT, None),
        ("bytes=0-1,5-6", 200, CONTENT, None),
        ("lines=0-1", 200, CONTENT, None),
    ],
)
def test_download__by_range(
    asked: str, status: int, expected: bytes, content_range: str | None, client_of: ClientOf, technician: User
) -> None:
    file = make.data_file(content=CONTENT, kind=FileKind.OTHER)
    answer = client_of(technician).get(f"/files/{file.public_id}/download/", headers={"Range": asked})

    assert (answer.status_code, body(answer)) == (status, expected)
    assert answer.headers.get("Content-Range") == content_range
    assert answer.headers["Accept-Ranges"] == "bytes"
    if status == 206:
        assert answer.headers["Content-Length"] == str(len(expected))


def test_download__goes_on_only_with_the_same_content(client_of: ClientOf, technician: User) -> None:
    file = make.data_file(content=CONTENT, kind=FileKind.OTHER)
    client, address = client_of(technician), f"/files/{file.public_id}/download/"
    tag = client.get(address).headers["ETag"]

    assert client.get(address, headers={"Range": "bytes=0-9", "If-Range": tag}).status_code == 206
    assert client.get(address, headers={"Range": "bytes=0-9", "If-Range": '"other"'}).status_code == 200
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304


def test_download__is_refused_to_whoever_may_not_and_of_what_is_not_ready(
    client_of: ClientOf, technician: User, person: Callable[..., User]
) -> None:
    steward = person("steward", Role.DATA_STEWARD)
    file, report = make.data_file(), make.data_file(name="report.pdf", kind=FileKind.REPORT)
    waiting = make.data_file(state=FileState.VERIFYING)

    assert client_of(steward).get(f"/files/{file.public_id}/download/").status_code == 403
    assert client_of(steward).get(f"/files/{report.public_id}/download/").status_code == 200
    assert client_of(technician).get(f"/files/{file.public_id}/download/").status_code == 200
    assert client_of(technician).get(f"/files/{waiting.public_id}/download/").status_code == 409


def test_download__of_a_registered_file_that_changed_is_refused(
    client_of: ClientOf, technician: User, incoming: Path
) -> None:
    path = incoming / "a.bed"
    path.write_text("chr1\t1\t2\n")
    stamp = storage.stamp_of(path)
    file = make.data_file(
        content=None,
        origin=FileOrigin.PATH,
        location=str(path),
        size_bytes=stamp.size_bytes,
        sha256="0" * 64,
        findings={"stamp": {"size_bytes": stamp.size_bytes, "modified_ns": stamp.modified_ns}},
    )
    address = f"/files/{file.public_id}/download/"
    assert client_of(technician).get(address).status_code == 200
    path.write_text("chr1\t1\t3\n")
    assert client_of(technician).get(address).status_code == 409


def test_download__is_handed_to_the_web_server_where_there_is_one(
    client_of: ClientOf, technician: User, settings: object
) -> None:
    settings.ACCEL_REDIRECT_PREFIX = "/protected/"  # type: ignore[attr-defined]
    file = make.data_file(name="a b.bed", location="files/7/a b.bed")
    answer = client_of(technician).get(f"/files/{file.public_id}/download/")
    assert answer.headers["X-Accel-Redirect"] == "/protected/files/7/a%20b.bed"
    assert answer.content == b""
    assert AuditEntry.objects.filter(operation="event").count() == 1
