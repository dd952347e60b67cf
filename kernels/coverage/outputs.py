"""Files of a coverage run: tables per target, gene and gap, and what mosdepth writes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kernels.coverage.mosdepth_text import distribution_lines, region_lines, summary_lines, threshold_lines
from kernels.coverage.result import CoverageResult
from kernels.coverage.tables import Gap, GeneDepth
from kernels.io.table_writer import write_region_table
from kernels.io.whole_files import write_text

DECIMALS = 6
Column = Iterable[Any]


def write_outputs(result: CoverageResult, folder: str | os.PathLike[str], prefix: str) -> None:
    """Write every table of a result into a folder, which is made if it is missing.

    `PREFIX.targets.tsv.gz`, `PREFIX.genes.tsv`, `PREFIX.gaps.bed.gz`, and mosdepth's `PREFIX.regions.bed.gz`,
    `PREFIX.thresholds.bed.gz`, `PREFIX.mosdepth.summary.txt` and `PREFIX.mosdepth.region.dist.txt`.
    """
    base = Path(folder)
    base.mkdir(parents=True, exist_ok=True)
    write_region_table(base / f"{prefix}.targets.tsv.gz", target_lines(result))
    write_region_table(base / f"{prefix}.gaps.bed.gz", gap_lines(result))
    write_region_table(base / f"{prefix}.regions.bed.gz", region_lines(result))
    write_region_table(base / f"{prefix}.thresholds.bed.gz", threshold_lines(result))
    write_text(base / f"{prefix}.mosdepth.summary.txt", summary_lines(result))
    write_text(base / f"{prefix}.mosdepth.region.dist.txt", distribution_lines(result))
    if result.assay.annotation is not None:
        write_text(base / f"{prefix}.genes.tsv", gene_lines(result))


def rows_of(columns: Iterable[Column]) -> Iterator[str]:
    """Return tab-separated lines of columns."""
    return ("\t".join(row) + "\n" for row in zip(*(map(str, column) for column in columns), strict=True))


def _decimal(values: Iterable[float]) -> Iterator[str]:
    return (f"{value:.{DECIMALS}g}" if value == value else "" for value in values)  # noqa: PLR0124 - NaN


def target_columns(result: CoverageResult) -> dict[str, Column]:
    """Return the columns of the per-target table by heading. Depth is the usable one; empty is undefined."""
    table, lengths = result.targets, result.targets.lengths
    names = result.assay.contigs
    with np.errstate(invalid="ignore"):
        ambiguous = table.ambiguous / table.mapped
    columns: dict[str, Column] = {
        "#contig": [names[contig] for contig in table.contigs.tolist()],
        "start": table.starts.tolist(),
        "end": table.ends.tolist(),
        "name": (name or "." for name in table.names),
        "length": lengths.tolist(),
        "mean": _decimal((table.usable.sums / lengths).tolist()),
        "median": _decimal(table.usable.medians.tolist()),
        "minimum": table.usable.minima.tolist(),
        "maximum": table.usable.maxima.tolist(),
    }
    for place, depth in enumerate(result.params.thresholds_reads):
        columns[f"fraction_{depth}x"] = _decimal((table.usable.at_least[:, place] / lengths).tolist())
    columns |= {
        "fragment_mean": _decimal(table.fragment.means.tolist()),
        "reads": table.reads.tolist(),
        "ambiguous_fraction": _decimal(ambiguous.tolist()),
        "is_duplicated": table.is_duplicated.astype(int).tolist(),
        "is_overlapping": table.is_overlapping.astype(int).tolist(),
    }
    if table.composition is not None:
        low = table.is_low_complexity
        assert low is not None
        columns |= {
            "gc_fraction": _decimal((table.composition.gc / lengths).tolist()),
            "low_complexity_fraction": _decimal((table.composition.low_complexity / lengths).tolist()),
            "is_low_complexity": low.astype(int).tolist(),
        }
    return columns


def target_lines(result: CoverageResult) -> Iterator[str]:
    columns = target_columns(result)
    yield "\t".join(columns) + "\n"
    yield "".join(rows_of(columns.values()))


def gene_lines(result: CoverageResult) -> Iterator[str]:
    """Return the per-gene table: the share of a gene's bases at the callable depth, those off target included."""
    yield "gene\tcontig\tstart\tend\tlength\ttargeted\tcallable\tcallable_fraction\tmean\tminimum\n"
    for row in result.genes:
        yield _gene_line(row, result.assay.contigs[row.gene.contig])


def _gene_line(row: GeneDepth, contig: str) -> str:
    gene = row.gene
    mean, minimum = ("" if value is None else f"{value:.{DECIMALS}g}" for value in (row.mean, row.minimum))
    return (
        f"{gene.name}\t{contig}\t{gene.start}\t{gene.end}\t{gene.length_bp}\t{row.targeted_bp}\t{row.callable_bp}"
        f"\t{row.callable_fraction:.{DECIMALS}g}\t{mean}\t{minimum}\n"
    )


def gap_lines(result: CoverageResult) -> Iterator[str]:
    """Return the gaps as BED: contig, start, end, genes, exons, mean and lowest usable depth."""
    yield "#contig\tstart\tend\tgene\texon\tmean\tminimum\n"
    yield "".join(_gap_line(gap, result.assay.contigs[gap.contig]) for gap in result.gaps)


def _gap_line(gap: Gap, contig: str) -> str:
    genes, exons = ",".join(gap.genes) or ".", ",".join(gap.exons) or "."
    return f"{contig}\t{gap.start}\t{gap.end}\t{genes}\t{exons}\t{gap.mean:.{DECIMALS}g}\t{gap.minimum}\n"
