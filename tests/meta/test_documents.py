"""Documents that say what the code says are compared with it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

DOCS = ROOT / "docs"
VARIABLE = re.compile(r"EXOMARK_[A-Z][A-Z_]*[A-Z]")
# How tests are given their data, and what only the tests' own plugin sets.
NOT_FOR_OPERATORS = {"EXOMARK_TEST_DATA", "EXOMARK_TEST_RUNTIME_URL"}
GUIDES = ("main-job", "technician", "supervisor", "director", "auditor", "administrator")


def tables() -> dict[str, str]:
    """Return the default of every variable that operations.md lists."""
    text = (DOCS / "operations.md").read_text()
    return dict(re.findall(r"^\| `(EXOMARK_\w+)` \| (.*?) \|", text, re.M))


def named_in(*places: str) -> set[str]:
    files = (file for place in places for file in sorted(ROOT.glob(place)))
    found = {name for file in files for name in VARIABLE.findall(file.read_text(encoding="utf-8"))}
    return {name.removesuffix("_FILE") if name.endswith("_URL_FILE") else name for name in found} - NOT_FOR_OPERATORS


def defaults_in_settings() -> dict[str, str]:
    """Return what the settings read, with the default as the settings write it."""
    text = (ROOT / "config" / "settings.py").read_text()
    calls = re.findall(r'env\.(\w+)\(\s*"(EXOMARK_\w+)"(?:, ((?:[^()]|\([^()]*\))*))?\)', text)
    return {name: _shown(reader, default) for reader, name, default in calls}


def _shown(reader: str, default: str) -> str:
    if not default:
        return "none" if reader == "items" else "required"
    if reader == "items":
        return "required" if default == "None" else "none"
    if "BASE_DIR" in default:
        return f"`{default.rpartition(chr(34) + ')')[0].rpartition(chr(34))[2]}`"
    value = eval(default, {"__builtins__": {}})  # arithmetic such as 500 * 1024**3
    return "none" if value == "" else f"`{value}`"


def test_operations__lists_every_variable_of_the_settings_with_its_default() -> None:
    expected = defaults_in_settings()
    assert len(expected) > 25
    listed = tables()
    assert {name: listed.get(name) for name in expected} == expected


def test_operations__lists_every_variable_that_anything_reads_and_no_other() -> None:
    read = named_in(
        "config/*.py", "launcher/*.py", "lims/**/*.py", "docker/*", "docker-compose.yml", "demonstration/*.py"
    )
    read -= {name for name in read if name.endswith("_FILE")}
    assert set(tables()) == read


@pytest.mark.parametrize("script", ["state_diagrams.py"])
def test_drawn_documents__are_what_the_code_gives(script: str) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / script, "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_decision_records__are_all_in_the_index_under_their_titles() -> None:
    index = (DOCS / "adr" / "README.md").read_text()
    records = sorted((DOCS / "adr").glob("0*.md"))
    titles = [record.read_text().partition("\n")[0].removeprefix("# ") for record in records]
    rows = [
        f"| [{title.partition('. ')[0]}]({record.name}) | {title.partition('. ')[2]} |"
        for record, title in zip(records, titles, strict=True)
    ]
    assert re.findall(r"^\| \[.*$", index, re.M) == rows


@pytest.mark.parametrize("name", GUIDES)
def test_guides__have_the_same_parts_in_both_languages(name: str) -> None:
    english, chinese = ((DOCS / "guides" / folder / f"{name}.md").read_text() for folder in (".", "zh-CN"))
    assert shape(chinese) == shape(english)


@pytest.mark.parametrize(("folder", "part"), [(".", "msgid"), ("zh-CN", "msgstr")])
def test_guides__call_buttons_and_pages_what_the_pages_call_them(folder: str, part: str) -> None:
    words = words_of_pages(part)
    named = {
        (path.stem, name)
        for path in sorted((DOCS / "guides" / folder).glob("*.md"))
        for bold in re.findall(r"\*\*(.+?)\*\*", " ".join(path.read_text().split()))
        for name in bold.split(" → ")
    }
    assert len(named) > 20
    assert sorted((guide, name) for guide, name in named if name not in words) == []


def words_of_pages(part: str) -> set[str]:
    """Return everything that pages say, in English (msgid) or in Chinese (msgstr), without an ellipsis too."""
    catalogue = (ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po").read_text()
    blocks = re.findall(rf'^{part}(?:\[0\])? ((?:"(?:[^"\\]|\\.)*"\n?)+)', catalogue, re.M)
    said = {"".join(re.findall(r'"((?:[^"\\]|\\.)*)"', block)) for block in blocks}
    return said | {words.removesuffix("…") for words in said}


def shape(text: str) -> list[str]:
    """Return a guide's headings, steps, pictures and rows of tables, without their words."""
    marks = re.findall(r"^(#+ |\d+\. |- |!\[|\|)", text, re.M)
    return [re.sub(r"\d+", "1", mark) for mark in marks]


def test_documents__link_only_to_what_is_there() -> None:
    broken = [
        f"{path.relative_to(ROOT)}: {link}"
        for path in sorted(DOCS.rglob("*.md"))
        for link in re.findall(r"\]\(([^)#\s]+)\)", path.read_text())
        if not link.startswith(("http:", "https:", "mailto:")) and not (path.parent / link).exists()
    ]
    assert broken == []


def test_pictures__are_small_and_each_is_shown_somewhere() -> None:
    pictures = sorted((DOCS / "images").glob("*.png"))
    texts = [*ROOT.glob("README*.md"), *DOCS.rglob("*.md")]
    shown = "".join(text.read_text() for text in texts)
    assert len(pictures) > 5
    assert [picture.name for picture in pictures if picture.stat().st_size >= 300_000] == []
    assert [picture.name for picture in pictures if f"images/{picture.name}" not in shown] == []


def test_index__leads_to_every_document() -> None:
    index = (DOCS / "README.md").read_text()
    linked = {Path(link).as_posix() for link in re.findall(r"\]\(([^)#]+)\)", index)}
    documents = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")} - {"README.md"}
    assert {path for path in documents if not path.startswith("adr/0")} - linked == set()
