"""Compiled table of reads that wait for the mate that overlaps them, keyed by read name.

Open addressing with linear probing; entries are removed by shifting back, so no tombstones gather. Names and CIGARs
lie in one arena of bytes. Names are compared whole: two reads never meet because their hashes agree.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import inlined
from kernels.errors import KernelError
from kernels.io.little_endian import ByteArray, u32

HASH, ARENA_AT, NAME_LENGTH, CIGAR_COUNT, START, END, MATE_POSITION = range(7)
COLUMNS = 7
ENTRIES, ARENA_USED = 0, 1
EMPTY = -1
FIRST_SLOTS, FIRST_ARENA_BYTES = 1 << 10, 1 << 17
# 4 million open pairs need a depth that no assay reaches: a file that asks for more has forged positions.
MAX_SLOTS, MAX_ARENA_BYTES = 1 << 22, 1 << 28
MULTIPLIER = -7046029254386353131


class Mates(NamedTuple):
    """Waiting reads: a table of slots (power of two), an arena, how much of each is used, and a row to fill."""

    slots: NDArray[np.int64]
    arena: ByteArray
    used: NDArray[np.int64]
    row: NDArray[np.int64]


def new_mates(slot_count: int = FIRST_SLOTS, arena_bytes: int = FIRST_ARENA_BYTES) -> Mates:
    """Return an empty table."""
    slots = np.zeros((slot_count, COLUMNS), dtype=np.int64)
    slots[:, ARENA_AT] = EMPTY
    return Mates(
        slots, np.empty(arena_bytes, dtype=np.uint8), np.zeros(2, dtype=np.int64), np.zeros(COLUMNS, dtype=np.int64)
    )


@inlined
def has_room(mates: Mates, byte_count: int) -> bool:
    """Whether one more read with this many bytes of name and CIGAR fits."""
    used = mates.used
    return used[ENTRIES] * 2 < len(mates.slots) and used[ARENA_USED] + byte_count <= len(mates.arena)


@inlined
def hash_name(batch: ByteArray, at: int, length: int) -> int:
    value, index = length, 0
    while index + 4 <= length:
        value = (value ^ u32(batch, at + index)) * MULTIPLIER
        value ^= value >> 29
        index += 4
    while index < length:
        value = (value ^ int(np.int64(batch[at + index]))) * MULTIPLIER
        index += 1
    return value ^ (value >> 32)


@inlined
def _is_same_name(mates: Mates, slot: int, batch: ByteArray, at: int, length: int) -> bool:
    if mates.slots[slot, NAME_LENGTH] != length:
        return False
    stored = mates.slots[slot, ARENA_AT]
    for index in range(length):  # noqa: SIM110 - compiled
        if mates.arena[stored + index] != batch[at + index]:
            return False
    return True


@inlined
def find(mates: Mates, value: int, batch: ByteArray, at: int, length: int) -> tuple[int, bool]:
    """Return the slot that holds a name, or the free slot where it belongs."""
    mask = len(mates.slots) - 1
    slot = value & mask
    while mates.slots[slot, ARENA_AT] != EMPTY:
        if mates.slots[slot, HASH] == value and _is_same_name(mates, slot, batch, at, length):
            return slot, True
        slot = (slot + 1) & mask
    return slot, False


@inlined
def _copy_row(source: NDArray[np.int64], target: NDArray[np.int64]) -> None:
    for column in range(COLUMNS):
        target[column] = source[column]


@inlined
def _copy_bytes(source: ByteArray, at: int, target: ByteArray, to: int, count: int) -> None:
    for index in range(count):
        target[to + index] = source[at + index]


@inlined
def remove(mates: Mates, slot: int) -> None:
    """Take out one entry and close the gap that it leaves in its run."""
    slots, mask = mates.slots, len(mates.slots) - 1
    free, probe = slot, (slot + 1) & mask
    while slots[probe, ARENA_AT] != EMPTY:
        home = slots[probe, HASH] & mask
        if (probe - home) & mask >= (probe - free) & mask:
            _copy_row(slots[probe], slots[free])
            free = probe
        probe = (probe + 1) & mask
    slots[free, ARENA_AT] = EMPTY
    mates.used[ENTRIES] -= 1


@inlined
def put(
    mates: Mates,
    slot: int,
    is_known: bool,
    value: int,
    source: ByteArray,
    name_at: int,
    cigar_at: int,
    fields: NDArray[np.int64],
) -> None:
    """Fill a slot. `fields` holds the columns of the slot; hash and arena offset are set here."""
    name_length, cigar_bytes = fields[NAME_LENGTH], 4 * fields[CIGAR_COUNT]
    start = mates.used[ARENA_USED]
    _copy_bytes(source, name_at, mates.arena, start, name_length)
    cigar_start = start + name_length
    _copy_bytes(source, cigar_at, mates.arena, cigar_start, cigar_bytes)
    _copy_row(fields, mates.slots[slot])
    mates.slots[slot, HASH], mates.slots[slot, ARENA_AT] = value, start
    mates.used[ARENA_USED] = cigar_start + cigar_bytes
    if not is_known:
        mates.used[ENTRIES] += 1


@inlined
def move_waiting(old: Mates, new: Mates, position: int) -> None:
    """Copy the reads whose mate may still come to an empty, large enough table."""
    for slot in range(len(old.slots)):
        fields = old.slots[slot]
        if fields[ARENA_AT] == EMPTY or fields[MATE_POSITION] < position:
            continue
        name_at = fields[ARENA_AT]
        free, is_known = find(new, fields[HASH], old.arena, name_at, fields[NAME_LENGTH])
        put(new, free, is_known, fields[HASH], old.arena, name_at, name_at + fields[NAME_LENGTH], fields)


@inlined
def count_waiting(mates: Mates, position: int) -> tuple[int, int]:
    """Return how many reads may still meet their mate, and the bytes they take."""
    count, byte_count = 0, 0
    for slot in range(len(mates.slots)):
        if mates.slots[slot, ARENA_AT] != EMPTY and mates.slots[slot, MATE_POSITION] >= position:
            count += 1
            byte_count += mates.slots[slot, NAME_LENGTH] + 4 * mates.slots[slot, CIGAR_COUNT]
    return count, byte_count


def make_room(mates: Mates, position: int, byte_count: int, file: str) -> Mates:
    """Return a table without the reads whose mate should have come, with room for one more read."""
    count, waiting_bytes = count_waiting(mates, position)
    slot_count, arena_bytes = len(mates.slots), len(mates.arena)
    while slot_count < 4 * (count + 1):
        slot_count *= 2
    while arena_bytes < 2 * waiting_bytes + byte_count:
        arena_bytes *= 2
    if slot_count > MAX_SLOTS or arena_bytes > MAX_ARENA_BYTES:
        raise KernelError(
            "pairs_unresolved",
            f"{file} holds more than {MAX_SLOTS // 4} overlapping pairs at one place: its mate positions are not real.",
            file=file,
        )
    roomier = new_mates(slot_count, arena_bytes)
    move_waiting(mates, roomier, position)
    return roomier
