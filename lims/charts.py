"""Figures of results as plain dicts, each with a title, a sentence that says the same, and its numbers as a table.

The figure on the page, the table under it and the curve in a report are made of the same points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from django.utils.translation import gettext as _

from lims.numbers import number, percent

# Beyond this share of the bases a histogram's tail is not drawn; the table still has it.
SHOWN_FRACTION = 0.999
# Room above the highest bar for the words at the mean.
HEADROOM = 1.12
TABLE_DEPTHS = (1, 5, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300, 500)


@dataclass(frozen=True, slots=True)
class Chart:
    """What the chart frame shows."""

    id: str
    title: str
    summary: str
    figure: dict[str, Any]
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    height: int = 320


def depth_counts(document: Mapping[str, Any]) -> list[int] | None:
    """Return target bases by depth from a coverage document, index = depth; None where there is no target base."""
    depth = document.get("depth")
    if not depth:
        return None
    histogram = {int(value): int(bases) for value, bases in depth["histogram"].items()}
    if not any(histogram.values()):
        return None
    return [histogram.get(value, 0) for value in range(max(histogram) + 1)]


def cumulative_coverage(document: Mapping[str, Any], *, callable_depth: int) -> Chart | None:
    """Return the share of target bases at each depth or deeper, with the assay's callable depth marked."""
    counts = depth_counts(document)
    if counts is None:
        return None
    total = sum(counts)
    at_least = _at_least(counts)
    shown = _depth_to_show(counts, callable_depth)
    fractions = [100 * bases / total for bases in at_least[: shown + 1]]
    at_callable = at_least[callable_depth] if callable_depth < len(at_least) else 0
    facts = {
        "percent": percent(at_callable / total),
        "bases": number(at_callable),
        "total": number(total),
        "depth": callable_depth,
    }
    return Chart(
        id="cumulative-coverage",
        title=_("Cumulative coverage of the targets"),
        summary=_("%(percent)s of the target bases (%(bases)s of %(total)s) have at least %(depth)s×.") % facts,
        figure={
            "data": [
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": list(range(shown + 1)),
                    "y": [round(fraction, 4) for fraction in fractions],
                    "name": _("Target bases"),
                    "meta": {"tone": "accent"},
                    "hovertemplate": "≥ %{x}×: %{y:.2f} %<extra></extra>",
                }
            ],
            "layout": {
                "xaxis": {"title": {"text": _("Depth (×)")}, "rangemode": "tozero"},
                "yaxis": {"title": {"text": _("Target bases at this depth or deeper (%)")}, "range": [0, 101]},
                "showlegend": False,
                "shapes": [_upright(callable_depth)],
                "annotations": [_caption(callable_depth, _("callable depth %s×") % callable_depth, at_foot=True)],
            },
        },
        columns=[_("Depth (×)"), _("Target bases"), _("Share")],
        rows=[
            [
                f"≥ {depth}",
                number(at_least[depth]),
                percent(at_least[depth] / total, 3),
            ]
            for depth in TABLE_DEPTHS
            if depth < len(at_least)
        ],
    )


def depth_histogram(document: Mapping[str, Any]) -> Chart | None:
    """Return how many target bases have each depth."""
    counts = depth_counts(document)
    if counts is None:
        return None
    depth = document["depth"]
    shown = _depth_to_show(counts, 0)
    facts = {
        "mean": number(depth["mean"], 1),
        "median": number(depth["median"]),
        "zero": number(counts[0]),
        "maximum": number(depth["maximum"]),
    }
    return Chart(
        id="depth-histogram",
        title=_("Depth over the target bases"),
        summary=_("Mean %(mean)s×, median %(median)s×, maximum %(maximum)s×; %(zero)s bases without any.") % facts,
        figure={
            "data": [
                {
                    "type": "bar",
                    "x": list(range(shown + 1)),
                    "y": counts[: shown + 1],
                    "opacity": 0.6,
                    "meta": {"tone": "accent"},
                    "hovertemplate": "%{x}×: %{y}<extra></extra>",
                }
            ],
            "layout": {
                "xaxis": {"title": {"text": _("Depth (×)")}},
                "yaxis": {"title": {"text": _("Target bases")}, "range": [0, HEADROOM * max(counts[: shown + 1])]},
                "bargap": 0,
                "showlegend": False,
                "shapes": [_upright(depth["mean"])],
                "annotations": [_caption(depth["mean"], _("mean %s×") % facts["mean"])],
            },
        },
        columns=[_("Depth (×)"), _("Target bases")],
        rows=[
            [str(low) if low == high else f"{low}–{high}", number(sum(counts[low : high + 1]))]
            for low, high in _decades(len(counts))
        ],
    )


def _at_least(counts: Sequence[int]) -> list[int]:
    return list(accumulate(reversed(counts)))[::-1]


def _depth_to_show(counts: Sequence[int], at_least: int) -> int:
    total = sum(counts)
    within = next(depth for depth, bases in enumerate(accumulate(counts)) if bases >= SHOWN_FRACTION * total)
    return max(min(within + 5, len(counts) - 1), min(at_least + 5, len(counts) - 1))


def _decades(length: int) -> list[tuple[int, int]]:
    return [(0, 0), *((low, min(low + 9, length - 1)) for low in range(1, length, 10))]


def _upright(x: float) -> dict[str, Any]:
    line = {"width": 1, "dash": "dash"}
    return {"type": "line", "name": "muted", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def _caption(x: float, text: str, *, at_foot: bool = False) -> dict[str, Any]:
    """Name an upright line where the figure leaves room: beneath a falling curve, or above the bars."""
    place = {"y": 0, "yanchor": "bottom"} if at_foot else {"y": 1, "yanchor": "top"}
    return {"x": x, "xanchor": "left", "yref": "paper", "text": f" {text}", "showarrow": False, **place}
