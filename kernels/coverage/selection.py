"""Compiled counting for hybrid selection: what Picard's CollectHsMetrics counts of each read, in its order.

References
----------
Picard 3, `picard.analysis.directed.TargetMetricsCollector` (definitions); https://broadinstitute.github.io/picard/
"""

from __future__ import annotations

import numpy as np

from kernels.compiled import inlined
from kernels.coverage.adapters import begins_with_adapter
from kernels.coverage.records import (
    DUPLICATE,
    FIRST_IN_PAIR,
    INSERTION,
    MATCH,
    MATE_UNMAPPED,
    MISSING_QUALITY,
    PAIRED,
    QC_FAIL,
    REVERSE,
    SECONDARY,
    SOFT_CLIP,
    SUPPLEMENTARY,
    UNMAPPED,
    Record,
    consumes_read,
    consumes_reference,
    is_aligned,
    measure_cigar,
)
from kernels.coverage.tallies import (
    EXC_ADAPTER,
    EXC_BASEQ,
    EXC_DUPE,
    EXC_MAPQ,
    EXC_OFF_TARGET,
    EXC_OVERLAP,
    NEAR_BAIT_BASES,
    NEXT_BAIT,
    NEXT_NEAR,
    NEXT_TARGET,
    OFF_BAIT_BASES,
    ON_BAIT_BASES,
    ON_TARGET_BASES,
    ON_TARGET_FROM_PAIR_BASES,
    PF_BASES,
    PF_BASES_ALIGNED,
    PF_READS,
    PF_SELECTED_PAIRS,
    PF_SELECTED_UNIQUE_PAIRS,
    PF_UNIQUE_READS,
    PF_UQ_BASES_ALIGNED,
    PF_UQ_READS_ALIGNED,
    QUALITIES,
    READS_WITHOUT_QUALITY,
    TOTAL_READS,
    Settings,
    Tallies,
    Territory,
)
from kernels.io.little_endian import ByteArray, u32

NO_CLIP = 1 << 40
# Picard leaves bases of quality 2 and below out of every depth.
MIN_DEPTH_QUALITY = 3


@inlined
def count_reads(record: Record, tallies: Tallies) -> None:
    """Count a primary record in the read totals."""
    flag, counters = record.flag, tallies.counters
    counters[TOTAL_READS] += 1
    if flag & QC_FAIL:
        return
    counters[PF_READS] += 1
    counters[PF_BASES] += record.length
    if not flag & DUPLICATE:
        counters[PF_UNIQUE_READS] += 1
        if not flag & UNMAPPED:
            counters[PF_UQ_READS_ALIGNED] += 1


@inlined
def bases_on_baits(record: Record, batch: ByteArray, territory: Territory, bait: int) -> int:
    """Return the aligned bases of a read that lie on baits."""
    starts, ends = territory.bait_starts, territory.bait_ends
    total, position = 0, record.position
    for index in range(record.cigar_count):
        word = u32(batch, record.cigar_at + 4 * index)
        operation, length = word & 15, word >> 4
        if is_aligned(operation):
            place = bait
            while place < len(starts) and starts[place] < position + length:
                total += max(min(ends[place], position + length) - max(starts[place], position), 0)
                place += 1
        if consumes_reference(operation):
            position += length
    return total


@inlined
def count_selection(record: Record, batch: ByteArray, territory: Territory, tallies: Tallies) -> None:
    """Count a mapped read's bases on, near and off the baits, and its pair if it was selected."""
    flag, counters, cursor = record.flag, tallies.counters, tallies.cursor
    near = cursor[NEXT_NEAR]
    if near == len(territory.near_starts) or territory.near_starts[near] >= record.end:
        counters[OFF_BAIT_BASES] += record.aligned_bases
        return
    on_bait = bases_on_baits(record, batch, territory, cursor[NEXT_BAIT])
    counters[ON_BAIT_BASES] += on_bait
    counters[NEAR_BAIT_BASES] += record.aligned_bases - on_bait
    is_pair = flag & PAIRED and flag & FIRST_IN_PAIR and not flag & (SUPPLEMENTARY | MATE_UNMAPPED)
    if is_pair:
        counters[PF_SELECTED_PAIRS] += 1
        if not flag & DUPLICATE:
            counters[PF_SELECTED_UNIQUE_PAIRS] += 1


@inlined
def overlapping_bases(record: Record, batch: ByteArray) -> int:
    """Return the bases of a left-most read from its mate's start on, as Picard counts them.

    The contig of the mate is not compared, and of `=`, `X` and insertions the whole operation counts: Picard's rules.
    """
    flag, mate_start = record.flag, record.mate_position
    if not flag & PAIRED or flag & (UNMAPPED | MATE_UNMAPPED) or mate_start < record.position:
        return 0
    if mate_start == record.position and flag & FIRST_IN_PAIR:
        return 0
    total, position = 0, record.position
    for index in range(record.cigar_count):
        word = u32(batch, record.cigar_at + 4 * index)
        operation, length = word & 15, word >> 4
        on_reference = length if consumes_reference(operation) else 0
        if mate_start < position + on_reference:
            if operation == MATCH:
                total += position + length - max(mate_start, position)
            elif operation == INSERTION or is_aligned(operation):
                total += length
        position += on_reference
    return total


@inlined
def clip_start(record: Record, batch: ByteArray, clipped: int) -> int:
    """Return the offset in the read from which `clipped` bases at its end, before a soft clip, are left out."""
    if record.cigar_count == 0:
        return NO_CLIP
    word = u32(batch, record.cigar_at + 4 * (record.cigar_count - 1))
    soft_clip = word >> 4 if word & 15 == SOFT_CLIP else 0
    length = record.length
    if length == 0:
        _, length, _ = measure_cigar(batch, record.cigar_at, record.cigar_count)
    return length - clipped - soft_clip


@inlined
def clip_at_mate(record: Record, batch: ByteArray, settings: Settings, tallies: Tallies) -> int:
    """Return the read base from which the mate's bases count instead; 0 where none of this read is left."""
    overlap = overlapping_bases(record, batch) if settings.is_overlap_clipped else 0
    tallies.counters[EXC_OVERLAP] += overlap
    if overlap == 0:
        return NO_CLIP
    # Where the mate starts at the same base, Picard drops the whole read.
    return 0 if record.mate_position <= record.position else max(clip_start(record, batch, overlap), 0)


@inlined
def count_good(batch: ByteArray, at: int, length: int, minimum: int) -> int:
    """Return how many of the qualities at `at` reach a minimum."""
    limit, good, done = np.uint8(minimum), 0, 0
    while done < length:
        # Sums of at most 128 ones fit a byte: the loop then works on as many bytes as the machine has lanes.
        count = min(length - done, 128)
        part = batch[at + done : at + done + count]
        few = np.uint8(0)
        for index in range(count):
            few = np.uint8(few + np.uint8(part[index] >= limit))
        good += int(np.int64(few))
        done += count
    return good


@inlined
def add_depths(batch: ByteArray, at: int, length: int, place: int, settings: Settings, tallies: Tallies) -> None:
    """Add the bases of a stretch of read to both depths of the target bases that they lie on."""
    qualities = batch[at : at + length]
    usable = tallies.usable[place : place + length]
    unfiltered = tallies.unfiltered[place : place + length]
    minimum = np.uint8(max(settings.min_base_quality, MIN_DEPTH_QUALITY))
    for index in range(length):
        usable[index] += np.uint32(qualities[index] >= minimum)
    kept = np.uint8(MIN_DEPTH_QUALITY)
    for index in range(length):
        unfiltered[index] += np.uint32(qualities[index] >= kept)


@inlined
def count_qualities(batch: ByteArray, at: int, length: int, place: int, settings: Settings, tallies: Tallies) -> None:
    """Count the qualities of a stretch of read where the depth, this read included, is within the cap."""
    qualities = batch[at : at + length]
    unfiltered = tallies.unfiltered[place : place + length]
    histogram, cap = tallies.qualities, np.uint32(settings.coverage_cap)
    for index in range(length):
        quality = np.int64(qualities[index])
        is_counted = quality >= MIN_DEPTH_QUALITY and unfiltered[index] <= cap
        # Four histograms in turn: one would make each base wait for the last one of the same quality.
        histogram[(index & 3) * QUALITIES + (quality & (QUALITIES - 1))] += is_counted


@inlined
def add_without_qualities(length: int, place: int, tallies: Tallies) -> None:
    """Add bases whose quality is not known to both depths."""
    for index in range(place, place + length):
        tallies.usable[index] += np.uint32(1)
        tallies.unfiltered[index] += np.uint32(1)


@inlined
def add_stretch(
    record: Record, batch: ByteArray, offset: int, length: int, place: int, settings: Settings, tallies: Tallies
) -> int:
    """Add the bases of a read from `offset` on to one target; return how many are of sufficient quality.

    Without qualities bases count only where no quality is asked for.
    """
    minimum = settings.min_base_quality
    if record.length > 0 and batch[record.qualities_at] != MISSING_QUALITY:
        at = record.qualities_at + offset
        add_depths(batch, at, length, place, settings, tallies)
        count_qualities(batch, at, length, place, settings, tallies)
        return count_good(batch, at, length, minimum)
    if minimum > 0:
        return 0
    add_without_qualities(length, place, tallies)
    return length


@inlined
def good_bases(record: Record, batch: ByteArray, offset: int, length: int, minimum: int) -> int:
    """Return how many bases of a read from `offset` on are of sufficient quality."""
    if record.length > 0 and batch[record.qualities_at] != MISSING_QUALITY:
        return count_good(batch, record.qualities_at + offset, length, minimum)
    return length if minimum == 0 else 0


@inlined
def has_deep_base(record: Record, batch: ByteArray, offset: int, length: int, settings: Settings, good: int) -> bool:
    """Whether any base of the stretch counts in the usable depth."""
    if settings.min_base_quality >= MIN_DEPTH_QUALITY:
        return good > 0
    return good_bases(record, batch, offset, length, MIN_DEPTH_QUALITY) > 0 or (
        good > 0 and (record.length == 0 or batch[record.qualities_at] == MISSING_QUALITY)
    )


@inlined
def count_block(
    record: Record,
    batch: ByteArray,
    settings: Settings,
    territory: Territory,
    tallies: Tallies,
    position: int,
    offset: int,
    length: int,
    last_target: int,
) -> int:
    """Count one aligned block from read base `offset` on; return the last target that has counted this read."""
    counters, target, end = tallies.counters, tallies.cursor[NEXT_TARGET], position + length
    on_target, counted = 0, 0
    while target < len(territory.starts) and territory.starts[target] < end:
        first, last = max(territory.starts[target], position), min(territory.ends[target], end)
        if first < last:
            shift = first - position
            place = territory.offsets[target] + first - territory.starts[target]
            good = add_stretch(record, batch, offset + shift, last - first, place, settings, tallies)
            on_target += good
            counted += last - first
            if target > last_target and has_deep_base(record, batch, offset + shift, last - first, settings, good):
                tallies.reads[target] += 1
                last_target = target
        target += 1
    good = on_target
    if counted < length:
        good = good_bases(record, batch, offset, length, settings.min_base_quality)
    counters[EXC_BASEQ] += length - good
    counters[EXC_OFF_TARGET] += good - on_target
    counters[ON_TARGET_BASES] += on_target
    if record.flag & PAIRED and not record.flag & (MATE_UNMAPPED | SUPPLEMENTARY):
        counters[ON_TARGET_FROM_PAIR_BASES] += on_target
    return last_target


@inlined
def count_bases(
    record: Record, batch: ByteArray, settings: Settings, territory: Territory, tallies: Tallies, clip_from: int
) -> None:
    """Count the aligned bases of a read that passed the filters, up to read base `clip_from`."""
    position, offset, last_target = record.position, 0, -1
    for index in range(record.cigar_count):
        word = u32(batch, record.cigar_at + 4 * index)
        operation, length = word & 15, word >> 4
        if is_aligned(operation):
            kept = min(length, clip_from - offset)
            if kept > 0:
                last_target = count_block(
                    record, batch, settings, territory, tallies, position, offset, kept, last_target
                )
        if consumes_reference(operation):
            position += length
        if consumes_read(operation):
            offset += length


@inlined
def is_filtered(record: Record, batch: ByteArray, settings: Settings, tallies: Tallies) -> bool:
    """Whether a mapped read is left out as duplicate, adapter or badly mapped; its bases are counted as such."""
    counters = tallies.counters
    if record.flag & DUPLICATE:
        counters[EXC_DUPE] += record.aligned_bases
        return True
    if record.mapping_quality == 0 and begins_with_adapter(
        batch, record.bases_at, record.length, record.flag & REVERSE != 0, tallies.adapters
    ):
        counters[EXC_ADAPTER] += record.aligned_bases
        return True
    if record.mapping_quality < settings.min_mapping_quality:
        counters[EXC_MAPQ] += record.aligned_bases
        return True
    return False


@inlined
def count_hybrid_selection(
    record: Record, batch: ByteArray, settings: Settings, territory: Territory, tallies: Tallies
) -> None:
    """Count one record for every hybrid-selection metric."""
    flag, counters = record.flag, tallies.counters
    if flag & SECONDARY:
        return
    if not flag & SUPPLEMENTARY:
        count_reads(record, tallies)
    if flag & (QC_FAIL | UNMAPPED):
        return
    counters[PF_BASES_ALIGNED] += record.aligned_bases
    if not flag & DUPLICATE:
        counters[PF_UQ_BASES_ALIGNED] += record.aligned_bases
    if settings.has_baits:
        count_selection(record, batch, territory, tallies)
    if is_filtered(record, batch, settings, tallies):
        return
    clip_from = clip_at_mate(record, batch, settings, tallies)
    if clip_from == 0:
        return
    if record.length == 0 or batch[record.qualities_at] == MISSING_QUALITY:
        counters[READS_WITHOUT_QUALITY] += 1
    count_bases(record, batch, settings, territory, tallies, clip_from)
