"""Results as text for the terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from lims.models import Measurement, RunLibrary
from lims.selectors import results
from validation.models import Study
from validation.selectors import judgements
from validation.selectors.judgements import JudgementRow
from validation.wording import (
    count_words,
    criterion_words,
    interval_words,
    judged_words,
    limit_words,
    value_words,
)


def judgement_lines(study: Study) -> list[str]:
    """Return a study's judgement: a heading and a row for each criterion."""
    heads = ("Criterion", "n", "Result", "95 % interval", "Limit", "Verdict")
    heading = f"{study.code} · {study.title} · {study.get_state_display()}"
    return [heading, *aligned([heads, *(_judgement_cells(row) for row in judgements.rows_of(study))])]


def measurement_lines(place: RunLibrary) -> list[str]:
    """Return the newest measurements of a library on a run."""
    newest = results.newest_by_key(results.current_measurements([place]))
    rows = [(_name(each), _counts(each), value_words(each.metric, each.value)) for each in newest.values()]
    return aligned([("Metric", "n", "Result"), *rows])


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines with columns of equal width; Chinese characters count two."""
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _judgement_cells(row: JudgementRow) -> tuple[str, ...]:
    return (
        criterion_words(row.criterion),
        count_words(row),
        judged_words(row),
        interval_words(row),
        limit_words(row.criterion),
        row.get_verdict_display(),
    )


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _name(measurement: Measurement) -> str:
    variant_type = measurement.get_variant_type_display() if measurement.variant_type else ""
    return " ".join(filter(None, [variant_type, measurement.metric.name, measurement.stratum]))


def _counts(measurement: Measurement) -> str:
    if measurement.denominator is None:
        return ""
    return f"{measurement.numerator:,} / {measurement.denominator:,}"
