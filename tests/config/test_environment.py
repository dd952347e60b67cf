"""Settings come from the environment; what is missing or unreadable is named, and secrets come from files too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment as env
from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EXOMARK_X", "EXOMARK_X_FILE"):
        monkeypatch.delenv(name, raising=False)


def test_text__missing_is_refused_by_name() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"The environment variable EXOMARK_X is not set.*operations\.md"):
        env.text("EXOMARK_X")
    assert env.text("EXOMARK_X", "else") == "else"


def test_text__empty_is_as_bad_as_missing_where_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXOMARK_X", "")
    with pytest.raises(ImproperlyConfigured, match="EXOMARK_X is not set"):
        env.text("EXOMARK_X")
    assert env.text("EXOMARK_X", "else") == ""


def test_text__comes_from_a_file_before_the_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from-the-file\n", encoding="utf-8")
    monkeypatch.setenv("EXOMARK_X", "from-the-variable")
    monkeypatch.setenv("EXOMARK_X_FILE", str(secret))
    assert env.text("EXOMARK_X") == "from-the-file"


def test_text__of_a_file_that_cannot_be_read_or_is_empty_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("EXOMARK_X_FILE", str(tmp_path / "absent"))
    with pytest.raises(ImproperlyConfigured, match=r"EXOMARK_X_FILE names .*absent, which cannot be read"):
        env.text("EXOMARK_X")
    (tmp_path / "absent").write_text(" \n", encoding="utf-8")
    with pytest.raises(ImproperlyConfigured, match="which is empty"):
        env.text("EXOMARK_X")


@pytest.mark.parametrize(("given", "value"), [("True", True), ("False", False), (None, True)])
def test_boolean__is_true_or_false(monkeypatch: pytest.MonkeyPatch, given: str | None, value: bool) -> None:
    if given is not None:
        monkeypatch.setenv("EXOMARK_X", given)
    assert env.boolean("EXOMARK_X", default=True) is value


@pytest.mark.parametrize("given", ["yes", "1", "true"])
def test_boolean__of_anything_else_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("EXOMARK_X", given)
    with pytest.raises(ImproperlyConfigured, match=r"EXOMARK_X is .*; it must be True or False"):
        env.boolean("EXOMARK_X", default=True)


def test_integer__of_words_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.integer("EXOMARK_X", 7) == 7
    monkeypatch.setenv("EXOMARK_X", "many")
    with pytest.raises(ImproperlyConfigured, match="EXOMARK_X is 'many'; it must be a whole number"):
        env.integer("EXOMARK_X", 7)


def test_items__leave_out_what_is_blank(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXOMARK_X", " a, ,b ,")
    assert env.items("EXOMARK_X") == ["a", "b"]


def test_database__is_read_from_its_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXOMARK_X", "postgresql://o%40lab:p%2Fw@db.example:5433/exo%20mark")
    found = env.database("EXOMARK_X")
    assert {key: found[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")} == {
        "NAME": "exo mark",
        "USER": "o@lab",
        "PASSWORD": "p/w",
        "HOST": "db.example",
        "PORT": "5433",
    }


def test_database__of_another_engine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXOMARK_X", "sqlite:///file")
    with pytest.raises(ImproperlyConfigured, match="no other database engine is supported"):
        env.database("EXOMARK_X")


REQUIRED = (
    "EXOMARK_SECRET_KEY",
    "EXOMARK_ALLOWED_HOSTS",
    "EXOMARK_DATABASE_URL",
    "EXOMARK_CACHE_URL",
    "EXOMARK_STORAGE_DIR",
    "EXOMARK_BROKER_URL",
)


@pytest.mark.parametrize("name", REQUIRED)
def test_settings__without_a_required_variable_name_it(name: str) -> None:
    environ = {key: value for key, value in os.environ.items() if key not in (name, f"{name}_FILE")}
    done = subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"The environment variable {name} is not set." in done.stderr.splitlines()[-1]
