"""The two READMEs say the same, and what they say can be done."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

ENGLISH, CHINESE = (ROOT / "README.md").read_text(), (ROOT / "README.zh-CN.md").read_text()
MOST_LINES = 120

# These run for minutes or for ever; `tests/operations/test_first_start.py` and the pipeline do what they say.
DONE_ELSEWHERE = {"python3 run.py demo", "python3 run.py test", "python3 run.py check"}
NEEDS_FILES = "python3 run.py analyse --bam reads.bam --targets targets.bed"


def commands(text: str) -> list[str]:
    blocks = re.findall(r"^```\n(.*?)^```$", text, re.M | re.S)
    return [line for block in blocks for line in block.splitlines() if line.startswith(("python3 ", ".venv/"))]


def headings(text: str) -> list[int]:
    without_code = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    return [len(marks) for marks in re.findall(r"^(#+) ", without_code, re.M)]


def links(text: str) -> list[str]:
    return re.findall(r"\]\(([^)#]+)\)", text)


def blocks(text: str) -> list[str]:
    return re.findall(r"^```\n(.*?)^```$", text, re.M | re.S)


def test_readmes__have_the_same_headings_commands_and_tables() -> None:
    assert headings(CHINESE) == headings(ENGLISH)
    assert blocks(CHINESE) == blocks(ENGLISH)
    assert CHINESE.count("\n|") == ENGLISH.count("\n|")
    assert CHINESE.count("\n- ") == ENGLISH.count("\n- ")


@pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_readme__is_short_and_its_links_lead_somewhere(text: str) -> None:
    assert len(text.splitlines()) <= MOST_LINES
    assert [link for link in links(text) if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("command", sorted(set(commands(ENGLISH)) - DONE_ELSEWHERE - {NEEDS_FILES}))
def test_readme__commands_work(command: str) -> None:
    program, *arguments = command.split()
    program = {"python3": sys.executable, ".venv/bin/python": sys.executable}[program]
    done = subprocess.run([program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "usage:" in done.stdout


def test_readme__options_it_names_are_those_of_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "run.py", "analyse", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    named = set(re.findall(r"--[a-z-]+", NEEDS_FILES)) | {"--query-vcf", "--truth-vcf", "--confident", "--reference"}
    assert all(f"`{option}`" in text or option in NEEDS_FILES for option in named for text in (ENGLISH, CHINESE))
    assert {option for option in named if option not in done.stdout} == set()


def test_readme__commands_done_elsewhere_are_done_there() -> None:
    first_start = (ROOT / "tests/operations/test_first_start.py").read_text()
    pipeline = Path(ROOT / ".ci/run").read_text()
    assert '"demo"' in first_start
    assert "python3 run.py test" in pipeline
    assert "python3 run.py check" in pipeline
