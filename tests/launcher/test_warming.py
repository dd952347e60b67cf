from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from launcher import environment, warming
from tests.launcher.conftest import clean_environ


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(environment, "COMPILED", tmp_path / "compiled")
    (tmp_path / "compiled").mkdir()
    return tmp_path / "compiled"


def warm_up(compiled: Path, folder: Path, program: str = "") -> subprocess.CompletedProcess[str]:
    """With the compiled code that the tests of the kernels leave: it is the command lines that are tried here."""
    program = f"""
from pathlib import Path
from launcher import environment, warming
environment.COMPILED = Path({str(compiled)!r})
{program}
warming.main(Path({str(folder)!r}))
"""
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=environment.ROOT,
        env=clean_environ(),
        capture_output=True,
        text=True,
        check=False,
    )


def test_main__every_kernel_ran__leaves_the_mark_and_nothing_else(compiled: Path, tmp_path: Path) -> None:
    assert not warming.is_done()
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "left by one that was killed").touch()
    done = warm_up(compiled, tmp_path / "work")
    assert done.returncode == 0, done.stderr
    assert warming.is_done(), done.stderr
    assert not (tmp_path / "work").exists()


def test_main__a_kernel_failed__is_not_done(compiled: Path, tmp_path: Path) -> None:
    warm_up(compiled, tmp_path / "work", program="warming._REGIONS = ('--confident', 'nowhere.bed')")
    assert not warming.is_done()
    assert not (tmp_path / "work").exists()
