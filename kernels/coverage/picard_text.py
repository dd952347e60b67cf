"""Picard's HsMetrics file, as MultiQC and other readers take it."""

from __future__ import annotations

from kernels.coverage.histograms import capped
from kernels.coverage.hybrid_selection import FIELDS, Value
from kernels.coverage.result import KERNEL_VERSION, CoverageResult
from kernels.errors import KernelError

DECIMALS = 6


def picard_text(result: CoverageResult) -> str:
    """Return the HsMetrics file of a result; undefined values are empty.

    Raises
    ------
    KernelError
        `selection_missing`: the run was depth-only.
    """
    metrics = result.hybrid_selection
    if metrics is None:
        raise KernelError("selection_missing", "A depth-only run has no hybrid-selection metrics to write.")
    parameters = " ".join(f"{name.upper()}={value}" for name, value in result.params.document().items())
    lines = [
        "## htsjdk.samtools.metrics.StringHeader",
        # MultiQC takes the sample name from the input that this line names.
        f"# CollectHsMetrics INPUT={result.inputs['alignment']['name']} {parameters}",
        "## htsjdk.samtools.metrics.StringHeader",
        f"# Made by Exomark coverage {KERNEL_VERSION} in the format of Picard 3",
        "",
        "## METRICS CLASS\tpicard.analysis.directed.HsMetrics",
        "\t".join(FIELDS),
        "\t".join(formatted(metrics[field]) for field in FIELDS),
        "",
        *_histogram(result),
        "",
    ]
    return "\n".join(lines) + "\n"


def formatted(value: Value) -> str:
    """Return a value as Picard writes it: at most six decimals, no trailing zeros."""
    if value is None:
        return ""
    if isinstance(value, float):
        text = f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
        return "0" if text in ("", "-0") else text
    return str(value)


def _histogram(result: CoverageResult) -> list[str]:
    cap = result.params.coverage_cap_reads
    depths = capped(result.usable_histogram, cap).tolist()
    qualities = result.quality_histogram.tolist()
    rows = (
        f"{place}\t{depths[place] if place < len(depths) else 0}\t{qualities[place] if place < len(qualities) else 0}"
        for place in range(cap + 1)
    )
    heading = "coverage_or_base_quality\thigh_quality_coverage_count\tunfiltered_baseq_count"
    return ["## HISTOGRAM\tjava.lang.Integer", heading, *rows]
