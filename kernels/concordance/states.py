"""States of the haplotype search: what the decisions so far have written, and how two states read on or compare.

A state is a row of integers; the letters by which one side is ahead lie in an array that all states of a step share.
"""

from __future__ import annotations

import numpy as np

from kernels.compiled import compiled
from kernels.concordance.call_table import (
    COUNT,
    END,
    OFFSET,
    PLAIN,
    START,
    ByteArray,
    Calls,
    IntTable,
    next_start,
)  # fmt: skip

TRUTH, QUERY = 0, 1

# Columns. Each haplotype has a block of six: reference position read by truth and by query, which side is ahead, and
# where the letters ahead begin, how many they are and their hash. Then: which sides have contributed since all was in
# step, calls included, calls of truth and of query since then, where that was, and the last entry of the history.
TRUTH_AT, QUERY_AT, AHEAD, LETTERS, LENGTH, HASH = 0, 1, 2, 3, 4, 5
BLOCK = 6
BLOCKS = (0, BLOCK)
SIDES, SCORE, TRUTH_CALLS, QUERY_CALLS, IN_STEP_AT, HISTORY = 12, 13, 14, 15, 16, 17
WIDTH = 18
NOBODY, TRUTH_AHEAD, QUERY_AHEAD = 0, 1, 2
ONLY_TRUTH, ONLY_QUERY, BOTH = 1, 2, 3

# What defines a state, beside its letters and `SIDES`.
IDENTITY = (TRUTH_AT, QUERY_AT, AHEAD, LENGTH, HASH)

AGREES, DIFFERS, UNKNOWN = 1, 0, -1

FNV_START = np.int64(-3750763034362895579)
FNV_PRIME = np.int64(1099511628211)


@compiled
def _hash(letters: ByteArray, start: int, length: int) -> np.int64:
    value = FNV_START
    for offset in range(start, start + length):
        value = (value ^ np.int64(letters[offset])) * FNV_PRIME
    return value


@compiled
def _catch_up(state: IntTable, base: int, letters: ByteArray, sequence: ByteArray, behind: int, limit: int) -> int:
    """Let the side behind read reference against the letters ahead. Return 1 if they agree, 0 if not, -1 if unknown."""
    at = state[base + behind]
    count = min(state[base + LENGTH], limit - at)
    start = state[base + LETTERS]
    for step in range(count):
        letter = PLAIN[sequence[at + step]]
        if letter != letters[start + step]:
            return -1 if letter == 0 else 0
    if count > 0:
        state[base + behind] += count
        state[base + LETTERS] += count
        state[base + LENGTH] -= count
    if state[base + LENGTH] == 0:
        state[base + AHEAD] = NOBODY
    return 1


@compiled
def _read_together(state: IntTable, base: int, sequence: ByteArray, truth_limit: int, query_limit: int) -> int:
    """Let both sides read reference, at their different places, as far as neither has a call to decide."""
    truth_at, query_at = state[base + TRUTH_AT], state[base + QUERY_AT]
    count = min(truth_limit - truth_at, query_limit - query_at)
    for step in range(count):
        one, other = PLAIN[sequence[truth_at + step]], PLAIN[sequence[query_at + step]]
        if one == 0 or other == 0:
            return -1
        if one != other:
            return 0
    if count > 0:
        state[base + TRUTH_AT] += count
        state[base + QUERY_AT] += count
    return 1


@compiled
def settle(
    state: IntTable,
    base: int,
    letters: ByteArray,
    sequence: ByteArray,
    truth: Calls,
    truth_index: int,
    query: Calls,
    query_index: int,
) -> int:
    """Read on as far as both sides are determined. Return 1 if they agree, 0 if not, -1 if reference is missing."""
    end = len(sequence)
    if state[base + AHEAD] == TRUTH_AHEAD:
        limit = next_start(query, query_index, state[base + QUERY_AT], end)
        agrees = _catch_up(state, base, letters, sequence, QUERY_AT, limit)
        if agrees != 1 or state[base + LENGTH] > 0:
            return agrees
    elif state[base + AHEAD] == QUERY_AHEAD:
        limit = next_start(truth, truth_index, state[base + TRUTH_AT], end)
        agrees = _catch_up(state, base, letters, sequence, TRUTH_AT, limit)
        if agrees != 1 or state[base + LENGTH] > 0:
            return agrees
    if state[base + TRUTH_AT] == state[base + QUERY_AT]:
        return 1
    truth_limit = next_start(truth, truth_index, state[base + TRUTH_AT], end)
    query_limit = next_start(query, query_index, state[base + QUERY_AT], end)
    return _read_together(state, base, sequence, truth_limit, query_limit)


@compiled
def _append(
    state: IntTable,
    base: int,
    letters: ByteArray,
    fill: int,
    sequence: ByteArray,
    side: int,
    calls: Calls,
    row: int,
    allele: int,
) -> tuple[int, int]:
    """Write the reference up to an allele, and the allele, on one side of one haplotype.

    Returns (1 if the sides still agree, 0 if not, -1 if reference is missing; new end of the letters).
    """
    if state[base + AHEAD] != NOBODY and state[base + AHEAD] != side + 1:
        return _append_behind(state, base, letters, fill, sequence, side, calls, row, allele)
    own = TRUTH_AT if side == TRUTH else QUERY_AT
    # Other states share the letters that are ahead already: write on a copy.
    end = fill
    for offset in range(state[base + LENGTH] if state[base + AHEAD] != NOBODY else 0):
        letters[end] = letters[state[base + LETTERS] + offset]
        end += 1
    for position in range(state[base + own], calls.table[row, allele + START]):
        letter = PLAIN[sequence[position]]
        if letter == 0:
            return -1, fill
        letters[end] = letter
        end += 1
    for offset in range(calls.table[row, allele + COUNT]):
        letters[end] = calls.letters[calls.table[row, allele + OFFSET] + offset]
        end += 1
    state[base + LETTERS] = fill
    state[base + LENGTH] = end - fill
    state[base + AHEAD] = side + 1 if end > fill else NOBODY
    state[base + own] = calls.table[row, allele + END]
    return 1, end


@compiled
def _append_behind(
    state: IntTable,
    base: int,
    letters: ByteArray,
    fill: int,
    sequence: ByteArray,
    side: int,
    calls: Calls,
    row: int,
    allele: int,
) -> tuple[int, int]:
    """`_append` for the side that is behind: what it writes must agree with the letters ahead."""
    own = TRUTH_AT if side == TRUTH else QUERY_AT
    at, start = state[base + own], calls.table[row, allele + START]
    written = start - at + calls.table[row, allele + COUNT]
    ahead, ahead_end = state[base + LETTERS], state[base + LETTERS] + state[base + LENGTH]
    surplus = fill
    for step in range(written):
        if step < start - at:
            letter = PLAIN[sequence[at + step]]
            if letter == 0:
                return -1, fill
        else:
            letter = calls.letters[calls.table[row, allele + OFFSET] + step - (start - at)]
        if ahead < ahead_end:
            if letters[ahead] != letter:
                return 0, fill
            ahead += 1
        else:
            letters[surplus] = letter
            surplus += 1
    state[base + own] = calls.table[row, allele + END]
    if surplus > fill:
        state[base + LETTERS], state[base + LENGTH], state[base + AHEAD] = fill, surplus - fill, side + 1
    else:
        state[base + LETTERS], state[base + LENGTH] = ahead, ahead_end - ahead
        if ahead == ahead_end:
            state[base + AHEAD] = NOBODY
    return 1, surplus


@compiled
def include(
    state: IntTable,
    letters: ByteArray,
    fill: int,
    sequence: ByteArray,
    side: int,
    calls: Calls,
    row: int,
    chosen: IntTable,
) -> tuple[int, int]:
    """Lay a call on a state in place. Returns (1 agrees, 0 does not, -1 reference missing; new end of letters)."""
    own = TRUTH_AT if side == TRUTH else QUERY_AT
    for haplotype in range(2):
        if chosen[haplotype] >= 0 and calls.table[row, chosen[haplotype] + START] < state[haplotype * BLOCK + own]:
            return 0, fill
    for haplotype in range(2):
        if chosen[haplotype] >= 0:
            agrees, fill = _append(
                state, haplotype * BLOCK, letters, fill, sequence, side, calls, row, chosen[haplotype]
            )
            if agrees != 1:
                return agrees, fill
    state[SIDES] |= side + 1
    state[SCORE] += 1
    state[TRUTH_CALLS + side] += 1
    return 1, fill


@compiled
def standardise(state: IntTable, letters: ByteArray, frontier: int) -> None:
    """Give equal states equal columns: positions that both sides only read past, hashes, order of the haplotypes."""
    for base in BLOCKS:
        if state[base + AHEAD] == NOBODY:
            state[base + LENGTH] = 0
            if state[base + TRUTH_AT] == state[base + QUERY_AT] and state[base + TRUTH_AT] < frontier:
                state[base + TRUTH_AT] = frontier
                state[base + QUERY_AT] = frontier
        state[base + HASH] = _hash(letters, state[base + LETTERS], state[base + LENGTH])
    for column in IDENTITY:
        if state[column] != state[BLOCK + column]:
            if state[column] > state[BLOCK + column]:
                for each in range(BLOCK):
                    state[each], state[BLOCK + each] = state[BLOCK + each], state[each]
            return


@compiled
def is_in_step(state: IntTable, frontier: int) -> bool:
    for base in BLOCKS:
        if state[base + AHEAD] != NOBODY or state[base + TRUTH_AT] != state[base + QUERY_AT]:
            return False
        if state[base + TRUTH_AT] > frontier:
            return False
    return True


@compiled
def _reads_same(one: IntTable, one_letters: ByteArray, other: IntTable, other_letters: ByteArray) -> bool:
    for column in IDENTITY:
        if one[column] != other[column] or one[BLOCK + column] != other[BLOCK + column]:
            return False
    if one[SIDES] != other[SIDES]:
        return False
    for base in BLOCKS:
        for offset in range(one[base + LENGTH]):
            if one_letters[one[base + LETTERS] + offset] != other_letters[other[base + LETTERS] + offset]:
                return False
    return True


@compiled
def _is_better(one: IntTable, other: IntTable) -> bool:
    """More calls first; then equal numbers on both sides, then the more recent place in step: the simpler reading."""
    if one[SCORE] != other[SCORE]:
        return one[SCORE] > other[SCORE]
    imbalance = abs(one[TRUTH_CALLS] - one[QUERY_CALLS])
    other_imbalance = abs(other[TRUTH_CALLS] - other[QUERY_CALLS])
    if imbalance != other_imbalance:
        return imbalance < other_imbalance
    return one[IN_STEP_AT] > other[IN_STEP_AT]


@compiled
def _slot(state: IntTable) -> int:
    value = state[HASH] * FNV_PRIME + state[BLOCK + HASH]
    for column in (TRUTH_AT, QUERY_AT, BLOCK + TRUTH_AT, BLOCK + QUERY_AT):
        value = (value ^ state[column]) * FNV_PRIME
    value ^= (value >> 31) & 0x1FFFFFFFF
    return value ^ state[SIDES]


@compiled
def copy_state(state: IntTable, target: IntTable) -> None:
    # A loop, not a slice assignment: that one takes seconds to compile, for the message of an error it never raises.
    for column in range(WIDTH):
        target[column] = state[column]


@compiled
def keep(
    states: IntTable,
    count: int,
    letters: ByteArray,
    state: IntTable,
    table: IntTable,
    table_marks: IntTable,
    mark: int,
) -> int:
    """Add a state unless an equal one is there; of two equal ones keep the better. Return the number of states."""
    mask = table.size - 1
    slot = _slot(state) & mask
    while table_marks[slot] == mark:
        other = states[table[slot]]
        if _reads_same(state, letters, other, letters):
            if _is_better(state, other):
                copy_state(state, other)
            return count
        slot = (slot + 1) & mask
    table_marks[slot], table[slot] = mark, count
    copy_state(state, states[count])
    return count + 1
