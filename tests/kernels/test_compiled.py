"""The cache of compiled code follows every source that a compiled module is made of."""

from pathlib import Path

import pytest

from kernels import compiled

WALK = compiled.ROOT / "kernels" / "coverage" / "walk.py"


def test_digest__covers_what_a_module_imports_at_any_distance():
    names = {path.name for path in compiled._closure(WALK, set())}
    assert {"walk.py", "records.py", "mates.py", "little_endian.py", "compiled.py"} <= names
    assert "cli.py" not in names


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """Two modules, one importing the other, in a tree of their own."""
    package = tmp_path / "kernels"
    package.mkdir()
    (package / "outer.py").write_text("from kernels.inner import value\n")
    (package / "inner.py").write_text("value = 1\n")
    monkeypatch.setattr(compiled, "ROOT", tmp_path)
    return package


def digest_of(path: Path) -> str:
    compiled.source_digest.cache_clear()
    compiled._imports.cache_clear()
    return compiled.source_digest(path)


def test_digest__changes_with_an_imported_module(sources):
    before = digest_of(sources / "outer.py")
    assert digest_of(sources / "outer.py") == before
    (sources / "inner.py").write_text("value = 2\n")
    assert digest_of(sources / "outer.py") != before
