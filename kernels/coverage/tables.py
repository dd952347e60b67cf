"""Results per target, per gene and per gap, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.coverage.assay import Assay, Gene, split_name
from kernels.coverage.reduction import RowDepths
from kernels.coverage.scan import ContigDepths
from kernels.coverage.sequence import Composition, dropouts, gc_fractions, measure_composition
from kernels.coverage.tallies import IntArray
from kernels.intervals import Intervals
from kernels.io.fasta import Reference

FloatArray = NDArray[np.float64]
# From this share of reads that could be from elsewhere on, a target counts as duplicated in the genome.
MIN_AMBIGUOUS_FRACTION = 0.1
MIN_LOW_COMPLEXITY_FRACTION = 0.2


@dataclass(frozen=True)
class TargetTable:
    """One row per region of the target file, in the order of contigs, then starts.

    Attributes
    ----------
    contigs : int64 array (n,)
        Contig numbers.
    starts, ends : int64 arrays (n,)
    names : tuple of str
    usable, fragment : RowDepths (n,)
    reads, mapped, ambiguous : int64 arrays (n,)
        Of the merged target that the row lies in: reads with a usable base, mapped reads, those of mapping quality 0.
    is_overlapping : bool array (n,)
        The row shares bases with another row.
    composition : Composition or None
        None without a reference.
    """

    contigs: IntArray
    starts: IntArray
    ends: IntArray
    names: tuple[str, ...]
    usable: RowDepths
    fragment: RowDepths
    reads: IntArray
    mapped: IntArray
    ambiguous: IntArray
    is_overlapping: NDArray[np.bool_]
    composition: Composition | None

    @property
    def lengths(self) -> IntArray:
        return self.ends - self.starts

    @property
    def is_duplicated(self) -> NDArray[np.bool_]:
        """Rows where at least a tenth of the mapped reads could be from elsewhere."""
        return (self.ambiguous >= MIN_AMBIGUOUS_FRACTION * self.mapped) & (self.mapped > 0)

    @property
    def is_low_complexity(self) -> NDArray[np.bool_] | None:
        """Rows of which at least a fifth are tandem repeats."""
        if self.composition is None:
            return None
        return self.composition.low_complexity >= MIN_LOW_COMPLEXITY_FRACTION * self.lengths


@dataclass(frozen=True)
class GeneDepth:
    """Depth of a gene. Bases outside the targets are not measured and count as not callable."""

    gene: Gene
    targeted_bp: int
    callable_bp: int
    depth_sum: int
    minimum: int | None

    @property
    def mean(self) -> float | None:
        return self.depth_sum / self.targeted_bp if self.targeted_bp else None

    @property
    def callable_fraction(self) -> float:
        return self.callable_bp / self.gene.length_bp


@dataclass(frozen=True)
class Gap:
    """A stretch of a target below the callable depth."""

    contig: int
    start: int
    end: int
    mean: float
    minimum: int
    genes: tuple[str, ...]
    exons: tuple[str, ...]


def _joined(parts: Sequence[RowDepths]) -> RowDepths:
    return RowDepths(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def target_table(assay: Assay, scanned: Sequence[ContigDepths], composition: Composition | None) -> TargetTable:
    """Collect the rows of every contig."""
    placed = [depths for depths in scanned if len(depths.rows)]
    rows = np.concatenate([depths.rows for depths in placed])
    starts, ends = assay.targets.starts[rows], assay.targets.ends[rows]
    merged = [
        np.searchsorted(depths.territory.starts, assay.targets.starts[depths.rows], side="right") - 1
        for depths in placed
    ]
    per_target = {
        name: np.concatenate([getattr(d, name)[m] for d, m in zip(placed, merged, strict=True)])
        for name in ("reads", "mapped", "ambiguous")
    }
    return TargetTable(
        contigs=np.concatenate([np.full(len(depths.rows), depths.contig) for depths in placed]),
        starts=starts,
        ends=ends,
        names=tuple(assay.targets.names[row] for row in rows.tolist()),
        usable=_joined([depths.usable for depths in placed]),
        fragment=_joined([depths.fragment for depths in placed]),
        is_overlapping=np.concatenate([_overlaps_another(assay, depths.rows) for depths in placed]),
        composition=composition,
        **per_target,
    )


def _overlaps_another(assay: Assay, rows: IntArray) -> NDArray[np.bool_]:
    """Whether each of the rows of a contig, sorted by start, shares bases with another one."""
    starts, furthest = assay.targets.starts[rows], np.maximum.accumulate(assay.targets.ends[rows])
    meets_earlier = np.concatenate(([False], starts[1:] < furthest[:-1]))
    meets_later = np.concatenate((starts[1:] < assay.targets.ends[rows][:-1], [False]))
    return meets_earlier | meets_later


@dataclass(frozen=True)
class SequenceMetrics:
    """What the reference tells of the targets; all None without one."""

    composition: Composition | None
    at_dropout: float | None
    gc_dropout: float | None


def sequence_metrics(assay: Assay, scanned: Sequence[ContigDepths], reference: Reference | None) -> SequenceMetrics:
    """Measure the composition of every target row, and the dropout over merged targets."""
    if reference is None:
        return SequenceMetrics(None, None, None)
    rows, fractions, lengths, sums = [], [], [], []
    for depths in scanned:
        territory, own = depths.territory, depths.rows
        if len(own):
            merged = Intervals(territory.starts, territory.ends)
            sequence, _ = reference.windows(assay.contigs[depths.contig], merged)
            rows.append(measure_composition(sequence, assay.targets.starts[own], assay.targets.ends[own]))
            fractions.append(gc_fractions(sequence, territory.starts, territory.ends))
            lengths.append(territory.ends - territory.starts)
            sums.append(depths.merged.sums)
    composition = Composition(*(np.concatenate(columns) for columns in zip(*rows, strict=True)))
    at, gc = dropouts(np.concatenate(fractions), np.concatenate(lengths), np.concatenate(sums))
    return SequenceMetrics(composition, at, gc)


def gene_table(assay: Assay, scanned: Sequence[ContigDepths]) -> list[GeneDepth]:
    """Summarise every gene of the annotation, also those without a target."""
    found = {depths.contig: depths for depths in scanned}
    table = []
    for contig in assay.annotated_contigs():
        genes, pieces = assay.genes_on(contig)
        depths = found.get(contig)
        if depths is None or not len(pieces.genes):
            table += [GeneDepth(gene, 0, 0, 0, None) for gene in genes]
            continue
        count, rows = len(genes), depths.genes
        lengths = pieces.pieces.ends - pieces.pieces.starts
        targeted, total, callable_bp = (
            np.bincount(pieces.genes, weights=values, minlength=count).astype(np.int64).tolist()
            for values in (lengths, rows.sums, rows.at_least[:, 0])
        )
        lowest = np.full(count, np.iinfo(np.int64).max)
        np.minimum.at(lowest, pieces.genes, rows.minima)
        table += [
            GeneDepth(gene, targeted[n], callable_bp[n], total[n], int(lowest[n]) if targeted[n] else None)
            for n, gene in enumerate(genes)
        ]
    return table


def gap_table(assay: Assay, scanned: Sequence[ContigDepths]) -> list[Gap]:
    """List the gaps of every contig with the genes and exons that they touch."""
    return [gap for depths in scanned for gap in _gaps_on(assay, depths)]


def _gaps_on(assay: Assay, depths: ContigDepths) -> list[Gap]:
    labels = _labels(assay, depths)
    return [
        Gap(depths.contig, start, end, total / (end - start), lowest, *label)
        for (start, end, total, lowest), label in zip(depths.gaps.tolist(), labels, strict=True)
    ]


def _labels(assay: Assay, depths: ContigDepths) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return the genes and exons that each gap of a contig touches."""
    regions, gaps = assay.annotation, depths.gaps
    if regions is None or not len(gaps):
        return [((), ())] * len(gaps)
    rows = regions.rows_on(assay.contigs[depths.contig])
    rows = rows[np.argsort(regions.starts[rows], kind="stable")]
    starts, furthest = regions.starts[rows], np.maximum.accumulate(regions.ends[rows])
    # No region before `first` reaches the gap, none from `last` on begins in it.
    first = np.searchsorted(furthest, gaps[:, 0], side="right").tolist()
    last = np.searchsorted(starts, gaps[:, 1], side="left").tolist()
    labels = []
    for low, high, start in zip(first, last, gaps[:, 0].tolist(), strict=True):
        touching = [row for row in rows[low:high].tolist() if regions.ends[row] > start and regions.names[row]]
        pairs = [split_name(regions.names[row]) for row in touching]
        genes = tuple(dict.fromkeys(gene for gene, _ in pairs))
        labels.append((genes, tuple(dict.fromkeys(exon for _, exon in pairs if exon))))
    return labels
