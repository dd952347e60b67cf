"""Calls as the compiled search reads them, and what can be said of a call or two without a search."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import compiled
from kernels.concordance.alleles import BASES_OF, NO_CHANGE, Alleles

ByteArray = NDArray[np.uint8]
IntTable = NDArray[np.int64]

# Columns of a call: four for each of two alleles, then for the whole.
START, END, OFFSET, COUNT = 0, 1, 2, 3
ALLELE_WIDTH = 4
SAME, FIRST, LAST = 8, 9, 10
CALL_WIDTH = 11
# The first column of either allele.
ALLELES = (0, ALLELE_WIDTH)

# How calls may be laid on haplotypes.
DIPLOID, ANY_ALLELE = 0, 1


class Calls(NamedTuple):
    """Calls of one side, sorted.

    One table instead of many arrays, because compiling takes longer with each array that is handed on.

    Attributes
    ----------
    table : int64 array (n, 11)
        Start, end, offset and number of letters of each of two alleles, then `SAME`, `FIRST` and `LAST`.
    letters : uint8 array
    """

    table: IntTable
    letters: ByteArray


def tabulate(alleles: Alleles) -> Calls:
    """Return the columns of alleles that the search reads."""
    table = np.empty((len(alleles.first), CALL_WIDTH), np.int64)
    for allele in range(2):
        base = allele * ALLELE_WIDTH
        table[:, base + START], table[:, base + END] = alleles.starts[:, allele], alleles.ends[:, allele]
        table[:, base + OFFSET], table[:, base + COUNT] = alleles.offsets[:, allele], alleles.lengths[:, allele]
    table[:, SAME], table[:, FIRST], table[:, LAST] = alleles.is_same, alleles.first, alleles.last
    return Calls(table, alleles.letters)


def _plain_letters() -> ByteArray:
    """Return a capital for each letter, with ambiguity codes reduced to their first base as the VCF standard asks."""
    table = np.zeros(256, dtype=np.uint8)
    for letter in range(256):
        bits = int(BASES_OF[letter])
        if bits == 15:
            table[letter] = ord("N")
        elif bits:
            table[letter] = next(ord(base) for bit, base in enumerate("ACGT") if bits >> bit & 1)
    return table


# How a letter of the reference is read; 0 stands for what is not loaded.
PLAIN = _plain_letters()


@compiled
def next_start(calls: Calls, index: int, position: int, limit: int) -> int:
    """Return where the first allele begins that a call from `index` on can lay down at or after a position."""
    table = calls.table
    while index < len(table):
        if table[index, FIRST] >= position:
            return min(limit, table[index, FIRST])
        for allele in ALLELES:
            if table[index, allele + START] >= position:
                limit = min(limit, table[index, allele + START])
        index += 1
    return limit


@compiled
def choose_alleles(calls: Calls, row: int, ploidy: int, option: int, chosen: IntTable) -> bool:
    """Write the columns of the alleles that an option lays on the two haplotypes (-1: none).

    Returns whether the call has this option, 0 or 1.
    """
    table = calls.table
    has_first, has_second = table[row, START] != NO_CHANGE, table[row, ALLELE_WIDTH + START] != NO_CHANGE
    if ploidy == ANY_ALLELE:
        chosen[0] = ALLELES[option]
        chosen[1] = ALLELES[option]
        if option == 0:
            return bool(has_first)
        return bool(has_second and not (has_first and table[row, SAME]))
    if option == 1 and table[row, SAME]:
        return False
    chosen[option] = 0 if has_first else -1
    chosen[1 - option] = ALLELE_WIDTH if has_second else -1
    return True


@compiled
def _same_allele(
    one: IntTable, one_letters: ByteArray, other: IntTable, other_letters: ByteArray, row: int, allele: int,
    other_row: int, other_allele: int,
) -> bool:  # fmt: skip
    for column in (START, END, COUNT):
        if one[row, allele + column] != other[other_row, other_allele + column]:
            return False
    at, other_at = one[row, allele + OFFSET], other[other_row, other_allele + OFFSET]
    for offset in range(one[row, allele + COUNT]):
        if one_letters[at + offset] != other_letters[other_at + offset]:
            return False
    return True


@compiled
def _same_call(
    one: IntTable, one_letters: ByteArray, other: IntTable, other_letters: ByteArray, row: int, other_row: int
) -> bool:
    if _same_allele(one, one_letters, other, other_letters, row, 0, other_row, 0):
        return _same_allele(one, one_letters, other, other_letters, row, ALLELE_WIDTH, other_row, ALLELE_WIDTH)
    if not _same_allele(one, one_letters, other, other_letters, row, 0, other_row, ALLELE_WIDTH):
        return False
    return _same_allele(one, one_letters, other, other_letters, row, ALLELE_WIDTH, other_row, 0)


@compiled
def _shares_allele(
    one: IntTable, one_letters: ByteArray, other: IntTable, other_letters: ByteArray, row: int, other_row: int
) -> bool:
    for allele in ALLELES:
        for other_allele in ALLELES:
            if one[row, allele + START] != NO_CHANGE and _same_allele(
                one, one_letters, other, other_letters, row, allele, other_row, other_allele
            ):
                return True
    return False


@compiled
def _stands_alone(table: IntTable, letters: ByteArray, row: int, sequence: ByteArray) -> bool:
    """Whether a call only replaces one base, by another one, and no other call of its side begins there.

    Nothing later on can make up for such a call if the other side does not have it.
    """
    start = table[row, FIRST]
    if row + 1 < len(table) and table[row + 1, FIRST] <= start:
        return False
    letter = PLAIN[sequence[start]]
    for allele in ALLELES:
        if table[row, allele + START] == NO_CHANGE:
            continue
        if table[row, allele + START] != start or table[row, allele + END] != start + 1:
            return False
        if table[row, allele + COUNT] != 1 or letters[table[row, allele + OFFSET]] == letter:
            return False
    return bool(letter != 0)


@compiled
def decide_alone(
    sequence: ByteArray, truth: IntTable, truth_letters: ByteArray, query: IntTable, query_letters: ByteArray,
    truth_row: int, query_row: int, position: int, ploidy: int,
) -> tuple[int, int, bool]:  # fmt: skip
    """Return how many calls of truth and query can be decided without a search when all is in step, and if they match.

    Single-base calls match their twin on the other side, and nothing if they have none. Plain arrays, not `Calls`:
    most calls of a genome pass through here, and a tuple of arrays costs more than the decision.
    """
    takes_truth = truth_row < len(truth) and truth[truth_row, FIRST] == position
    takes_query = query_row < len(query) and query[query_row, FIRST] == position
    if takes_truth and not _stands_alone(truth, truth_letters, truth_row, sequence):
        return 0, 0, False
    if takes_query and not _stands_alone(query, query_letters, query_row, sequence):
        return 0, 0, False
    agrees = False
    if takes_truth and takes_query:
        if ploidy == DIPLOID:
            agrees = _same_call(truth, truth_letters, query, query_letters, truth_row, query_row)
        else:
            agrees = _shares_allele(truth, truth_letters, query, query_letters, truth_row, query_row)
    return int(takes_truth), int(takes_query), agrees
