"""Was the past changed? The chain of the audit trail, and the records against their history, checked row by row.

The hashes are computed here, not by the database's own function: whoever could alter rows could alter that too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection

_COLUMNS = (
    "sequence, recorded_at, transaction_id, actor, actor_name, action, reason, request_id, client_address, "
    "software_version, database_user, object_type, object_id, operation, before::text, after::text, previous_hash, hash"
)
_ENTRIES = f"SELECT {_COLUMNS} FROM audit_entry WHERE sequence > %s AND sequence <= %s ORDER BY sequence"
# One statement, one snapshot: a commit between two would look like a fault.
_ENDS = """
SELECT coalesce((SELECT sequence FROM audit_head WHERE id = 1), 0),
       coalesce((SELECT hash FROM audit_head WHERE id = 1), ''),
       coalesce((SELECT max(sequence) FROM audit_entry), 0),
       (SELECT count(*) FROM audit_entry WHERE sequence IS NULL),
       (SELECT min(id) FROM audit_entry WHERE sequence IS NULL)
"""
_BATCH = 2000


@dataclass(frozen=True, slots=True)
class Anchor:
    """A number and hash of the chain as it once was: kept by an earlier verification, or printed on a report."""

    sequence: int
    hash: str


BEGINNING = Anchor(0, "")


@dataclass(frozen=True, slots=True)
class ChainReport:
    """How far the chain holds, and the first place where it does not."""

    verified_to: Anchor
    entries: int
    fault: str | None

    @property
    def is_intact(self) -> bool:
        return self.fault is None


def verify_chain(*, since: Anchor = BEGINNING, anchors: Sequence[Anchor] = ()) -> ChainReport:
    """Check numbers without gaps, each entry's hash over its content and its predecessor, the head, and leftovers.

    Parameters
    ----------
    since : Anchor
        An entry known to be good; those before it are not read.
    anchors : sequence of Anchor
        Numbers and hashes known from outside; a chain that was cut or rewritten as a whole fails on them alone.
    """
    head_sequence, head_hash, last_sequence, unsealed, first_unsealed = _one(_ENDS)
    wanted = {anchor.sequence: anchor.hash for anchor in (*anchors, since) if anchor.sequence}
    report = _walk(since, head_sequence, wanted)
    if report.fault:
        return report
    fault = _fault_of_ends(report.verified_to, Anchor(head_sequence, head_hash), last_sequence, wanted)
    if not fault and unsealed:
        fault = f"{unsealed} entries were never sealed into the chain; the first has the row id {first_unsealed}."
    return ChainReport(report.verified_to, report.entries, fault)


def _walk(since: Anchor, last: int, wanted: dict[int, str]) -> ChainReport:
    good, count = since, 0
    if since.sequence and _hash_of(since.sequence) != since.hash:
        return ChainReport(BEGINNING, 0, f"Entry {since.sequence} is not the one that was verified before.")
    for row in _rows(_ENTRIES, [since.sequence, last]):
        fault = _fault_of_entry(row, good, wanted)
        if fault:
            return ChainReport(good, count, fault)
        good, count = Anchor(row[0], row[-1]), count + 1
    return ChainReport(good, count, None)


def _fault_of_entry(row: tuple[Any, ...], before: Anchor, wanted: dict[int, str]) -> str | None:
    sequence, previous_hash, found = row[0], row[-2], row[-1]
    if sequence != before.sequence + 1:
        return f"Entry {before.sequence + 1} is missing: after {before.sequence} comes {sequence}."
    if found != _computed(row):
        return f"Entry {sequence} was altered: its content does not have its hash ({_described(row)})."
    if previous_hash != before.hash:
        return f"Entry {sequence} does not continue entry {before.sequence} ({_described(row)})."
    if wanted.get(sequence, found) != found:
        return f"Entry {sequence} is not the one that is known from outside ({_described(row)})."
    return None


def _fault_of_ends(good: Anchor, head: Anchor, last_sequence: int, wanted: dict[int, str]) -> str | None:
    if good.sequence < head.sequence:
        return f"The head of the trail names entry {head.sequence}, but the last entry is {good.sequence}."
    if last_sequence > head.sequence:
        return f"Entry {last_sequence} lies beyond the head of the trail, which names entry {head.sequence}."
    if good.hash != head.hash:
        return f"The head of the trail does not have the hash of entry {good.sequence}."
    if wanted and max(wanted) > head.sequence:
        return (
            f"Entry {max(wanted)} is known from outside, but the trail ends with {head.sequence}: its end was cut off."
        )
    return None


def _computed(row: tuple[Any, ...]) -> str:
    """Compute what `audit_hash` computes: SHA-256 over the hash before and the columns as a jsonb array."""
    sequence, recorded_at, transaction_id, *texts = row[:14]
    before, after, previous_hash = row[14:17]
    parts = [
        str(sequence),
        json.dumps(_moment(recorded_at)),
        str(transaction_id),
        *(json.dumps(text, ensure_ascii=False) for text in texts),
        before or "null",
        after or "null",
    ]
    return hashlib.sha256(f"{previous_hash}[{', '.join(parts)}]".encode()).hexdigest()


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _described(row: tuple[Any, ...]) -> str:
    recorded_at, actor, object_type, object_id, operation = row[1], row[3], row[11], row[12], row[13]
    return f"{operation} of {object_type} {object_id} by {actor} at {_moment(recorded_at)}"


def _hash_of(sequence: int) -> str | None:
    found = list(_rows("SELECT hash FROM audit_entry WHERE sequence = %s", [sequence]))
    return found[0][0] if found else None


def _one(query: str) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return tuple(cursor.fetchone())


def _rows(query: str, parameters: list[Any]) -> Iterator[tuple[Any, ...]]:
    with closing(connection.chunked_cursor()) as cursor:
        cursor.execute(query, parameters)
        while batch := cursor.fetchmany(_BATCH):
            yield from batch
