"""The audit trail as a file: CSV for spreadsheets, JSON for programs; entry by entry, whatever its length."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from lims.models import AuditEntry

COLUMNS = (
    "sequence",
    "recorded_at",
    "actor",
    "actor_name",
    "action",
    "operation",
    "object_type",
    "object_id",
    "reason",
    "before",
    "after",
    "request_id",
    "client_address",
    "software_version",
    "database_user",
    "transaction_id",
    "previous_hash",
    "hash",
)
# A spreadsheet takes a cell that begins like this for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Writer:
    """One way to write the trail."""

    content_type: str
    write: Callable[[Iterable[AuditEntry]], Iterator[str]]


def as_csv(entries: Iterable[AuditEntry]) -> Iterator[str]:
    """Yield a heading and one line an entry, with a byte order mark for Excel."""
    yield "\ufeff" + _line(COLUMNS)
    for entry in entries:
        yield _line([_cell(getattr(entry, name)) for name in COLUMNS])


def as_json(entries: Iterable[AuditEntry]) -> Iterator[str]:
    """Yield a JSON list, one line an entry."""
    yield "["
    for place, entry in enumerate(entries):
        document = {name: getattr(entry, name) for name in COLUMNS}
        yield (",\n" if place else "\n") + json.dumps(document, ensure_ascii=False, default=_as_text)
    yield "\n]\n"


def _as_text(value: Any) -> str:
    return str(value.isoformat())


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


WRITERS = {
    "csv": Writer("text/csv; charset=utf-8", as_csv),
    "json": Writer("application/json", as_json),
}
