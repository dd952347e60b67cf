"""The fragment depth in mosdepth's own file formats.

References
----------
https://github.com/brentp/mosdepth (output files)
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kernels.coverage.reduction import merge_histograms
from kernels.coverage.result import CoverageResult
from kernels.coverage.tallies import IntArray

# mosdepth leaves out depths that fewer bases reach.
MIN_SHARE = 8e-5
SPARSE_FROM_DEPTH = 300
NO_NAME = "unknown"


def _places(result: CoverageResult) -> tuple[list[str], list[int], list[int]]:
    """Return contig, start and end of each target row."""
    table, contigs = result.targets, result.assay.contigs
    return [contigs[contig] for contig in table.contigs.tolist()], table.starts.tolist(), table.ends.tolist()


def region_lines(result: CoverageResult) -> Iterator[str]:
    """Return the rows of `regions.bed`: the mean depth of each target."""
    names = [f"{name}\t" if name else "" for name in result.targets.names]
    columns = (*_places(result), names, result.targets.fragment.means.tolist())
    yield "".join(map("%s\t%d\t%d\t%s%.2f\n".__mod__, zip(*columns, strict=True)))


def threshold_lines(result: CoverageResult) -> Iterator[str]:
    """Return the rows of `thresholds.bed`: the bases of each target that reach each depth."""
    thresholds = result.params.thresholds_reads
    yield "#chrom\tstart\tend\tregion" + "".join(f"\t{at}X" for at in thresholds) + "\n"
    names = [name or NO_NAME for name in result.targets.names]
    columns = (*_places(result), names, *result.targets.fragment.at_least.T.tolist())
    form = "%s\t%d\t%d\t%s" + "\t%d" * len(thresholds) + "\n"
    yield "".join(map(form.__mod__, zip(*columns, strict=True)))


def summary_lines(result: CoverageResult) -> Iterator[str]:
    """Return `summary.txt`, its rows for regions: depth outside the targets is not measured.

    As mosdepth does, contigs without any read are left out of the totals.
    """
    yield "chrom\tlength\tbases\tmean\tmin\tmax\n"
    histograms = []
    for depths in result.contigs:
        if len(depths.rows) and depths.has_reads:
            histograms.append(depths.fragment_histogram)
            yield _summary_line(f"{result.assay.contigs[depths.contig]}_region", depths.fragment_histogram)
    yield _summary_line("total_region", merge_histograms(histograms))


def _summary_line(name: str, counts: IntArray) -> str:
    length, bases, used = int(counts.sum()), int(np.arange(len(counts)) @ counts), counts.nonzero()[0]
    mean = bases / length if length else 0.0
    lowest, highest = (int(used[0]), int(used[-1])) if len(used) else (0, 0)
    return f"{name}\t{length}\t{bases}\t{mean:.2f}\t{lowest}\t{highest}\n"


def distribution_lines(result: CoverageResult) -> Iterator[str]:
    """Return `region.dist.txt`: the share of target bases that reach each depth, per contig and in total."""
    histograms = []
    for depths in result.contigs:
        if len(depths.rows) and depths.has_reads:
            histograms.append(depths.fragment_histogram)
            yield from _distribution(result.assay.contigs[depths.contig], depths.fragment_histogram)
    yield from _distribution("total", merge_histograms(histograms))


def _distribution(name: str, counts: IntArray) -> Iterator[str]:
    total = int(counts.sum())
    shares = (counts / total if total else counts.astype(float)).tolist()
    reached = 0.0
    for depth in range(len(shares) - 1, -1, -1):
        if depth > SPARSE_FROM_DEPTH and shares[depth] == 0:
            continue
        reached += shares[depth]
        if reached >= MIN_SHARE:
            yield f"{name}\t{depth}\t{reached:.2f}\n"
