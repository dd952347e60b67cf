"""One pass over the reads, contig by contig, and the reduction of each contig to what is reported."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.coverage.adapters import adapter_words
from kernels.coverage.assay import Assay
from kernels.coverage.mates import make_room, new_mates
from kernels.coverage.parameters import CoverageParams
from kernels.coverage.records import DAMAGED, MORE_BYTES, MORE_ROOM, OTHER_CONTIG, UNSORTED
from kernels.coverage.reduction import RowDepths, count_depths, find_gaps, places_of, summarise_rows
from kernels.coverage.tallies import IntArray, Settings, Tallies, Territory, new_tallies
from kernels.coverage.walk import walk
from kernels.errors import KernelError
from kernels.intervals import Intervals
from kernels.io.alignment import ANY_CONTIG, UNPLACED, AlignmentFile, Partition, index_mismatch
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
    tallies : Tallies
        Its depth arrays are emptied: the histograms and rows below hold what is needed of them.
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
    tallies: Tallies
    territory: Territory
    usable_histogram: IntArray
    unfiltered_histogram: IntArray
    fragment_histogram: IntArray
    rows: IntArray
    usable: RowDepths
    fragment: RowDepths
    merged: RowDepths
    genes: RowDepths
    gaps: IntArray


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

    def scan(self, partition: Partition) -> list[ContigDepths]:
        """Walk a partition from end to end."""
        stream = self.alignment.open(partition, self.meter.add)
        done: list[ContigDepths] = []
        current: _ContigPass | None = None
        has_more = True
        while has_more:
            current = self._consume(stream, partition, current, done)
            has_more = stream.fill()
        stream.require_end()
        if current is not None:
            done.append(self.reduce(current.contig, current.territory, current.tallies))
        return done

    def _consume(
        self, stream: RecordStream, partition: Partition, current: _ContigPass | None, done: list[ContigDepths]
    ) -> _ContigPass | None:
        """Count the whole records of a batch; return the contig that is still open."""
        while stream.stop - stream.start >= 8:
            contig = i32(stream.batch, stream.start + 4)
            if current is None or current.contig != contig:
                if current is not None:
                    done.append(self.reduce(current.contig, current.territory, current.tallies))
                current = self._begin(contig, partition, done)
            if current.take(stream, self.settings) == MORE_BYTES:
                break
        return current

    def _begin(self, contig: int, partition: Partition, done: list[ContigDepths]) -> _ContigPass:
        name = self.alignment.name
        if not UNPLACED <= contig < len(self.assay.contigs):
            raise damaged(name)
        if partition.contig not in (ANY_CONTIG, contig):
            raise index_mismatch(name)
        if done and (done[-1].contig == UNPLACED or UNPLACED < contig < done[-1].contig):
            raise unsorted(name)
        territory = self.assay.territory(contig)
        return _ContigPass(name, contig, territory, self.empty_tallies(territory))

    def empty_tallies(self, territory: Territory) -> Tallies:
        return new_tallies(territory, self.settings.is_selection_wanted, self.adapters)

    def reduce(self, contig: int, territory: Territory, tallies: Tallies) -> ContigDepths:
        """Summarise the depths of a contig, and let go of them."""
        params, lengths = self.params, territory.ends - territory.starts
        offsets, levels = territory.offsets, np.array(params.thresholds_reads, dtype=np.int64)
        fragment = np.cumsum(tallies.fragment[:-1], dtype=np.int32)
        usable = fragment.view(np.uint32) if params.is_depth_only else tallies.usable
        unfiltered = usable if params.is_depth_only else tallies.unfiltered
        rows = self.assay.target_rows(contig) if contig >= 0 else np.empty(0, dtype=np.int64)
        targets = self.assay.targets
        row_places = places_of(Intervals(targets.starts[rows], targets.ends[rows]), territory)
        row_lengths = targets.ends[rows] - targets.starts[rows]
        pieces = self.assay.genes_on(contig)[1].pieces
        gene_levels = np.array([params.callable_depth_reads], dtype=np.int64)
        return ContigDepths(
            contig=contig,
            tallies=tallies._replace(usable=usable[:0], unfiltered=usable[:0], fragment=fragment[:0]),
            territory=territory,
            usable_histogram=count_depths(usable, offsets[:-1], lengths),
            unfiltered_histogram=count_depths(unfiltered, offsets[:-1], lengths),
            fragment_histogram=count_depths(fragment, row_places, row_lengths),
            rows=rows,
            usable=summarise_rows(usable, row_places, row_lengths, levels),
            fragment=summarise_rows(fragment, row_places, row_lengths, levels),
            merged=summarise_rows(usable, offsets[:-1], lengths, NO_THRESHOLDS),
            genes=summarise_rows(usable, places_of(pieces, territory), pieces.ends - pieces.starts, gene_levels),
            gaps=find_gaps(usable, territory.starts, offsets, params.callable_depth_reads),
        )


class _ContigPass:
    """The open counts of one contig."""

    def __init__(self, file: str, contig: int, territory: Territory, tallies: Tallies) -> None:
        self.contig, self.territory, self.tallies = contig, territory, tallies
        self._file, self._mates = file, new_mates()

    def take(self, stream: RecordStream, settings: Settings) -> int:
        """Count records of this contig; return MORE_BYTES or OTHER_CONTIG."""
        while True:
            status, stream.start = walk(
                stream.batch,
                stream.start,
                stream.stop,
                self.contig,
                settings,
                self.territory,
                self.tallies,
                self._mates,
            )
            if status != MORE_ROOM:
                break
            size, position = i32(stream.batch, stream.start), i32(stream.batch, stream.start + 8)
            self._mates = make_room(self._mates, position, size, self._file)
        if status == DAMAGED:
            raise damaged(self._file)
        if status == UNSORTED:
            raise unsorted(self._file)
        assert status in (MORE_BYTES, OTHER_CONTIG)
        return status


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
) -> list[ContigDepths]:
    """Walk every record once, with contigs side by side where an index allows it.

    Returns
    -------
    list of ContigDepths
        In the order of the header, also for contigs with targets but no reads; reads without a position come last.
    """
    partitions = alignment.partitions(is_split=threads > 1)
    meter = ProgressMeter(sum(partition.compressed_bytes for partition in partitions), progress)
    scanner = Scanner(alignment, assay, params, settings_of(params, assay), adapter_words(), meter)
    found = {depths.contig: depths for depths in _scan_all(scanner, partitions, threads)}
    for contig in assay.contigs_with_targets():
        if contig not in found:
            territory = assay.territory(contig)
            found[contig] = scanner.reduce(contig, territory, scanner.empty_tallies(territory))
    return [found[contig] for contig in sorted(found, key=lambda contig: (contig == UNPLACED, contig))]


def _scan_all(scanner: Scanner, partitions: list[Partition], threads: int) -> list[ContigDepths]:
    if len(partitions) == 1:
        return scanner.scan(partitions[0])
    # The largest first: the last thread to finish then has little left.
    ordered = sorted(partitions, key=lambda partition: -partition.compressed_bytes)
    with ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(scanner.scan, partition) for partition in ordered]
        try:
            return [depths for future in as_completed(waiting) for depths in future.result()]
        except BaseException:
            scanner.meter.is_cancelled = True
            pool.shutdown(wait=True, cancel_futures=True)
            raise
