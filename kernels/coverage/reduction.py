"""Compiled summaries of depth arrays: per interval, and the stretches below a depth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import compiled
from kernels.coverage.tallies import IntArray, Territory
from kernels.intervals import Intervals

FloatArray = NDArray[np.float64]
DepthArray = NDArray[np.integer]
# Depths beyond are counted in the last bin. A million reads at one base is no exome.
MAX_DEPTH = 1 << 20


class RowDepths(NamedTuple):
    """Depth of each interval: int64 arrays of shape (n,), `at_least` (n, thresholds).

    `medians` and `means` are zeros where they were not asked for. `means` are summed as quotients in base order, as
    mosdepth does it, so that they round alike.
    """

    sums: IntArray
    minima: IntArray
    maxima: IntArray
    medians: FloatArray
    means: FloatArray
    at_least: IntArray


def places_of(rows: Intervals, territory: Territory) -> IntArray:
    """Return where in the depth arrays each interval begins; each must lie inside one merged target."""
    target = np.searchsorted(territory.starts, rows.starts, side="right") - 1
    return np.asarray(territory.offsets[target] + rows.starts - territory.starts[target], dtype=np.int64)


@compiled
def median_of(depths: DepthArray, counts: IntArray, low: int, high: int) -> float:
    """Return the median of depths between `low` and `high`, by counting; `counts` is scratch of zeros."""
    if high - low >= len(counts):
        return float(np.median(depths))
    for depth in depths:
        counts[depth - low] += 1
    lower, upper = (len(depths) + 1) // 2, len(depths) // 2 + 1
    seen, lower_value, result = 0, -1, 0.0
    for place in range(high - low + 1):
        seen += counts[place]
        if lower_value < 0 and seen >= lower:
            lower_value = low + place
        if seen >= upper:
            result = (lower_value + low + place) / 2
            break
    counts[: high - low + 1] = 0
    return result


@compiled
def _mean_by_quotients(depths: DepthArray) -> float:
    mean = 0.0
    for value in depths:
        mean += value / len(depths)
    return mean


@compiled
def _count_at_least(depths: DepthArray, thresholds: IntArray, counts: IntArray) -> None:
    for level in range(len(thresholds)):
        reached, limit = 0, thresholds[level]
        for value in depths:
            reached += value >= limit
        counts[level] = reached


@compiled
def summarise_rows(
    depth: DepthArray, places: IntArray, lengths: IntArray, thresholds: IntArray, has_medians: bool, has_means: bool
) -> RowDepths:
    """Summarise the depth of each interval.

    Parameters
    ----------
    depth : integer array
        Depth of every base of the territory.
    places, lengths : int64 arrays (n,)
        First base of each interval in `depth`, and its length, at least 1.
    thresholds : int64 array, ascending
    has_medians, has_means : bool
        Whether to compute them.
    """
    count = len(places)
    sums, minima, maxima = np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count, np.int64)
    medians, means = np.zeros(count, np.float64), np.zeros(count, np.float64)
    at_least = np.zeros((count, len(thresholds)), np.int64)
    scratch = np.zeros(1 << 14, np.int64)
    for row in range(count):
        part = depth[places[row] : places[row] + lengths[row]]
        low, high, total = part[0], part[0], 0
        for value in part:
            low, high = min(low, value), max(high, value)
            total += value
        sums[row], minima[row], maxima[row] = total, low, high
        _count_at_least(part, thresholds, at_least[row])
        if has_medians:
            medians[row] = median_of(part, scratch, low, high)
        if has_means:
            means[row] = _mean_by_quotients(part)
    return RowDepths(sums, minima, maxima, medians, means, at_least)


@compiled
def count_depths(depth: DepthArray, rows: RowDepths, places: IntArray, lengths: IntArray) -> IntArray:
    """Return how many bases of the intervals have each depth; the last bin holds MAX_DEPTH and more.

    `rows` are the summaries of the same intervals: their maxima tell how many bins there are.
    """
    largest = 0
    for value in rows.maxima:
        largest = max(largest, value)
    histogram = np.zeros(min(largest, MAX_DEPTH) + 1, np.int64)
    for row in range(len(places)):
        for value in depth[places[row] : places[row] + lengths[row]]:
            histogram[min(value, MAX_DEPTH)] += 1
    return histogram


@compiled
def _close_gap(gaps: IntArray, count: int, end: int) -> int:
    gaps[count, 1] = end
    return count + 1


@compiled
def find_gaps(depth: DepthArray, starts: IntArray, offsets: IntArray, threshold: int) -> IntArray:
    """Return start, end, summed depth and lowest depth of each stretch of a merged target below a depth."""
    capacity = 1
    for place in range(len(depth)):
        capacity += depth[place] < threshold and (place == 0 or depth[place - 1] >= threshold)
    gaps = np.zeros((capacity + len(starts), 4), np.int64)
    count = 0
    for target in range(len(starts)):
        is_open, shift = False, starts[target] - offsets[target]
        for place in range(offsets[target], offsets[target + 1]):
            value = depth[place]
            if value < threshold:
                if not is_open:
                    gaps[count, 0], gaps[count, 2], gaps[count, 3] = place + shift, 0, value
                    is_open = True
                gaps[count, 2] += value
                gaps[count, 3] = min(gaps[count, 3], value)
            elif is_open:
                count, is_open = _close_gap(gaps, count, place + shift), False
        if is_open:
            count = _close_gap(gaps, count, offsets[target + 1] + shift)
    return gaps[:count]


def merge_histograms(histograms: list[IntArray]) -> IntArray:
    """Return the sum of histograms of different lengths."""
    total = np.zeros(max((len(histogram) for histogram in histograms), default=1), dtype=np.int64)
    for histogram in histograms:
        total[: len(histogram)] += histogram
    return total
