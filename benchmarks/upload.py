"""A large resumable upload to a real server: speed, the server's memory, and the same bytes after `kill -9` half-way.

    python benchmarks/upload.py --gigabytes 2 --json upload.json

The client speaks tus 1.0 with a machine key and sends pieces of 64 MB, as the browser's script does. The file's bytes
are random. The server, its database and its queue are `run.py start` on a data directory of their own.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import http.client
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from laboratory import Laboratory, show

PIECE_BYTES = 64 * 1024**2
READ_BYTES = 1024**2
MAKE_KEY = """
from datetime import timedelta
from django.utils import timezone
from lims.actions import machine_keys, people
from lims.choices import KeyScope
boss, _password = people.create_first_administrator(by=people.system_account(), username="boss", printed_name="Boss")
machine = people.create_machine(by=boss, username="uploader", printed_name="Uploader")
_key, secret = machine_keys.create(
    by=boss, user=machine, label="b", scopes=[KeyScope.FILES_WRITE], expires_at=timezone.now() + timedelta(days=1)
)
print("key", secret)
"""


class Client:
    """A tus client of one connection that makes a new one when the old one breaks."""

    def __init__(self, laboratory: Laboratory, key: str) -> None:
        self._port = laboratory.port
        self._headers = {"Authorization": f"Bearer {key}", "Tus-Resumable": "1.0.0"}

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body=body, headers=self._headers | named)  # type: ignore[arg-type]
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer

    def begin(self, path: Path, name: str) -> str:
        told = {"filename": name, "kind": "other"}
        metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in told.items())
        length = str(path.stat().st_size)
        answer = self.ask("POST", "/api/v1/uploads/", b"", Upload_Length=length, Upload_Metadata=metadata)
        assert answer.status == 201, answer.status
        return urlsplit(answer.headers["Location"]).path

    def offset(self, address: str) -> int:
        return int(self.ask("HEAD", address).headers["Upload-Offset"])

    def send(self, path: Path, address: str, at_offset: Callable[[int], None] = lambda _offset: None) -> int:
        """Send everything that the server does not have yet; return how often the connection broke."""
        breaks, length = 0, path.stat().st_size
        while (offset := self._patient_offset(address)) < length:
            at_offset(offset)
            piece = min(PIECE_BYTES, length - offset)
            content = {"Upload_Offset": str(offset), "Content_Type": "application/offset+octet-stream"}
            try:
                answer = self.ask("PATCH", address, _bytes(path, offset, piece), Content_Length=str(piece), **content)
                assert answer.status == 204, answer.status
            except (OSError, http.client.HTTPException):
                breaks += 1
        return breaks

    def _patient_offset(self, address: str) -> int:
        deadline = time.monotonic() + 120
        while True:
            try:
                return self.offset(address)
            except (OSError, http.client.HTTPException, TypeError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)


def _bytes(path: Path, offset: int, count: int) -> Iterator[bytes]:
    with path.open("rb") as stream:
        stream.seek(offset)
        while count > 0 and (block := stream.read(min(READ_BYTES, count))):
            count -= len(block)
            yield block


def write_random(path: Path, size_bytes: int) -> str:
    digest = hashlib.sha256()
    with path.open("wb") as stream:
        while (left := size_bytes - stream.tell()) > 0:
            block = os.urandom(min(8 * READ_BYTES, left))
            digest.update(block)
            stream.write(block)
    return digest.hexdigest()


def stored_sha256(laboratory: Laboratory, name: str) -> str:
    """Compute the checksum of what lies in the storage."""
    [stored] = [path for path in (laboratory.data_dir / "storage").rglob(name) if path.is_file()]
    with stored.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class MemoryWatch(threading.Thread):
    """The most memory that the web server held while it was watched."""

    def __init__(self, laboratory: Laboratory) -> None:
        super().__init__(daemon=True)
        self.peak_mb, self._laboratory, self._end = 0.0, laboratory, threading.Event()

    def run(self) -> None:
        while not self._end.wait(0.5):
            self.peak_mb = max(self.peak_mb, self._laboratory.memory_mb("gunicorn"))

    def stop(self) -> float:
        self._end.set()
        self.join()
        return self.peak_mb


def killer(laboratory: Laboratory, after_bytes: int) -> Callable[[int], None]:
    """Return what kills every process of the web server once, in the middle of a piece after so many bytes."""
    killed = threading.Event()

    def strike() -> None:
        for process in laboratory.processes("gunicorn"):
            os.kill(process, signal.SIGKILL)

    def look(offset: int) -> None:
        if offset >= after_bytes and not killed.is_set():
            killed.set()
            threading.Timer(0.05, strike).start()

    return look


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    size = round(options.gigabytes * 1024**3)
    with (
        tempfile.TemporaryDirectory(prefix="exomark-benchmark-") as folder,
        Laboratory("start", Path(folder) / "lab") as lab,
    ):
        path = Path(folder) / "whole.bin"
        expected = write_random(path, size)
        lab.wait()
        client = Client(
            lab, lab.manage("shell", "--no-imports", "--verbosity=0", "--command", MAKE_KEY).split("key ")[1].strip()
        )
        idle_mb, watch = lab.memory_mb("gunicorn"), MemoryWatch(lab)
        watch.start()
        began = time.monotonic()
        client.send(path, client.begin(path, "undisturbed.bin"))
        undisturbed_seconds = time.monotonic() - began
        peak_mb = watch.stop()
        assert stored_sha256(lab, "undisturbed.bin") == expected
        began = time.monotonic()
        breaks = client.send(path, client.begin(path, "killed.bin"), killer(lab, size // 2))
        killed_seconds = time.monotonic() - began
        is_equal = stored_sha256(lab, "killed.bin") == expected
    assert breaks, "the server was not killed while bytes were arriving"
    document = {
        "bytes": size, "undisturbed_seconds": undisturbed_seconds, "mb_per_second": size / 1e6 / undisturbed_seconds,
        "server_idle_mb": idle_mb, "server_peak_mb": peak_mb, "killed_seconds": killed_seconds, "breaks": breaks,
        "sha256": expected, "is_equal_after_kill": is_equal,
    }  # fmt: skip
    rows = [
        ("file", f"{size / 1e9:.2f} GB"),
        ("undisturbed", f"{undisturbed_seconds:.1f} s, {document['mb_per_second']:.0f} MB/s"),
        ("memory of the web server", f"{idle_mb:.0f} MB idle, at most {peak_mb:.0f} MB"),
        ("killed half-way (kill -9)", f"{killed_seconds:.1f} s, {breaks} broken connections"),
        ("sha256 after it", "equal" if is_equal else "DIFFERENT"),
    ]
    show(rows, document, options.json)
    if not is_equal:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
