"""Compiled search for the largest sets of truth and query calls that spell the same pair of haplotypes.

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
from kernels.concordance.alleles import BASES_OF, NO_CHANGE, Alleles

TRUTH, QUERY = 0, 1

# Outcome of a search.
SOLVED, NEEDS_REFERENCE = 0, 1

# How calls may be laid on haplotypes.
DIPLOID, ANY_ALLELE = 0, 1

# Columns of a state. Each haplotype has a block of six: reference position read by truth and by query, which side is
# ahead, and where the letters ahead begin, how many they are and their hash.
TRUTH_AT, QUERY_AT, AHEAD, LETTERS, LENGTH, HASH = 0, 1, 2, 3, 4, 5
BLOCK = 6
SIDES, SCORE, TRUTH_CALLS, QUERY_CALLS, IN_STEP_AT, HISTORY = 12, 13, 14, 15, 16, 17
WIDTH = 18
NOBODY, TRUTH_AHEAD, QUERY_AHEAD = 0, 1, 2

# Entries of the history: which call was included, or a place in step.
STEP = -1

FNV_START = np.int64(-3750763034362895579)
FNV_PRIME = np.int64(1099511628211)


def _plain_letters() -> NDArray[np.uint8]:
    """Return a capital for each letter, with ambiguity codes reduced to their first base as the VCF standard asks."""
    table = np.zeros(256, dtype=np.uint8)
    for letter in range(256):
        bits = int(BASES_OF[letter])
        if bits == 15:
            table[letter] = ord("N")
        elif bits:
            table[letter] = next(ord(base) for bit, base in enumerate("ACGT") if bits >> bit & 1)
    return table


PLAIN = _plain_letters()


class Matches(NamedTuple):
    """What a search found, for each call of either side in the order given to it.

    Attributes
    ----------
    truth, query : int32 arrays (n,)
        Number of the match that includes the call, from 1; 0 where it is in none.
    limited : int64 array (m, 2)
        Bounds of the places where the search had to give up states.
    """

    truth: NDArray[np.int32]
    query: NDArray[np.int32]
    limited: NDArray[np.int64]


class _Calls(NamedTuple):
    """The columns of `Alleles` that the search reads: compiling it takes longer with each further one."""

    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    offsets: NDArray[np.int64]
    lengths: NDArray[np.int32]
    letters: NDArray[np.uint8]
    is_same: NDArray[np.bool_]
    first: NDArray[np.int32]
    last: NDArray[np.int32]


def find_matches(
    sequence: NDArray[np.uint8], truth: Alleles, query: Alleles, *, ploidy: int, max_states: int
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
    truth_matches, query_matches = np.zeros(len(truth.first), np.int32), np.zeros(len(query.first), np.int32)
    slim_truth, slim_query = (_Calls(*(getattr(side, name) for name in _Calls._fields)) for side in (truth, query))
    room = 64
    while True:
        limited = np.zeros((room, 2), np.int64)
        status, found = _search(sequence, slim_truth, slim_query, ploidy, max_states, truth_matches, query_matches, limited)
        if status == NEEDS_REFERENCE:
            return None
        if found <= room:
            return Matches(truth_matches, query_matches, limited[:found])
        room = found


@compiled
def _hash(letters, start, length):
    value = FNV_START
    for offset in range(start, start + length):
        value = (value ^ np.int64(letters[offset])) * FNV_PRIME
    return value


@compiled
def _next_start(calls, index, position, limit):
    """Return where the first allele begins that an undecided call can still lay down at or after a position."""
    while index < calls.first.size:
        if calls.first[index] >= position:
            return min(limit, np.int64(calls.first[index]))
        for allele in range(2):
            if calls.starts[index, allele] >= position:
                limit = min(limit, np.int64(calls.starts[index, allele]))
        index += 1
    return limit


@compiled
def _catch_up(state, base, letters, sequence, behind, limit):
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
def _read_together(state, base, sequence, truth_limit, query_limit):
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
def _settle(state, base, letters, sequence, truth, truth_index, query, query_index):
    """Read on as far as both sides are determined. Return 1 if they agree, 0 if not, -1 if reference is missing."""
    end = np.int64(sequence.size)
    if state[base + AHEAD] == TRUTH_AHEAD:
        limit = _next_start(query, query_index, state[base + QUERY_AT], end)
        agrees = _catch_up(state, base, letters, sequence, QUERY_AT, limit)
        if agrees != 1 or state[base + LENGTH] > 0:
            return agrees
    elif state[base + AHEAD] == QUERY_AHEAD:
        limit = _next_start(truth, truth_index, state[base + TRUTH_AT], end)
        agrees = _catch_up(state, base, letters, sequence, TRUTH_AT, limit)
        if agrees != 1 or state[base + LENGTH] > 0:
            return agrees
    if state[base + TRUTH_AT] == state[base + QUERY_AT]:
        return 1
    truth_limit = _next_start(truth, truth_index, state[base + TRUTH_AT], end)
    query_limit = _next_start(query, query_index, state[base + QUERY_AT], end)
    return _read_together(state, base, sequence, truth_limit, query_limit)


@compiled
def _append(state, base, letters, fill, sequence, side, calls, row, allele):
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
    for position in range(state[base + own], np.int64(calls.starts[row, allele])):
        letter = PLAIN[sequence[position]]
        if letter == 0:
            return -1, fill
        letters[end] = letter
        end += 1
    for offset in range(calls.lengths[row, allele]):
        letters[end] = calls.letters[calls.offsets[row, allele] + offset]
        end += 1
    state[base + LETTERS] = fill
    state[base + LENGTH] = end - fill
    state[base + AHEAD] = side + 1 if end > fill else NOBODY
    state[base + own] = calls.ends[row, allele]
    return 1, end


@compiled
def _append_behind(state, base, letters, fill, sequence, side, calls, row, allele):
    """`_append` for the side that is behind: what it writes must agree with the letters ahead."""
    own = TRUTH_AT if side == TRUTH else QUERY_AT
    at, start = state[base + own], np.int64(calls.starts[row, allele])
    written = start - at + calls.lengths[row, allele]
    ahead, ahead_end = state[base + LETTERS], state[base + LETTERS] + state[base + LENGTH]
    surplus = fill
    for step in range(written):
        if step < start - at:
            letter = PLAIN[sequence[at + step]]
            if letter == 0:
                return -1, fill
        else:
            letter = calls.letters[calls.offsets[row, allele] + step - (start - at)]
        if ahead < ahead_end:
            if letters[ahead] != letter:
                return 0, fill
            ahead += 1
        else:
            letters[surplus] = letter
            surplus += 1
    state[base + own] = calls.ends[row, allele]
    if surplus > fill:
        state[base + LETTERS], state[base + LENGTH], state[base + AHEAD] = fill, surplus - fill, side + 1
    else:
        state[base + LETTERS], state[base + LENGTH] = ahead, ahead_end - ahead
        if ahead == ahead_end:
            state[base + AHEAD] = NOBODY
    return 1, surplus


@compiled
def _standardise(state, letters, frontier):
    """Give equal states equal columns: positions that both sides only read past, hashes, order of the haplotypes."""
    for base in (0, BLOCK):
        if state[base + AHEAD] == NOBODY:
            state[base + LENGTH] = 0
            if state[base + TRUTH_AT] == state[base + QUERY_AT] and state[base + TRUTH_AT] < frontier:
                state[base + TRUTH_AT] = frontier
                state[base + QUERY_AT] = frontier
        state[base + HASH] = _hash(letters, state[base + LETTERS], state[base + LENGTH])
    for column in (TRUTH_AT, QUERY_AT, AHEAD, LENGTH, HASH):
        if state[column] != state[BLOCK + column]:
            if state[column] > state[BLOCK + column]:
                for each in range(BLOCK):
                    state[each], state[BLOCK + each] = state[BLOCK + each], state[each]
            return


@compiled
def _is_in_step(state, frontier):
    for base in (0, BLOCK):
        if state[base + AHEAD] != NOBODY or state[base + TRUTH_AT] != state[base + QUERY_AT]:
            return False
        if state[base + TRUTH_AT] > frontier:
            return False
    return True


@compiled
def _reads_same(one, one_letters, other, other_letters):
    for column in (TRUTH_AT, QUERY_AT, AHEAD, LENGTH, HASH):
        if one[column] != other[column] or one[BLOCK + column] != other[BLOCK + column]:
            return False
    if one[SIDES] != other[SIDES]:
        return False
    for base in (0, BLOCK):
        for offset in range(one[base + LENGTH]):
            if one_letters[one[base + LETTERS] + offset] != other_letters[other[base + LETTERS] + offset]:
                return False
    return True


@compiled
def _is_better(one, other):
    """More calls first; then equal numbers on both sides, then the more recent place in step: the simpler reading."""
    if one[SCORE] != other[SCORE]:
        return one[SCORE] > other[SCORE]
    imbalance = abs(one[TRUTH_CALLS] - one[QUERY_CALLS])
    other_imbalance = abs(other[TRUTH_CALLS] - other[QUERY_CALLS])
    if imbalance != other_imbalance:
        return imbalance < other_imbalance
    return one[IN_STEP_AT] > other[IN_STEP_AT]


@compiled
def _slot(state):
    value = state[HASH] * FNV_PRIME + state[BLOCK + HASH]
    for column in (TRUTH_AT, QUERY_AT, BLOCK + TRUTH_AT, BLOCK + QUERY_AT):
        value = (value ^ state[column]) * FNV_PRIME
    value ^= (value >> 31) & 0x1FFFFFFFF
    return value ^ state[SIDES]


@compiled
def _keep(states, count, letters, state, table, table_marks, mark):
    """Add a state unless an equal one is there; of two equal ones keep the better. Return the number of states."""
    mask = table.size - 1
    slot = _slot(state) & mask
    while table_marks[slot] == mark:
        other = states[table[slot]]
        if _reads_same(state, letters, other, letters):
            if _is_better(state, other):
                other[:] = state
            return count
        slot = (slot + 1) & mask
    table_marks[slot], table[slot] = mark, count
    states[count] = state
    return count + 1


@compiled
def _compact(states, count, letters, room):
    """Copy the letters that are still ahead to a fresh array, and return it with its fill."""
    needed = 0
    for index in range(count):
        needed += states[index, LENGTH] + states[index, BLOCK + LENGTH]
    fresh = np.empty(needed + room, np.uint8)
    fill = 0
    for index in range(count):
        for base in (0, BLOCK):
            start, length = states[index, base + LETTERS], states[index, base + LENGTH]
            fresh[fill : fill + length] = letters[start : start + length]
            states[index, base + LETTERS] = fill
            fill += length
    return fresh, fill


@compiled
def _narrow(states, count, keep):
    """Keep the best states, and every one in which nothing is ahead, so that a way on is never lost."""
    order = np.argsort(-states[:count, SCORE], kind="mergesort")
    chosen = np.zeros(count, np.bool_)
    for rank in range(keep):
        chosen[order[rank]] = True
    kept = 0
    for index in range(count):
        is_even = states[index, SIDES] == 0
        if chosen[index] or is_even:
            states[kept] = states[index]
            kept += 1
    return kept


@compiled
def _resume(states, count, letters, frontier, table, table_marks, mark, history):
    """Bring the states to the next place where a call begins: find those in step, and drop matches of one side only."""
    kept = 0
    for index in range(count):
        state = states[index].copy()
        _standardise(state, letters, frontier)
        if _is_in_step(state, frontier):
            if state[SIDES] == 1 or state[SIDES] == 2:
                continue
            if state[SIDES] == 3:
                state[HISTORY] = _record(history, state[HISTORY], STEP, 0)
                state[SIDES] = 0
            state[TRUTH_CALLS] = 0
            state[QUERY_CALLS] = 0
            state[IN_STEP_AT] = frontier
        kept = _keep(states, kept, letters, state, table, table_marks, mark)
    return kept


@compiled
def _record(history, parent, call, side):
    """Append to the history and return the new entry. Row 0 holds the fill."""
    entry = history[0, 0] + 1
    history[0, 0] = entry
    history[entry, 0] = parent
    history[entry, 1] = call
    history[entry, 2] = side
    return entry


@compiled
def _write_matches(history, entry, matches, truth_matches, query_matches):
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
def _option(calls, row, ploidy, option, chosen):
    """Write the alleles that an option lays on the two haplotypes (-1: none); return whether there is such an option."""
    has_first, has_second = calls.starts[row, 0] != NO_CHANGE, calls.starts[row, 1] != NO_CHANGE
    if ploidy == ANY_ALLELE:
        chosen[0], chosen[1] = option, option
        return has_first if option == 0 else (has_second and not (has_first and calls.is_same[row]))
    if option == 1 and calls.is_same[row]:
        return False
    chosen[option] = 0 if has_first else -1
    chosen[1 - option] = 1 if has_second else -1
    return True


@compiled
def _include(state, letters, fill, sequence, side, calls, row, chosen):
    """Lay a call on a state in place. Returns (1 agrees, 0 does not, -1 reference missing; new end of letters)."""
    own = TRUTH_AT if side == TRUTH else QUERY_AT
    for haplotype in range(2):
        if chosen[haplotype] >= 0 and calls.starts[row, chosen[haplotype]] < state[haplotype * BLOCK + own]:
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
def _room_for(calls, row, states, count, side):
    """Return how many letters the options of a call can add to all states."""
    longest = 0
    for allele in range(2):
        if calls.starts[row, allele] != NO_CHANGE:
            longest = max(longest, np.int64(calls.lengths[row, allele]))
    own = TRUTH_AT if side == TRUTH else QUERY_AT
    total = np.int64(0)
    for index in range(count):
        for base in (0, BLOCK):
            gap = max(np.int64(0), np.int64(calls.last[row]) - states[index, base + own])
            total += 2 * (gap + longest + states[index, base + LENGTH]) + 8
    return total


@compiled
def _same_call(truth, truth_row, query, query_row):
    if truth.is_same[truth_row] != query.is_same[query_row]:
        return False
    return (_same_allele(truth, truth_row, 0, query, query_row, 0)
            and _same_allele(truth, truth_row, 1, query, query_row, 1)) or (
        _same_allele(truth, truth_row, 0, query, query_row, 1)
        and _same_allele(truth, truth_row, 1, query, query_row, 0))  # fmt: skip


@compiled
def _same_allele(truth, truth_row, truth_allele, query, query_row, query_allele):
    if (
        truth.starts[truth_row, truth_allele] != query.starts[query_row, query_allele]
        or truth.ends[truth_row, truth_allele] != query.ends[query_row, query_allele]
        or truth.lengths[truth_row, truth_allele] != query.lengths[query_row, query_allele]
    ):
        return False
    for offset in range(truth.lengths[truth_row, truth_allele]):
        if (
            truth.letters[truth.offsets[truth_row, truth_allele] + offset]
            != query.letters[query.offsets[query_row, query_allele] + offset]
        ):
            return False
    return True


@compiled
def _is_single_base(calls, row):
    """Whether a call only replaces one base, so that nothing later on can make up for it if it is wrong."""
    start = calls.first[row]
    for allele in range(2):
        if calls.starts[row, allele] == NO_CHANGE:
            continue
        if calls.starts[row, allele] != start or calls.ends[row, allele] != start + 1 or calls.lengths[row, allele] != 1:
            return False
    return True


@compiled
def _differs_from_reference(calls, row, sequence):
    """Whether every base of a single-base call differs from the reference as it is read (not behind an ambiguity)."""
    letter = PLAIN[sequence[calls.first[row]]]
    for allele in range(2):
        if calls.starts[row, allele] != NO_CHANGE and calls.letters[calls.offsets[row, allele]] == letter:
            return False
    return letter != 0


@compiled
def _begins_at(calls, row, position):
    return row < calls.first.size and calls.first[row] <= position


@compiled
def _shares_allele(truth, truth_row, query, query_row):
    for truth_allele in range(2):
        for query_allele in range(2):
            if truth.starts[truth_row, truth_allele] != NO_CHANGE and _same_allele(
                truth, truth_row, truth_allele, query, query_row, query_allele
            ):
                return True
    return False


@compiled
def _decide_alone(sequence, truth, truth_row, query, query_row, ploidy):
    """Return how many calls of either side can be decided without a search, when all is in step: (truth, query, match).

    A single-base call with nothing else at its base matches its twin on the other side, and nothing if it has none.
    """
    has_truth, has_query = truth_row < truth.first.size, query_row < query.first.size
    truth_first = truth.first[truth_row] if has_truth else np.int64(2**40)
    query_first = query.first[query_row] if has_query else np.int64(2**40)
    position = min(truth_first, query_first)
    takes_truth, takes_query = truth_first == position, query_first == position
    if takes_truth and (
        _begins_at(truth, truth_row + 1, position)
        or not _is_single_base(truth, truth_row)
        or not _differs_from_reference(truth, truth_row, sequence)
    ):
        return 0, 0, False
    if takes_query and (
        _begins_at(query, query_row + 1, position)
        or not _is_single_base(query, query_row)
        or not _differs_from_reference(query, query_row, sequence)
    ):
        return 0, 0, False
    if takes_truth and takes_query:
        if ploidy == DIPLOID:
            return 1, 1, _same_call(truth, truth_row, query, query_row)
        return 1, 1, _shares_allele(truth, truth_row, query, query_row)
    return int(takes_truth), int(takes_query), False


@compiled
def _reset(states, frontier):
    """Begin anew, in step at a position."""
    states[0, :] = 0
    for base in (0, BLOCK):
        states[0, base + TRUTH_AT] = frontier
        states[0, base + QUERY_AT] = frontier
        states[0, base + HASH] = FNV_START
    states[0, IN_STEP_AT] = frontier


@compiled
def _grown(array, size):
    larger = np.empty((size, array.shape[1]), array.dtype)
    larger[: array.shape[0]] = array
    return larger


@compiled
def _branch(
    states, count, letters, fill, sequence, side, calls, row, ploidy, truth, truth_index, query, query_index, frontier,
    history, table, table_marks, mark, targets,
):  # fmt: skip
    """Leave a call out of, and lay it on, every state. Returns (number of new states or -1, end of the letters)."""
    chosen = np.zeros(2, np.int64)
    kept = 0
    for index in range(count):
        for option in range(-1, 2):
            if option >= 0 and not _option(calls, row, ploidy, option, chosen):
                continue
            state = states[index].copy()
            agrees = 1
            if option >= 0:
                agrees, fill = _include(state, letters, fill, sequence, side, calls, row, chosen)
            for base in (0, BLOCK):
                if agrees == 1:
                    agrees = _settle(state, base, letters, sequence, truth, truth_index, query, query_index)
            if agrees < 0:
                return -1, fill
            if agrees == 1:
                if option >= 0:
                    state[HISTORY] = _record(history, state[HISTORY], row, side)
                _standardise(state, letters, frontier)
                kept = _keep(targets, kept, letters, state, table, table_marks, mark)
    return kept, fill


@compiled
def _search(sequence, truth, query, ploidy, max_states, truth_matches, query_matches, limited):
    """Decide every call; return (status, number of places where states were given up)."""
    truth_firsts, query_firsts = truth.first, query.first
    far = np.int64(sequence.size)
    states, targets = np.zeros((64, WIDTH), np.int64), np.zeros((64, WIDTH), np.int64)
    table, table_marks, mark = np.zeros(512, np.int64), np.zeros(512, np.int64), 0
    history = np.zeros((4096, 3), np.int64)
    letters, fill = np.empty(0, np.uint8), 0
    truth_row = query_row = matches = limits = 0
    count, frontier, begun, is_limited = 1, np.int64(0), np.int64(0), False
    _reset(states, 0)
    while truth_row < truth_firsts.size or query_row < query_firsts.size:
        position = min(
            np.int64(truth_firsts[truth_row]) if truth_row < truth_firsts.size else far,
            np.int64(query_firsts[query_row]) if query_row < query_firsts.size else far,
        )
        if position > frontier:
            frontier = position
            mark += 1
            count = _resume(states, count, letters, frontier, table, table_marks, mark, history)
            if count == 1 and _is_in_step(states[0], frontier):
                matches = _write_matches(history, states[0, HISTORY], matches, truth_matches, query_matches)
                if is_limited:
                    if limits < limited.shape[0]:
                        limited[limits, 0], limited[limits, 1] = begun, frontier
                    limits += 1
                    is_limited = False
                history[0, 0] = 0
                fill = 0
                _reset(states, frontier)
                begun = frontier
                takes_truth, takes_query, is_match = _decide_alone(
                    sequence, truth, truth_row, query, query_row, ploidy
                )
                if is_match:
                    matches += 1
                    truth_matches[truth_row] = matches
                    query_matches[query_row] = matches
                if takes_truth + takes_query > 0:
                    truth_row += takes_truth
                    query_row += takes_query
                    continue
        side = TRUTH if truth_row < truth_firsts.size and truth_firsts[truth_row] == frontier else QUERY
        calls, row = (truth, truth_row) if side == TRUTH else (query, query_row)
        truth_row += side == TRUTH
        query_row += side == QUERY
        if 3 * count + 8 > targets.shape[0]:
            targets, states = _grown(targets, 6 * count + 64), _grown(states, 6 * count + 64)
        if 8 * (3 * count + 8) > table.size:
            size = table.size
            while size < 8 * (3 * count + 8):
                size *= 2
            table, table_marks = np.zeros(size, np.int64), np.zeros(size, np.int64)
        if history[0, 0] + 6 * count + 64 > history.shape[0]:
            history = _grown(history, 2 * history.shape[0] + 6 * count)
        letters, fill = _compact(states, count, letters, _room_for(calls, row, states, count, side))
        mark += 1
        count, fill = _branch(
            states, count, letters, fill, sequence, side, calls, row, ploidy, truth, truth_row, query, query_row,
            frontier, history, table, table_marks, mark, targets,
        )  # fmt: skip
        if count < 0:
            return NEEDS_REFERENCE, 0
        states, targets = targets, states
        if count > max_states:
            count = _narrow(states, count, max_states // 2)
            is_limited = True
    # At the end of the contig only states in step spell the same haplotypes.
    mark += 1
    count = _resume(states, count, letters, far, table, table_marks, mark, history)
    for index in range(count):
        if _is_in_step(states[index], far):
            matches = _write_matches(history, states[index, HISTORY], matches, truth_matches, query_matches)
    if is_limited:
        if limits < limited.shape[0]:
            limited[limits, 0], limited[limits, 1] = begun, far
        limits += 1
    return SOLVED, limits
