"""Reading of the metric files that Picard writes."""

from __future__ import annotations

from pathlib import Path


def metrics(path: Path) -> dict[str, str]:
    """Return the fields of the first row."""
    lines = path.read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("## METRICS CLASS"))
    return dict(zip(lines[at + 1].split("\t"), lines[at + 2].split("\t"), strict=False))


def histogram(path: Path) -> list[list[str]]:
    """Return the rows of the histogram."""
    lines = path.read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("## HISTOGRAM"))
    return [line.split("\t") for line in lines[at + 2 :] if line]


def as_number(text: str) -> float | None:
    """Return a value as Picard shows it: `?` and nothing are undefined."""
    return None if text in ("", "?") else float(text.replace("\u221e", "inf"))
