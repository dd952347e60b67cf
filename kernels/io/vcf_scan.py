"""Compiled scanner of VCF lines: one sample's called alleles into columns, nothing else copied."""

from __future__ import annotations

import numpy as np

from kernels.compiled import compiled

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
SAMPLE_COLUMN = 9
END = 10

TAB, LINE_FEED, RETURN, COLON, COMMA, SEMICOLON = 9, 10, 13, 58, 44, 59
DOT, SLASH, PIPE, MINUS, PLUS, ZERO, NINE = 46, 47, 124, 45, 43, 48, 57


def _letters(accepted: bytes) -> np.ndarray:
    table = np.zeros(256, dtype=np.bool_)
    table[list(accepted + accepted.lower())] = True
    return table


IS_BASE = _letters(b"ACGTNRYSWKMBDHV")
MAX_POSITION = 2**31 - 2


@compiled
def _find(text, start, end, letter):
    while start < end and text[start] != letter:
        start += 1
    return start


@compiled
def _split(text, start, end, sample_column, columns):
    """Write where columns 0-8 and the sample's begin (the end of the last goes to END); return how many were found."""
    if end > start and text[end - 1] == RETURN:
        end -= 1
    columns[0] = start
    found = 1
    while found < SAMPLE_COLUMN:
        start = _find(text, start, end, TAB) + 1
        if start > end:
            return found
        columns[found] = start
        found += 1
    for _ in range(sample_column - SAMPLE_COLUMN + 1):
        start = _find(text, start, end, TAB) + 1
        if start > end:
            return found
    columns[SAMPLE_COLUMN] = start
    columns[END] = _find(text, start, end, TAB)
    return found + 1


@compiled
def _whole_number(text, start, end):
    if start == end or end - start > 10:
        return -1
    value = 0
    for offset in range(start, end):
        digit = text[offset] - ZERO
        if digit > 9:
            return -1
        value = value * 10 + digit
    return value


@compiled
def _subfield(text, start, end, index):
    """Return the bounds of the colon-separated part with an index, or an empty range."""
    for _ in range(index):
        start = _find(text, start, end, COLON) + 1
        if start > end:
            return end, end
    return start, min(_find(text, start, end, COLON), end)


@compiled
def _same(text, start, end, key):
    if end - start != key.size:
        return False
    for offset in range(key.size):
        if text[start + offset] != key[offset]:
            return False
    return True


@compiled
def _key_index(text, start, end, key):
    """Return the position of a key among colon-separated keys, or -1."""
    index = 0
    while start <= end:
        stop = _find(text, start, end, COLON)
        if _same(text, start, stop, key):
            return index
        start = stop + 1
        index += 1
    return -1


@compiled
def _genotype(text, start, end, alleles):
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
            number = _whole_number(text, start, stop)
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
def _decimal(text, start, end):
    """Return the number written in a range, or NaN. A list gives its first number."""
    sign, mantissa, exponent, digits = 1.0, 0, 0, 0
    is_fraction = False
    if start < end and (text[start] == MINUS or text[start] == PLUS):
        sign = -1.0 if text[start] == MINUS else 1.0
        start += 1
    while start < end:
        letter = text[start]
        if ZERO <= letter <= NINE:
            if mantissa < 10**17:
                mantissa = mantissa * 10 + (letter - ZERO)
                exponent -= is_fraction
            else:
                exponent += not is_fraction
            digits += 1
        elif letter == DOT and not is_fraction:
            is_fraction = True
        else:
            break
        start += 1
    if digits == 0:
        return np.nan
    if start < end and (text[start] == 101 or text[start] == 69):
        start += 1
        is_negative = start < end and text[start] == MINUS
        if start < end and (text[start] == MINUS or text[start] == PLUS):
            start += 1
        shift = 0
        while start < end and ZERO <= text[start] <= NINE and shift < 10000:
            shift = shift * 10 + (text[start] - ZERO)
            start += 1
        exponent += -shift if is_negative else shift
    if start < end and text[start] != COMMA:
        return np.nan
    return sign * (mantissa / 10.0 ** (-exponent) if exponent < 0 else mantissa * 10.0**exponent)


@compiled
def _info_number(text, start, end, key):
    while start < end:
        stop = _find(text, start, end, SEMICOLON)
        equals = _find(text, start, stop, 61)
        if equals < stop and _same(text, start, equals, key):
            return _decimal(text, equals + 1, stop)
        start = stop + 1
    return np.nan


@compiled
def _score(text, columns, kind, key):
    if kind == SCORE_QUAL:
        return _decimal(text, columns[5], columns[6] - 1)
    if kind == SCORE_INFO:
        return _info_number(text, columns[7], columns[8] - 1, key)
    index = _key_index(text, columns[8], columns[9] - 1, key)
    if index < 0:
        return np.nan
    start, end = _subfield(text, columns[9], columns[END], index)
    return _decimal(text, start, end)


@compiled
def _is_passing(text, start, end):
    if end - start == 1:
        return text[start] == DOT
    return end - start == 4 and text[start] == 80 and text[start + 1] == 65 and text[start + 2] == 83


@compiled
def _alternative_count(text, start, end):
    if end == start or (end - start == 1 and text[start] == DOT):
        return 0
    count = 1
    for offset in range(start, end):
        count += text[offset] == COMMA
    return count


@compiled
def _is_sequence(text, start, end):
    for offset in range(start, end):
        if not IS_BASE[text[offset]]:
            return False
    return end > start


@compiled
def _read_genotype(text, columns, found, genotype_key, alleles):
    """Write a record's allele numbers and return (error, is_phased)."""
    if found <= SAMPLE_COLUMN:
        return NO_GENOTYPE, False
    index = _key_index(text, columns[8], columns[9] - 1, genotype_key)
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
def _keep_alleles(text, columns, letters, at):
    """Copy REF and ALT, in capitals, to the pool and return where it ends."""
    for offset in range(columns[3], columns[5] - 1):
        letter = text[offset]
        letters[at] = letter - 32 if 97 <= letter <= 122 else letter
        at += 1
    return at


@compiled
def _enter_contig(text, columns, contig, tally):
    """Make the line's contig the current one; return 1 if it changed, 0 if not, -1 if its name is too long."""
    start, end = columns[0], columns[1] - 1
    if end - start > MAX_CONTIG_BYTES:
        return -1
    if _same(text, start, end, contig[: tally[TALLY_CONTIG_BYTES]]):
        return 0
    contig[: end - start] = text[start:end]
    tally[TALLY_CONTIG_BYTES] = end - start
    tally[TALLY_POSITION] = 0
    return 1


@compiled
def scan(
    text, sample_column, score_kind, score_key, genotype_key, contig, tally,
    positions, reference_lengths, alternative_lengths, letter_offsets, genotypes, phases, passes, scores, letters,
    run_rows, run_bounds,
):  # fmt: skip
    """Scan whole lines; return (kept records, letters kept, contig runs begun). Errors go to the tally."""
    columns = np.zeros(END + 1, dtype=np.int64)
    alleles = np.zeros(2, dtype=np.int64)
    row, at, runs, line = 0, 0, 0, 0
    while line < text.size:
        end = _find(text, line, text.size, LINE_FEED)
        next_line = end + 1
        tally[TALLY_LINES] += 1
        if end == line or text[line] == 35 or (end - line == 1 and text[line] == RETURN):
            line = next_line
            continue
        tally[TALLY_ERROR_OFFSET] = line
        found = _split(text, line, end, sample_column, columns)
        if found < 8:
            tally[TALLY_ERROR] = TOO_FEW_COLUMNS
            return row, at, runs
        tally[TALLY_RECORDS] += 1
        changed = _enter_contig(text, columns, contig, tally)
        if changed < 0:
            tally[TALLY_ERROR] = NAME_TOO_LONG
            return row, at, runs
        if changed:
            run_rows[runs] = row
            run_bounds[runs, 0] = columns[0]
            run_bounds[runs, 1] = columns[1] - 1
            runs += 1
        position = _whole_number(text, columns[1], columns[2] - 1)
        if position < 0 or position > MAX_POSITION:
            tally[TALLY_ERROR] = BAD_POSITION
            return row, at, runs
        if position < tally[TALLY_POSITION]:
            tally[TALLY_ERROR] = UNSORTED
            return row, at, runs
        tally[TALLY_POSITION] = position
        error, phased = _read_genotype(text, columns, found, genotype_key, alleles)
        if error == FINE and not _is_sequence(text, columns[3], columns[4] - 1):
            error = BAD_REFERENCE_ALLELE
        if error != FINE:
            tally[TALLY_ERROR] = error
            return row, at, runs
        line = next_line
        if alleles[0] <= 0 and alleles[1] <= 0:
            tally[TALLY_REFERENCE if alleles[0] == 0 or alleles[1] == 0 else TALLY_NO_CALL] += 1
            continue
        if position == 0:
            tally[TALLY_ERROR] = BAD_POSITION
            return row, at, runs
        positions[row] = position - 1
        reference_lengths[row] = columns[4] - 1 - columns[3]
        alternative_lengths[row] = columns[5] - 1 - columns[4]
        letter_offsets[row] = at
        genotypes[row, 0] = alleles[0]
        genotypes[row, 1] = alleles[1]
        phases[row] = phased
        passes[row] = _is_passing(text, columns[6], columns[7] - 1)
        scores[row] = _score(text, columns, score_kind, score_key)
        at = _keep_alleles(text, columns, letters, at)
        row += 1
    return row, at, runs
