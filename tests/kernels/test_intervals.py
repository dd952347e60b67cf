"""Expected values: sets of single bases, the slow and obvious definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import intervals
from kernels.intervals import Intervals, make

CONTIG_LENGTH_BP = 60
PAIRS = st.lists(
    st.tuples(st.integers(0, CONTIG_LENGTH_BP), st.integers(0, 12)).map(
        lambda pair: (pair[0], min(pair[0] + pair[1], CONTIG_LENGTH_BP))
    ),
    max_size=12,
)


def from_pairs(pairs: list[tuple[int, int]]) -> Intervals:
    return make([start for start, _ in pairs], [end for _, end in pairs])


def bases(pairs: Intervals | list[tuple[int, int]]) -> set[int]:
    rows = zip(pairs.starts, pairs.ends, strict=True) if isinstance(pairs, Intervals) else pairs
    return {position for start, end in rows for position in range(start, end)}


def is_merged(found: Intervals) -> bool:
    return bool((found.starts < found.ends).all() and (found.ends[:-1] < found.starts[1:]).all())


@given(PAIRS)
def test_merge__is_the_union_of_bases_and_disjoint(pairs):
    merged = intervals.merge(from_pairs(pairs))
    assert bases(merged) == bases(pairs)
    assert is_merged(merged)
    assert intervals.length_bp(merged) == len(bases(pairs))


def test_merge__joins_across_small_gaps_only():
    merged = intervals.merge(make([0, 15, 40], [10, 20, 50]), max_gap_bp=5)
    assert merged.starts.tolist() == [0, 40]
    assert merged.ends.tolist() == [20, 50]


@given(PAIRS, PAIRS)
def test_set_operations__equal_those_on_bases(left, right):
    a, b = intervals.merge(from_pairs(left)), intervals.merge(from_pairs(right))
    shared, rest = intervals.intersect(a, b), intervals.subtract(a, b)
    assert bases(shared) == bases(left) & bases(right)
    assert bases(rest) == bases(left) - bases(right)
    assert is_merged(shared)
    assert is_merged(rest)


@given(PAIRS)
def test_complement__is_everything_else_of_the_contig(pairs):
    rest = intervals.complement(intervals.merge(from_pairs(pairs)), CONTIG_LENGTH_BP)
    assert bases(rest) == set(range(CONTIG_LENGTH_BP)) - bases(pairs)


@given(PAIRS, st.integers(0, 10))
def test_widen__grows_both_sides_inside_the_contig(pairs, distance):
    wide = intervals.widen(intervals.merge(from_pairs(pairs)), distance, CONTIG_LENGTH_BP)
    expected = {near for base in bases(pairs) for near in range(base - distance, base + distance + 1) if 0 <= near < 60}
    assert bases(wide) == expected


@given(PAIRS, PAIRS)
def test_overlap_bp__counts_shared_bases_of_each_query(pairs, queries):
    found = intervals.overlap_bp(intervals.merge(from_pairs(pairs)), *from_pairs(queries))
    assert found.tolist() == [len(bases(pairs) & set(range(start, end))) for start, end in queries]


@given(PAIRS)
def test_contains__is_membership(pairs):
    positions = np.arange(CONTIG_LENGTH_BP)
    found = intervals.contains(intervals.merge(from_pairs(pairs)), positions)
    assert set(positions[found].tolist()) == bases(pairs)


@pytest.mark.parametrize("operation", [intervals.intersect, intervals.subtract])
def test_set_operations__of_nothing_are_nothing(operation):
    assert len(operation(intervals.EMPTY, make([1], [2])).starts) == 0


@given(PAIRS, PAIRS)
def test_intersect_rows__gives_each_query_its_own_parts(left, right):
    queries, merged = from_pairs(left), intervals.merge(from_pairs(right))
    rows, parts = intervals.intersect_rows(queries, merged)
    for row, pair in enumerate(left):
        own = Intervals(parts.starts[rows == row], parts.ends[rows == row])
        assert bases(own) == bases([pair]) & bases(right)
