"""The worked examples of docs/methods are run: each `json question` must give the `json answer` that stands below it.

`python tests/kernels/statistics/test_method_pages.py` writes the answers anew; read the difference before you commit.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path

import pytest

from kernels.__main__ import main
from kernels.statistics.cli import KINDS

PAGES = Path(__file__).parents[3] / "docs" / "methods"
OWN_PAGES = [
    "statistics.md",
    "proportions.md",
    "precision.md",
    "detection_limit.md",
    "agreement.md",
    "equivalence.md",
    "model_performance.md",
    "control_limits.md",
    "control_rules.md",
]
EXAMPLE = re.compile(
    r"```json question (?P<command>[a-z-]+)\n(?P<question>.*?)```\n\n```json answer\n(?P<answer>.*?)```", re.S
)
DIGITS = 6


def examples():
    for name in OWN_PAGES:
        for number, match in enumerate(EXAMPLE.finditer((PAGES / name).read_text(encoding="utf-8")), 1):
            kind = json.loads(match["question"]).get("kind", match["command"])
            yield pytest.param(match, id=f"{name}-{number}-{kind}")


def answer(command: str, question: str) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "question.json", Path(folder) / "answer.json"
        source.write_text(question, encoding="utf-8")
        assert main([command, str(source), "--json", str(target)]) == 0
        document = json.loads(target.read_text(encoding="utf-8"))
    return {key: value for key, value in document.items() if key not in ("kernel", "kernel_version", "input")}


def shortened(value):
    """Numbers as the pages show them: six significant digits."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    return [shortened(item) for item in value] if isinstance(value, list) else value


def assert_alike(ours, theirs, path="answer"):
    if isinstance(theirs, dict):
        assert isinstance(ours, dict), path
        assert list(ours) == list(theirs), path
        for key in theirs:
            assert_alike(ours[key], theirs[key], f"{path}.{key}")
    elif isinstance(theirs, list):
        assert isinstance(ours, list), path
        assert len(ours) == len(theirs), path
        for index, item in enumerate(theirs):
            assert_alike(ours[index], item, f"{path}[{index}]")
    elif isinstance(theirs, float) or isinstance(ours, float):
        assert ours == pytest.approx(theirs, rel=6 * 10**-DIGITS, abs=1e-12), path
    else:
        assert ours == theirs, path


@pytest.mark.parametrize("example", list(examples()))
def test_worked_example__gives_the_answer_on_the_page(example):
    assert_alike(answer(example["command"], example["question"]), json.loads(example["answer"]))


def test_every_kind__has_a_worked_example():
    questions = [param.values[0] for param in examples()]
    kinds = {json.loads(match["question"]).get("kind") for match in questions} - {None}
    assert kinds == set(KINDS)
    commands = {match["command"] for match in questions}
    assert commands == {"statistics", "control-rules", "immediate-method", "ewma", "cusum"}


def test_every_fence__is_part_of_an_example():
    """A misspelt fence would silently not be run."""
    for name in OWN_PAGES:
        text = (PAGES / name).read_text(encoding="utf-8")
        assert text.count("```json") == 2 * len(EXAMPLE.findall(text)), name


def test_every_kind__is_in_the_table_of_the_front_page():
    listed = set(re.findall(r"^\| `([a-z_]+)` \|", (PAGES / "statistics.md").read_text(encoding="utf-8"), re.M))
    assert listed == set(KINDS)


def rendered(value, indent=0) -> str:
    """JSON with short containers on one line, so that a page stays readable."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or len(flat) + indent <= 100:
        return flat
    pad = " " * (indent + 1)
    if isinstance(value, dict):
        inner = [f"{pad}{json.dumps(key)}: {rendered(item, indent + 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(inner) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(pad + rendered(item, indent + 1) for item in value) + "\n" + " " * indent + "]"


def write_answers() -> None:
    for name in OWN_PAGES:
        path = PAGES / name

        def filled(match: re.Match[str]) -> str:
            result = shortened(answer(match["command"], match["question"]))
            question = f"```json question {match['command']}\n{match['question']}```"
            return f"{question}\n\n```json answer\n{rendered(result)}\n```"

        path.write_text(EXAMPLE.sub(filled, path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(write_answers())
