"""A launcher to start, kill and look at, and a way to see which of its processes live."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launcher import postgres, valkey
from tests.servers_plugin import roomy_place

STANDIN = Path(__file__).with_name("standin.py")
MARK = "EXOMARK_TEST_MARK"


class Launched:
    """A launcher with the stand-in application, in a process of its own."""

    def __init__(self, data_dir: Path, *arguments: str) -> None:
        self.data_dir = data_dir
        self.mark = secrets.token_hex(8)
        self.process = subprocess.Popen(
            [sys.executable, STANDIN, *arguments, "--data-dir", data_dir],
            env=clean_environ() | {MARK: self.mark, "PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output = ""

    def wait_for(self, words: str, seconds: float = 30) -> str:
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        deadline = time.monotonic() + seconds
        while words not in self.output:
            with contextlib.suppress(BlockingIOError, TypeError):
                self.output += self.process.stdout.read() or ""
            if time.monotonic() > deadline:
                pytest.fail(f"{words!r} did not appear in:\n{self.output}")
            time.sleep(0.02)
        return self.output

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        status = self.process.wait(timeout=30)
        if self.process.stdout is not None and not self.process.stdout.closed:
            os.set_blocking(self.process.stdout.fileno(), True)
            with self.process.stdout as rest:
                self.output += rest.read()
        return status

    def living(self) -> dict[int, str]:
        """Processes that carry our mark, stand in the data directory or name it: databases inherit nothing."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (folder / "cmdline").read_text().replace("\0", " ")
                marked = f"{MARK}={self.mark}".encode() in (folder / "environ").read_bytes()
                inside = Path(os.readlink(folder / "cwd")).is_relative_to(self.data_dir)
                if marked or inside or f"-D {self.data_dir}" in command:
                    found[int(folder.name)] = command
        return found

    def pid_of(self, program: str) -> int:
        return next(pid for pid, command in self.living().items() if program in command)


def clean_environ() -> dict[str, str]:
    """What a person's shell has: nothing of the servers that these tests themselves may have been given."""
    return {name: text for name, text in os.environ.items() if not name.startswith(("EXOMARK_", "DJANGO_"))}


def eventually(condition: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Every account may pass through, down to a folder whose name is not easy. (pytest's own folders are closed.)"""
    with tempfile.TemporaryDirectory(prefix="exomark-", dir=roomy_place()) as root:
        Path(root).chmod(0o711)
        folder = Path(root) / "a lab's “数据” folder"
        folder.mkdir(mode=0o711)
        yield folder


@pytest.fixture
def launch(open_folder: Path) -> Iterator[Callable[..., Launched]]:
    launched: list[Launched] = []

    def start(*arguments: str) -> Launched:
        one = Launched(open_folder / "data", *arguments)
        launched.append(one)
        return one

    yield start
    for one in launched:
        one.end(signal.SIGKILL)
    for one in launched:
        assert eventually(lambda one=one: not one.living()), one.living()


@pytest.fixture
def cluster(open_folder: Path) -> Iterator[postgres.Cluster]:
    made = postgres.Cluster(
        postgres.find_installation({}), open_folder / "pg", open_folder / "pg.log", settings=postgres.NOT_DURABLE
    )
    yield made
    made.kill()


@pytest.fixture
def broker(open_folder: Path) -> Iterator[valkey.Broker]:
    made = valkey.Broker(valkey.find_server({}), open_folder / "valkey", open_folder / "valkey.log", password="secret")
    yield made
    made.kill()
