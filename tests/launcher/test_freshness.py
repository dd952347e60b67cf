from __future__ import annotations

import os
from pathlib import Path

import pytest

from launcher import environment, freshness

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    for name in ("lims/sql/audit.sql", "static/site.css", "requirements.lock", "tests/test_x.py", ".exomark/log"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text("before")
    return tmp_path


def served() -> str:
    return freshness.digest_of(*freshness.SERVED)


@pytest.mark.parametrize("name", ["lims/sql/audit.sql", "static/site.css", "requirements.lock"])
def test_digest__changed_content_of_the_same_length__differs(project: Path, name: str) -> None:
    before = served()
    assert served() == before
    written = (project / name).stat().st_mtime_ns
    (project / name).write_text("after!")
    os.utime(project / name, ns=(written + 1, written + 1))
    assert served() != before


@pytest.mark.parametrize("name", ["tests/test_x.py", ".exomark/log", "lims/__pycache__/x.pyc"])
def test_digest__file_that_is_not_served__does_not_count(project: Path, name: str) -> None:
    before = served()
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).write_text("after and longer")
    assert served() == before


def test_digest__new_file__differs(project: Path) -> None:
    before = served()
    (project / "lims/new.py").touch()
    assert served() != before


def test_served__contains_every_application() -> None:
    """So that a migration of a new one is not overlooked."""
    applications = {path.parent.parent.name for path in ROOT.glob("*/migrations/__init__.py")}
    assert applications
    assert applications <= set(freshness.SERVED)
