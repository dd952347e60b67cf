"""Reads that begin like an Illumina adapter, as Picard recognises them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import inlined
from kernels.io.little_endian import ByteArray

WORD_BASES = 16
MAX_MISMATCHES = 1
# Illumina's single-end, paired-end and indexed adapters (Illumina Adapter Sequences, document 1000000002694).
FIVE_PRIME = "AATGATACGGCGACCACCGAGATCTACACTCTTTCCCTACACGACGCTCTTCCGATCT"
THREE_PRIME = (
    "AGATCGGAAGAGCTCGTATGCCGTCTTCTGCTTG",
    "AGATCGGAAGAGCGGTTCAGCAGGAATGCCGAGACCGATCTCGTATGCCGTCTTCTGCTTG",
    "AGATCGGAAGAGCACACGTCTGAACTCCAGTCACNNNNNNNNATCTCGTATGCCGTCTTCTGCTTG",
)
# BAM's 4-bit base codes: a bit per base, so that the complement reverses the bits.
CODES = {"A": 1, "C": 2, "G": 4, "T": 8, "N": 15}
COMPLEMENTS = str.maketrans("ACGTN", "TGCAN")


def adapter_words() -> NDArray[np.uint64]:
    """Return every 16-base word of the adapters, both strands, with at most one N, as 4-bit codes."""
    words = set()
    for adapter in (FIVE_PRIME, *THREE_PRIME):
        for start in range(len(adapter) - WORD_BASES + 1):
            word = adapter[start : start + WORD_BASES]
            if word.count("N") <= MAX_MISMATCHES:
                words |= {word, word.translate(COMPLEMENTS)[::-1]}
    return np.array(sorted(_packed(word) for word in words), dtype=np.uint64)


def _packed(word: str) -> int:
    value = 0
    for base in word:
        value = value << 4 | CODES[base]
    return value


@inlined
def _base(batch: ByteArray, bases_at: int, index: int) -> int:
    pair = int(np.int64(batch[bases_at + (index >> 1)]))
    return pair >> 4 if index & 1 == 0 else pair & 15


@inlined
def begins_with_adapter(
    batch: ByteArray, bases_at: int, length: int, is_reverse: bool, words: NDArray[np.uint64]
) -> bool:
    """Whether the 16 bases that the machine read first match an adapter word with at most one mismatch.

    The words hold both strands, so the last 16 bases of a reversed read can be compared as they stand.
    """
    if length < WORD_BASES:
        return False
    first = length - WORD_BASES if is_reverse else 0
    packed = np.uint64(0)
    for index in range(WORD_BASES):
        packed = packed << np.uint64(4) | np.uint64(_base(batch, bases_at, first + index))
    for word in words:
        differs = word ^ packed
        differs |= differs >> np.uint64(1)
        differs |= differs >> np.uint64(2)
        differs &= np.uint64(0x1111111111111111)
        # At most one bit is left when at most one base differs.
        if differs & (differs - np.uint64(1)) == 0:
            return True
    return False
