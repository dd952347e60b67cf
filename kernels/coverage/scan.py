"""One pass over the reads, contig by contig, and the reduction of each contig to what is reported."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.coverage.adapters import adapter_words
from kernels.coverage.assay import Assay
from kernels.coverage.mates import Mates, make_room, new_mates
from kernels.coverage.parameters import CoverageParams
from kernels.coverage.records import DAMAGED, MORE_BYTES, MORE_ROOM, OTHER_CONTIG, UNSORTED
from kernels.coverage.reduction import RowDepths, count_depths, find_gaps, places_of, summarise_rows
from kernels.coverage.tallies import (
    MAPPED_RECORDS,
    IntArray,
    LibraryCounts,
    Settings,
    Tallies,
    Territory,
    add_library_counts,
    new_library_counts,
    new_tallies,
    zeros,
)
from kernels.coverage.walk import walk
from kernels.errors import KernelError
from kernels.intervals import Intervals
from kernels.io.alignment import UNPLACED, AlignmentFile, Partition, index_mismatch
from kernels.io.bam import RecordStream
from kernels.io.little_endian import i32

Progress = Callable[[float], None]
NO_THRESHOLDS = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class ContigDepths:
    """What a pass over one contig leaves behind.

    Attributes
    ----------
    contig : int
        Number in the alignment's header; -1 for reads without a position.
    territory : Territory
    has_reads : bool
        Whether the file has any record on this contig.
    mapped_records : int
    reads, mapped, ambiguous : int64 arrays (t,)
        Reads per merged target (`Tallies`).
    usable_histogram, unfiltered_histogram, fragment_histogram : int64 arrays
        Bases by depth: over merged targets; `fragment_histogram` over the rows of the target file, as mosdepth.
    rows : int64 array (r,)
        Rows of the target file on this contig, by start.
    usable, fragment : RowDepths (r,)
        Depth of those rows.
    merged : RowDepths (t,)
        Usable depth of the merged targets.
    genes : RowDepths (p,)
        Usable depth of the gene parts (`Assay.genes_on`).
    gaps : int64 array (g, 4)
        Start, end, summed depth and lowest depth of each stretch below the callable depth.
    """

    contig: int
    territory: Territory
    has_reads: bool
    mapped_records: int
    reads: IntArray
    mapped: IntArray
    ambiguous: IntArray
    usable_histogram: IntArray
    unfiltered_histogram: IntArray
    fragment_histogram: IntArray
    rows: IntArray
    usable: RowDepths
    fragment: RowDepths
    merged: RowDepths
    genes: RowDepths
    gaps: IntArray


@dataclass(frozen=True)
class Scanned:
    """What a pass over a file leaves behind: contigs in the order of the header, and counts of all reads."""

    contigs: tuple[ContigDepths, ...]
    library: LibraryCounts


class Cancelled(Exception):
    """Another thread has failed: the result is not wanted any more."""


class ProgressMeter:
    """Adds up the compressed bytes that threads have read."""

    def __init__(self, total_bytes: int, report: Progress | None) -> None:
        self._total_bytes, self._report = max(total_bytes, 1), report
        self._done_bytes = 0
        self._lock = threading.Lock()
        self.is_cancelled = False

    def add(self, count: int) -> None:
        if self.is_cancelled:
            raise Cancelled
        if self._report is not None:
            with self._lock:
                self._done_bytes += count
                self._report(min(self._done_bytes / self._total_bytes, 1.0))


@dataclass(frozen=True)
class Scanner:
    """Everything that is the same for every partition of one alignment file."""

    alignment: AlignmentFile
    assay: Assay
    params: CoverageParams
    settings: Settings
    adapters: NDArray[np.uint64]
    meter: ProgressMeter

    def scan(self, partition: Partition) -> Scanned:
        """Walk a partition from end to end."""
        stream = self.alignment.open(partition, self.meter.add)
        part = _PartitionPass(self, partition)
        part.consume(stream)
        while stream.fill():
            part.consume(stream)
        stream.require_end()
        return part.finish()

    def empty_tallies(self, territory: Territory, library: LibraryCounts) -> Tallies:
        return new_tallies(territory, library, self.settings.is_selection_wanted, self.adapters)

    def reduce(self, contig: int, territory: Territory, tallies: Tallies, mapped_records: int | None) -> ContigDepths:
        """Summarise the depths of a contig, and let go of them; no count of records means that it has none."""
        rows = self.assay.target_rows(contig) if contig >= 0 else np.empty(0, dtype=np.int64)
        layout = _Layout.of(territory, self.assay.targets.starts[rows], self.assay.targets.ends[rows])
        levels = np.array(self.params.thresholds_reads, dtype=np.int64)
        depth = np.cumsum(tallies.fragment[:-1], dtype=np.int32)
        fragment = summarise_rows(depth, layout.row_places, layout.row_lengths, levels, False, True)
        return ContigDepths(
            contig=contig,
            territory=territory,
            has_reads=mapped_records is not None,
            mapped_records=mapped_records or 0,
            reads=tallies.reads,
            mapped=tallies.mapped,
            ambiguous=tallies.ambiguous,
            rows=rows,
            fragment=fragment,
            fragment_histogram=count_depths(depth, fragment, layout.row_places, layout.row_lengths),
            **(self._without_usable(fragment) if self.params.is_depth_only else self._usable(contig, layout, tallies)),
        )

    def _usable(self, contig: int, layout: _Layout, tallies: Tallies) -> dict[str, Any]:
        """Summarise the usable depth."""
        usable, unfiltered, territory = tallies.usable, tallies.unfiltered, layout.territory
        offsets, lengths = territory.offsets, territory.ends - territory.starts
        levels = np.array(self.params.thresholds_reads, dtype=np.int64)
        callable_depth = self.params.callable_depth_reads
        pieces = self.assay.genes_on(contig)[1].pieces
        gene_places, gene_lengths = places_of(pieces, territory), pieces.ends - pieces.starts
        merged, ceiling = (
            summarise_rows(depth, offsets[:-1], lengths, NO_THRESHOLDS, False, False) for depth in (usable, unfiltered)
        )
        gene_levels = np.array([callable_depth], dtype=np.int64)
        return {
            "usable_histogram": count_depths(usable, merged, offsets[:-1], lengths),
            "unfiltered_histogram": count_depths(unfiltered, ceiling, offsets[:-1], lengths),
            "usable": summarise_rows(usable, layout.row_places, layout.row_lengths, levels, True, False),
            "merged": merged,
            "genes": summarise_rows(usable, gene_places, gene_lengths, gene_levels, False, False),
            "gaps": find_gaps(usable, territory.starts, offsets, callable_depth),
        }

    @staticmethod
    def _without_usable(fragment: RowDepths) -> dict[str, Any]:
        """Return what a depth-only run has in place of the usable depth: the fragment depth of the rows."""
        none = zeros(0)
        nothing = RowDepths(none, none, none, fragment.medians[:0], fragment.means[:0], zeros(0, 1))
        return {
            "usable_histogram": none,
            "unfiltered_histogram": none,
            "usable": fragment,
            "merged": nothing,
            "genes": nothing,
            "gaps": zeros(0, 4),
        }


class _Layout(NamedTuple):
    """Where the rows of the target file lie in the depth arrays of a contig."""

    territory: Territory
    row_places: IntArray
    row_lengths: IntArray

    @classmethod
    def of(cls, territory: Territory, starts: IntArray, ends: IntArray) -> _Layout:
        return cls(territory, places_of(Intervals(starts, ends), territory), ends - starts)


class _PartitionPass:
    """The open counts of a partition, and of the contig that is being read."""

    def __init__(self, scanner: Scanner, partition: Partition) -> None:
        self._scanner, self._partition = scanner, partition
        self._name = scanner.alignment.name
        self._library = new_library_counts()
        self._done: list[ContigDepths] = []
        self._contig: int | None = None
        self._mapped_before = 0
        self._territory: Territory
        self._tallies: Tallies
        self._mates: Mates

    def consume(self, stream: RecordStream) -> None:
        """Count the whole records of a batch."""
        while stream.stop - stream.start >= 8:
            contig = i32(stream.batch, stream.start + 4)
            if contig != self._contig:
                self._begin(contig)
            if self._take(stream, contig) == MORE_BYTES:
                break

    def finish(self) -> Scanned:
        self._close()
        return Scanned(tuple(self._done), self._library)

    def _begin(self, contig: int) -> None:
        self._require_order(contig)
        self._close()
        self._contig, self._mapped_before = contig, int(self._library.counters[MAPPED_RECORDS])
        self._territory = self._scanner.assay.territory(contig)
        self._tallies = self._scanner.empty_tallies(self._territory, self._library)
        self._mates = new_mates()

    def _require_order(self, contig: int) -> None:
        if not UNPLACED <= contig < len(self._scanner.assay.contigs):
            raise damaged(self._name)
        if self._contig is not None and _rank(contig) < _rank(self._contig):
            raise unsorted(self._name)
        first, last = self._partition.first_contig, self._partition.last_contig
        if not _rank(first) <= _rank(contig) <= _rank(last):
            raise index_mismatch(self._name)

    def _close(self) -> None:
        if self._contig is not None:
            mapped = int(self._library.counters[MAPPED_RECORDS]) - self._mapped_before
            self._done.append(self._scanner.reduce(self._contig, self._territory, self._tallies, mapped))

    def _take(self, stream: RecordStream, contig: int) -> int:
        """Count records of a contig; return MORE_BYTES or OTHER_CONTIG."""
        settings = self._scanner.settings
        while True:
            status, stream.start = walk(
                stream.batch, stream.start, stream.stop, contig, settings, self._territory, self._tallies, self._mates
            )
            if status != MORE_ROOM:
                break
            size, position = i32(stream.batch, stream.start), i32(stream.batch, stream.start + 8)
            self._mates = make_room(self._mates, position, size, self._name)
        if status == DAMAGED:
            raise damaged(self._name)
        if status == UNSORTED:
            raise unsorted(self._name)
        assert status in (MORE_BYTES, OTHER_CONTIG)
        return status


def _rank(contig: int) -> float:
    """Return a contig's place in coordinate order: reads without a position come last."""
    return math.inf if contig == UNPLACED else contig


def damaged(name: str) -> KernelError:
    return KernelError(
        "bam_record_corrupt",
        f"{name} holds a record that contradicts itself: the file is damaged, or its index belongs to another file.",
        file=name,
    )


def unsorted(name: str) -> KernelError:
    return KernelError(
        "alignment_unsorted", f"{name} is not sorted by coordinate: sort it (samtools sort) and index it.", file=name
    )


def settings_of(params: CoverageParams, assay: Assay) -> Settings:
    """Return the parameters as compiled code takes them."""
    return Settings(
        min_mapping_quality=params.min_mapping_quality,
        min_base_quality=params.min_base_quality,
        is_overlap_clipped=params.are_overlaps_clipped,
        coverage_cap=params.coverage_cap_reads,
        is_selection_wanted=not params.is_depth_only,
        has_baits=assay.baits is not None,
        is_fast_depth=params.is_fast_depth,
        fragment_min_mapping_quality=params.fragment_min_mapping_quality,
        contig_count=len(assay.contigs),
    )


def scan_alignment(
    alignment: AlignmentFile, assay: Assay, params: CoverageParams, threads: int, progress: Progress | None
) -> Scanned:
    """Walk every record once, with contigs side by side where an index allows it.

    Returns
    -------
    Scanned
        With contigs that have targets but no reads; reads without a position come last.
    """
    partitions = alignment.partitions(threads)
    meter = ProgressMeter(sum(partition.compressed_bytes for partition in partitions), progress)
    scanner = Scanner(alignment, assay, params, settings_of(params, assay), adapter_words(), meter)
    library, found = new_library_counts(), {}
    for part in _scan_all(scanner, partitions, threads):
        add_library_counts(library, part.library)
        found.update({depths.contig: depths for depths in part.contigs})
    for contig in assay.contigs_with_targets():
        if contig not in found:
            territory = assay.territory(contig)
            tallies = scanner.empty_tallies(territory, library)
            found[contig] = scanner.reduce(contig, territory, tallies, None)
    return Scanned(tuple(found[contig] for contig in sorted(found, key=_rank)), library)


def _scan_all(scanner: Scanner, partitions: list[Partition], threads: int) -> Iterator[Scanned]:
    if len(partitions) == 1:
        yield scanner.scan(partitions[0])
        return
    # The largest first: the last thread to finish then has little left.
    ordered = sorted(partitions, key=lambda partition: -partition.compressed_bytes)
    with ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(scanner.scan, partition) for partition in ordered]
        try:
            for future in as_completed(waiting):
                yield future.result()
        except BaseException:
            scanner.meter.is_cancelled = True
            pool.shutdown(wait=True, cancel_futures=True)
            raise
