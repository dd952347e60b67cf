"""Bases and qualities of reads: binned Illumina qualities that fall along the read, errors at the rate they state."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kernels.simulation.fragments import READ_LENGTH
from kernels.simulation.genome import UNKNOWN, Codes

# Four bins, as on NovaSeq; the share of the lower ones grows with the cycle.
QUALITY_BINS = (37, 23, 12, 2)
BIN_EDGES = (0.6, 0.95)
FIRST_CYCLE_LOW_SHARE = 0.015
LAST_CYCLE_LOW_SHARE = 0.09
NO_CALL_SHARE = 0.3  # of the bases of quality 2
# What the sequencer reads after the end of a short fragment: Illumina's TruSeq adapter.
ADAPTER = np.array(["ACGT".index(base) for base in "AGATCGGAAGAGCACACGTCTGAACTCCAGTCAC"], dtype=np.uint8)


def qualities(random: np.random.Generator, is_reverse: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    """Draw base qualities, shape (reads, READ_LENGTH), in the orientation of the reference."""
    cycle = np.linspace(0, 1, READ_LENGTH, dtype=np.float32)
    low_share = FIRST_CYCLE_LOW_SHARE + (LAST_CYCLE_LOW_SHARE - FIRST_CYCLE_LOW_SHARE) * cycle**2
    drawn = random.random((len(is_reverse), READ_LENGTH), dtype=np.float32) / low_share
    best, good, poor, worst = QUALITY_BINS
    quality = np.full(drawn.shape, best, dtype=np.uint8)
    quality[drawn < 1] = good
    quality[drawn < 1 - BIN_EDGES[0]] = poor
    quality[drawn < 1 - BIN_EDGES[1]] = worst
    quality[is_reverse] = quality[is_reverse, ::-1]
    return quality


def with_errors(random: np.random.Generator, bases: Codes, quality: npt.NDArray[np.uint8]) -> Codes:
    """Return the bases as read: each wrong with the probability that its quality states."""
    error_rate = np.minimum(10.0 ** (-np.arange(64, dtype=np.float32) / 10), 0.75)
    row, column = np.nonzero(random.random(bases.shape, dtype=np.float32) < error_rate[quality])
    read = bases.copy()
    read[row, column] = (read[row, column] + random.integers(1, 4, len(row))) % 4
    row, column = np.nonzero(quality == min(QUALITY_BINS))
    no_call = random.random(len(row)) < NO_CALL_SHARE
    read[row[no_call], column[no_call]] = UNKNOWN
    return read
