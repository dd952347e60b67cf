"""Compiled walk over BAM records: are they whole and sorted, and what lies on each contig?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import compiled
from kernels.io.bam import MAX_RECORD_BYTES
from kernels.io.little_endian import ByteArray, i32, u16, u32

GOOD, BAD_RECORD, UNSORTED = 0, 1, 2
# Slots of the tally: where the last record lay, and counts.
CONTIG, POSITION, READS, MAPPED, DUPLICATES, PAIRED = range(6)
TALLY_SLOTS = 6
FIXED_BYTES = 32
UNMAPPED_FLAG, DUPLICATE_FLAG, PAIRED_FLAG, NOT_PRIMARY_FLAGS = 0x4, 0x400, 0x1, 0x900


@compiled
def count(contig: int, position: int, flags: int, tally: NDArray[np.int64], mapped_by_contig: NDArray[np.int64]) -> int:
    """Count one read; UNSORTED if it belongs before the one that was counted last."""
    if tally[READS] > 0:
        # Reads without a contig come last: as a key they count above every contig.
        last = tally[CONTIG] if tally[CONTIG] >= 0 else len(mapped_by_contig)
        key = contig if contig >= 0 else len(mapped_by_contig)
        if key < last or (key == last and contig >= 0 and position < tally[POSITION]):
            return UNSORTED
    tally[CONTIG], tally[POSITION] = contig, position
    tally[READS] += 1
    if flags & NOT_PRIMARY_FLAGS == 0:
        tally[DUPLICATES] += (flags & DUPLICATE_FLAG) != 0
        tally[PAIRED] += flags & PAIRED_FLAG
    if flags & UNMAPPED_FLAG == 0:
        tally[MAPPED] += 1
        if contig >= 0:
            mapped_by_contig[contig] += 1
    return GOOD


@compiled
def walk(
    batch: ByteArray, start: int, stop: int, tally: NDArray[np.int64], mapped_by_contig: NDArray[np.int64]
) -> tuple[int, int]:
    """Walk the whole records in `batch[start:stop]`.

    Returns
    -------
    start, status : int
        Where the first record that was not counted begins; GOOD, BAD_RECORD or UNSORTED.
    """
    while stop - start >= 4:
        size = u32(batch, start)
        if size < FIXED_BYTES or size > MAX_RECORD_BYTES:
            return start, BAD_RECORD
        if start + 4 + size > stop:
            return start, GOOD
        contig, position, flags = i32(batch, start + 4), i32(batch, start + 8), u16(batch, start + 18)
        if contig < -1 or contig >= len(mapped_by_contig) or position < -1:
            return start, BAD_RECORD
        if count(contig, position, flags, tally, mapped_by_contig) == UNSORTED:
            return start, UNSORTED
        start += 4 + size
    return start, GOOD


def new_tally(contig_count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return an empty tally, and reads by contig."""
    return np.zeros(TALLY_SLOTS, dtype=np.int64), np.zeros(contig_count, dtype=np.int64)
