"""Compiled reading of bytes: where a letter stands, whole numbers, decimal numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import compiled

ByteArray = NDArray[np.uint8]
WordArray = NDArray[np.uint64]

COMMA, DOT, MINUS, PLUS, ZERO, NINE, CAPITAL_E, SMALL_E = 44, 46, 45, 43, 48, 57, 69, 101
EVERY_BYTE = np.uint64(0x0101010101010101)
HIGHEST_BITS = np.uint64(0x8080808080808080)
MAX_DIGITS = 10


@compiled
def find(text: ByteArray, start: int, end: int, letter: int) -> int:
    """Return where a letter stands next, or the end."""
    while start < end and text[start] != letter:
        start += 1
    return start


@compiled
def find_far(text: ByteArray, words: WordArray, start: int, end: int, letter: int) -> int:
    """`find` for what is likely to be far away: eight bytes at a time."""
    while start < end and start & 7:
        if text[start] == letter:
            return start
        start += 1
    pattern = np.uint64(letter) * EVERY_BYTE
    while start + 8 <= end:
        difference = words[start >> 3] ^ pattern
        # A byte that is zero borrows from its highest bit: Mycroft's test.
        if (difference - EVERY_BYTE) & ~difference & HIGHEST_BITS:
            break
        start += 8
    return find(text, start, end, letter)


@compiled
def same_bytes(text: ByteArray, start: int, end: int, key: ByteArray) -> bool:
    if end - start != key.size:
        return False
    for offset in range(key.size):  # noqa: SIM110 - compiled
        if text[start + offset] != key[offset]:
            return False
    return True


@compiled
def whole_number(text: ByteArray, start: int, end: int) -> int:
    if start == end or end - start > MAX_DIGITS:
        return -1
    value = 0
    for offset in range(start, end):
        if text[offset] < ZERO or text[offset] > NINE:
            return -1
        value = value * 10 + (text[offset] - ZERO)
    return value


@compiled
def _exponent(text: ByteArray, start: int, end: int) -> tuple[int, int]:
    """Return a decimal exponent (0 if there is none) and where it ends."""
    if start == end or (text[start] != SMALL_E and text[start] != CAPITAL_E):
        return 0, start
    start += 1
    is_negative = start < end and text[start] == MINUS
    if start < end and (text[start] == MINUS or text[start] == PLUS):
        start += 1
    exponent = 0
    while start < end and ZERO <= text[start] <= NINE and exponent < 10000:
        exponent = exponent * 10 + (text[start] - ZERO)
        start += 1
    return -exponent if is_negative else exponent, start


@compiled
def _mantissa(text: ByteArray, start: int, end: int) -> tuple[int, int, int]:
    """Return the digits of a number, the power of ten that they count, and where they end (-1: there are none)."""
    mantissa, power, digits = 0, 0, 0
    is_fraction = False
    while start < end:
        letter = text[start]
        if ZERO <= letter <= NINE:
            # Digits beyond the precision of the result only shift it.
            if mantissa < 10**17:
                mantissa = mantissa * 10 + (letter - ZERO)
                power -= is_fraction
            else:
                power += not is_fraction
            digits += 1
        elif letter == DOT and not is_fraction:
            is_fraction = True
        else:
            break
        start += 1
    return mantissa, power, start if digits else -1


@compiled
def decimal(text: ByteArray, start: int, end: int) -> float:
    """Return the number written in a range, or NaN. A list gives its first number."""
    sign = 1.0
    if start < end and (text[start] == MINUS or text[start] == PLUS):
        sign = -1.0 if text[start] == MINUS else 1.0
        start += 1
    mantissa, power, stop = _mantissa(text, start, end)
    if stop < 0:
        return np.nan
    exponent, stop = _exponent(text, stop, end)
    if stop < end and text[stop] != COMMA:
        return np.nan
    exponent += power
    return sign * (mantissa / 10.0 ** (-exponent) if exponent < 0 else mantissa * 10.0**exponent)
