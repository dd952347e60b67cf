from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from launcher import bootstrap

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "export_requirements.py"


def pins(name: str) -> set[str]:
    return set(re.findall(r"^(\S+==\S+)", (ROOT / name).read_text(), re.M))


def test_requirements__are_what_the_lock_gives() -> None:
    uv = shutil.which("uv") or shutil.which(bootstrap.ENVIRONMENT / "bin" / "uv")
    if uv is None:
        assert os.environ.get("CI") != "true", "CI needs uv to compare the requirement files with uv.lock"
        pytest.skip("uv is not here to compare the requirement files with uv.lock")
    done = subprocess.run(
        [sys.executable, SCRIPT, "--check"], env={**os.environ, "UV": uv}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_requirements__development_set_contains_the_other() -> None:
    """So that going from `demo` to `test` and back never takes a package away."""
    assert pins("requirements.lock") < pins("requirements-dev.lock")


def test_requirements__every_package_has_a_hash() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        entries = re.split(r"^(?=\S+==)", (ROOT / name).read_text(), flags=re.M)[1:]
        assert entries
        assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
