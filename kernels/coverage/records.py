"""Compiled reading of BAM records: fields, and the bounds that everything after relies on."""

from __future__ import annotations

from typing import NamedTuple

from kernels.compiled import inlined
from kernels.io.little_endian import ByteArray, i32, u16, u32

# Outcomes of looking at one record or one batch.
OK, MORE_BYTES, MORE_ROOM, OTHER_CONTIG, DAMAGED, UNSORTED = 0, 1, 2, 3, 4, 5

PAIRED, PROPER_PAIR, UNMAPPED, MATE_UNMAPPED = 0x1, 0x2, 0x4, 0x8
REVERSE, MATE_REVERSE, FIRST_IN_PAIR = 0x10, 0x20, 0x40
SECONDARY, QC_FAIL, DUPLICATE, SUPPLEMENTARY = 0x100, 0x200, 0x400, 0x800
FLAG_VALUES = 0x1000

MATCH, INSERTION, DELETION, SKIP, SOFT_CLIP, HARD_CLIP, PADDING, EQUAL, DIFFERENT = range(9)
FIXED_BYTES = 32
MISSING_QUALITY = 255


class Record(NamedTuple):
    """Fields of one record; `…_at` are offsets into the batch (the CIGAR's into `batch` too)."""

    flag: int
    mapping_quality: int
    contig: int
    position: int
    mate_contig: int
    mate_position: int
    template_length: int
    name_at: int
    name_length: int
    cigar_at: int
    cigar_count: int
    bases_at: int
    qualities_at: int
    length: int
    end: int
    aligned_bases: int


@inlined
def is_aligned(operation: int) -> bool:
    """Whether a CIGAR operation pairs read bases with reference bases."""
    return operation in (MATCH, EQUAL, DIFFERENT)


@inlined
def consumes_reference(operation: int) -> bool:
    return is_aligned(operation) or operation in (DELETION, SKIP)


@inlined
def consumes_read(operation: int) -> bool:
    return is_aligned(operation) or operation in (INSERTION, SOFT_CLIP)


@inlined
def _value_size(kind: int) -> int:
    """Bytes of one tag value or array element by its type letter; 0 if unknown."""
    if kind in (65, 99, 67):  # A c C
        return 1
    if kind in (115, 83):  # s S
        return 2
    if kind in (105, 73, 102):  # i I f
        return 4
    return 0


@inlined
def _tag_end(batch: ByteArray, at: int, stop: int) -> int:
    """Return the offset after the tag at `at`, or -1 if it does not fit."""
    kind = batch[at + 2]
    if kind in (90, 72):  # Z H
        end = at + 3
        while end < stop and batch[end] != 0:
            end += 1
        return end + 1 if end < stop else -1
    if kind == 66:  # B
        if at + 8 > stop:
            return -1
        size = _value_size(batch[at + 3])
        end = at + 8 + size * u32(batch, at + 4)
    else:
        size = _value_size(kind)
        end = at + 3 + size
    return end if size > 0 and end <= stop else -1


@inlined
def long_cigar(batch: ByteArray, at: int, stop: int) -> tuple[int, int]:
    """Find the real CIGAR of a record with more than 65,535 operations, in its CG tag: offset and count, or -1, 0."""
    while at + 3 <= stop:
        end = _tag_end(batch, at, stop)
        if end < 0:
            return -1, 0
        is_cigar = batch[at] == 67 and batch[at + 1] == 71 and batch[at + 2] == 66
        if is_cigar and batch[at + 3] == 73:
            return at + 8, u32(batch, at + 4)
        at = end
    return -1, 0


@inlined
def measure_cigar(batch: ByteArray, at: int, count: int) -> tuple[int, int, int]:
    """Return reference bases, read bases and aligned bases; -1 reference bases if an operation is unknown."""
    on_reference, on_read, aligned = 0, 0, 0
    for index in range(count):
        word = u32(batch, at + 4 * index)
        operation, length = word & 15, word >> 4
        if operation > DIFFERENT:
            return -1, 0, 0
        if is_aligned(operation):
            on_reference += length
            on_read += length
            aligned += length
        elif operation in (DELETION, SKIP):
            on_reference += length
        elif operation in (INSERTION, SOFT_CLIP):
            on_read += length
    return on_reference, on_read, aligned


@inlined
def _is_placeholder(batch: ByteArray, at: int, count: int, length: int) -> bool:
    """Whether a CIGAR only says that the real one is in the CG tag: kSmN with k the read length."""
    if count != 2:
        return False
    first, second = u32(batch, at), u32(batch, at + 4)
    return first & 15 == SOFT_CLIP and first >> 4 == length and second & 15 == SKIP


@inlined
def read_record(batch: ByteArray, at: int, size: int, contig_count: int) -> tuple[int, Record]:
    """Read and check the record whose `size` bytes begin at `at`.

    Returns
    -------
    status : int
        OK or DAMAGED. A record that is OK lies wholly inside its bytes, and its CIGAR agrees with its sequence.
    record : Record
    """
    flag, length = u16(batch, at + 14), i32(batch, at + 16)
    name_length, cigar_count = int(batch[at + 8]), u16(batch, at + 12)
    contig, mate_contig = i32(batch, at), i32(batch, at + 20)
    name_at, stop = at + FIXED_BYTES, at + size
    cigar_at = name_at + name_length
    bases_at = cigar_at + 4 * cigar_count
    qualities_at = bases_at + (length + 1) // 2
    tags_at = qualities_at + length
    is_sound = length >= 0 and name_length > 0 and tags_at <= stop
    is_sound = is_sound and -1 <= contig < contig_count and -1 <= mate_contig < contig_count
    on_reference, on_read, aligned = 0, 0, 0
    if is_sound and _is_placeholder(batch, cigar_at, cigar_count, length):
        real_at, real_count = long_cigar(batch, tags_at, stop)
        if real_at >= 0:
            cigar_at, cigar_count = real_at, real_count
    if is_sound:
        on_reference, on_read, aligned = measure_cigar(batch, cigar_at, cigar_count)
        is_sound = on_reference >= 0 and (length == 0 or cigar_count == 0 or on_read == length)
    position = i32(batch, at + 4)
    record = Record(
        flag, int(batch[at + 9]), contig, position, mate_contig, i32(batch, at + 24), i32(batch, at + 28),
        name_at, name_length, cigar_at, cigar_count, bases_at, qualities_at, length,
        position + on_reference, aligned,
    )  # fmt: skip
    return (OK if is_sound and position >= -1 else DAMAGED), record
