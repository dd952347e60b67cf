from __future__ import annotations

import base64
import hashlib
import io
import os
import platform
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from launcher import package_index
from launcher.errors import LauncherError

NAME = package_index.UV_WHEELS["x86_64"][0]


class Index:
    """A package index of one wheel, as mirrors serve it: HTML, with relative links."""

    def __init__(self) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(f"uv-{package_index.UV_VERSION}.data/scripts/uv", "#!/bin/sh\necho pinned\n")
        self.wheel = packed.getvalue()
        self.asked: list[tuple[str, str | None]] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._answerer())
        self.address = f"127.0.0.1:{self.server.server_port}"

    def _answerer(self) -> type[BaseHTTPRequestHandler]:
        index = self

        class Answerer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                index.asked.append((self.path, self.headers["Authorization"]))
                page = f'<a href="../../files/{NAME}#sha256=0&amp;x">{NAME}</a>'.encode()
                answers = {"/simple/uv/": page, f"/files/{NAME}": index.wheel}
                self.send_response(200 if self.path in answers else 404)
                self.end_headers()
                self.wfile.write(answers.get(self.path, b""))

            def log_message(self, *_: object) -> None:
                pass

        return Answerer


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    made = Index()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", f"http://{made.address}/simple")
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def pin(monkeypatch: pytest.MonkeyPatch, wheel: bytes) -> None:
    monkeypatch.setitem(package_index.UV_WHEELS, "x86_64", (NAME, hashlib.sha256(wheel).hexdigest()))


def test_fetch_uv__from_the_mirror_that_pip_uses(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    pin(monkeypatch, index.wheel)
    uv = package_index.fetch_uv()
    assert os.popen(str(uv)).read() == "pinned\n"
    assert package_index.is_fetched(uv)
    assert [path for path, _ in index.asked] == ["/simple/uv/", f"/files/{NAME}"]


def test_fetch_uv__another_file_than_the_pinned_one__is_not_used(index: Index) -> None:
    with pytest.raises(LauncherError, match="is not the file that was pinned"):
        package_index.fetch_uv()


def test_fetch_uv__password_in_the_address__is_sent_and_never_shown(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", f"http://lab:s%40cret@{index.address}/simple/")
    with pytest.raises(LauncherError) as refusal:
        package_index.fetch_uv()
    assert "cret" not in str(refusal.value)
    expected = "Basic " + base64.b64encode(b"lab:s@cret").decode()
    assert index.asked == [("/simple/uv/", expected), (f"/files/{NAME}", expected)]


def test_fetch_uv__index_without_it__says_which(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(package_index.UV_WHEELS, "x86_64", ("uv-9.whl", "0"))
    with pytest.raises(LauncherError, match=f"http://{index.address}/simple/uv/ does not offer uv-9.whl"):
        package_index.fetch_uv()


def test_fetch_uv__nobody_answers__says_what_could_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    with pytest.raises(LauncherError, match=r"http://127.0.0.1:9/simple/uv/ could not be read"):
        package_index.fetch_uv()


def test_fetch_uv__unknown_machine__is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "s390x")
    with pytest.raises(LauncherError, match="s390x"):
        package_index.fetch_uv()


def test_index_url__choices_in_their_order(tmp_path: Path) -> None:
    settings = tmp_path / ".config" / "pip" / "pip.conf"
    settings.parent.mkdir(parents=True)
    settings.write_text("[global]\nindex-url = https://mirror.example/simple/\n")
    environ = {"HOME": str(tmp_path)}
    assert package_index.index_url(environ) == "https://mirror.example/simple"
    assert package_index.for_uv(environ) == {"UV_DEFAULT_INDEX": "https://mirror.example/simple/"}
    environ["PIP_INDEX_URL"] = "https://other.example/simple"
    assert package_index.index_url(environ) == "https://other.example/simple"
    environ["UV_DEFAULT_INDEX"] = "https://own.example/simple"
    assert package_index.index_url(environ) == "https://own.example/simple"
    assert package_index.for_uv(environ) == {}


def test_index_url__nothing_set__is_pypi(tmp_path: Path) -> None:
    assert package_index.index_url({"HOME": str(tmp_path)}) == "https://pypi.org/simple"
    assert package_index.for_uv({"HOME": str(tmp_path)}) == {}
