"""A whole laboratory for the browser: web server, worker and scheduler on the tests' throw-away servers."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2

from launcher import processes
from launcher.data_dir import DataDir
from launcher.stack import services
from tests.conftest import ROOT

_READY_SECONDS = 120


@dataclass(frozen=True)
class Laboratory:
    """A running laboratory without anything in it."""

    url: str
    environ: dict[str, str]
    data_dir: DataDir

    def manage(self, *arguments: str) -> str:
        """Run a management command and return what it printed."""
        return _manage(self.environ, *arguments)

    def logs(self) -> str:
        """Return the ends of all logs, for the message of a failure."""
        return "\n".join(
            f"--- {name}\n{processes.last_lines(self.data_dir.log(name), 15)}" for name in ("web", "worker")
        )


@contextlib.contextmanager
def running_laboratory(folder: Path, *, database: str, broker_number: int = 2) -> Iterator[Laboratory]:
    """Make a database of our own, start everything the product is made of, and stop it in the end."""
    data_dir = DataDir(folder)
    for part in (data_dir.storage, data_dir.incoming, data_dir.static, folder / "logs"):
        part.mkdir()
    port = processes.free_port()
    environ = _environ(data_dir, database, broker_number)
    with _made(database, os.environ["EXOMARK_OWNER_DATABASE_URL"]):
        owner = environ | {"EXOMARK_DATABASE_URL": environ["EXOMARK_OWNER_DATABASE_URL"]}
        _manage(owner, "prepare_database", "--verbosity=0")
        _manage(environ, "collectstatic", "--noinput", "--verbosity=0")
        laboratory = Laboratory(f"http://127.0.0.1:{port}", environ, data_dir)
        with _services(environ, data_dir, port):
            _wait_until_ready(laboratory)
            yield laboratory


def _environ(data_dir: DataDir, database: str, broker_number: int) -> dict[str, str]:
    broker = os.environ["EXOMARK_BROKER_URL"].rpartition("/")[0]
    return {
        **os.environ,
        "EXOMARK_DATABASE_URL": _on_database(database, os.environ["EXOMARK_TEST_RUNTIME_URL"]),
        "EXOMARK_OWNER_DATABASE_URL": _on_database(database, os.environ["EXOMARK_OWNER_DATABASE_URL"]),
        # Other numbers than those of the tests that run in this process.
        "EXOMARK_BROKER_URL": f"{broker}/{broker_number}",
        "EXOMARK_CACHE_URL": f"{broker}/{broker_number + 1}",
        "EXOMARK_STORAGE_DIR": str(data_dir.storage),
        "EXOMARK_FILE_ROOTS": str(data_dir.incoming),
        "EXOMARK_STATIC_ROOT": str(data_dir.static),
        "EXOMARK_ALLOWED_HOSTS": "127.0.0.1",
        "EXOMARK_HTTPS": "False",
        "EXOMARK_DEBUG": "False",
        "PYTHONUNBUFFERED": "1",
    }


def _on_database(database: str, url: str) -> str:
    return urlsplit(url)._replace(path=f"/{database}").geturl()


@contextlib.contextmanager
def _made(database: str, superuser_url: str) -> Iterator[None]:
    def run(statement: str) -> None:
        with contextlib.closing(psycopg2.connect(superuser_url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)

    run(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
    run(f"CREATE DATABASE {database}")
    try:
        yield
    finally:
        run(f"DROP DATABASE {database} WITH (FORCE)")


def _manage(environ: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"manage.py {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@contextlib.contextmanager
def _services(environ: dict[str, str], data_dir: DataDir, port: int) -> Iterator[None]:
    started = services(environ, data_dir, host="127.0.0.1", port=port)
    try:
        for service in started:
            service.start()
        yield
    finally:
        for service in started:
            service.ask_to_stop()
        for service in started:
            service.stop()


def _wait_until_ready(laboratory: Laboratory) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def is_ready() -> bool:
        try:
            with opener.open(f"{laboratory.url}/readyz", timeout=5):
                return True
        except OSError:
            return False

    try:
        processes.wait_until(is_ready, seconds=_READY_SECONDS)
    except TimeoutError as error:
        raise AssertionError(f"not ready within {_READY_SECONDS} s\n{laboratory.logs()}") from error
