"""Pages keep to the strict content security policy: nothing inline, nothing from elsewhere, only vendored assets."""

from __future__ import annotations

import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.conftest import ROOT

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
OWN_ASSETS = sorted(
    path for path in (ROOT / "static").rglob("*") if path.suffix in (".css", ".js") and "vendor" not in path.parts
)
VENDOR = ROOT / "static" / "vendor"
_FOREIGN = re.compile(r"(?:src|href|action|url|@import)\s*[=(]?\s*[\"'(]?\s*(https?:)?//", re.I)
_ICON = re.compile(r"{%\s*icon\s+\"([\w-]+)\"")
_ICON_PARAMETER = re.compile(r"\b(?:icon|empty_icon)\s*=\s*\"([\w-]+)\"")


class InlineFinder(HTMLParser):
    """Collect what the policy forbids: style attributes and elements, handlers, scripts with content."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._script_without_source = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name: value or "" for name, value in attrs}
        self.found += [name for name in names if name == "style" or re.fullmatch(r"on[a-z]+|hx-on.*", name)]
        self.found += ["<style>"] if tag == "style" else []
        self.found += [f"javascript: in {name}" for name, value in names.items() if value.startswith("javascript:")]
        self._script_without_source = tag == "script" and "src" not in names and names.get("type") != "application/json"

    def handle_data(self, data: str) -> None:
        if self._script_without_source and data.strip():
            self.found.append("inline script")
        self._script_without_source = False


def inline_parts(html: str) -> list[str]:
    finder = InlineFinder()
    finder.feed(re.sub(r"{%.*?%}|{#.*?#}|{{.*?}}", "", html, flags=re.S))
    return finder.found


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("template", TEMPLATES, ids=relative)
def test_a_template_has_nothing_inline(template: Path) -> None:
    assert inline_parts(template.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "html",
    [
        '<p style="color: red">',
        "<style>p {}</style>",
        '<a onclick="go()">',
        '<a hx-on:click="go()">',
        "<script>go()</script>",
        '<a href="javascript:go()">',
    ],
)
def test_the_finder__finds_each_inline_part(html: str) -> None:
    assert len(inline_parts(html)) == 1


@pytest.mark.parametrize("path", [*TEMPLATES, *OWN_ASSETS], ids=relative)
def test_nothing_is_loaded_from_elsewhere(path: Path) -> None:
    assert _FOREIGN.search(path.read_text(encoding="utf-8")) is None


@pytest.mark.parametrize("text", ['<script src="https://cdn/x.js">', "url(//cdn/x.woff)", '@import "http://cdn/x.css"'])
def test_the_pattern_of_foreign_assets__finds_each_way(text: str) -> None:
    assert _FOREIGN.search(text)


def test_every_icon_that_is_named_is_in_the_sprite() -> None:
    from lims.selectors.navigation import _ENTRIES
    from lims.templatetags.components import LOOKS

    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (VENDOR / "bootstrap-icons" / "icons.svg").read_text()))
    named = {look.icon for look in LOOKS.values()} | {entry[2] for entry in _ENTRIES}
    for path in [*TEMPLATES, *(ROOT / "lims").rglob("*.py"), *(ROOT / "validation").rglob("*.py")]:
        text = path.read_text(encoding="utf-8")
        named |= {*_ICON.findall(text), *_ICON_PARAMETER.findall(text)}
    assert named - drawn == set()


def test_vendored_files_are_those_of_the_manifest() -> None:
    manifest = json.loads((VENDOR / "MANIFEST.json").read_text())
    listed = {entry["file"]: entry["sha256"] for entry in manifest}
    present = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "MANIFEST.json"
    }
    assert present == listed


def test_vendored_packages_are_those_of_package_json_and_have_licences() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    manifest = json.loads((VENDOR / "MANIFEST.json").read_text())
    assert {entry["package"]: entry["version"] for entry in manifest} == wanted
    assert {entry["licence"] for entry in manifest} == {"MIT"}
    assert all((VENDOR / package / "LICENSE").is_file() for package in wanted)
