"""The command lines, as somebody outside would call them."""

from __future__ import annotations

import json

import pytest

from kernels.__main__ import main


@pytest.fixture
def ask(tmp_path):
    def ask(command: str, question: object) -> dict:
        source, target = tmp_path / "question.json", tmp_path / "answer.json"
        source.write_text(question if isinstance(question, str) else json.dumps(question), encoding="utf-8")
        assert main([command, str(source), "--json", str(target)]) == 0
        return json.loads(target.read_text(encoding="utf-8"))

    return ask


@pytest.fixture
def refuse(tmp_path, capsys):
    def refuse(command: str, question: object) -> str:
        source = tmp_path / "question.json"
        source.write_text(question if isinstance(question, str) else json.dumps(question), encoding="utf-8")
        assert main([command, str(source)]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        return captured.err

    return refuse


def test_control_rules__answer_in_the_agreed_shape(ask):
    answer = ask(
        "control-rules",
        {
            "rules": ["1-3s", "2-2s"],
            "options": {"r4s": "opposite_2s", "streaks": "level"},
            "runs": [
                {"id": "R1", "z": {"L1": 2.4, "L2": None}, "excluded": [], "reset": False},
                {"id": "R2", "z": {"L1": 2.2, "L2": 5.0}, "excluded": ["L2"], "reset": False},
                {"id": "R3", "z": {"L1": 2.3, "L2": 0.1}, "excluded": [], "reset": True},
            ],
        },
    )
    assert answer["violations"] == [
        {"rule": "2-2s", "run": "R2", "scope": "across_runs", "points": [["R1", "L1"], ["R2", "L1"]]}
    ]
    assert answer["options"]["excluded"] == "skip"
    assert (answer["kernel"], answer["input"]["name"]) == ("control-rules", "question.json")
    assert len(answer["input"]["sha256"]) == 64


def test_control_rules__levels_set_the_order_within_a_run(ask):
    runs = [{"id": 1, "z": {"low": 2.1, "high": 2.2, "mid": 0.0}}]
    neighbours = ask("control-rules", {"rules": ["2-2s"], "runs": runs})
    apart = ask("control-rules", {"rules": ["2-2s"], "levels": ["low", "mid", "high"], "runs": runs})
    assert [v["points"] for v in neighbours["violations"]] == [[["1", "low"], ["1", "high"]]]
    assert apart["violations"] == []


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ({"rules": ["1-5s"], "runs": []}, "rules[0]"),
        ({"rules": ["1-3s"], "runs": [{"id": "R1", "z": {"L1": "2"}}]}, "runs[0].z.L1"),
        ({"rules": ["1-3s"], "runs": [{"id": "R1", "z": {"L1": 2}, "exclude": ["L1"]}]}, "runs[0].exclude"),
        ({"rules": ["1-3s"], "runs": [{"id": "R1", "z": {"L1": 2}, "excluded": ["L9"]}]}, "L9"),
        ({"rules": ["1-3s"], "levels": ["A"], "runs": [{"id": "R1", "z": {"L1": 2}}]}, "L1"),
        ({"rules": ["1-3s"], "runs": [{"id": "R1", "z": {}}, {"id": "R1", "z": {}}]}, "R1"),
        ({"rules": ["1-3s"]}, "runs is missing"),
        ('{"rules": ["1-3s"], "runs": [{"id": "R1", "z": {"L1": NaN}}]}', "NaN"),
        ('{"rules": [], "rules": []}', "twice"),
        ("[1]", "one JSON object"),
        ("{", "line 1"),
    ],
)
def test_control_rules__say_what_is_wrong_and_where(refuse, question, named):
    assert named in refuse("control-rules", question)


def test_immediate_method__answers_point_by_point(ask):
    answer = ask("immediate-method", {"values": [0.1, 0.1, 0.1, 0.3], "table": "exact"})
    assert [point["state"] for point in answer["points"]] == [
        "not_enough_points",
        "not_enough_points",
        "in_control",
        "out_of_control",
    ]
    assert answer["points"][3]["si_upper"] == pytest.approx(1.5)
    assert answer["points"][3]["limit_3s"] == pytest.approx(1.4925, abs=1e-4)


def test_ewma__of_scores_and_of_values_is_the_same(ask):
    scores = ask("ewma", {"z": [0.2, -0.4, 1.1], "lambda": 0.2, "L": 2.962})
    values = ask("ewma", {"values": [50.4, 49.2, 52.2], "target": 50, "sd": 2})
    assert scores["points"] == values["points"]
    assert scores["points"][2]["average"] == pytest.approx(0.1816)


def test_cusum__answers_with_its_parameters(ask):
    answer = ask("cusum", {"values": [1.0, None, 2.0], "h": 1.5, "after_signal": "continue"})
    assert (answer["k"], answer["h"], answer["after_signal"]) == (0.5, 1.5, "continue")
    assert [point["upper"] for point in answer["points"]] == [0.5, None, 2.0]
    assert answer["points"][2]["is_upper_signal"]


def test_series__refuse_a_reset_outside(refuse):
    assert "Reset 9" in refuse("cusum", {"z": [1.0], "resets": [9]})


def test_a_file_that_is_not_there__is_named(capsys, tmp_path):
    assert main(["ewma", str(tmp_path / "nothing.json")]) == 2
    assert "nothing.json" in capsys.readouterr().err


def test_without_an_output_file__the_answer_goes_to_standard_output(capsys, tmp_path):
    source = tmp_path / "question.json"
    source.write_text('{"values": [1, 2, 4]}', encoding="utf-8")
    assert main(["immediate-method", str(source)]) == 0
    assert len(json.loads(capsys.readouterr().out)["points"]) == 3
