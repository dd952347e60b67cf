"""Compiled depth by fragments: mosdepth's definition, over target territory only.

A base that both mates of a proper pair align to counts once. With `is_fast_depth`, a read counts from its first to its
last reference base, and mates are not looked at.

References
----------
Pedersen BS, Quinlan AR. Mosdepth: quick coverage calculation for genomes and exomes. Bioinformatics 2018;34:867-868.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import inlined
from kernels.coverage.mates import (
    ARENA_AT,
    CIGAR_COUNT,
    END,
    MATE_POSITION,
    NAME_LENGTH,
    START,
    Mates,
    find,
    hash_name,
    put,
    remove,
)
from kernels.coverage.records import (
    DUPLICATE,
    PROPER_PAIR,
    QC_FAIL,
    SECONDARY,
    SUPPLEMENTARY,
    UNMAPPED,
    Record,
    consumes_reference,
    is_aligned,
)
from kernels.coverage.tallies import NEXT_TARGET, Settings, Tallies, Territory
from kernels.io.little_endian import ByteArray, u32

EXCLUDED = UNMAPPED | SECONDARY | QC_FAIL | DUPLICATE


@inlined
def add_span(territory: Territory, first: int, start: int, end: int, depth: NDArray[np.int32], change: int) -> None:
    """Add `change` to the depth of the target bases in [start, end), from target `first` on."""
    starts, ends, offsets = territory.starts, territory.ends, territory.offsets
    while first < len(starts) and ends[first] <= start:
        first += 1
    if first == len(starts) or starts[first] >= end:
        return
    last = first
    while last + 1 < len(starts) and starts[last + 1] < end:
        last += 1
    depth[offsets[first] + max(start - starts[first], 0)] += change
    depth[offsets[last] + min(end, ends[last]) - starts[last]] -= change


@inlined
def next_block(data: ByteArray, cigar_at: int, count: int, index: int, position: int) -> tuple[int, int, int]:
    """Return index after, start and end of the next aligned block from operation `index` on; start -1 if none."""
    while index < count:
        word = u32(data, cigar_at + 4 * index)
        operation, length = word & 15, word >> 4
        index += 1
        if is_aligned(operation):
            return index, position, position + length
        if consumes_reference(operation):
            position += length
    return index, -1, -1


@inlined
def add_blocks(record: Record, batch: ByteArray, territory: Territory, depth: NDArray[np.int32], first: int) -> None:
    """Add 1 over each aligned block of a read."""
    index, start, end = next_block(batch, record.cigar_at, record.cigar_count, 0, record.position)
    while start >= 0:
        add_span(territory, first, start, end, depth, 1)
        index, start, end = next_block(batch, record.cigar_at, record.cigar_count, index, end)


@inlined
def take_off_overlap(
    record: Record,
    batch: ByteArray,
    mates: Mates,
    slot: int,
    territory: Territory,
    depth: NDArray[np.int32],
    first: int,
) -> None:
    """Take 1 off where a read and its waiting mate are both aligned."""
    mate = mates.slots[slot]
    if record.cigar_count == 1 and mate[CIGAR_COUNT] == 1:
        # As mosdepth: to the end of the first read, even where the second one is shorter.
        if record.position < mate[END]:
            add_span(territory, first, record.position, mate[END], depth, -1)
        return
    cigar_at = mate[ARENA_AT] + mate[NAME_LENGTH]
    own, start, end = next_block(batch, record.cigar_at, record.cigar_count, 0, record.position)
    other, mate_start, mate_end = next_block(mates.arena, cigar_at, mate[CIGAR_COUNT], 0, mate[START])
    while start >= 0 and mate_start >= 0:
        if max(start, mate_start) < min(end, mate_end):
            add_span(territory, first, max(start, mate_start), min(end, mate_end), depth, -1)
        if end <= mate_end:
            own, start, end = next_block(batch, record.cigar_at, record.cigar_count, own, end)
        else:
            other, mate_start, mate_end = next_block(mates.arena, cigar_at, mate[CIGAR_COUNT], other, mate_end)


@inlined
def meet_mate(
    record: Record, batch: ByteArray, mates: Mates, territory: Territory, depth: NDArray[np.int32], first: int
) -> None:
    """Store a read that its mate will overlap, or take the overlap with the stored mate off."""
    value = hash_name(batch, record.name_at, record.name_length)
    slot, is_known = find(mates, value, batch, record.name_at, record.name_length)
    reaches_mate = record.contig == record.mate_contig and record.end > record.mate_position
    is_left = record.position < record.mate_position or (record.position == record.mate_position and not is_known)
    if reaches_mate and is_left:
        row = mates.row
        row[NAME_LENGTH], row[CIGAR_COUNT] = record.name_length, record.cigar_count
        row[START], row[END], row[MATE_POSITION] = record.position, record.end, record.mate_position
        put(mates, slot, is_known, value, batch, record.name_at, record.cigar_at, row)
    elif is_known:
        take_off_overlap(record, batch, mates, slot, territory, depth, first)
        remove(mates, slot)


@inlined
def count_over_targets(record: Record, territory: Territory, tallies: Tallies, first: int) -> None:
    """Count a read at each target that it spans, apart if it could as well be from elsewhere."""
    while first < len(territory.starts) and territory.starts[first] < record.end:
        tallies.mapped[first] += 1
        if record.mapping_quality == 0:
            tallies.ambiguous[first] += 1
        first += 1


@inlined
def add_fragment(
    record: Record, batch: ByteArray, settings: Settings, territory: Territory, tallies: Tallies, mates: Mates
) -> None:
    """Count one read. Reads off target change nothing, nor do their mates where they overlap them."""
    first = tallies.cursor[NEXT_TARGET]
    if record.flag & EXCLUDED or first == len(territory.starts) or territory.starts[first] >= record.end:
        return
    count_over_targets(record, territory, tallies, first)
    if record.mapping_quality < settings.fragment_min_mapping_quality:
        return
    if settings.is_fast_depth:
        add_span(territory, first, record.position, record.end, tallies.fragment, 1)
        return
    if record.flag & PROPER_PAIR and not record.flag & SUPPLEMENTARY:
        meet_mate(record, batch, mates, territory, tallies.fragment, first)
    add_blocks(record, batch, territory, tallies.fragment, first)
