"""
Start a throw-away PostgreSQL and Valkey before anything reads the settings.

Loaded with `-p tests.servers_plugin`. A server whose URL is given (EXOMARK_DATABASE_URL, EXOMARK_BROKER_URL) is not
started, and none is without Django (`-p no:django`), as for the tests of the kernels. Workers of pytest-xdist inherit
the servers through the environment.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launcher import postgres, valkey

_ROOMY_BYTES = 2 * 1024**3
_SUPERUSER = "exomark_test"
_RUNTIME_ROLE = "exomark_app"
_stack = contextlib.ExitStack()
_header: list[str] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, parser: pytest.Parser) -> None:
    if not early_config.pluginmanager.has_plugin("django"):
        # Or pytest would call the setting unknown, which is an error here.
        parser.addini("DJANGO_SETTINGS_MODULE", "unused without Django")
        return
    wanted = [
        start
        for variable, start in (("EXOMARK_DATABASE_URL", _start_database), ("EXOMARK_BROKER_URL", _start_broker))
        if variable not in os.environ
    ]
    if not wanted:
        return
    began = time.monotonic()
    folder = _stack.enter_context(_throw_away_folder())
    for start in wanted:
        os.environ.update(_run(start, folder))
    for name, setting in _settings(folder).items():
        os.environ.setdefault(name, setting)
    _header.append(f"started in {time.monotonic() - began:.2f} s, in {folder}")


def pytest_report_header() -> str | None:
    return "servers: " + ", ".join(_header) if _header else None


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    _stack.close()


def _run(start: Callable[[Path], dict[str, str]], folder: Path) -> dict[str, str]:
    try:
        return start(folder)
    except BaseException:
        _stack.close()
        raise


def _start_database(folder: Path) -> dict[str, str]:
    passwords = {role: secrets.token_hex(16) for role in (_SUPERUSER, _RUNTIME_ROLE)}
    cluster = postgres.Cluster(
        postgres.find_installation(os.environ),
        folder=folder / "postgres",
        log=folder / "postgres.log",
        settings={**postgres.NOT_DURABLE, "max_connections": "200"},
    )
    # A superuser, because tests create databases and empty tables whose triggers refuse that to everyone else.
    cluster.create(
        [
            f"CREATE ROLE {_SUPERUSER} SUPERUSER LOGIN PASSWORD {postgres.quoted(passwords[_SUPERUSER])}",
            f"CREATE ROLE {_RUNTIME_ROLE} LOGIN PASSWORD {postgres.quoted(passwords[_RUNTIME_ROLE])}",
            f"CREATE DATABASE exomark OWNER {_SUPERUSER}",
        ],
        durable=False,
    )
    _stack.callback(cluster.stop)
    cluster.start(death_signal=signal.SIGQUIT)
    _header.append(f"PostgreSQL {cluster.installation.major()} ({cluster.installation.source})")
    urls = {role: f"postgresql://{role}:{passwords[role]}@127.0.0.1:{cluster.port}/exomark" for role in passwords}
    return {
        "EXOMARK_DATABASE_URL": urls[_SUPERUSER],
        "EXOMARK_OWNER_DATABASE_URL": urls[_SUPERUSER],
        "EXOMARK_TEST_RUNTIME_URL": urls[_RUNTIME_ROLE],
        "EXOMARK_RUNTIME_ROLE": _RUNTIME_ROLE,
        "EXOMARK_POSTGRES_BIN": str(cluster.installation.programs),
    }


def _start_broker(folder: Path) -> dict[str, str]:
    broker = valkey.Broker(
        valkey.find_server(os.environ),
        folder=folder / "valkey",
        log=folder / "valkey.log",
        password=secrets.token_hex(16),
        durable=False,
    )
    _stack.callback(broker.stop)
    broker.start()
    _header.append(broker.program.name)
    return {"EXOMARK_BROKER_URL": broker.url(0), "EXOMARK_CACHE_URL": broker.url(1)}


def _settings(folder: Path) -> dict[str, str]:
    storage, incoming, static = folder / "storage", folder / "incoming", folder / "static"
    for part in (storage, incoming, static):
        part.mkdir()
    return {
        "EXOMARK_SECRET_KEY": secrets.token_hex(32),
        "EXOMARK_ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
        "EXOMARK_STORAGE_DIR": str(storage),
        "EXOMARK_FILE_ROOTS": str(incoming),
        "EXOMARK_STATIC_ROOT": str(static),
        "EXOMARK_METRICS_KEY": secrets.token_hex(16),
        "EXOMARK_DEBUG": "False",
        "EXOMARK_HTTPS": "False",
        "EXOMARK_LOG_FORMAT": "text",
    }


@contextlib.contextmanager
def _throw_away_folder() -> Iterator[Path]:
    """A folder that is removed when we are done, or dead: a shell holds our end of a pipe and outlives us."""
    folder = Path(tempfile.mkdtemp(prefix="exomark-test-", dir=roomy_place()))
    folder.chmod(0o711)  # the account that runs PostgreSQL for root passes through
    keeper = subprocess.Popen(
        ["/bin/sh", "-c", 'read -r _; until rm -rf "$0"; do sleep 0.2; done', str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    yield folder
    keeper.communicate()


def roomy_place() -> str:
    """Memory where there is enough of it: containers often have 64 MB."""
    shared = Path("/dev/shm")
    if shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > _ROOMY_BYTES:
        return str(shared)
    return tempfile.gettempdir()
