from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from launcher import cli, stack
from launcher.errors import LauncherError

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "run.py", *arguments], capture_output=True, text=True, check=False, cwd="/"
    )


@pytest.mark.parametrize("command", [[], ["demo"], ["start"], ["analyse"], ["manage"], ["test"], ["check"]])
def test_help__of_every_command__is_given_without_setting_anything_up(command: list[str]) -> None:
    done = run(*command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(" ".join(["usage: run.py", *command]))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "COMMAND"),
        (["demo", "--prt", "1"], "--prt"),
        (["demo", "--port", "http"], "invalid int value: 'http'"),
        (["analyse", "--bam", "x.bam"], "--targets"),
    ],
)
def test_wrong_use__is_named(arguments: list[str], complaint: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert complaint in done.stderr


def test_analyse__file_that_is_not_there__is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["analyse", "--bam", str(tmp_path / "no.bam"), "--targets", str(tmp_path / "no.bed")]) == 1
    assert f"There is no file {tmp_path / 'no.bam'}." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "ours", "passed_on"),
    [
        (["test", "-k", "x", "--data-dir"], ["test"], ["-k", "x", "--data-dir"]),
        (["manage", "verify_audit", "--help"], ["manage"], ["verify_audit", "--help"]),
        (["manage", "--data-dir", "d", "migrate"], ["manage", "--data-dir", "d"], ["migrate"]),
        (["manage", "--data-dir=d", "migrate"], ["manage", "--data-dir=d"], ["migrate"]),
        (["test", "--help"], ["test", "--help"], []),
        (["demo", "--port", "1"], ["demo", "--port", "1"], []),
    ],
)
def test_split__what_belongs_to_others_is_left_alone(argv: list[str], ours: list[str], passed_on: list[str]) -> None:
    assert cli._split(argv) == (ours, passed_on)


def test_old_python__is_told_in_a_sentence() -> None:
    program = f"import sys; sys.version_info = (3, 9, 2); exec(open({str(ROOT / 'run.py')!r}).read())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Exomark needs Python 3.11 or newer; this is Python 3.9.")


def test_web_port__default_taken__is_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack.processes, "can_bind", lambda port, host: port >= 8003)
    assert stack.web_port("127.0.0.1", None) == 8003
    with pytest.raises(LauncherError, match=r"Port 8001 on 127.0.0.1 is taken"):
        stack.web_port("127.0.0.1", 8001)
