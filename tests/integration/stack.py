"""A whole stack of servers and processes of our own, so that each can be killed and started again."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from celery import current_app
from django.conf import settings
from django.db import connections
from django.test import override_settings

from launcher import postgres, processes, valkey
from tests.conftest import ROOT

OWNER, RUNTIME = "stack_owner", "stack_app"
LEASE_SECONDS, REQUEUE_SECONDS = 3, 1


class Stack:
    """PostgreSQL, Valkey, and as many workers and web servers as a test starts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.storage, self.incoming = folder / "storage", folder / "incoming"
        self.storage.mkdir()
        self.incoming.mkdir()
        self.cluster = postgres.Cluster(
            postgres.find_installation(os.environ), folder=folder / "postgres", log=folder / "postgres.log"
        )
        self.broker = valkey.Broker(
            valkey.find_server(os.environ),
            folder=folder / "valkey",
            log=folder / "valkey.log",
            password=secrets.token_hex(16),
        )
        self._passwords = {role: secrets.token_hex(16) for role in (OWNER, RUNTIME)}
        self._children: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        roles = [f"CREATE ROLE {r} LOGIN PASSWORD {postgres.quoted(p)}" for r, p in self._passwords.items()]
        self.cluster.create([*roles, f"CREATE DATABASE exomark OWNER {OWNER}"], durable=False)
        self.cluster.start(death_signal=signal.SIGQUIT)
        self.broker.start()
        done = subprocess.run(
            [sys.executable, "manage.py", "prepare_database", "--verbosity=0"],
            cwd=ROOT,
            env=self.environ(role=OWNER),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def stop(self) -> None:
        for child in self._children:
            processes.bury(child)
        self.broker.kill()
        self.cluster.kill()

    def environ(self, role: str = RUNTIME) -> dict[str, str]:
        database = f"postgresql://{role}:{self._passwords[role]}@127.0.0.1:{self.cluster.port}/exomark"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("EXOMARK_")}
        return kept | {
            "EXOMARK_DATABASE_URL": database,
            "EXOMARK_BROKER_URL": self.broker.url(0),
            "EXOMARK_CACHE_URL": self.broker.url(1),
            "EXOMARK_RUNTIME_ROLE": RUNTIME,
            "EXOMARK_SECRET_KEY": settings.SECRET_KEY,
            "EXOMARK_ALLOWED_HOSTS": "127.0.0.1",
            "EXOMARK_HTTPS": "False",
            "EXOMARK_STORAGE_DIR": str(self.storage),
            "EXOMARK_FILE_ROOTS": str(self.incoming),
            "EXOMARK_LOG_FORMAT": "text",
            "EXOMARK_JOB_LEASE_SECONDS": str(LEASE_SECONDS),
            "EXOMARK_REQUEUE_SECONDS": str(REQUEUE_SECONDS),
        }

    @contextlib.contextmanager
    def as_this_process(self) -> Iterator[None]:
        """Let the code of this process use the stack's servers as the application's runtime role."""
        outer, ours = connections.settings["default"], dict(connections.settings["default"])
        ours |= {"USER": RUNTIME, "PASSWORD": self._passwords[RUNTIME], "NAME": "exomark"}
        ours |= {"HOST": "127.0.0.1", "PORT": str(self.cluster.port)}
        broker = current_app.conf.broker_url
        connections["default"].close()
        connections.settings["default"] = ours
        del connections["default"]
        _use_broker(self.broker.url(0))
        try:
            with override_settings(
                STORAGE_DIR=self.storage, FILE_ROOTS=[self.incoming], JOB_LEASE_SECONDS=LEASE_SECONDS
            ):
                yield
        finally:
            connections["default"].close()
            connections.settings["default"] = outer
            del connections["default"]
            _use_broker(broker)

    def worker(self, concurrency: int = 1) -> subprocess.Popen[bytes]:
        """Start a worker with the scheduler in it."""
        command = ["celery", "-A", "config", "worker", "-B", "-s", str(self.folder / f"schedule{len(self._children)}")]
        command += ["-Q", "default,files,compute,release", "-c", str(concurrency), "-l", "INFO"]
        command += ["--without-gossip", "--without-mingle"]
        return self._spawn("worker", command)

    def web(self) -> tuple[subprocess.Popen[bytes], str]:
        """Start a web server and return its address once it answers."""
        port = processes.free_port()
        command = ["gunicorn", "--worker-class", "gthread", "--workers", "1", "--threads", "8", "--no-control-socket"]
        child = self._spawn("web", [*command, "--bind", f"127.0.0.1:{port}", "config.wsgi"])
        address = f"http://127.0.0.1:{port}"
        until(lambda: _answers(f"{address}/healthz"), seconds=30)
        return child, address

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def _spawn(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        child = processes.start(
            [sys.executable, "-m", *command],
            log=self.folder / f"{name}.log",
            environ=self.environ(),
            death_signal=signal.SIGKILL,
            cwd=ROOT,
        )
        self._children.append(child)
        return child


def kill_hard(child: subprocess.Popen[bytes]) -> None:
    """End a process and everything of its session at once, as a power cut does; what it started elsewhere stays."""
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def until(condition: Callable[[], object], *, seconds: float, what: str = "") -> None:
    """Wait for a condition, and fail with what it was when it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain {what}"
        time.sleep(0.1)


def kernels_on(name: str) -> list[int]:
    """Return the processes of kernels that have a file of this name among their arguments."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            arguments = (folder / "cmdline").read_bytes().split(b"\0")
            if b"kernels" in arguments and any(part.endswith(name.encode()) for part in arguments):
                found.append(int(folder.name))
    return found


def _answers(address: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=2):
            return True
    except OSError:
        return False


def _use_broker(url: str) -> None:
    current_app.conf.broker_url = url
    current_app.conf.broker_write_url = current_app.conf.broker_read_url = url
    # Connections to the other broker are kept in pools.
    current_app.amqp._producer_pool = None
    current_app._pool = None
