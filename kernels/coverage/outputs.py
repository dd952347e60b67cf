"""Files of a coverage run: tables per target, gene and gap, and what mosdepth writes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from kernels.coverage.assay import Assay
from kernels.coverage.mosdepth_text import distribution_lines, region_lines, summary_lines, threshold_lines
from kernels.coverage.result import CoverageResult
from kernels.coverage.tables import NO_LABEL, GapTable, GeneTable, gap_labels
from kernels.io.table_writer import write_region_table
from kernels.io.whole_files import write_text

Column = Sequence[Any]
WRITERS = 2


def write_outputs(result: CoverageResult, folder: str | os.PathLike[str], prefix: str) -> None:
    """Write every table of a result into a folder, which is made if it is missing.

    `PREFIX.targets.tsv.gz`, `PREFIX.genes.tsv`, `PREFIX.gaps.bed.gz`, and mosdepth's `PREFIX.regions.bed.gz`,
    `PREFIX.thresholds.bed.gz`, `PREFIX.mosdepth.summary.txt` and `PREFIX.mosdepth.region.dist.txt`. A depth-only run
    has mosdepth's files only: the others hold the usable depth.
    """
    base = Path(folder)
    base.mkdir(parents=True, exist_ok=True)
    tables = {"regions.bed.gz": region_lines(result), "thresholds.bed.gz": threshold_lines(result)}
    texts = {
        "mosdepth.summary.txt": summary_lines(result),
        "mosdepth.region.dist.txt": distribution_lines(result),
    }
    if result.gaps is not None:
        tables["targets.tsv.gz"] = target_lines(result)
        tables["gaps.bed.gz"] = gap_lines(result.assay, result.gaps)
    if result.genes is not None:
        texts["genes.tsv"] = gene_lines(result.assay, result.genes)
    # Compressing and indexing one table goes on while the next one is put into words.
    with ThreadPoolExecutor(WRITERS) as pool:
        written = [pool.submit(write_region_table, base / f"{prefix}.{name}", rows) for name, rows in tables.items()]
        written += [pool.submit(write_text, base / f"{prefix}.{name}", rows) for name, rows in texts.items()]
        for file in written:
            file.result()


def target_columns(result: CoverageResult) -> dict[str, tuple[str, Column]]:
    """Return heading, format and values of the columns of the per-target table. Depth is the usable one."""
    table, lengths, names = result.targets, result.targets.lengths, result.assay.contigs
    columns: dict[str, tuple[str, Column]] = {
        "#contig": ("%s", [names[contig] for contig in table.contigs.tolist()]),
        "start": ("%d", table.starts.tolist()),
        "end": ("%d", table.ends.tolist()),
        "name": ("%s", [name or NO_LABEL for name in table.names]),
        "length": ("%d", lengths.tolist()),
        "mean": ("%.2f", (table.usable.sums / lengths).tolist()),
        "median": ("%.1f", table.usable.medians.tolist()),
        "minimum": ("%d", table.usable.minima.tolist()),
        "maximum": ("%d", table.usable.maxima.tolist()),
    }
    for place, depth in enumerate(result.params.thresholds_reads):
        columns[f"bases_{depth}x"] = ("%d", table.usable.at_least[:, place].tolist())
    columns |= {
        "fragment_mean": ("%.2f", table.fragment.means.tolist()),
        "reads": ("%d", table.reads.tolist()),
        "mapped_reads": ("%d", table.mapped.tolist()),
        "ambiguous_reads": ("%d", table.ambiguous.tolist()),
        "is_duplicated": ("%d", table.is_duplicated.tolist()),
        "is_overlapping": ("%d", table.is_overlapping.tolist()),
    }
    low = table.is_low_complexity
    if table.composition is not None and low is not None:
        columns |= {
            "gc_bases": ("%d", table.composition.gc.tolist()),
            "unknown_bases": ("%d", table.composition.unknown.tolist()),
            "low_complexity_bases": ("%d", table.composition.low_complexity.tolist()),
            "is_low_complexity": ("%d", low.tolist()),
        }
    return columns


def target_lines(result: CoverageResult) -> Iterator[str]:
    columns = target_columns(result)
    yield "\t".join(columns) + "\n"
    yield formatted_rows([form for form, _ in columns.values()], [values for _, values in columns.values()])


def formatted_rows(forms: Sequence[str], columns: Sequence[Column]) -> str:
    """Return tab-separated lines: one format for the whole row is several times as fast as one per value."""
    return "".join(map(("\t".join(forms) + "\n").__mod__, zip(*columns, strict=True)))


def gene_lines(assay: Assay, table: GeneTable) -> Iterator[str]:
    """Return the per-gene table. The callable share is of all bases of the gene, those off target included."""
    yield "gene\tcontig\tstart\tend\tlength\ttargeted\tcallable\tcallable_fraction\tmean\tminimum\n"
    numeric = (table.starts, table.ends, table.lengths, table.targeted, table.callable)
    contigs = [assay.contigs[contig] for contig in table.contigs.tolist()]
    shares = (table.callable / table.lengths).tolist()
    measured = zip(table.sums.tolist(), table.targeted.tolist(), table.minima.tolist(), strict=True)
    tails = [f"{total / targeted:.2f}\t{lowest}" if targeted else "\t" for total, targeted, lowest in measured]
    columns = [table.names, contigs, *(values.tolist() for values in numeric), shares, tails]
    yield formatted_rows(["%s", "%s", *["%d"] * len(numeric), "%.6f", "%s"], columns)


def gap_lines(assay: Assay, gaps: GapTable) -> Iterator[str]:
    """Return the gaps as BED: contig, start, end, genes, exons, mean and lowest usable depth."""
    yield "#contig\tstart\tend\tgene\texon\tmean\tminimum\n"
    contigs = [assay.contigs[contig] for contig in gaps.contigs.tolist()]
    labels = [f"{gene}\t{exon}" for gene, exon in gap_labels(assay, gaps)]
    means = (gaps.sums / (gaps.ends - gaps.starts)).tolist()
    columns = [contigs, gaps.starts.tolist(), gaps.ends.tolist(), labels, means, gaps.minima.tolist()]
    yield formatted_rows(["%s", "%d", "%d", "%s", "%.2f", "%d"], columns)
