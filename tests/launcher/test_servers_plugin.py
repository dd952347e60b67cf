"""The plugin that starts throw-away servers for the tests, itself run in a pytest of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.launcher.conftest import clean_environ, eventually

ROOT = Path(__file__).resolve().parents[2]
PROBE = """
import os, time, psycopg2, redis

def test_servers():
    with psycopg2.connect(os.environ["EXOMARK_DATABASE_URL"]).cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (True,)
    with psycopg2.connect(os.environ["EXOMARK_TEST_RUNTIME_URL"]).cursor() as cursor:
        cursor.execute("SELECT rolname, rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (os.environ["EXOMARK_RUNTIME_ROLE"], False, False)
    assert redis.Redis.from_url(os.environ["EXOMARK_BROKER_URL"]).ping()
    print("probed", flush=True)
    time.sleep(float(os.environ.get("NAP", 0)))
"""
SETTINGS = """
import os
assert os.environ["EXOMARK_DATABASE_URL"], "the servers come too late"
SECRET_KEY = os.environ["EXOMARK_SECRET_KEY"]
"""
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    (tmp_path / "test_probe.py").write_text(PROBE)
    (tmp_path / "probe_settings.py").write_text(SETTINGS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")

    def pytest_process(*options: str, **environ: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", "-p", "tests.servers_plugin", "-s", *options, "test_probe.py"],
            cwd=tmp_path,
            env=clean_environ()
            | {"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}", "DJANGO_SETTINGS_MODULE": "probe_settings", **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return pytest_process


def folder_in(output: str) -> Path:
    found = re.search(r"servers: PostgreSQL \d+ .* in (\S+)", output)
    assert found is not None, output
    return Path(found[1])


def users_of(folder: Path) -> list[str]:
    """Processes that stand in the folder: both servers do."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if Path(os.readlink(process / "cwd")).is_relative_to(folder):
                found.append(process.name)
        except OSError:
            continue
    return found


def test_plugin__servers_are_there_before_the_settings_and_gone_afterwards(start: Start) -> None:
    process = start()
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert not folder_in(output).exists()
    assert users_of(folder_in(output)) == []


def test_plugin__pytest_is_killed__servers_and_files_go_too(start: Start) -> None:
    process = start(NAP="60")
    assert process.stdout is not None
    output = ""
    while "probed" not in output:
        line = process.stdout.readline()
        assert line, output
        output += line
    folder = folder_in(output)
    assert len(users_of(folder)) >= 2
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert eventually(lambda: not folder.exists() and not users_of(folder))


def test_plugin__workers_of_xdist__share_the_servers(start: Start) -> None:
    process = start("-n2")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert output.count("servers: ") == 1


def test_plugin__servers_given__starts_none(start: Start) -> None:
    given = {"EXOMARK_DATABASE_URL": "postgresql://127.0.0.1:9/x", "EXOMARK_BROKER_URL": "redis://127.0.0.1:9/0"}
    output, _ = start("--collect-only", EXOMARK_SECRET_KEY="given", **given).communicate(timeout=60)
    assert "servers: " not in output
    assert "1 test collected" in output


def test_plugin__without_django__starts_none(start: Start) -> None:
    output, _ = start("-p", "no:django", "--collect-only").communicate(timeout=60)
    assert "servers: " not in output
    assert "1 test collected" in output
