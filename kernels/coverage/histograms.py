"""Statistics of integer histograms: `counts[value]` observations of each value."""

from __future__ import annotations

import math

import numpy as np

from kernels.coverage.tallies import IntArray


def mean(counts: IntArray) -> float | None:
    total = int(counts.sum())
    return float(np.arange(len(counts)) @ counts) / total if total else None


def quantile(counts: IntArray, fraction: float) -> int | None:
    """Return the smallest value with at least this share of the observations at or below it (Picard's percentile)."""
    total = int(counts.sum())
    if not total:
        return None
    return int(np.argmax(np.cumsum(counts) / total >= fraction))


def median(counts: IntArray) -> float | None:
    """Return the middle observation, or the mean of the two middle ones."""
    total = int(counts.sum())
    if not total:
        return None
    summed = np.cumsum(counts)
    lower, upper = np.searchsorted(summed, [(total + 1) // 2, total // 2 + 1])
    return (int(lower) + int(upper)) / 2


def median_absolute_deviation(counts: IntArray) -> float | None:
    """Return the median distance from the median."""
    middle = median(counts)
    if middle is None:
        return None
    # Distances are whole or halves: counted in halves.
    halves = np.abs(2 * np.arange(len(counts)) - round(2 * middle))
    distances = median(np.bincount(halves, weights=counts).astype(np.int64))
    return None if distances is None else distances / 2


def standard_deviation(counts: IntArray) -> float | None:
    """Return the sample standard deviation; None below two observations."""
    total, middle = int(counts.sum()), mean(counts)
    if total < 2 or middle is None:
        return None
    deviations = np.arange(len(counts)) - middle
    return math.sqrt(float(deviations**2 @ counts) / (total - 1))


def fraction_at_least(counts: IntArray, value: int) -> float | None:
    total = int(counts.sum())
    return int(counts[value:].sum()) / total if total else None


def capped(counts: IntArray, cap: int) -> IntArray:
    """Return the histogram with everything beyond `cap` counted at `cap`."""
    if len(counts) <= cap + 1:
        return counts
    return np.concatenate((counts[:cap], [counts[cap:].sum()]))
