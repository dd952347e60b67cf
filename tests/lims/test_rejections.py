"""Every code that readers, verification and analyses may raise has words, with values that it is given."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from kernels.io import vcf
from lims import rejections
from tests.conftest import ROOT

# Only people at a shell meet these: the application never gives such arguments.
OF_THE_SHELL = {"argument_range", "selection_missing"}
SOURCES = ("io", "verification", "coverage", "concordance")
# Not read by jobs of the application.
LEFT_OUT = {"json_files.py"}


def raised() -> Iterator[tuple[str, set[str]]]:
    """Every code with the names of the values that it is raised with."""
    for folder in SOURCES:
        for path in sorted((ROOT / "kernels" / folder).glob("*.py")):
            if path.name not in LEFT_OUT:
                yield from _raised_in(path)


def _raised_in(path: Path) -> Iterator[tuple[str, set[str]]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "KernelError" and node.args:
            code = node.args[0]
            if isinstance(code, ast.Constant):
                yield str(code.value), {keyword.arg or "" for keyword in node.keywords}


CODES = {code for code, _names in raised()} | {code for code, _sentence in vcf._MESSAGES.values()}


def test_walk__finds_the_codes() -> None:
    assert {"bgzf_truncated", "sample_differs", "truth_empty", "record_ploidy"} <= CODES


@pytest.mark.parametrize("code", sorted(CODES - OF_THE_SHELL))
def test_code__has_words(code: str) -> None:
    assert code in rejections.SENTENCES


def test_words__name_only_values_that_their_code_gives() -> None:
    given: dict[str, set[str]] = {}
    for code, names in raised():
        given[code] = given.get(code, set()) | names
    for code, names in given.items():
        if code in rejections.SENTENCES:
            asked = {
                name
                for _text, name, _spec, _conversion in string.Formatter().parse(str(rejections.SENTENCES[code]))
                if name
            }
            assert asked <= names, code


def test_sentence__is_in_the_readers_language_and_survives_missing_values() -> None:
    where = {"file": "a.bam"}
    assert rejections.sentence("no_reads", where) == "a.bam holds no reads."
    assert rejections.sentence("sample_differs", where).startswith("a.bam names the sample –")
    assert rejections.sentence("unheard_of", where, "The kernel's own words.") == "The kernel's own words."
    with translation.override("zh-hans"):
        assert rejections.sentence("no_reads", where) == "a.bam 不含任何测序序列。"


def test_sentence__cannot_be_tricked_by_a_value() -> None:
    """A file name with braces is a value, never a format."""
    assert rejections.sentence("no_reads", {"file": "{secret}.bam"}) == "{secret}.bam holds no reads."
