from __future__ import annotations

import os
from pathlib import Path

import pytest

from launcher import environment, freshness


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    for name in ("lims/models.py", "static/site.css", "tests/test_x.py", ".venv/x.py", "mine/secrets.json", "mine/log"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("before")
    return tmp_path


@pytest.mark.parametrize("name", ["lims/models.py", "static/site.css"])
def test_digest__changed_content_of_the_same_length__differs(project: Path, name: str) -> None:
    before = freshness.source_digest()
    assert freshness.source_digest() == before
    written = (project / name).stat().st_mtime_ns
    (project / name).write_text("after!")
    os.utime(project / name, ns=(written + 1, written + 1))
    assert freshness.source_digest() != before


@pytest.mark.parametrize("name", ["tests/test_x.py", ".venv/x.py", "mine/log", "lims/__pycache__/x.pyc"])
def test_digest__file_that_is_not_served__does_not_count(project: Path, name: str) -> None:
    before = freshness.source_digest()
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).write_text("after and longer")
    assert freshness.source_digest() == before


def test_digest__new_file__differs(project: Path) -> None:
    before = freshness.source_digest()
    (project / "lims/new.py").touch()
    assert freshness.source_digest() != before
