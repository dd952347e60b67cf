"""Results per target, per gene and per gap, as columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.coverage.assay import Assay, split_name
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
NOT_MEASURED = np.iinfo(np.int64).max
NO_LABEL = "."


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
class GeneTable:
    """One row per gene and contig. Bases outside the targets are not measured and count as not callable.

    Attributes
    ----------
    names : tuple of str (g,)
    contigs, starts, ends, lengths : int64 arrays (g,)
        Where the merged exons lie, and their bases.
    targeted, callable, sums, minima : int64 arrays (g,)
        Bases on targets, bases at the callable depth, summed and lowest usable depth; minimum -1 without targets.
    """

    names: tuple[str, ...]
    contigs: IntArray
    starts: IntArray
    ends: IntArray
    lengths: IntArray
    targeted: IntArray
    callable: IntArray
    sums: IntArray
    minima: IntArray


@dataclass(frozen=True)
class GapTable:
    """Stretches of targets below the callable depth: int64 arrays (g,) of place, summed and lowest usable depth."""

    contigs: IntArray
    starts: IntArray
    ends: IntArray
    sums: IntArray
    minima: IntArray


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


def gene_table(assay: Assay, scanned: Sequence[ContigDepths]) -> GeneTable:
    """Summarise every gene of the annotation, also those without a target."""
    found = {depths.contig: depths for depths in scanned}
    parts = [_genes_on(assay, contig, found.get(contig)) for contig in assay.annotated_contigs()]
    names = tuple(name for contig in assay.annotated_contigs() for name in assay.genes_on(contig)[0].names)
    empty = np.empty((8, 0), dtype=np.int64)
    return GeneTable(names, *np.concatenate([empty, *parts], axis=1))


def _genes_on(assay: Assay, contig: int, depths: ContigDepths | None) -> IntArray:
    """Return the numeric columns of `GeneTable` for one contig, as rows of an array."""
    genes, parts = assay.genes_on(contig)
    count = len(genes.names)
    targeted, reached, sums = (np.zeros(count, dtype=np.int64) for _ in range(3))
    lowest = np.full(count, NOT_MEASURED, dtype=np.int64)
    if depths is not None and len(parts.genes):
        np.add.at(targeted, parts.genes, parts.pieces.ends - parts.pieces.starts)
        np.add.at(reached, parts.genes, depths.genes.at_least[:, 0])
        np.add.at(sums, parts.genes, depths.genes.sums)
        np.minimum.at(lowest, parts.genes, depths.genes.minima)
    lowest[targeted == 0] = -1
    contigs = np.full(count, contig, dtype=np.int64)
    return np.stack([contigs, genes.starts, genes.ends, genes.lengths, targeted, reached, sums, lowest])


def gap_table(scanned: Sequence[ContigDepths]) -> GapTable:
    """List the gaps of every contig."""
    contigs = np.concatenate([np.full(len(depths.gaps), depths.contig) for depths in scanned])
    starts, ends, sums, minima = np.concatenate([depths.gaps for depths in scanned]).T
    return GapTable(contigs, starts, ends, sums, minima)


def gap_labels(assay: Assay, gaps: GapTable) -> Iterator[tuple[str, str]]:
    """Return the genes and the exons that each gap touches, joined by commas; a dot where there are none."""
    for contig in np.unique(gaps.contigs).tolist():
        own = gaps.contigs == contig
        yield from _labels_on(assay, contig, gaps.starts[own], gaps.ends[own])


def _labels_on(assay: Assay, contig: int, starts: IntArray, ends: IntArray) -> Iterator[tuple[str, str]]:
    regions = assay.annotation
    if regions is None:
        yield from [(NO_LABEL, NO_LABEL)] * len(starts)
        return
    rows = regions.rows_on(assay.contigs[contig])
    rows = rows[np.argsort(regions.starts[rows], kind="stable")]
    region_ends = regions.ends[rows].tolist()
    names = [regions.names[row] for row in rows.tolist()]
    # No region before `first` reaches the gap, none from `last` on begins in it.
    first = np.searchsorted(np.maximum.accumulate(regions.ends[rows]), starts, side="right").tolist()
    last = np.searchsorted(regions.starts[rows], ends, side="left").tolist()
    for low, high, start in zip(first, last, starts.tolist(), strict=True):
        touching = [names[place] for place in range(low, high) if region_ends[place] > start]
        yield _label(touching)


def _label(names: Sequence[str]) -> tuple[str, str]:
    if len(names) == 1:
        gene, exon = split_name(names[0])
        return gene or NO_LABEL, exon or NO_LABEL
    pairs = [split_name(name) for name in names if name]
    genes = ",".join(dict.fromkeys(gene for gene, _ in pairs if gene))
    exons = ",".join(dict.fromkeys(exon for _, exon in pairs if exon))
    return genes or NO_LABEL, exons or NO_LABEL
