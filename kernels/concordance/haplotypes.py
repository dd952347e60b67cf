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

from kernels.compiled import compiled
from kernels.concordance.alleles import Alleles
from kernels.concordance.call_table import (
    ANY_ALLELE,
    DIPLOID,
    FIRST,
    ByteArray,
    Calls,
    IntTable,
    choose_alleles,
    decide_alone,
    tabulate,
)
from kernels.concordance.search_room import (
    STEP,
    MatchArray,
    Room,
    compact,
    first_room,
    letters_needed,
    narrow,
    record,
    roomier,
    swapped,
    write_matches,
)
from kernels.concordance.states import (
    BLOCKS,
    BOTH,
    FNV_START,
    HASH,
    HISTORY,
    IN_STEP_AT,
    QUERY,
    QUERY_AT,
    QUERY_CALLS,
    SIDES,
    TRUTH,
    TRUTH_AT,
    TRUTH_CALLS,
    include,
    is_in_step,
    keep,
    settle,
    standardise,
)

__all__ = ["ANY_ALLELE", "DIPLOID", "Matches", "find_matches"]

# Outcome of a search.
SOLVED, NEEDS_REFERENCE = 0, 1

# Slots of the cursor.
TRUTH_ROW, QUERY_ROW, FRONTIER, STATES, FILL, MARK, MATCHES, BEGUN, IS_LIMITED, LIMITS, WORK = range(11)
CURSOR_SLOTS = 11

# States and letters handled at one place before the search goes on with few states: some seconds.
MAX_WORK = 100_000_000
STATE_WORK = 8
NARROWED_SHARE = 100


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
def _resume(room: Room, count: int, letters: ByteArray, frontier: int, mark: int) -> int:
    """Bring the states to the next place where a call begins: find those in step, and drop matches of one side only."""
    kept = 0
    for index in range(count):
        state = room.states[index].copy()
        standardise(state, letters, frontier)
        if is_in_step(state, frontier):
            if state[SIDES] == BOTH:
                state[HISTORY] = record(room.history, state[HISTORY], STEP, 0)
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
def _branch(
    room: Room,
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
                    state[HISTORY] = record(room.history, state[HISTORY], row, side)
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
    room: Room,
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
    cursor[MATCHES] = write_matches(
        room.history, room.states[0, HISTORY], cursor[MATCHES], truth_matches, query_matches
    )
    _close_limited(cursor, limited)
    room.history[0, 0] = 0
    cursor[FILL] = 0
    cursor[WORK] = 0
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
def _finish(
    room: Room,
    cursor: IntTable,
    letters: ByteArray,
    far: int,
    truth_matches: MatchArray,
    query_matches: MatchArray,
    limited: IntTable,
) -> None:
    """Write the matches of the state that is in step at the end: only that one spells the same haplotypes."""
    cursor[FRONTIER] = far
    cursor[MARK] += 1
    count = _resume(room, cursor[STATES], letters, far, cursor[MARK])
    for index in range(count):
        if is_in_step(room.states[index], far):
            cursor[MATCHES] = write_matches(
                room.history, room.states[index, HISTORY], cursor[MATCHES], truth_matches, query_matches
            )
    _close_limited(cursor, limited)


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
    room = first_room()
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
        room = roomier(room, cursor[STATES])
        needed = letters_needed(truth if side == TRUTH else query, row, room.states, cursor[STATES], side)
        letters, fill = compact(room.states, cursor[STATES], letters, needed)
        cursor[FILL] = fill
        cursor[MARK] += 1
        count = _branch(room, cursor, letters, sequence, side, row, truth, query, ploidy)
        if count < 0:
            return NEEDS_REFERENCE, 0
        room = swapped(room)
        cursor[WORK] += STATE_WORK * count + fill
        width = max_states if cursor[WORK] < MAX_WORK else max(1, max_states // NARROWED_SHARE)
        if count > width:
            count = narrow(room.states, count, (width + 1) // 2)
            cursor[IS_LIMITED] = 1
        cursor[STATES] = count
    _finish(roomier(room, cursor[STATES]), cursor, letters, far, truth_matches, query_matches, limited)
    return SOLVED, cursor[LIMITS]
