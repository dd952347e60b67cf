"""Figures of coverage. The histogram is small enough to add up by hand."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from lims import charts

# 20 target bases: 2 uncovered, 3 at 1x, 5 at 2x, 10 at 5x. Mean (3 + 10 + 50) / 20 = 3.15, maximum 5.
DOCUMENT: dict[str, Any] = {
    "depth": {"histogram": {"0": 2, "1": 3, "2": 5, "5": 10}, "mean": 3.15, "median": 3.5, "maximum": 5}
}


def test_cumulative_coverage__counts_from_each_depth_upwards() -> None:
    chart = charts.cumulative_coverage(DOCUMENT, callable_depth=2)
    assert chart is not None

    (trace,) = chart.figure["data"]
    assert trace["x"] == [0, 1, 2, 3, 4, 5]
    assert trace["y"] == [100.0, 90.0, 75.0, 50.0, 50.0, 50.0]
    assert chart.summary == "75.00 % of the target bases (15 of 20) have at least 2×."
    assert chart.rows == [["≥ 1", "18", "90.000 %"], ["≥ 5", "10", "50.000 %"]]
    assert chart.figure["layout"]["shapes"][0]["x0"] == 2
    assert chart.figure["layout"]["annotations"][0]["text"].strip() == "callable depth 2×"


def test_cumulative_coverage__deeper_than_anything_is_nothing() -> None:
    chart = charts.cumulative_coverage(DOCUMENT, callable_depth=20)
    assert chart is not None
    assert chart.summary == "0.00 % of the target bases (0 of 20) have at least 20×."


def test_cumulative_coverage__is_drawn_to_the_callable_depth_where_most_is_shallow() -> None:
    # 9999 of 10 000 bases lie at 1x: alone they would end the figure at 6x, before the depth of the assay.
    document = {"depth": {"histogram": {"1": 9999, "400": 1}, "mean": 1.04, "median": 1, "maximum": 400}}
    chart = charts.cumulative_coverage(document, callable_depth=30)
    assert chart is not None
    assert chart.figure["data"][0]["x"][-1] == 35


def test_depth_histogram__has_every_depth_and_sums_by_tens() -> None:
    chart = charts.depth_histogram(DOCUMENT)
    assert chart is not None

    (trace,) = chart.figure["data"]
    assert (trace["x"], trace["y"]) == ([0, 1, 2, 3, 4, 5], [2, 3, 5, 0, 0, 10])
    assert chart.summary == "Mean 3.1×, median 4×, maximum 5×; 2 bases without any."
    assert chart.rows == [["0", "2"], ["1–5", "18"]]
    assert chart.figure["layout"]["yaxis"]["range"] == [0, pytest.approx(11.2)]


def test_depth_histogram__sums_bins_of_ten() -> None:
    histogram = {str(depth): 1 for depth in range(25)}
    document = {"depth": {"histogram": histogram, "mean": 12.0, "median": 12, "maximum": 24}}
    chart = charts.depth_histogram(document)
    assert chart is not None
    assert chart.rows == [["0", "1"], ["1–10", "10"], ["11–20", "10"], ["21–24", "4"]]


@pytest.mark.parametrize(
    "document", [{}, {"depth": None}, {"depth": {"histogram": {}}}, {"depth": {"histogram": {"0": 0}}}]
)
def test_figures__of_nothing_are_not_drawn(document: dict[str, Any]) -> None:
    assert charts.cumulative_coverage(document, callable_depth=20) is None
    assert charts.depth_histogram(document) is None


def test_figures__say_the_same_in_chinese() -> None:
    with translation.override("zh-hans"):
        chart = charts.cumulative_coverage(DOCUMENT, callable_depth=2)
    assert chart is not None
    assert chart.summary == "75.00 % 的目标碱基（15 / 20）深度不低于 2×。"
