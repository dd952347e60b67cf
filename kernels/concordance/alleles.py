"""From the columns of a VCF to trimmed alleles: what each call puts on each of its two haplotypes, and its class.

An allele is the replacement of reference bases `start <= position < end` by some letters, trimmed of every base that it
shares with REF, so that calls which overlap only in padding do not collide: from the right first, then from the left,
which leaves an indel in a repeat where left-aligning callers put it.
An allele that changes nothing (REF, '.', '*', a symbolic or breakend allele) has start `NO_CHANGE`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import compiled
from kernels.io.vcf import ABSENT, MISSING, CallSet

ByteArray = NDArray[np.uint8]

NO_CHANGE = -1

# Whether a call can be compared.
COMPARABLE, NOT_A_SEQUENCE, TOO_LONG = 0, 1, 2

SNP, INDEL = 0, 1
TYPES = ("SNP", "INDEL")

HET, HOMALT, HETALT, HALFCALL = 0, 1, 2, 3
GENOTYPES = ("het", "homalt", "hetalt", "halfcall")

SUBTYPES = (
    "ti", "tv", "mixed",
    "D1_5", "D6_15", "D16_PLUS", "I1_5", "I6_15", "I16_PLUS", "C1_5", "C6_15", "C16_PLUS",
)  # fmt: skip
TRANSITION, TRANSVERSION, MIXED, FIRST_DELETION, FIRST_INSERTION, FIRST_COMPLEX = 0, 1, 2, 3, 6, 9

# What the alleles of a call do, as bits.
INSERTS, DELETES, REPLACES, SUBSTITUTES = 1, 2, 4, 8

MAX_POSITION = 2**31 - 1
COMMA, A, C, G, T = 44, 65, 67, 71, 84


def _compatible_letters() -> NDArray[np.uint8]:
    """Return, for each letter, the set of bases that its IUPAC code allows, as bits; 0 for what is not a base."""
    codes = {
        "A": 1, "C": 2, "G": 4, "T": 8, "R": 5, "Y": 10, "S": 6, "W": 9, "K": 12, "M": 3,
        "B": 14, "D": 13, "H": 11, "V": 7, "N": 15,
    }  # fmt: skip
    table = np.zeros(256, dtype=np.uint8)
    for letter, bits in codes.items():
        table[[ord(letter), ord(letter.lower())]] = bits
    return table


BASES_OF = _compatible_letters()


class Alleles(NamedTuple):
    """Alleles and classes of calls, one row a call; only arrays, so that compiled code can take it whole.

    Attributes
    ----------
    starts, ends : int32 arrays (n, 2)
        Of the allele on either haplotype; start is `NO_CHANGE` where the haplotype keeps the reference.
    offsets, lengths : int64 and int32 arrays (n, 2)
        Replacement letters of each allele, in `letters`.
    letters : uint8 array
    is_same : bool array (n,)
        Both haplotypes carry the same allele.
    first, last : int32 arrays (n,)
        Bounds of the changed bases over both alleles.
    region_starts, region_ends : int32 arrays (n,)
        What is laid on regions: REF without the base that every ALT shares with it; empty for an insertion.
    spans_start, spans_end : int32 arrays (n,)
        REF as written.
    fitness : uint8 array (n,)
        `COMPARABLE`, `NOT_A_SEQUENCE` or `TOO_LONG`.
    kinds, subtypes, genotypes : uint8 arrays (n,)
        Indices into `TYPES`, `SUBTYPES`, `GENOTYPES`.
    transitions, transversions : int32 arrays (n,)
        Changed bases of SNP calls, counted once per distinct allele.
    """

    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    offsets: NDArray[np.int64]
    lengths: NDArray[np.int32]
    letters: NDArray[np.uint8]
    is_same: NDArray[np.bool_]
    first: NDArray[np.int32]
    last: NDArray[np.int32]
    region_starts: NDArray[np.int32]
    region_ends: NDArray[np.int32]
    spans_start: NDArray[np.int32]
    spans_end: NDArray[np.int32]
    fitness: NDArray[np.uint8]
    kinds: NDArray[np.uint8]
    subtypes: NDArray[np.uint8]
    genotypes: NDArray[np.uint8]
    transitions: NDArray[np.int32]
    transversions: NDArray[np.int32]


@dataclass(frozen=True)
class Rows:
    """A range of the rows of a CallSet."""

    first: int
    last: int


def trim_calls(calls: CallSet, rows: Rows, max_allele_length_bp: int) -> Alleles:
    """Return the trimmed alleles of some calls of one contig."""
    kept = slice(rows.first, rows.last)
    count = rows.last - rows.first
    alleles = _room(count, calls.letters)
    _trim(
        calls.positions[kept], calls.reference_lengths[kept], calls.alternative_lengths[kept],
        calls.letter_offsets[kept], calls.genotypes[kept], max_allele_length_bp, alleles,
    )  # fmt: skip
    return alleles


def take(alleles: Alleles, rows: NDArray[np.intp]) -> Alleles:
    """Return a selection of rows, in that order; the calls themselves if that is all of them."""
    if len(rows) == len(alleles.first) and (rows == np.arange(len(rows))).all():
        return alleles
    columns: dict[str, Any] = alleles._asdict()
    chosen = {name: np.ascontiguousarray(column[rows]) for name, column in columns.items() if name != "letters"}
    return alleles._replace(**chosen)


def _room(count: int, letters: NDArray[np.uint8]) -> Alleles:
    pair, one = (count, 2), (count,)
    return Alleles(
        starts=np.full(pair, NO_CHANGE, np.int32),
        ends=np.full(pair, NO_CHANGE, np.int32),
        offsets=np.zeros(pair, np.int64),
        lengths=np.zeros(pair, np.int32),
        letters=letters,
        is_same=np.zeros(one, np.bool_),
        first=np.zeros(one, np.int32),
        last=np.zeros(one, np.int32),
        region_starts=np.zeros(one, np.int32),
        region_ends=np.zeros(one, np.int32),
        spans_start=np.zeros(one, np.int32),
        spans_end=np.zeros(one, np.int32),
        fitness=np.zeros(one, np.uint8),
        kinds=np.zeros(one, np.uint8),
        subtypes=np.zeros(one, np.uint8),
        genotypes=np.zeros(one, np.uint8),
        transitions=np.zeros(one, np.int32),
        transversions=np.zeros(one, np.int32),
    )


@compiled
def _alternative(letters: ByteArray, start: int, end: int, number: int) -> tuple[int, int]:
    """Return the bounds of one allele of the ALT column."""
    while number > 1:
        while letters[start] != COMMA:
            start += 1
        start += 1
        number -= 1
    stop = start
    while stop < end and letters[stop] != COMMA:
        stop += 1
    return start, stop


@compiled
def _is_bases(letters: ByteArray, start: int, end: int) -> bool:
    for offset in range(start, end):
        if BASES_OF[letters[offset]] == 0:
            return False
    return end > start


@compiled
def _place(
    row: int,
    side: int,
    position: int,
    letters: ByteArray,
    reference: int,
    reference_length: int,
    start: int,
    stop: int,
    alleles: Alleles,
) -> None:
    """Trim one allele and write it to its haplotype."""
    length = stop - start
    shortest = min(reference_length, length)
    right = 0
    while right < shortest and letters[reference + reference_length - 1 - right] == letters[start + length - 1 - right]:
        right += 1
    left = 0
    while left < shortest - right and letters[reference + left] == letters[start + left]:
        left += 1
    if left + right == reference_length and left + right == length:
        return
    alleles.starts[row, side] = position + left
    alleles.ends[row, side] = position + reference_length - right
    alleles.offsets[row, side] = start + left
    alleles.lengths[row, side] = length - left - right


@compiled
def _is_transition(one: int, other: int) -> bool:
    return (
        (one == A and other == G) or (one == G and other == A) or (one == C and other == T) or (one == T and other == C)
    )


@compiled
def _count_changes(row: int, side: int, position: int, reference: int, letters: ByteArray, alleles: Alleles) -> None:
    """Count the transitions and transversions of an allele that changes no length."""
    origin = reference + alleles.starts[row, side] - position
    for offset in range(alleles.lengths[row, side]):
        old, new = letters[origin + offset], letters[alleles.offsets[row, side] + offset]
        if old != new:
            if _is_transition(old, new):
                alleles.transitions[row] += 1
            else:
                alleles.transversions[row] += 1


@compiled
def _size_class(first_class: int, size: int) -> int:
    return first_class + (0 if size <= 5 else (1 if size <= 15 else 2))


@compiled
def _changes(row: int, position: int, reference: int, letters: ByteArray, alleles: Alleles) -> tuple[int, int]:
    """Write the bounds and changed bases of a call; return the kinds of change as bits, and the size of the largest."""
    kinds, size, first, last = 0, 0, MAX_POSITION, -1
    for side in range(2):
        start, end, length = alleles.starts[row, side], alleles.ends[row, side], alleles.lengths[row, side]
        if start == NO_CHANGE:
            continue
        first, last = min(first, start), max(last, end)
        if side == 1 and alleles.is_same[row]:
            continue
        size = max(size, end - start, length)
        if end == start:
            kinds |= INSERTS
        elif length == 0:
            kinds |= DELETES
        elif length != end - start:
            kinds |= REPLACES
        else:
            kinds |= SUBSTITUTES
            _count_changes(row, side, position, reference, letters, alleles)
    alleles.first[row], alleles.last[row] = first, last
    return kinds, size


@compiled
def _classify(row: int, position: int, reference: int, letters: ByteArray, alleles: Alleles) -> None:
    """Write type and subtype of a call."""
    kinds, size = _changes(row, position, reference, letters, alleles)
    if kinds == SUBSTITUTES:
        alleles.kinds[row] = SNP
        if alleles.transversions[row] == 0:
            alleles.subtypes[row] = TRANSITION
        else:
            alleles.subtypes[row] = TRANSVERSION if alleles.transitions[row] == 0 else MIXED
        return
    alleles.kinds[row] = INDEL
    alleles.transitions[row] = 0
    alleles.transversions[row] = 0
    if kinds == INSERTS:
        alleles.subtypes[row] = _size_class(FIRST_INSERTION, size)
    elif kinds == DELETES:
        alleles.subtypes[row] = _size_class(FIRST_DELETION, size)
    else:
        alleles.subtypes[row] = _size_class(FIRST_COMPLEX, size)


@compiled
def _region(
    row: int,
    position: int,
    reference: int,
    reference_length: int,
    start: int,
    end: int,
    letters: ByteArray,
    alleles: Alleles,
) -> int:
    """Write the bases that are laid on regions, and return the longest allele of the record."""
    shares, longest = True, reference_length
    while start < end:
        _, stop = _alternative(letters, start, end, 1)
        if _is_bases(letters, start, stop):
            shares &= letters[start] == letters[reference]
            longest = max(longest, stop - start)
        start = stop + 1
    alleles.spans_start[row] = position
    alleles.spans_end[row] = position + reference_length
    alleles.region_starts[row] = position + (1 if shares else 0)
    alleles.region_ends[row] = position + reference_length
    return longest


@compiled
def _genotype_class(row: int, first: int, second: int, alleles: Alleles) -> None:
    has_first, has_second = alleles.starts[row, 0] != NO_CHANGE, alleles.starts[row, 1] != NO_CHANGE
    if has_first and has_second:
        alleles.genotypes[row] = HOMALT if alleles.is_same[row] else HETALT
    elif min(first, second) == MISSING:
        alleles.genotypes[row] = HALFCALL
    else:
        alleles.genotypes[row] = HET


@compiled
def _trim(
    positions: NDArray[np.int32],
    reference_lengths: NDArray[np.int32],
    alternative_lengths: NDArray[np.int32],
    letter_offsets: NDArray[np.int64],
    genotypes: NDArray[np.int16],
    max_length: int,
    alleles: Alleles,
) -> None:
    letters = alleles.letters
    for row in range(positions.size):
        position, reference, reference_length = positions[row], letter_offsets[row], reference_lengths[row]
        start = reference + reference_length + 1
        end = start + alternative_lengths[row]
        first, second = genotypes[row, 0], genotypes[row, 1]
        if second == ABSENT:
            second = first
        longest = _region(row, position, reference, reference_length, start, end, letters, alleles)
        for side in range(2):
            number = first if side == 0 else second
            if number > 0:
                begin, stop = _alternative(letters, start, end, number)
                if _is_bases(letters, begin, stop):
                    _place(row, side, position, letters, reference, reference_length, begin, stop, alleles)
        if alleles.starts[row, 0] == NO_CHANGE and alleles.starts[row, 1] == NO_CHANGE:
            alleles.fitness[row] = NOT_A_SEQUENCE
            alleles.first[row], alleles.last[row] = position, position + reference_length
            continue
        alleles.is_same[row] = first == second
        alleles.fitness[row] = TOO_LONG if longest > max_length else COMPARABLE
        _genotype_class(row, first, second, alleles)
        _classify(row, position, reference, letters, alleles)


@compiled
def first_contradiction(
    positions: NDArray[np.int32],
    reference_lengths: NDArray[np.int32],
    letter_offsets: NDArray[np.int64],
    letters: ByteArray,
    sequence: ByteArray,
) -> int:
    """Return the first row whose REF the reference sequence contradicts or does not reach, or -1."""
    for row in range(positions.size):
        start = positions[row]
        if start + reference_lengths[row] > sequence.size:
            return row
        for offset in range(reference_lengths[row]):
            if BASES_OF[letters[letter_offsets[row] + offset]] & BASES_OF[sequence[start + offset]] == 0:
                return row
    return -1
