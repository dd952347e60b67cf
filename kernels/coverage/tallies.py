"""What one pass over the reads of a contig counts, and the territory that it counts over."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.coverage.records import FLAG_VALUES
from kernels.intervals import Intervals, merge, widen

IntArray = NDArray[np.int64]

# Places in `Tallies.counters`. The names are Picard's where the quantity is.
COUNTERS = (
    "TOTAL_READS", "PF_READS", "PF_UNIQUE_READS", "PF_UQ_READS_ALIGNED", "PF_BASES", "PF_BASES_ALIGNED",
    "PF_UQ_BASES_ALIGNED", "ON_BAIT_BASES", "NEAR_BAIT_BASES", "OFF_BAIT_BASES", "PF_SELECTED_PAIRS",
    "PF_SELECTED_UNIQUE_PAIRS", "ON_TARGET_BASES", "ON_TARGET_FROM_PAIR_BASES", "EXC_DUPE", "EXC_ADAPTER", "EXC_MAPQ",
    "EXC_BASEQ", "EXC_OVERLAP", "EXC_OFF_TARGET", "READS_WITHOUT_QUALITY", "RECORDS", "PAIRED_RECORDS",
    "MAPPED_RECORDS",
)  # fmt: skip
(
    TOTAL_READS, PF_READS, PF_UNIQUE_READS, PF_UQ_READS_ALIGNED, PF_BASES, PF_BASES_ALIGNED,
    PF_UQ_BASES_ALIGNED, ON_BAIT_BASES, NEAR_BAIT_BASES, OFF_BAIT_BASES, PF_SELECTED_PAIRS,
    PF_SELECTED_UNIQUE_PAIRS, ON_TARGET_BASES, ON_TARGET_FROM_PAIR_BASES, EXC_DUPE, EXC_ADAPTER, EXC_MAPQ,
    EXC_BASEQ, EXC_OVERLAP, EXC_OFF_TARGET, READS_WITHOUT_QUALITY, RECORDS, PAIRED_RECORDS,
    MAPPED_RECORDS,
) = range(len(COUNTERS))  # fmt: skip

QUALITIES = 128
# Histograms of quality that are filled in turn, and summed at the end.
QUALITY_LANES = 4
# Longer inserts are counted in the last place: no median or trimmed mean of a library reaches it.
MAX_INSERT_BP = 1 << 16
FORWARD_REVERSE, REVERSE_FORWARD, TANDEM = 0, 1, 2
NEXT_TARGET, NEXT_BAIT, NEXT_NEAR, LAST_POSITION = 0, 1, 2, 3


class Settings(NamedTuple):
    """Parameters of the pass, as compiled code takes them."""

    min_mapping_quality: int
    min_base_quality: int
    is_overlap_clipped: bool
    coverage_cap: int
    is_selection_wanted: bool
    has_baits: bool
    is_fast_depth: bool
    fragment_min_mapping_quality: int
    contig_count: int


class Territory(NamedTuple):
    """Merged targets and baits of one contig; target i owns the depths at `offsets[i]` to `offsets[i + 1] - 1`."""

    starts: IntArray
    ends: IntArray
    offsets: IntArray
    bait_starts: IntArray
    bait_ends: IntArray
    near_starts: IntArray
    near_ends: IntArray


class LibraryCounts(NamedTuple):
    """Counts that do not depend on a place: `inserts` by orientation and size, `qualities` in lanes."""

    counters: IntArray
    flags: IntArray
    mate_elsewhere: IntArray
    inserts: IntArray
    max_insert: IntArray
    qualities: IntArray

    def quality_histogram(self) -> IntArray:
        """Return the unfiltered target bases by quality."""
        return self.qualities.reshape(QUALITY_LANES, QUALITIES).sum(axis=0)


class Tallies(NamedTuple):
    """Counts of a pass over one contig: those of `LibraryCounts`, and depths over its territory.

    `usable` and `unfiltered` are Picard's depths (bases of sufficient quality; bases of quality above 2), `fragment`
    is mosdepth's depth as differences. `reads`, `mapped` and `ambiguous` count reads per merged target: with a usable
    base in it, mapped over it, and mapped over it with mapping quality 0.
    """

    counters: IntArray
    flags: IntArray
    mate_elsewhere: IntArray
    inserts: IntArray
    max_insert: IntArray
    qualities: IntArray
    usable: NDArray[np.uint32]
    unfiltered: NDArray[np.uint32]
    fragment: NDArray[np.int32]
    reads: IntArray
    mapped: IntArray
    ambiguous: IntArray
    cursor: IntArray
    adapters: NDArray[np.uint64]


def new_territory(targets: Intervals, baits: Intervals, near_distance_bp: int, contig_length_bp: int) -> Territory:
    """Lay out the merged targets and baits of a contig."""
    targets, baits = merge(targets), merge(baits)
    offsets = np.concatenate(([0], np.cumsum(targets.ends - targets.starts))).astype(np.int64)
    near = widen(baits, near_distance_bp, max(contig_length_bp, int(baits.ends.max(initial=0))))
    return Territory(targets.starts, targets.ends, offsets, baits.starts, baits.ends, near.starts, near.ends)


def zeros(*shape: int) -> IntArray:
    return np.zeros(shape, dtype=np.int64)


def new_library_counts() -> LibraryCounts:
    """Return zeroed counts."""
    return LibraryCounts(
        counters=zeros(len(COUNTERS)),
        flags=zeros(FLAG_VALUES),
        mate_elsewhere=zeros(2, 2),
        inserts=zeros(3, MAX_INSERT_BP + 1),
        max_insert=zeros(3),
        qualities=zeros(QUALITY_LANES * QUALITIES),
    )


def add_library_counts(total: LibraryCounts, part: LibraryCounts) -> None:
    """Add the counts of one part of a file to those of the whole."""
    for name, own in total._asdict().items():
        if name == "max_insert":
            np.maximum(own, part.max_insert, out=own)
        else:
            np.add(own, getattr(part, name), out=own)


def new_tallies(
    territory: Territory, library: LibraryCounts, is_selection_wanted: bool, adapters: NDArray[np.uint64]
) -> Tallies:
    """Return tallies of a contig that go on counting in `library`, with zeroed depths."""
    target_count, length = len(territory.starts), int(territory.offsets[-1])
    base_count = length if is_selection_wanted else 0
    cursor = zeros(4)
    cursor[LAST_POSITION] = -1
    return Tallies(
        *library,
        usable=np.zeros(base_count, dtype=np.uint32),
        unfiltered=np.zeros(base_count, dtype=np.uint32),
        fragment=np.zeros(length + 1, dtype=np.int32),
        reads=zeros(target_count),
        mapped=zeros(target_count),
        ambiguous=zeros(target_count),
        cursor=cursor,
        adapters=adapters,
    )
