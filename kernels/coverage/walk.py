"""The compiled walk over a batch of BAM records: each record is checked once and counted for everything."""

from __future__ import annotations

from kernels.compiled import inlined
from kernels.coverage.fragment_depth import add_fragment
from kernels.coverage.mates import Mates, has_room
from kernels.coverage.records import (
    DAMAGED,
    DUPLICATE,
    FIRST_IN_PAIR,
    FIXED_BYTES,
    FLAG_VALUES,
    MATE_REVERSE,
    MATE_UNMAPPED,
    MORE_BYTES,
    MORE_ROOM,
    OK,
    OTHER_CONTIG,
    PAIRED,
    QC_FAIL,
    REVERSE,
    SECONDARY,
    SUPPLEMENTARY,
    UNMAPPED,
    UNSORTED,
    Record,
    read_record,
)
from kernels.coverage.selection import count_hybrid_selection
from kernels.coverage.tallies import (
    FORWARD_REVERSE,
    LAST_POSITION,
    MAPPED_RECORDS,
    MAX_INSERT_BP,
    NEXT_BAIT,
    NEXT_NEAR,
    NEXT_TARGET,
    PAIRED_RECORDS,
    RECORDS,
    REVERSE_FORWARD,
    TANDEM,
    IntArray,
    Settings,
    Tallies,
    Territory,
)
from kernels.io.bam import MAX_RECORD_BYTES
from kernels.io.little_endian import ByteArray, i32

# Flagstat's own threshold for a mate on another contig that can be believed.
MIN_ELSEWHERE_QUALITY = 5
NO_INSERT = UNMAPPED | MATE_UNMAPPED | FIRST_IN_PAIR | SECONDARY | SUPPLEMENTARY | DUPLICATE


@inlined
def _advance(ends: IntArray, cursor: IntArray, place: int, position: int) -> None:
    """Move to the first interval that ends after a position: reads come sorted, so it never moves back."""
    at = cursor[place]
    while at < len(ends) and ends[at] <= position:
        at += 1
    cursor[place] = at


@inlined
def _count_flags(record: Record, tallies: Tallies) -> None:
    """Count what samtools flagstat needs: flag values, and primary pairs whose mates lie on different contigs."""
    flag = record.flag
    tallies.flags[flag & (FLAG_VALUES - 1)] += 1
    tallies.counters[RECORDS] += 1
    tallies.counters[PAIRED_RECORDS] += flag & PAIRED
    tallies.counters[MAPPED_RECORDS] += flag & UNMAPPED == 0
    is_counted = flag & PAIRED and not flag & (SECONDARY | SUPPLEMENTARY | UNMAPPED | MATE_UNMAPPED)
    if is_counted and record.contig != record.mate_contig:
        quality_fail = 1 if flag & QC_FAIL else 0
        tallies.mate_elsewhere[quality_fail, 0] += 1
        if record.mapping_quality >= MIN_ELSEWHERE_QUALITY:
            tallies.mate_elsewhere[quality_fail, 1] += 1


@inlined
def orientation(record: Record) -> int:
    """Return how the mates of a pair face each other, as htsjdk decides it."""
    is_reverse = record.flag & REVERSE != 0
    if is_reverse == (record.flag & MATE_REVERSE != 0):
        return TANDEM
    forward_start = record.mate_position if is_reverse else record.position
    # htsjdk takes the last base of a reversed read itself, but one past the last base of a reversed mate.
    reverse_end = record.end - 1 if is_reverse else record.position + record.template_length
    return FORWARD_REVERSE if forward_start < reverse_end else REVERSE_FORWARD


@inlined
def _count_insert(record: Record, tallies: Tallies) -> None:
    if record.flag & PAIRED and not record.flag & NO_INSERT and record.template_length != 0:
        kind, size = orientation(record), abs(record.template_length)
        tallies.inserts[kind, min(size, MAX_INSERT_BP)] += 1
        tallies.max_insert[kind] = max(tallies.max_insert[kind], size)


@inlined
def _count_record(
    record: Record, batch: ByteArray, settings: Settings, territory: Territory, tallies: Tallies, mates: Mates
) -> None:
    cursor, position = tallies.cursor, record.position
    _count_flags(record, tallies)
    if record.contig >= 0:
        _advance(territory.ends, cursor, NEXT_TARGET, position)
        add_fragment(record, batch, settings, territory, tallies, mates)
    if settings.is_selection_wanted:
        if settings.has_baits:
            _advance(territory.bait_ends, cursor, NEXT_BAIT, position)
            _advance(territory.near_ends, cursor, NEXT_NEAR, position)
        count_hybrid_selection(record, batch, settings, territory, tallies)
        _count_insert(record, tallies)


@inlined
def walk(
    batch: ByteArray,
    start: int,
    stop: int,
    contig: int,
    settings: Settings,
    territory: Territory,
    tallies: Tallies,
    mates: Mates,
) -> tuple[int, int]:
    """Count the records of one contig in `batch[start:stop]`.

    Returns
    -------
    status : int
        MORE_BYTES, MORE_ROOM (the table of mates is full), OTHER_CONTIG, DAMAGED or UNSORTED.
    at : int
        Offset of the first record that was not counted.
    """
    at = start
    while stop - at >= 4:
        size = i32(batch, at)
        if size < FIXED_BYTES or size > MAX_RECORD_BYTES:
            return DAMAGED, at
        if stop - at - 4 < size:
            break
        if i32(batch, at + 4) != contig:
            return OTHER_CONTIG, at
        if not has_room(mates, size):
            return MORE_ROOM, at
        status, record = read_record(batch, at + 4, size, settings.contig_count)
        if status != OK:
            return status, at
        if record.contig >= 0 and record.position < tallies.cursor[LAST_POSITION]:
            return UNSORTED, at
        tallies.cursor[LAST_POSITION] = record.position
        _count_record(record, batch, settings, territory, tallies, mates)
        at += 4 + size
    return MORE_BYTES, at
