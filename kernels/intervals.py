"""Sets of half-open intervals on one contig, as pairs of sorted NumPy arrays.

Every function takes and returns `Intervals`; only `merge` accepts unsorted or overlapping input, and everything else
asks for its output form: sorted, disjoint, not touching, not empty.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


class Intervals(NamedTuple):
    """Intervals on one contig, 0-based and half-open.

    Attributes
    ----------
    starts, ends : int64 arrays of one shape (n,)
        Bases `starts[i] <= position < ends[i]` belong to interval i.
    """

    starts: IntArray
    ends: IntArray


def make(starts: ArrayLike, ends: ArrayLike) -> Intervals:
    """Return intervals from any two sequences of integers, in the given order, unchecked."""
    return Intervals(np.asarray(starts, dtype=np.int64), np.asarray(ends, dtype=np.int64))


EMPTY = make([], [])


def merge(intervals: Intervals, max_gap_bp: int = 0) -> Intervals:
    """Return the union of intervals in any order, as sorted disjoint intervals.

    Parameters
    ----------
    intervals : Intervals
        May overlap, touch, repeat or be unsorted. Empty ones (end <= start) vanish.
    max_gap_bp : int
        Join intervals that are at most this many bases apart; 0 joins those that overlap or touch.
    """
    kept = intervals.ends > intervals.starts
    starts, ends = intervals.starts[kept], intervals.ends[kept]
    if not len(starts):
        return EMPTY
    order = np.argsort(starts, kind="stable")
    starts, furthest = starts[order], np.maximum.accumulate(ends[order])
    opens = np.concatenate(([True], starts[1:] > furthest[:-1] + max_gap_bp))
    closes = np.concatenate((opens[1:], [True]))
    return Intervals(starts[opens], furthest[closes])


def length_bp(intervals: Intervals) -> int:
    """Return the number of bases in disjoint intervals."""
    return int((intervals.ends - intervals.starts).sum())


def intersect(left: Intervals, right: Intervals) -> Intervals:
    """Return the bases that two merged sets share."""
    return intersect_rows(left, right)[1]


def intersect_rows(left: Intervals, right: Intervals) -> tuple[IntArray, Intervals]:
    """Return the parts of each interval, in any order and overlapping or not, that lie in a merged set.

    Returns
    -------
    rows : int64 array (m,)
        For each part, the index of the left interval that it belongs to.
    parts : Intervals (m,)
    """
    # Each left interval meets a run of right intervals; write the runs out side by side, then clip.
    first = np.searchsorted(right.ends, left.starts, side="right")
    last = np.searchsorted(right.starts, left.ends, side="left")
    counts = np.maximum(last - first, 0)
    rows = np.repeat(np.arange(len(left.starts)), counts)
    partners = _runs(first, counts)
    starts = np.maximum(left.starts[rows], right.starts[partners])
    ends = np.minimum(left.ends[rows], right.ends[partners])
    return rows, Intervals(starts, ends)


def subtract(left: Intervals, right: Intervals) -> Intervals:
    """Return the bases of merged `left` that are not in merged `right`."""
    if not len(left.starts):
        return EMPTY
    return intersect(left, complement(right, int(left.ends[-1])))


def complement(intervals: Intervals, contig_length_bp: int) -> Intervals:
    """Return the bases of 0 … `contig_length_bp` outside merged intervals."""
    starts = np.concatenate(([0], intervals.ends))
    ends = np.concatenate((intervals.starts, [contig_length_bp]))
    ends = np.minimum(ends, contig_length_bp)
    kept = ends > starts
    return Intervals(starts[kept], ends[kept])


def widen(intervals: Intervals, distance_bp: int, contig_length_bp: int) -> Intervals:
    """Return the union of intervals grown by a distance on both sides, kept inside the contig."""
    starts = np.maximum(intervals.starts - distance_bp, 0)
    ends = np.minimum(intervals.ends + distance_bp, contig_length_bp)
    return merge(Intervals(starts, ends))


def contains(intervals: Intervals, positions: ArrayLike) -> BoolArray:
    """Return, for each position, whether it lies in a merged set."""
    return overlap_bp(intervals, np.asarray(positions), np.asarray(positions) + 1) > 0


def overlap_bp(intervals: Intervals, starts: ArrayLike, ends: ArrayLike) -> IntArray:
    """Return, for each query [start, end), how many of its bases lie in a merged set."""
    return _covered_before(intervals, np.asarray(ends)) - _covered_before(intervals, np.asarray(starts))


def _covered_before(intervals: Intervals, positions: NDArray[np.integer]) -> IntArray:
    lengths = intervals.ends - intervals.starts
    summed = np.concatenate(([0], np.cumsum(lengths)))
    index = np.searchsorted(intervals.starts, positions, side="right")
    # The interval that starts last may reach past the position: take its overhang off again.
    overhang = np.where(index > 0, _take_or_zero(intervals.ends, index - 1) - positions, 0)
    return np.asarray(summed[index] - np.maximum(overhang, 0), dtype=np.int64)


def _take_or_zero(values: IntArray, index: NDArray[np.integer]) -> IntArray:
    return values[np.maximum(index, 0)] if len(values) else np.zeros(index.shape, dtype=np.int64)


def _runs(first: NDArray[np.integer], counts: NDArray[np.integer]) -> IntArray:
    """Return first[0], first[0]+1, … counts[0] of them, then the same for each next row."""
    total = int(counts.sum())
    offsets = np.repeat(np.cumsum(counts) - counts, counts)
    return np.asarray(np.arange(total) - offsets + np.repeat(first, counts), dtype=np.int64)
