"""Search for the largest sets of truth and query calls that spell the same pair of haplotypes.

The calls of one contig are decided one after the other in order of position. A *state* is what the decisions so far
have written on both haplotypes of both sides, as far as it matters for what follows: how far each side has read the
reference, and the letters by which one side is ahead of the other. States that read the same are merged and the better
one kept; a state whose two sides disagree in a letter is dropped at once. Whenever both sides stand at the same place
with nothing ahead, they are *in step*: what was matched since the last such place is one match, and a match to which
only one side contributed is dropped, because it changes nothing (an insertion and a deletion that cancel out).

This is the objective of Cleary et al. (vcfeval). The search is exact while it holds at most `max_states` states; where
it would need more it keeps the best ones, which still are true matches, and marks the place.

References
----------
J. G. Cleary et al., "Comparing variant call files for performance benchmarking of next-generation sequencing variant
calling pipelines", bioRxiv 023754 (2015).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import compiled
from kernels.concordance.alleles import NO_CHANGE, Alleles
from kernels.concordance.call_table import (
    ALLELES,
    ANY_ALLELE,
    COUNT,
    DIPLOID,
    FIRST,
    LAST,
    START,
    ByteArray,
    Calls,
    IntTable,
    choose_alleles,
    decide_alone,
    tabulate,
)  # fmt: skip
from kernels.concordance.states import (
    BLOCKS,
    BOTH,
    FNV_START,
    HASH,
    HISTORY,
    IN_STEP_AT,
    LENGTH,
    LETTERS,
    QUERY,
    QUERY_AT,
    QUERY_CALLS,
    SCORE,
    SIDES,
    TRUTH,
    TRUTH_AT,
    TRUTH_CALLS,
    WIDTH,
    include,
    is_in_step,
    keep,
    settle,
    standardise,
)  # fmt: skip

__all__ = ["ANY_ALLELE", "DIPLOID", "Matches", "find_matches"]

MatchArray = NDArray[np.int32]

# Outcome of a search.
SOLVED, NEEDS_REFERENCE = 0, 1

# An entry of the history that is a place in step, not a call.
STEP = -1

# Slots of the cursor.
TRUTH_ROW, QUERY_ROW, FRONTIER, STATES, FILL, MARK, MATCHES, BEGUN, IS_LIMITED, LIMITS = range(10)
CURSOR_SLOTS = 10
OPTIONS = 3


class Matches(NamedTuple):
    """What a search found, for each call of either side in the order given to it.

    Attributes
    ----------
    truth, query : int32 arrays (n,)
        Number of the match that includes the call, from 1; 0 where it is in none.
    limited : int64 array (m, 2)
        Bounds of the places where the search had to give up states.
    """

    truth: MatchArray
    query: MatchArray
    limited: IntTable


class _Room(NamedTuple):
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


def find_matches(
    sequence: ByteArray, truth: Alleles, query: Alleles, *, ploidy: int, max_states: int
) -> Matches | None:
    """Match the calls of one contig; None where more of the reference is needed than is loaded.

    Parameters
    ----------
    sequence : uint8 array
        Reference letters; 0 where not loaded.
    truth, query : Alleles
        Comparable calls, sorted by `first`, then `last`.
    ploidy : int
        `DIPLOID` asks for both haplotypes; `ANY_ALLELE` lays one allele of each call on both.
    max_states : int
        States beyond which the search becomes inexact.
    """
    truth_calls, query_calls = tabulate(truth), tabulate(query)
    truth_matches, query_matches = np.zeros(len(truth.first), np.int32), np.zeros(len(query.first), np.int32)
    room = 64
    while True:
        limited = np.zeros((room, 2), np.int64)
        status, found = _search(
            sequence, truth_calls, query_calls, ploidy, max_states, truth_matches, query_matches, limited
        )
        if status == NEEDS_REFERENCE:
            return None
        if found <= room:
            return Matches(truth_matches, query_matches, limited[:found])
        room = found


@compiled
def _record(history: IntTable, parent: int, call: int, side: int) -> int:
    entry = history[0, 0] + 1
    history[0, 0] = entry
    history[entry, 0] = parent
    history[entry, 1] = call
    history[entry, 2] = side
    return entry


@compiled
def _write_matches(
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
def _compact(states: IntTable, count: int, letters: ByteArray, room: int) -> tuple[ByteArray, int]:
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
            fresh[fill : fill + length] = letters[start : start + length]
            states[index, base + LETTERS] = fill
            fill += length
    return fresh, fill


@compiled
def _letters_needed(calls: Calls, row: int, states: IntTable, count: int, side: int) -> int:
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
def _narrow(states: IntTable, count: int, best: int) -> int:
    """Keep the best states, and every one without an open match, so that a way on is never lost."""
    order = np.argsort(-states[:count, SCORE], kind="mergesort")
    is_kept = np.zeros(count, np.bool_)
    is_kept[order[:best]] = True
    kept = 0
    for index in range(count):
        if is_kept[index] or states[index, SIDES] == 0:
            states[kept] = states[index]
            kept += 1
    return kept


@compiled
def _resume(room: _Room, count: int, letters: ByteArray, frontier: int, mark: int) -> int:
    """Bring the states to the next place where a call begins: find those in step, and drop matches of one side only."""
    kept = 0
    for index in range(count):
        state = room.states[index].copy()
        standardise(state, letters, frontier)
        if is_in_step(state, frontier):
            if state[SIDES] == BOTH:
                state[HISTORY] = _record(room.history, state[HISTORY], STEP, 0)
                state[SIDES] = 0
            if state[SIDES] != 0:
                continue
            state[TRUTH_CALLS] = 0
            state[QUERY_CALLS] = 0
            state[IN_STEP_AT] = frontier
        kept = keep(room.states, kept, letters, state, room.slots, room.marks, mark)
    return kept


@compiled
def _begin(states: IntTable, frontier: int) -> None:
    """Begin anew, in step at a position."""
    states[0, :] = 0
    for base in BLOCKS:
        states[0, base + TRUTH_AT] = frontier
        states[0, base + QUERY_AT] = frontier
        states[0, base + HASH] = FNV_START
    states[0, IN_STEP_AT] = frontier


@compiled
def _longer(table: IntTable, size: int) -> IntTable:
    longer = np.zeros((size, table.shape[1]), np.int64)
    longer[: len(table)] = table
    return longer


@compiled
def _roomier(room: _Room, count: int) -> _Room:
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
    return _Room(states, targets, slots, marks, history)


@compiled
def _swapped(room: _Room) -> _Room:
    return _Room(room.targets, room.states, room.slots, room.marks, room.history)


@compiled
def _branch(
    room: _Room,
    cursor: IntTable,
    letters: ByteArray,
    sequence: ByteArray,
    side: int,
    row: int,
    truth: Calls,
    query: Calls,
    ploidy: int,
) -> int:
    """Leave a call out of, and lay it on, every state; return the number of new states, or -1 for missing reference."""
    calls = truth if side == TRUTH else query
    chosen = np.zeros(2, np.int64)
    kept, fill = 0, cursor[FILL]
    for index in range(cursor[STATES]):
        for option in range(-1, 2):
            if option >= 0 and not choose_alleles(calls, row, ploidy, option, chosen):
                continue
            state = room.states[index].copy()
            agrees = 1
            if option >= 0:
                agrees, fill = include(state, letters, fill, sequence, side, calls, row, chosen)
            for base in BLOCKS:
                if agrees == 1:
                    agrees = settle(state, base, letters, sequence, truth, cursor[TRUTH_ROW], query, cursor[QUERY_ROW])
            if agrees < 0:
                return -1
            if agrees == 1:
                if option >= 0:
                    state[HISTORY] = _record(room.history, state[HISTORY], row, side)
                standardise(state, letters, cursor[FRONTIER])
                kept = keep(room.targets, kept, letters, state, room.slots, room.marks, cursor[MARK])
    return kept


@compiled
def _close_limited(cursor: IntTable, limited: IntTable) -> None:
    """Note the place since everything was last certain, if states were given up there."""
    if cursor[IS_LIMITED]:
        if cursor[LIMITS] < len(limited):
            limited[cursor[LIMITS], 0] = cursor[BEGUN]
            limited[cursor[LIMITS], 1] = cursor[FRONTIER]
        cursor[LIMITS] += 1
        cursor[IS_LIMITED] = 0


@compiled
def _advance(
    room: _Room,
    cursor: IntTable,
    letters: ByteArray,
    position: int,
    truth_matches: MatchArray,
    query_matches: MatchArray,
    limited: IntTable,
) -> bool:
    """Bring all states to a position; if one is left and in step, write its matches and begin anew (True)."""
    cursor[FRONTIER] = position
    cursor[MARK] += 1
    cursor[STATES] = _resume(room, cursor[STATES], letters, position, cursor[MARK])
    if cursor[STATES] != 1 or not is_in_step(room.states[0], position):
        return False
    cursor[MATCHES] = _write_matches(
        room.history, room.states[0, HISTORY], cursor[MATCHES], truth_matches, query_matches
    )
    _close_limited(cursor, limited)
    room.history[0, 0] = 0
    cursor[FILL] = 0
    _begin(room.states, position)
    cursor[BEGUN] = position
    return True


@compiled
def _next_position(truth: IntTable, query: IntTable, cursor: IntTable, far: int) -> int:
    position = far
    if cursor[TRUTH_ROW] < len(truth):
        position = min(position, truth[cursor[TRUTH_ROW], FIRST])
    if cursor[QUERY_ROW] < len(query):
        position = min(position, query[cursor[QUERY_ROW], FIRST])
    return position


@compiled
def _take_simple(
    sequence: ByteArray, truth: IntTable, truth_letters: ByteArray, query: IntTable, query_letters: ByteArray,
    ploidy: int, cursor: IntTable, truth_matches: MatchArray, query_matches: MatchArray, position: int, far: int,
) -> int:  # fmt: skip
    """When all is in step, decide calls for as long as they need no search; return where the next one begins."""
    while position < far:
        truth_row, query_row = cursor[TRUTH_ROW], cursor[QUERY_ROW]
        takes_truth, takes_query, is_match = decide_alone(
            sequence, truth, truth_letters, query, query_letters, truth_row, query_row, position, ploidy
        )
        if takes_truth + takes_query == 0:
            break
        if is_match:
            cursor[MATCHES] += 1
            truth_matches[truth_row] = cursor[MATCHES]
            query_matches[query_row] = cursor[MATCHES]
        cursor[TRUTH_ROW] += takes_truth
        cursor[QUERY_ROW] += takes_query
        position = _next_position(truth, query, cursor, far)
    return position


@compiled
def _search(
    sequence: ByteArray,
    truth: Calls,
    query: Calls,
    ploidy: int,
    max_states: int,
    truth_matches: MatchArray,
    query_matches: MatchArray,
    limited: IntTable,
) -> tuple[int, int]:
    """Decide every call; return (status, number of places where states were given up)."""
    truth_table, query_table = truth.table, query.table
    # Past every position that a call can have, the end of the contig included.
    far = len(sequence) + 1
    cursor = np.zeros(CURSOR_SLOTS, np.int64)
    room = _Room(
        np.zeros((64, WIDTH), np.int64), np.zeros((64, WIDTH), np.int64), np.zeros(512, np.int64),
        np.zeros(512, np.int64), np.zeros((4096, 3), np.int64),
    )  # fmt: skip
    letters = np.empty(0, np.uint8)
    cursor[STATES] = 1
    cursor[FRONTIER] = -1
    _begin(room.states, 0)
    while cursor[TRUTH_ROW] < len(truth_table) or cursor[QUERY_ROW] < len(query_table):
        position = _next_position(truth_table, query_table, cursor, far)
        if position > cursor[FRONTIER] and _advance(
            room, cursor, letters, position, truth_matches, query_matches, limited
        ):
            position = _take_simple(
                sequence, truth_table, truth.letters, query_table, query.letters, ploidy, cursor, truth_matches,
                query_matches, position, far,
            )  # fmt: skip
            if position == far:
                break
            cursor[FRONTIER] = position
            cursor[BEGUN] = position
            _begin(room.states, position)
        side = QUERY
        if cursor[TRUTH_ROW] < len(truth_table) and truth_table[cursor[TRUTH_ROW], FIRST] == cursor[FRONTIER]:
            side = TRUTH
        row = cursor[TRUTH_ROW + side]
        cursor[TRUTH_ROW + side] += 1
        room = _roomier(room, cursor[STATES])
        needed = _letters_needed(truth if side == TRUTH else query, row, room.states, cursor[STATES], side)
        letters, fill = _compact(room.states, cursor[STATES], letters, needed)
        cursor[FILL] = fill
        cursor[MARK] += 1
        count = _branch(room, cursor, letters, sequence, side, row, truth, query, ploidy)
        if count < 0:
            return NEEDS_REFERENCE, 0
        room = _swapped(room)
        if count > max_states:
            count = _narrow(room.states, count, max_states // 2)
            cursor[IS_LIMITED] = 1
        cursor[STATES] = count
    # At the end of the contig only a state in step spells the same haplotypes; the one without any match always is.
    room = _roomier(room, cursor[STATES])
    cursor[FRONTIER] = far
    cursor[MARK] += 1
    count = _resume(room, cursor[STATES], letters, far, cursor[MARK])
    for index in range(count):
        if is_in_step(room.states[index], far):
            cursor[MATCHES] = _write_matches(
                room.history, room.states[index, HISTORY], cursor[MATCHES], truth_matches, query_matches
            )
    _close_limited(cursor, limited)
    return SOLVED, cursor[LIMITS]
