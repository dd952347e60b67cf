from __future__ import annotations

import sys
from pathlib import Path

import pytest

from launcher import bootstrap, check


def test_run__goes_on_after_a_failure_and_names_every_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ends_with(status: int) -> list[str]:
        return [sys.executable, "-c", f"raise SystemExit({status})"]

    monkeypatch.setattr(check, "CHECKS", {"style": ends_with(1), "types": ends_with(0), "layers": ends_with(2)})
    assert check.run() == 1
    output = capsys.readouterr().out
    assert output.endswith("\nFailed: style, layers\n")
    monkeypatch.setattr(check, "CHECKS", {"types": ends_with(0)})
    assert check.run() == 0


def test_checks__every_program_exists() -> None:
    for command in check.CHECKS.values():
        assert Path(command[0]).exists(), command
        if command[0] == sys.executable:
            assert (bootstrap.ROOT / command[1]).exists(), command
