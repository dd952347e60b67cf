"""Which installer is called with what, and when none is. The fresh-clone test installs for real."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest

from launcher import bootstrap, package_index
from launcher.errors import LauncherError

UV = """#!/bin/sh
echo "$*" >> "{log}"
case "$1" in
    venv) for folder in "$@"; do :; done; mkdir -p "$folder/bin"; ln -sf "{python}" "$folder/bin/python" ;;
    pip) exit {status} ;;
esac
"""


class Project:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.log = root / "uv.log"
        self.write_locks("1.0")

    def write_locks(self, version: str) -> None:
        (self.root / "requirements.lock").write_text(f"run=={version} \\\n    --hash=sha256:0\n")
        (self.root / "requirements-dev.lock").write_text(f"run=={version}\ndev=={version}\n")

    def write_uv(self, status: int = 0) -> None:
        uv = self.root / "tools" / "uv"
        uv.parent.mkdir(exist_ok=True)
        uv.write_text(UV.format(log=self.log, python=sys.executable, status=status))
        uv.chmod(uv.stat().st_mode | stat.S_IXUSR)

    def calls(self) -> list[str]:
        """What uv was asked to do since the last look, without its version."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [line.replace(f"{self.root}/", "") for line in lines if line != "--version"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = Project(tmp_path)
    made.write_uv()
    monkeypatch.setenv("PATH", f"{tmp_path / 'tools'}:/usr/bin:/bin")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "ENVIRONMENT", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "PYTHON", tmp_path / ".venv/bin/python")
    monkeypatch.setattr(bootstrap, "RUN_LOCK", tmp_path / "requirements.lock")
    monkeypatch.setattr(bootstrap, "DEV_LOCK", tmp_path / "requirements-dev.lock")
    monkeypatch.setattr(bootstrap, "_STAMP", tmp_path / ".venv/.exomark.json")
    return made


SYNC = "pip sync --quiet --python .venv/bin/python --require-hashes {}"


def test_ensure__first_time__makes_the_environment_and_syncs_it(project: Project) -> None:
    bootstrap.ensure()
    assert project.calls() == [
        f"venv --quiet --clear --python {sys.executable} .venv",
        SYNC.format("requirements.lock"),
    ]


def test_ensure__nothing_changed__does_nothing(project: Project) -> None:
    bootstrap.ensure()
    project.calls()
    bootstrap.ensure()
    assert project.calls() == []


def test_ensure__lock_changed__syncs_again(project: Project) -> None:
    bootstrap.ensure()
    project.calls()
    project.write_locks("2.0")
    bootstrap.ensure()
    assert project.calls() == [SYNC.format("requirements.lock")]


def test_ensure__demo_after_test__does_not_take_packages_away(project: Project) -> None:
    bootstrap.ensure()
    bootstrap.ensure(for_development=True)
    project.calls()
    bootstrap.ensure()
    bootstrap.ensure(for_development=True)
    assert project.calls() == []
    project.write_locks("2.0")
    bootstrap.ensure()
    assert project.calls() == [SYNC.format("requirements-dev.lock")]


def test_ensure__environment_of_somebody_else__is_only_added_to(project: Project) -> None:
    python = project.root / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    for version in ("1.0", "2.0"):
        project.write_locks(version)
        bootstrap.ensure()
        added = "pip install --quiet --python .venv/bin/python --require-hashes --requirement requirements.lock"
        assert project.calls() == [added]


def test_ensure__install_fails__says_so_and_tries_again_next_time(project: Project) -> None:
    project.write_uv(status=1)
    with pytest.raises(LauncherError, match=r"This did not work: .*uv pip sync"):
        bootstrap.ensure()
    project.write_uv()
    project.calls()
    bootstrap.ensure()
    assert project.calls() == [SYNC.format("requirements.lock")]


def test_ensure__no_uv_to_be_had__uses_pip(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "_run", lambda command, **_: commands.append([str(part) for part in command]))
    monkeypatch.setattr(package_index, "fetch_uv", _unreachable)
    monkeypatch.setenv("PATH", "/nowhere")
    (project.root / ".venv").mkdir()
    bootstrap.ensure()
    assert commands[0] == [sys.executable, "-m", "venv", "--clear", str(project.root / ".venv")]
    assert commands[1][1:6] == ["-m", "pip", "install", "--quiet", "--require-hashes"]
    assert "Going on with pip" in capsys.readouterr().out


def test_ensure__fetched_uv__moves_into_the_environment(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = project.root / "exomark-uv-1" / "uv"

    def fetch() -> Path:
        fetched.parent.mkdir()
        (project.root / "tools" / "uv").rename(fetched)
        return fetched

    monkeypatch.setattr(package_index, "fetch_uv", fetch)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    bootstrap.ensure()
    assert not fetched.parent.exists()
    project.write_locks("2.0")
    bootstrap.ensure()
    assert (project.root / ".venv/bin/uv").exists()
    assert project.calls()[-1] == SYNC.format("requirements.lock")


def test_ensure__environment_whose_python_is_gone__is_made_anew(project: Project) -> None:
    bootstrap.ensure()
    python = project.root / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    project.calls()
    bootstrap.ensure()
    assert [call.split()[0] for call in project.calls()] == ["venv", "pip"]


def test_stamp__unreadable__counts_as_none(project: Project) -> None:
    bootstrap.ensure()
    (project.root / ".venv/.exomark.json").write_text("{")
    project.calls()
    bootstrap.ensure()
    assert len(project.calls()) == 1
    assert json.loads((project.root / ".venv/.exomark.json").read_text())["ours"] is False


def _unreachable() -> Path:
    raise LauncherError("The index could not be read.")
