"""`python -m kernels statistics` as somebody outside would call it; its answers are tested in test_method_pages."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import pytest

from kernels.__main__ import main
from kernels.errors import KernelError
from kernels.io.json_files import parse_object

LOD = {"kind": "probit_lod", "levels": [{"level": 10, "detected": 20, "replicates": 20}]}


def ask(tmp_path, question) -> int:
    source = tmp_path / "question.json"
    source.write_text(question if isinstance(question, str) else json.dumps(question), encoding="utf-8")
    return main(["statistics", str(source), "--json", str(tmp_path / "answer.json")])


def test_answer__says_what_it_answers(tmp_path):
    assert ask(tmp_path, {"kind": "success_run", "reliability": 0.95}) == 0
    answer = json.loads((tmp_path / "answer.json").read_text(encoding="utf-8"))
    assert (answer["kernel"], answer["kind"], answer["samples"]) == ("statistics", "success_run", 59)
    digest = hashlib.sha256((tmp_path / "question.json").read_bytes()).hexdigest()
    assert answer["input"]["sha256"] == digest
    assert answer["kernel_version"]


def test_a_limit__keeps_the_digits_it_was_written_with(tmp_path):
    question = '{"kind": "proportion_comparison", "numerator": 3, "denominator": 10, "comparator": "<=", "limit": 0.30}'
    assert ask(tmp_path, question) == 0
    answer = json.loads((tmp_path / "answer.json").read_text(encoding="utf-8"))
    assert (answer["met"], answer["limit"]) == (True, "0.30")


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ({"kind": "mean"}, "no kind 'mean'"),
        ({}, "kind is missing"),
        ({"kind": "proportion_interval", "numerator": 1.5, "denominator": 2}, "numerator must be an integer"),
        ({"kind": "proportion_interval", "numerator": True, "denominator": 2}, "numerator must be an integer"),
        ({"kind": "proportion_interval", "numerator": 3, "denominator": 2}, "3/2"),
        ({"kind": "proportion_interval", "numerator": 1, "denominator": 2, "confidance": 0.9}, "confidance"),
        ({"kind": "proportion_interval", "numerator": 1, "denominator": 2, "confidence": 95}, "confidence is 95"),
        ({"kind": "proportion_interval", "numerator": 1, "denominator": 2, "method": "wald"}, "clopper_pearson"),
        ({"kind": "cluster_bootstrap", "clusters": [{"numerator": 1, "denominator": 2}]}, "seed is missing"),
        (LOD, "two different levels"),
        ({**LOD, "levels": [{"level": 10, "detected": 20}]}, "levels[0].replicates is missing"),
        ({"kind": "icc", "model": "icc_2_1", "ratings": [[1, 2], [3]]}, "rows have one length"),
        ({"kind": "tost", "margin": 1, "test": [1, 2], "reference": [1]}, "give pairs"),
        ({"kind": "summary", "values": [1, None]}, "values[1]"),
        ('{"kind": "summary", "values": [1, Infinity]}', "Infinity"),
        ('{"kind": "summary", "kind": "summary"}', "twice"),
        ("", "line 1"),
    ],
)
def test_a_question_without_an_answer__is_refused_in_a_sentence(tmp_path, capsys, question, named):
    assert ask(tmp_path, question) == 2
    assert named in capsys.readouterr().err
    assert not (tmp_path / "answer.json").exists()


def test_members_inside_an_object__are_named_by_their_path():
    document = parse_object('{"levels": [{"level": 1}, {"level": "high"}]}', "plan.json")
    with pytest.raises(KernelError) as refusal:
        document.children("levels")[1].number("level")
    assert refusal.value.where["member"] == "levels[1].level"


def test_a_file_that_is_not_text__is_refused(tmp_path, capsys):
    (tmp_path / "question.json").write_bytes(b"\xff\xfe\x00")
    assert main(["statistics", str(tmp_path / "question.json")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_the_whole_command__runs_from_a_shell(tmp_path):
    (tmp_path / "question.json").write_text('{"kind": "summary", "values": [1, 2, 3]}', encoding="utf-8")
    command = [sys.executable, "-m", "kernels", "statistics", str(tmp_path / "question.json")]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(finished.stdout)["mean"] == 2.0
