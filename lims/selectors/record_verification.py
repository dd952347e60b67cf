"""Does every record still say what the audit trail says that it says? Each audited table is replayed from its entries.

This finds what the chain alone cannot: a row that was altered with its triggers switched off. Columns that the trail
masks cannot be replayed; of signatures and results, whose long content is masked, the recorded checksum is recomputed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from lims import canonical
from lims.models import JobResult, Signature

_AUDITED = """
SELECT relname, string_to_array(encode(tgargs, 'escape'), '\\000')
  FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
 WHERE tgname = 'audit_capture' AND NOT tgisinternal ORDER BY relname
"""
# History: the last recorded value of each column of each row, and whether the row was removed last.
_DIFFERING = """
WITH entries AS (
    SELECT id, object_id, operation, after FROM audit_entry WHERE object_type = %(table)s AND operation <> 'event'
), latest AS (
    SELECT DISTINCT ON (object_id) object_id, operation FROM entries ORDER BY object_id, id DESC
), recorded AS (
    SELECT object_id, jsonb_object_agg(key, value) AS image FROM (
        SELECT DISTINCT ON (object_id, key) object_id, key, value
          FROM entries, jsonb_each(after) WHERE operation <> 'delete' ORDER BY object_id, key, id DESC
    ) AS last_values GROUP BY object_id
), present AS (
    SELECT to_jsonb(record) ->> 'id' AS object_id, to_jsonb(record) - %(unseen)s::text[] AS image FROM {table} AS record
)
SELECT coalesce(present.object_id, latest.object_id), present.image, recorded.image, latest.operation
  FROM present FULL JOIN latest USING (object_id) LEFT JOIN recorded USING (object_id)
 WHERE CASE
       WHEN present.object_id IS NULL THEN latest.operation <> 'delete'
       WHEN latest.object_id IS NULL OR latest.operation = 'delete' THEN true
       ELSE EXISTS (SELECT FROM jsonb_each(present.image) AS now JOIN jsonb_each(recorded.image) AS was USING (key)
                     WHERE now.value IS DISTINCT FROM was.value)
       END
 ORDER BY length(coalesce(present.object_id, latest.object_id)), 1 LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class RecordReport:
    """How many tables agree with the trail, and the first row that does not."""

    tables: int
    fault: str | None

    @property
    def is_intact(self) -> bool:
        return self.fault is None


def verify_records() -> RecordReport:
    """Compare every row of every audited table with its history."""
    tables = 0
    for table, unseen in _audited_tables():
        fault = _fault_of_table(table, unseen)
        if fault:
            return RecordReport(tables, fault)
        tables += 1
    return RecordReport(tables, next(_faults_of_checksums(), None))


def _audited_tables() -> Iterator[tuple[str, list[str]]]:
    """Each audited table with the columns that its trigger does not record, or masks."""
    with connection.cursor() as cursor:
        cursor.execute(_AUDITED)
        found = cursor.fetchall()
    for table, arguments in found:
        yield table, [name for argument in arguments for name in argument.split(",") if name]


def _fault_of_table(table: str, unseen: list[str]) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL timezone = 'UTC'" if connection.in_atomic_block else "SET timezone = 'UTC'")
        cursor.execute(_DIFFERING.format(table=connection.ops.quote_name(table)), {"table": table, "unseen": unseen})
        found = cursor.fetchone()
    if found is None:
        return None
    object_id, present, recorded, last_operation = found
    return f"Row {object_id} of {table} {_difference(present, recorded, last_operation)}"


def _difference(present: str | None, recorded: str | None, last_operation: str | None) -> str:
    if present is None:
        return "is gone, but the trail has no entry of its removal."
    if last_operation is None:
        return "has no history: it was put there behind the application's back."
    if last_operation == "delete":
        return "is there, but the trail says that it was removed."
    now, was = json.loads(present), json.loads(recorded or "{}")
    columns = sorted(name for name in now.keys() & was.keys() if now[name] != was[name])
    name = columns[0]
    return f"was altered behind the application's back: {name} is {now[name]!r}, but the trail says {was[name]!r}."


def _faults_of_checksums() -> Iterator[str]:
    for signature in Signature.objects.order_by("pk").iterator():
        if hashlib.sha256(signature.canonical_text.encode()).hexdigest() != signature.sha256:
            yield _checksum_fault("lims_signature", signature.pk)
    for result in JobResult.objects.order_by("pk").iterator(chunk_size=20):
        if canonical.sha256(result.document) != result.sha256:
            yield _checksum_fault("lims_jobresult", result.pk)


def _checksum_fault(table: str, pk: int) -> str:
    return f"Row {pk} of {table} was altered behind the application's back: its content does not have its checksum."
