"""Compiled scanner of VCF lines: one sample's called alleles into columns, nothing else copied."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import compiled
from kernels.io.byte_scan import ByteArray, WordArray, decimal, find, find_far, same_bytes, whole_number

IntArray = NDArray[np.int64]

# Why a line cannot be read; `kernels.io.vcf` turns each into a sentence.
FINE = 0
TOO_FEW_COLUMNS = 1
BAD_POSITION = 2
BAD_REFERENCE_ALLELE = 3
NO_GENOTYPE = 4
BAD_GENOTYPE = 5
PLOIDY_OVER_TWO = 6
ALLELE_OUT_OF_RANGE = 7
UNSORTED = 8
NAME_TOO_LONG = 9

# Values of a genotype's allele that name no allele.
MISSING = -1
ABSENT = -2

# What the score is read from.
SCORE_QUAL = 0
SCORE_INFO = 1
SCORE_FORMAT = 2

# Slots of the tally that travels from chunk to chunk.
TALLY_LINES = 0
TALLY_RECORDS = 1
TALLY_NO_CALL = 2
TALLY_REFERENCE = 3
TALLY_CONTIG_BYTES = 4
TALLY_POSITION = 5
TALLY_ERROR = 6
TALLY_ERROR_OFFSET = 7
TALLY_SLOTS = 8

MAX_CONTIG_BYTES = 1024
FIXED_COLUMNS = 8
FORMAT = 8
SAMPLE_COLUMN = 9
END = 10
FORMAT_END = 11
SLOTS = 12

TAB, LINE_FEED, RETURN, HASH, COLON, COMMA, SEMICOLON, EQUALS = 9, 10, 13, 35, 58, 44, 59, 61
DOT, SLASH, PIPE = 46, 47, 124


class Wanted(NamedTuple):
    """What to read of each line.

    Attributes
    ----------
    sample_column : int
    score_kind : int
        `SCORE_QUAL`, `SCORE_INFO` or `SCORE_FORMAT`.
    score_key, genotype_key : uint8 arrays
    """

    sample_column: int
    score_kind: int
    score_key: ByteArray
    genotype_key: ByteArray


class Columns(NamedTuple):
    """Room for the columns of the records kept; see `kernels.io.vcf.CallSet`."""

    positions: NDArray[np.int32]
    reference_lengths: NDArray[np.int32]
    alternative_lengths: NDArray[np.int32]
    letter_offsets: IntArray
    genotypes: NDArray[np.int16]
    is_phased: NDArray[np.bool_]
    is_passing: NDArray[np.bool_]
    scores: NDArray[np.float64]
    letters: ByteArray


class Runs(NamedTuple):
    """Room for the contig runs begun: first row kept, and where the name lies in the text."""

    rows: IntArray
    bounds: IntArray


def _letters(accepted: bytes) -> NDArray[np.bool_]:
    table = np.zeros(256, dtype=np.bool_)
    table[list(accepted + accepted.lower())] = True
    return table


IS_BASE = _letters(b"ACGTNRYSWKMBDHV")
MAX_POSITION = 2**31 - 2
PASS = np.frombuffer(b"PASS", dtype=np.uint8)


@compiled
def _split(text: ByteArray, words: WordArray, start: int, end: int, sample_column: int, columns: IntArray) -> int:
    """Write where columns 0-8 and the sample's begin, and where the last two end; return how many were found."""
    if end > start and text[end - 1] == RETURN:
        end -= 1
    columns[0] = start
    found = 1
    while found < SAMPLE_COLUMN:
        start = find_far(text, words, start, end, TAB) + 1 if found == FORMAT else find(text, start, end, TAB) + 1
        if start > end:
            return found
        columns[found] = start
        found += 1
    columns[FORMAT_END] = find(text, start, end, TAB)
    for _ in range(sample_column - SAMPLE_COLUMN + 1):
        start = find_far(text, words, start, end, TAB) + 1
        if start > end:
            return found
    columns[SAMPLE_COLUMN] = start
    columns[END] = find(text, start, end, TAB)
    return found + 1


@compiled
def _subfield(text: ByteArray, start: int, end: int, index: int) -> tuple[int, int]:
    """Return the bounds of the colon-separated part with an index, or an empty range."""
    for _ in range(index):
        start = find(text, start, end, COLON) + 1
        if start > end:
            return end, end
    return start, min(find(text, start, end, COLON), end)


@compiled
def _key_index(text: ByteArray, start: int, end: int, key: ByteArray) -> int:
    """Return the position of a key among colon-separated keys, or -1."""
    index = 0
    while start <= end:
        stop = find(text, start, end, COLON)
        if same_bytes(text, start, stop, key):
            return index
        start = stop + 1
        index += 1
    return -1


@compiled
def _genotype(text: ByteArray, start: int, end: int, alleles: IntArray) -> tuple[int, bool]:
    """Write the two allele numbers of a genotype and return (error, is_phased)."""
    count, phased = 0, False
    alleles[1] = ABSENT
    while start < end:
        stop = start
        while stop < end and text[stop] != SLASH and text[stop] != PIPE:
            stop += 1
        if count == 2:
            return PLOIDY_OVER_TWO, phased
        if stop - start == 1 and text[start] == DOT:
            alleles[count] = MISSING
        else:
            number = whole_number(text, start, stop)
            if number < 0 or number > 32000:
                return BAD_GENOTYPE, phased
            alleles[count] = number
        if stop < end:
            phased |= text[stop] == PIPE
            if stop + 1 == end:
                return BAD_GENOTYPE, phased
        count += 1
        start = stop + 1
    if count == 0:
        return NO_GENOTYPE, phased
    return FINE, phased


@compiled
def _info_number(text: ByteArray, start: int, end: int, key: ByteArray) -> float:
    while start < end:
        stop = find(text, start, end, SEMICOLON)
        equals = find(text, start, stop, EQUALS)
        if equals < stop and same_bytes(text, start, equals, key):
            return decimal(text, equals + 1, stop)
        start = stop + 1
    return np.nan


@compiled
def _score(text: ByteArray, columns: IntArray, kind: int, key: ByteArray) -> float:
    if kind == SCORE_QUAL:
        return decimal(text, columns[5], columns[6] - 1)
    if kind == SCORE_INFO:
        return _info_number(text, columns[7], columns[8] - 1, key)
    index = _key_index(text, columns[8], columns[FORMAT_END], key)
    if index < 0:
        return np.nan
    start, end = _subfield(text, columns[9], columns[END], index)
    return decimal(text, start, end)


@compiled
def _is_passing(text: ByteArray, start: int, end: int) -> bool:
    if end - start == 1:
        return bool(text[start] == DOT)
    return end - start == 4 and text[start] == 80 and text[start + 1] == 65 and text[start + 2] == 83


@compiled
def _alternative_count(text: ByteArray, start: int, end: int) -> int:
    if end == start or (end - start == 1 and text[start] == DOT):
        return 0
    count = 1
    for offset in range(start, end):
        count += text[offset] == COMMA
    return count


@compiled
def _is_sequence(text: ByteArray, start: int, end: int) -> bool:
    for offset in range(start, end):
        if not IS_BASE[text[offset]]:
            return False
    return end > start


@compiled
def _read_genotype(
    text: ByteArray, columns: IntArray, found: int, genotype_key: ByteArray, alleles: IntArray
) -> tuple[int, bool]:
    """Write a record's allele numbers and return (error, is_phased)."""
    if found <= SAMPLE_COLUMN:
        return NO_GENOTYPE, False
    index = _key_index(text, columns[8], columns[FORMAT_END], genotype_key)
    if index < 0:
        return NO_GENOTYPE, False
    start, end = _subfield(text, columns[9], columns[END], index)
    error, phased = _genotype(text, start, end, alleles)
    if error == FINE:
        highest = max(alleles[0], alleles[1])
        if highest > 0 and highest > _alternative_count(text, columns[4], columns[5] - 1):
            error = ALLELE_OUT_OF_RANGE
    return error, phased


@compiled
def _enter_contig(text: ByteArray, columns: IntArray, contig: ByteArray, tally: IntArray) -> int:
    """Make the line's contig the current one; return 1 if it is a new one, 0 if not, -1 if its name is too long."""
    start, end = columns[0], columns[1] - 1
    length = end - start
    if length == tally[TALLY_CONTIG_BYTES]:
        same = 0
        while same < length and text[start + same] == contig[same]:
            same += 1
        if same == length:
            return 0
    if length > MAX_CONTIG_BYTES:
        return -1
    for offset in range(length):
        contig[offset] = text[start + offset]
    tally[TALLY_CONTIG_BYTES] = length
    tally[TALLY_POSITION] = 0
    return 1


@compiled
def _check(
    text: ByteArray, columns: IntArray, found: int, genotype_key: ByteArray, tally: IntArray, alleles: IntArray
) -> tuple[int, bool]:
    """Read the position and the genotype of a line; return (error, is_phased)."""
    position = whole_number(text, columns[1], columns[2] - 1)
    if position < 0 or position > MAX_POSITION:
        return BAD_POSITION, False
    if position < tally[TALLY_POSITION]:
        return UNSORTED, False
    tally[TALLY_POSITION] = position
    if not _is_sequence(text, columns[3], columns[4] - 1):
        return BAD_REFERENCE_ALLELE, False
    error, phased = _read_genotype(text, columns, found, genotype_key, alleles)
    if error == FINE and position == 0 and max(alleles[0], alleles[1]) > 0:
        error = BAD_POSITION
    return error, phased


@compiled
def _keep_letters(text: ByteArray, start: int, end: int, letters: ByteArray, at: int) -> int:
    """Copy REF and ALT, in capitals; return the end of the copy."""
    for offset in range(start, end):
        letter = text[offset]
        letters[at] = letter - 32 if 97 <= letter <= 122 else letter
        at += 1
    return at


@compiled
def _begin_run(run_rows: IntArray, run_bounds: IntArray, begun: int, row: int, columns: IntArray) -> int:
    run_rows[begun] = row
    run_bounds[begun, 0] = columns[0]
    run_bounds[begun, 1] = columns[1] - 1
    return begun + 1


@compiled
def scan(
    text: ByteArray,
    size: int,
    words: WordArray,
    wanted: Wanted,
    contig: ByteArray,
    tally: IntArray,
    kept: Columns,
    runs: Runs,
) -> tuple[int, int, int]:
    """Scan whole lines.

    Parameters
    ----------
    text : uint8 array
    size : int
        Bytes of it that are text; the rest fills the last word.
    words : uint64 array
        The same bytes.
    wanted : Wanted
    contig : uint8 array (MAX_CONTIG_BYTES,)
        Name of the contig of the last line, from chunk to chunk.
    tally : int64 array (TALLY_SLOTS,)
        Counts and the first error, from chunk to chunk.
    kept : Columns
    runs : Runs

    Returns
    -------
    records kept, letters kept, runs begun : int
    """
    # Unpacked once: taking an array out of a tuple costs a reference count each time.
    positions, reference_lengths, alternative_lengths, letter_offsets, genotypes = kept[:5]
    is_phased, is_passing, scores, letters = kept[5:]
    score_kind, score_key, genotype_key = wanted.score_kind, wanted.score_key, wanted.genotype_key
    run_rows, run_bounds = runs.rows, runs.bounds
    columns, alleles = np.zeros(SLOTS, np.int64), np.zeros(2, np.int64)
    row = at = begun = line = 0
    while line < size:
        start, end = line, find_far(text, words, line, size, LINE_FEED)
        line = end + 1
        tally[TALLY_LINES] += 1
        if end == start or text[start] == HASH or (end - start == 1 and text[start] == RETURN):
            continue
        tally[TALLY_ERROR_OFFSET] = start
        found = _split(text, words, start, end, wanted.sample_column, columns)
        error, phased = TOO_FEW_COLUMNS, False
        if found >= FIXED_COLUMNS:
            tally[TALLY_RECORDS] += 1
            entered = _enter_contig(text, columns, contig, tally)
            if entered > 0:
                begun = _begin_run(run_rows, run_bounds, begun, row, columns)
            error = NAME_TOO_LONG
            if entered >= 0:
                error, phased = _check(text, columns, found, genotype_key, tally, alleles)
        if error != FINE:
            tally[TALLY_ERROR] = error
            break
        if alleles[0] <= 0 and alleles[1] <= 0:
            tally[TALLY_REFERENCE if alleles[0] == 0 or alleles[1] == 0 else TALLY_NO_CALL] += 1
            continue
        positions[row] = tally[TALLY_POSITION] - 1
        reference_lengths[row] = columns[4] - 1 - columns[3]
        alternative_lengths[row] = columns[5] - 1 - columns[4]
        letter_offsets[row] = at
        genotypes[row, 0], genotypes[row, 1] = alleles[0], alleles[1]
        is_phased[row] = phased
        is_passing[row] = _is_passing(text, columns[6], columns[7] - 1)
        scores[row] = _score(text, columns, score_kind, score_key)
        at = _keep_letters(text, columns[3], columns[5] - 1, letters, at)
        row += 1
    return row, at, begun
