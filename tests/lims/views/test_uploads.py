"""The tus 1.0 protocol, by the letter of https://tus.io/protocols/resumable-upload, for browsers and for machines."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from lims import storage
from lims.actions import machine_keys
from lims.choices import AccountKind, FileState, KeyScope, Role
from lims.models import DataFile, Upload, User
from tests.factories import lims as make

pytestmark = pytest.mark.django_db
CONTENT = b"chr1\t10\t20\n" * 20
BYTES = "application/offset+octet-stream"
Call = Callable[..., HttpResponse]


def metadata(**values: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())


@pytest.fixture(params=["session", "key"])
def call(request: pytest.FixtureRequest, client_of: Callable[[User], Client], technician: User) -> Call:
    """Call the browser's or the machines' upload address as somebody who may."""
    if request.param == "session":
        client, root, headers = client_of(technician), "/files/uploads/", {}
    else:
        client, root = Client(), "/api/v1/uploads/"
        headers = {"Authorization": f"Bearer {secret_of(KeyScope.FILES_WRITE)}"}

    def call(method: str, address: str = "", body: bytes = b"", **given: str) -> HttpResponse:
        options: dict[str, Any] = {"headers": {"Tus-Resumable": "1.0.0", **headers, **given}}
        if method in ("post", "patch"):
            options |= {"data": body, "content_type": given.pop("Content-Type", BYTES)}
        return getattr(client, method)(address or root, **options)

    return call


def secret_of(*scopes: KeyScope) -> str:
    administrator = make.person("", Role.ADMINISTRATOR)
    machine = make.person("", Role.MACHINE, kind=AccountKind.MACHINE)
    _key, secret = machine_keys.create(
        by=administrator,
        user=machine,
        label="sequencer",
        scopes=scopes,
        expires_at=timezone.now() + timedelta(days=1),
    )
    return secret


def begin(call: Call, length: int = len(CONTENT), **values: str) -> str:
    named = {"filename": "targets.bed", "kind": "bed", **values}
    answer = call("post", **{"Upload-Length": str(length), "Upload-Metadata": metadata(**named)})
    assert answer.status_code == 201, answer.content
    return answer.headers["Location"]


def test_options__say_what_is_offered(call: Call) -> None:
    answer = call("options")
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert set(answer.headers["Tus-Extension"].split(",")) == {
        "creation",
        "creation-with-upload",
        "checksum",
        "termination",
        "expiration",
    }
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256"
    assert int(answer.headers["Tus-Max-Size"]) > 0


def test_an_upload__in_pieces_arrives_whole(call: Call) -> None:
    address = begin(call)
    answer = call("patch", address, CONTENT[:100], **{"Upload-Offset": "0"})
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, "100")
    assert "Upload-Expires" in answer.headers

    answer = call("head", address)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (200, "100")
    assert answer.headers["Upload-Length"] == str(len(CONTENT))
    assert answer.headers["Cache-Control"] == "no-store"

    answer = call("patch", address, CONTENT[100:], **{"Upload-Offset": "100"})
    file = DataFile.objects.get(public_id=answer.headers["Upload-File"])
    assert file.state == FileState.VERIFYING
    assert storage.path_of(file).read_bytes() == CONTENT
    assert "Upload-Expires" not in answer.headers
    assert call("head", address).headers["Upload-Offset"] == str(len(CONTENT))


def test_creation_with_upload__takes_the_first_bytes_along(call: Call) -> None:
    named = metadata(filename="targets.bed", kind="bed")
    answer = call("post", "", CONTENT, **{"Upload-Length": str(len(CONTENT)), "Upload-Metadata": named})
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(len(CONTENT)))
    assert DataFile.objects.get().state == FileState.VERIFYING


def test_a_piece_at_the_wrong_offset__is_a_conflict(call: Call) -> None:
    address = begin(call)
    answer = call("patch", address, CONTENT, **{"Upload-Offset": "7"})
    assert answer.status_code == 409
    assert answer.json()["code"] == "wrong_offset"
    assert answer.headers["Tus-Resumable"] == "1.0.0"


def test_a_piece_of_another_type__is_not_taken(call: Call) -> None:
    answer = call("patch", begin(call), CONTENT, **{"Upload-Offset": "0", "Content-Type": "text/plain"})
    assert answer.status_code == 415


def test_another_version__is_refused_with_ours(call: Call) -> None:
    answer = call("head", begin(call), **{"Tus-Resumable": "0.2.2"})
    assert (answer.status_code, answer.headers["Tus-Version"]) == (412, "1.0.0")


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_checksum__that_differs_is_460_and_counts_nothing(algorithm: str, call: Call) -> None:
    address = begin(call)
    digest = base64.b64encode(hashlib.new(algorithm, CONTENT).digest()).decode()
    wrong = call("patch", address, CONTENT[::-1], **{"Upload-Offset": "0", "Upload-Checksum": f"{algorithm} {digest}"})
    assert wrong.status_code == 460
    assert call("head", address).headers["Upload-Offset"] == "0"
    right = call("patch", address, CONTENT, **{"Upload-Offset": "0", "Upload-Checksum": f"{algorithm} {digest}"})
    assert right.status_code == 204


@pytest.mark.parametrize("checksum", ["md5 AAAA", "sha1 !!!", "sha1"])
def test_a_checksum__that_cannot_be_read_is_a_bad_request(checksum: str, call: Call) -> None:
    if checksum == "sha1":
        checksum = "sha1 " + "*"
    answer = call("patch", begin(call), CONTENT, **{"Upload-Offset": "0", "Upload-Checksum": checksum})
    assert answer.status_code == 400


def test_a_file_that_is_too_large__is_413(call: Call, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    named = metadata(filename="a.bed", kind="bed")
    answer = call("post", **{"Upload-Length": "1001", "Upload-Metadata": named})
    assert answer.status_code == 413
    assert begin(call, 1000)


@pytest.mark.parametrize("length", ["", "-1", "many"])
def test_a_length_that_is_no_number__is_a_bad_request(length: str, call: Call) -> None:
    named = metadata(filename="a.bed", kind="bed")
    assert call("post", **{"Upload-Length": length, "Upload-Metadata": named}).status_code == 400


def test_metadata__without_kind_or_of_an_unknown_library_is_refused(call: Call) -> None:
    def status(**values: str) -> int:
        return call("post", **{"Upload-Length": "5", "Upload-Metadata": metadata(**values)}).status_code

    assert status(filename="a.bed") == 422
    assert status(filename="a.bam", kind="bam", run="R-none", library="L-none") == 404
    assert status(filename="a.bed", kind="bed", genome="none") == 404
    assert call("post", **{"Upload-Length": "5", "Upload-Metadata": "filename ***"}).status_code == 400


def test_metadata__ties_the_file_to_its_library(call: Call) -> None:
    library = make.run_library()
    begin(call, filename="reads.bam", kind="bam", run=library.run.code, library=library.library.code)
    file = DataFile.objects.get(name="reads.bam")
    assert (file.run_library, file.genome) == (library, library.run.assay_version.genome)


def test_termination__removes_the_upload(call: Call) -> None:
    address = begin(call)
    call("patch", address, CONTENT[:50], **{"Upload-Offset": "0"})
    assert call("delete", address).status_code == 204
    assert call("head", address).status_code == 410
    assert DataFile.objects.get().state == FileState.EXPIRED


def test_an_upload_past_its_time__is_gone(call: Call) -> None:
    address = begin(call)
    Upload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert call("patch", address, CONTENT, **{"Upload-Offset": "0"}).status_code == 410


def test_an_unknown_upload__is_not_found(call: Call) -> None:
    known = begin(call)
    unknown = known[:-37] + "00000000-0000-0000-0000-000000000000/"
    assert call("head", unknown).status_code == 404


def test_a_browser__needs_the_token_against_forgery(technician: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(technician, backend="django.contrib.auth.backends.ModelBackend")
    named = metadata(filename="a.bed", kind="bed")
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "5", "Upload-Metadata": named}
    assert strict.post("/files/uploads/", headers=headers).status_code == 403
    strict.get("/files/+new/")
    token = strict.cookies["csrftoken"].value
    assert strict.post("/files/uploads/", headers={**headers, "X-CSRFToken": token}).status_code == 201


def test_a_key__needs_the_scope_for_files_and_only_that() -> None:
    named = metadata(filename="a.bed", kind="bed")
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "5", "Upload-Metadata": named}

    def status(secret: str) -> int:
        return Client().post("/api/v1/uploads/", headers={**headers, "Authorization": f"Bearer {secret}"}).status_code

    assert status(secret_of(KeyScope.READ, KeyScope.RUNS_WRITE)) == 403
    assert status(secret_of(KeyScope.FILES_WRITE)) == 201
