from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from launcher import environment
from launcher.data_dir import DataDir
from launcher.servers import Servers


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataDir:
    for name in list(environment.os.environ):
        if name.startswith("EXOMARK_"):
            monkeypatch.delenv(name)
    made = DataDir(tmp_path / "data")
    with made.locked():
        made.prepare()
    return made


def of_stack(data_dir: DataDir, host: str = "127.0.0.1") -> dict[str, str]:
    return environment.for_stack(data_dir, database_port=5, broker_port=6, host=host)


def test_for_stack__names_two_roles_and_two_numbers(data_dir: DataDir) -> None:
    environ, made = of_stack(data_dir), data_dir.secrets()
    assert environ["EXOMARK_DATABASE_URL"] == f"postgresql://exomark_app:{made.runtime_password}@127.0.0.1:5/exomark"
    owner = f"postgresql://exomark_owner:{made.owner_password}@127.0.0.1:5/exomark"
    assert environ["EXOMARK_OWNER_DATABASE_URL"] == owner
    assert environment.as_owner(environ)["EXOMARK_DATABASE_URL"] == owner
    assert environ["EXOMARK_BROKER_URL"] == f"redis://:{made.broker_password}@127.0.0.1:6/0"
    assert environ["EXOMARK_CACHE_URL"] == f"redis://:{made.broker_password}@127.0.0.1:6/1"


def test_for_stack__settings_can_be_read(data_dir: DataDir) -> None:
    """Every variable that the settings demand is there."""
    program = "import django; django.setup(); from django.conf import settings; print(settings.RUNTIME_ROLE)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=of_stack(data_dir),
        cwd=environment.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.returncode) == ("exomark_app", 0), done.stderr


def test_for_stack__what_the_caller_set_wins(data_dir: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXOMARK_SECRET_KEY", "mine")
    monkeypatch.setenv("EXOMARK_METRICS_KEY_FILE", "/run/secrets/metrics")
    environ = of_stack(data_dir)
    assert environ["EXOMARK_SECRET_KEY"] == "mine"
    assert "EXOMARK_METRICS_KEY" not in environ


@pytest.mark.parametrize("name", ["EXOMARK_DATABASE_URL", "EXOMARK_DATABASE_URL_FILE"])
def test_servers__database_given__only_the_broker_is_ours(data_dir: DataDir, name: str) -> None:
    servers = Servers.wanted(data_dir, {name: "x"})
    assert servers.database is None
    assert servers.broker is not None


def test_servers__both_given__nothing_is_ours(data_dir: DataDir) -> None:
    given = {"EXOMARK_DATABASE_URL": "x", "EXOMARK_BROKER_URL_FILE": "y"}
    servers = Servers.wanted(data_dir, given)
    assert (servers.database, servers.broker) == (None, None)
    servers.stop()


def test_allowed_hosts__open_to_the_network__knows_this_machines_names(
    data_dir: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment.socket, "gethostname", lambda: "sequencer-pc")
    monkeypatch.setattr(environment, "_addresses", lambda: ["10.0.0.7"])
    assert "10.0.0.7" not in of_stack(data_dir)["EXOMARK_ALLOWED_HOSTS"]
    hosts = of_stack(data_dir, host="0.0.0.0")["EXOMARK_ALLOWED_HOSTS"].split(",")
    assert {"localhost", "127.0.0.1", "sequencer-pc", "10.0.0.7"} <= set(hosts)
    assert "*" not in hosts
    assert "lab.example" in of_stack(data_dir, host="lab.example")["EXOMARK_ALLOWED_HOSTS"].split(",")


def test_with_file_roots__adds_to_what_is_there() -> None:
    environ = environment.with_file_roots({"EXOMARK_FILE_ROOTS": "/a"}, [Path("/b"), Path("/a"), Path("/b")])
    assert environ["EXOMARK_FILE_ROOTS"] == "/a:/b"
    assert environment.with_file_roots({}, [Path("/b")])["EXOMARK_FILE_ROOTS"] == "/b"
