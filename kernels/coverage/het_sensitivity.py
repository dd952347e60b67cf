"""Theoretical sensitivity for heterozygous SNPs, as Picard defines it: exactly, or with Picard's random draws.

A heterozygous site of depth n shows the alternative base in m ~ Binomial(n, 1/2) reads. It is called when the summed
base qualities of those m reads exceed 10 (n log10 2 + 3). Sensitivity is the chance of that over the distribution of
depths and of base qualities. Picard estimates the distribution of quality sums by 10,000 draws; here it is convolved.

References
----------
Picard 3, `picard.analysis.TheoreticalSensitivity`. Lipowski A, Lipowska D. Roulette-wheel selection via stochastic
acceptance. Physica A 2012;391:2193-2196 (the sampling that Picard uses).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import compiled
from kernels.coverage.tallies import IntArray

FloatArray = NDArray[np.float64]

LOG_ODDS_THRESHOLD = 3.0
MAX_CONSIDERED_DEPTH = 10_000
PICARD_QUALITIES = 127
PICARD_SEED = 51
# Picard gives up on drawing after so many tries and takes quality 0.
MAX_TRIES = 600


def het_snp_sensitivity(
    depth_counts: IntArray, quality_counts: IntArray, coverage_cap: int, sample_size: int | None = None
) -> float | None:
    """Return the sensitivity, or None where no base has a quality.

    Parameters
    ----------
    depth_counts : int64 array
        Target bases by depth; depths beyond `coverage_cap` count at the cap.
    quality_counts : int64 array
        Bases by quality.
    sample_size : int, optional
        Sample as Picard does with this many draws; None computes the expectation.
    """
    if quality_counts.sum() == 0 or depth_counts.sum() == 0:
        return None
    depths: FloatArray = np.asarray(_capped(depth_counts, coverage_cap) / depth_counts.sum(), np.float64)
    qualities = np.zeros(PICARD_QUALITIES)
    used = quality_counts[:PICARD_QUALITIES]
    qualities[: len(used)] = used / used.sum()
    count = min(len(depths), MAX_CONSIDERED_DEPTH + 1)
    thresholds: FloatArray = np.asarray(10 * (np.arange(count) * math.log10(2) + LOG_ODDS_THRESHOLD), np.float64)
    exceeding = (
        _exact_exceeding(qualities, thresholds)
        if sample_size is None
        else _sampled_exceeding(qualities / qualities.max(), thresholds, sample_size)
    )
    return min(_expectation(depths[:count], exceeding), 1.0)


def _capped(counts: IntArray, cap: int) -> IntArray:
    capped = np.zeros(cap + 1, dtype=np.int64)
    head = counts[: cap + 1]
    capped[: len(head)] = head
    capped[cap] += counts[cap + 1 :].sum()
    return capped


def _exact_exceeding(qualities: FloatArray, thresholds: FloatArray) -> FloatArray:
    """Return, at [m, n], the chance that m qualities sum to at least threshold n."""
    count = len(thresholds)
    result = np.zeros((count, count))
    limits = np.ceil(thresholds).astype(np.int64)
    top = int(limits.max()) + 1
    # A sum at or beyond the highest threshold exceeds them all: keep it in the last place.
    sums = np.zeros(top + 1)
    sums[0] = 1.0
    for m in range(count):
        at_least = np.cumsum(sums[::-1])[::-1]
        result[m] = at_least[limits]
        if m + 1 < count:
            sums = _add_quality(sums, qualities)
    return result


def _add_quality(sums: FloatArray, qualities: FloatArray) -> FloatArray:
    added = np.convolve(sums, qualities)
    added[len(sums) - 1] += added[len(sums) :].sum()
    kept: FloatArray = added[: len(sums)]
    return kept


def _expectation(depths: FloatArray, exceeding: FloatArray) -> float:
    """Sum over depth n and alternative reads m ~ Binomial(n, 1/2)."""
    total = 0.0
    log_factorials = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, len(depths) + 1)))))
    for n in np.flatnonzero(depths):
        m = np.arange(n + 1)
        log_chance = log_factorials[n] - log_factorials[m] - log_factorials[n - m] - n * math.log(2)
        total += float(depths[n] * (np.exp(log_chance) * exceeding[: n + 1, n]).sum())
    return total


@compiled
def _next_double(state: int) -> tuple[int, float]:
    """Advance Java's linear congruential generator twice and return its double."""
    state = (state * 0x5DEECE66D + 0xB) & ((1 << 48) - 1)
    high = state >> 22
    state = (state * 0x5DEECE66D + 0xB) & ((1 << 48) - 1)
    return state, float((high << 27) + (state >> 21)) / float(1 << 53)


@compiled
def _draw_sums(weights: FloatArray, sums: NDArray[np.int32], seed: int) -> None:
    """Fill sums[m, i] with the sum of m drawn qualities in draw i, in Picard's order of draws."""
    state = (seed ^ 0x5DEECE66D) & ((1 << 48) - 1)
    for draw in range(sums.shape[1]):
        total = 0
        for m in range(sums.shape[0]):
            sums[m, draw] = total
            tries, quality = 0, 0
            while True:
                state, uniform = _next_double(state)
                quality = int(len(weights) * uniform)
                tries += 1
                state, uniform = _next_double(state)
                if uniform < weights[quality]:
                    break
                if tries >= MAX_TRIES:
                    quality = 0
                    break
            total += quality


def _sampled_exceeding(weights: FloatArray, thresholds: FloatArray, sample_size: int) -> FloatArray:
    count = len(thresholds)
    sums = np.zeros((count, sample_size), dtype=np.int32)
    _draw_sums(weights, sums, PICARD_SEED)
    sums.sort(axis=1)
    result = np.zeros((count, count))
    for m in range(count):
        result[m] = (sample_size - np.searchsorted(sums[m], thresholds, side="left")) / sample_size
    return result
