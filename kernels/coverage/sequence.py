"""Base composition of targets: GC, low complexity, and Picard's dropout of AT-rich and GC-rich targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import compiled
from kernels.coverage.tallies import IntArray
from kernels.io.little_endian import ByteArray

FloatArray = NDArray[np.float64]

GC_BINS = 101
MIDDLE_BIN = 50
# A stretch of one to six bases repeated without a fault makes aligners and callers stumble from about this length on.
MIN_HOMOPOLYMER_BP = 8
MIN_TANDEM_BP = 12
MAX_UNIT_BP = 6
UPPER_CASE = 0xDF
G, C, A, T = 71, 67, 65, 84


@dataclass(frozen=True)
class Composition:
    """Per interval: G and C bases, bases that are no A, C, G or T, and bases in low-complexity stretches (int64)."""

    gc: IntArray
    unknown: IntArray
    low_complexity: IntArray


@compiled
def _mark_repeats(sequence: ByteArray, marks: NDArray[np.bool_]) -> None:
    """Mark the bases of faultless tandem repeats of units of 1 to 6 bases."""
    length = len(sequence)
    for unit in range(1, MAX_UNIT_BP + 1):
        needed = MIN_HOMOPOLYMER_BP if unit == 1 else max(MIN_TANDEM_BP, 3 * unit)
        run = unit
        for place in range(unit, length + 1):
            base = sequence[place] & UPPER_CASE if place < length else 0
            if base in (A, C, G, T) and base == sequence[place - unit] & UPPER_CASE:
                run += 1
                continue
            if run >= needed and run > unit:
                marks[place - run : place] = True
            run = unit


@compiled
def measure_composition(sequence: ByteArray, starts: IntArray, ends: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Count, for each interval of a sequence, G and C, unknown bases, and bases of low complexity."""
    count = len(starts)
    gc, unknown, low = np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count, np.int64)
    for row in range(count):
        part = sequence[starts[row] : ends[row]]
        marks = np.zeros(len(part), np.bool_)
        _mark_repeats(part, marks)
        for place in range(len(part)):
            base = part[place] & UPPER_CASE
            is_gc = base in (G, C)
            gc[row] += is_gc
            unknown[row] += not is_gc and base not in (A, T)
            low[row] += marks[place]
    return gc, unknown, low


@compiled
def gc_fractions(sequence: ByteArray, starts: IntArray, ends: IntArray) -> FloatArray:
    """Return the share of G and C of each interval."""
    fractions = np.zeros(len(starts), np.float64)
    for row in range(len(starts)):
        count = 0
        for base in sequence[starts[row] : ends[row]]:
            count += base & UPPER_CASE in (G, C)
        fractions[row] = count / (ends[row] - starts[row])
    return fractions


def dropouts(gc_fractions: FloatArray, lengths: IntArray, depth_sums: IntArray) -> tuple[float | None, float | None]:
    """Return AT and GC dropout in percent of reads that should have been elsewhere.

    Parameters
    ----------
    gc_fractions : float64 array (t,)
        Share of G and C of each merged target.
    lengths, depth_sums : int64 arrays (t,)
        Bases and summed usable depth of each merged target.
    """
    if not lengths.sum() or not depth_sums.sum():
        return None, None
    bins = np.floor(gc_fractions * 100 + 0.5).astype(np.int64)
    expected = np.bincount(bins, weights=lengths, minlength=GC_BINS) / lengths.sum()
    found = np.bincount(bins, weights=depth_sums, minlength=GC_BINS) / depth_sums.sum()
    missing = np.maximum(expected - found, 0) * 100
    return float(missing[: MIDDLE_BIN + 1].sum()), float(missing[MIDDLE_BIN:].sum())
