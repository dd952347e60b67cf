"""The arrays that the haplotype search works in: states, the table that merges them, letters and history."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import compiled
from kernels.concordance.alleles import NO_CHANGE
from kernels.concordance.call_table import ALLELES, COUNT, LAST, START, ByteArray, Calls, IntTable
from kernels.concordance.states import (
    BLOCKS,
    LENGTH,
    LETTERS,
    QUERY_AT,
    SCORE,
    SIDES,
    TRUTH,
    TRUTH_AT,
    WIDTH,
    copy_state,
)

MatchArray = NDArray[np.int32]

# An entry of the history that is a place in step, not a call.
STEP = -1

# A call is left out, or laid down in one of two ways.
OPTIONS = 3

# Letters ahead that weigh as much as one included call, when states must be given up.
LETTERS_PER_CALL = 4


class Room(NamedTuple):
    """Arrays that grow with the number of states.

    Attributes
    ----------
    states, targets : int64 arrays (n, WIDTH)
        The states of this step and of the next.
    slots, marks : int64 arrays (m,)
        Hash table of the next states; a slot is in use if its mark is the current one.
    history : int64 array (k, 3)
        Parent, call (or STEP) and side of each inclusion. Row 0 holds the number of entries.
    """

    states: IntTable
    targets: IntTable
    slots: IntTable
    marks: IntTable
    history: IntTable


@compiled
def record(history: IntTable, parent: int, call: int, side: int) -> int:
    entry = history[0, 0] + 1
    history[0, 0] = entry
    history[entry, 0] = parent
    history[entry, 1] = call
    history[entry, 2] = side
    return entry


@compiled
def write_matches(
    history: IntTable, entry: int, matches: int, truth_matches: MatchArray, query_matches: MatchArray
) -> int:
    """Number the calls of the winning history; return the number of matches so far."""
    opened = False
    while entry > 0:
        call = history[entry, 1]
        if call == STEP:
            opened = False
        else:
            if not opened:
                matches += 1
                opened = True
            if history[entry, 2] == TRUTH:
                truth_matches[call] = matches
            else:
                query_matches[call] = matches
        entry = history[entry, 0]
    return matches


@compiled
def compact(states: IntTable, count: int, letters: ByteArray, room: int) -> tuple[ByteArray, int]:
    """Copy the letters that are still ahead to a fresh array with room; return it with its fill."""
    needed = 0
    for index in range(count):
        for base in BLOCKS:
            needed += states[index, base + LENGTH]
    fresh = np.empty(needed + room, np.uint8)
    fill = 0
    for index in range(count):
        for base in BLOCKS:
            start, length = states[index, base + LETTERS], states[index, base + LENGTH]
            states[index, base + LETTERS] = fill
            for offset in range(length):
                fresh[fill + offset] = letters[start + offset]
            fill += length
    return fresh, fill


@compiled
def letters_needed(calls: Calls, row: int, states: IntTable, count: int, side: int) -> int:
    """Return how many letters the options of a call can add to all states."""
    longest = 0
    for allele in ALLELES:
        if calls.table[row, allele + START] != NO_CHANGE:
            longest = max(longest, calls.table[row, allele + COUNT])
    own = TRUTH_AT if side == TRUTH else QUERY_AT
    total = 0
    for index in range(count):
        for base in BLOCKS:
            gap = max(0, calls.table[row, LAST] - states[index, base + own])
            total += 2 * (gap + longest + states[index, base + LENGTH])
    return total


@compiled
def _promise(state: IntTable) -> int:
    """Return how good a state looks: its calls, less what is still to be made up for before they count."""
    open_letters = 0
    for base in BLOCKS:
        open_letters += state[base + LENGTH] + abs(state[base + TRUTH_AT] - state[base + QUERY_AT])
    return max(0, state[SCORE] - open_letters // LETTERS_PER_CALL)


@compiled
def narrow(states: IntTable, count: int, best: int) -> int:
    """Keep the most promising states, and every one without an open match, so that a way on is never lost."""
    promises = np.zeros(count, np.int64)
    highest = 0
    for index in range(count):
        promises[index] = _promise(states[index])
        highest = max(highest, promises[index])
    with_promise = np.zeros(highest + 1, np.int64)
    for index in range(count):
        with_promise[promises[index]] += 1
    while highest > 0 and with_promise[highest] <= best:
        best -= with_promise[highest]
        highest -= 1
    kept = 0
    for index in range(count):
        best -= promises[index] == highest
        if promises[index] > highest or (promises[index] == highest and best >= 0) or states[index, SIDES] == 0:
            copy_state(states[index], states[kept])
            kept += 1
    return kept


@compiled
def _longer(table: IntTable, size: int) -> IntTable:
    longer = np.zeros((size, table.shape[1]), np.int64)
    for row in range(table.shape[0]):
        for column in range(table.shape[1]):
            longer[row, column] = table[row, column]
    return longer


@compiled
def roomier(room: Room, count: int) -> Room:
    """Return room for one more step from a number of states."""
    states, targets, slots, marks, history = room.states, room.targets, room.slots, room.marks, room.history
    after = OPTIONS * count + 8
    if after > len(targets):
        states, targets = _longer(states, 2 * after), _longer(targets, 2 * after)
    if 8 * after > len(slots):
        size = len(slots)
        while size < 8 * after:
            size *= 2
        slots, marks = np.zeros(size, np.int64), np.zeros(size, np.int64)
    if history[0, 0] + 2 * after > len(history):
        history = _longer(history, 2 * (len(history) + after))
    return Room(states, targets, slots, marks, history)


@compiled
def swapped(room: Room) -> Room:
    return Room(room.targets, room.states, room.slots, room.marks, room.history)


@compiled
def first_room() -> Room:
    """Return room for the first steps."""
    return Room(
        np.zeros((64, WIDTH), np.int64), np.zeros((64, WIDTH), np.int64), np.zeros(512, np.int64),
        np.zeros(512, np.int64), np.zeros((4096, 3), np.int64),
    )  # fmt: skip
