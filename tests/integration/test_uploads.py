"""An upload through a real server that is killed in the middle: what it counted is there, the rest is sent again."""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.utils import timezone

from lims import storage
from lims.actions import machine_keys
from lims.actions.uploads import CERTAIN_EVERY_BYTES
from lims.choices import AccountKind, FileState, KeyScope, Role
from lims.models import Upload
from tests.factories import lims as make
from tests.integration.stack import Stack, kill_hard, until

pytestmark = [pytest.mark.stack, pytest.mark.large]

PIECE = os.urandom(1024**2)
PIECES = 200
LENGTH = PIECES * len(PIECE)
BYTES = "application/offset+octet-stream"


def content(offset: int = 0) -> Iterator[bytes]:
    """The same bytes every time: each megabyte begins with its own number."""
    for number in range(offset // len(PIECE), PIECES):
        piece = number.to_bytes(8, "big") + PIECE[8:]
        yield piece[offset % len(PIECE) :] if number == offset // len(PIECE) else piece


@pytest.fixture
def key(in_stack: Stack) -> str:
    administrator, machine = (
        make.person("", Role.ADMINISTRATOR),
        make.person("", Role.MACHINE, kind=AccountKind.MACHINE),
    )
    _key, secret = machine_keys.create(
        by=administrator,
        user=machine,
        label="sequencer",
        scopes=[KeyScope.FILES_WRITE],
        expires_at=timezone.now() + timedelta(days=1),
    )
    return secret


class Client:
    """A plain HTTP client that speaks tus."""

    def __init__(self, address: str, secret: str) -> None:
        self._host = urlsplit(address).netloc
        self._headers = {"Tus-Resumable": "1.0.0", "Authorization": f"Bearer {secret}"}

    def call(
        self, method: str, path: str, body: Iterator[bytes] | None = None, **headers: str
    ) -> http.client.HTTPMessage:
        connection = http.client.HTTPConnection(self._host, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body=body, headers=self._headers | named)
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status < 300, (answer.status, text)
        return answer.headers


def upload_row() -> Upload:
    connection.close()
    return Upload.objects.select_related("file").latest("id")


def test_kill_of_the_server__in_the_middle_of_an_upload_costs_only_what_was_not_certain(
    in_stack: Stack, key: str
) -> None:
    server, address = in_stack.web()
    client = Client(address, key)
    named = {"filename": "reads.bin", "kind": "other"}
    metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in named.items())
    path = client.call("POST", "/api/v1/uploads/", Upload_Length=str(LENGTH), Upload_Metadata=metadata)["Location"]

    def slowly() -> Iterator[bytes]:
        for piece in content():
            yield piece
            time.sleep(0.01)

    def send() -> None:
        with pytest.raises((OSError, http.client.HTTPException)):
            client.call("PATCH", path, slowly(), Upload_Offset="0", Content_Type=BYTES, Content_Length=str(LENGTH))

    sending = threading.Thread(target=send)
    sending.start()
    until(lambda: upload_row().offset_bytes >= 2 * CERTAIN_EVERY_BYTES, seconds=60, what="for the first stretches")
    kill_hard(server)
    sending.join()
    counted = upload_row().offset_bytes
    assert 0 < counted < LENGTH

    server, address = in_stack.web()
    client = Client(address, key)
    offset = int(client.call("HEAD", path)["Upload-Offset"])
    upload = upload_row()
    assert offset == counted == upload.offset_bytes
    assert storage.path_of(upload.file).stat().st_size == offset

    answer = client.call(
        "PATCH",
        path,
        content(offset),
        Upload_Offset=str(offset),
        Content_Type=BYTES,
        Content_Length=str(LENGTH - offset),
    )
    kill_hard(server)
    assert int(answer["Upload-Offset"]) == LENGTH
    expected = hashlib.sha256()
    for piece in content():
        expected.update(piece)
    worker = in_stack.worker()
    until(lambda: upload_row().file.state == FileState.READY, seconds=60, what=in_stack.log("worker")[-2000:])
    kill_hard(worker)
    assert upload_row().file.sha256 == expected.hexdigest()
