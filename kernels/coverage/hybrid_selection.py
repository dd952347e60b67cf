"""Picard's hybrid-selection metrics from the counts of a pass, under Picard's own names.

References
----------
Picard 3, `picard.analysis.directed.HsMetrics`;
https://broadinstitute.github.io/picard/picard-metric-definitions.html#HsMetrics
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from kernels.coverage import histograms
from kernels.coverage.het_sensitivity import het_snp_sensitivity
from kernels.coverage.library import hs_penalty, library_size
from kernels.coverage.parameters import CoverageParams
from kernels.coverage.tallies import IntArray

Value = str | int | float | None

BREADTH_DEPTHS = (1, 2, 10, 20, 30, 40, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000)
PENALTY_DEPTHS = (10, 20, 30, 40, 50, 100)
# Fields that mean nothing without bait regions, and those that need base qualities.
BAIT_FIELDS = (
    "BAIT_SET", "BAIT_TERRITORY", "BAIT_DESIGN_EFFICIENCY", "ON_BAIT_BASES", "NEAR_BAIT_BASES", "OFF_BAIT_BASES",
    "PCT_SELECTED_BASES", "PCT_OFF_BAIT", "ON_BAIT_VS_SELECTED", "MEAN_BAIT_COVERAGE", "PCT_USABLE_BASES_ON_BAIT",
    "FOLD_ENRICHMENT", "HS_LIBRARY_SIZE", *(f"HS_PENALTY_{depth}X" for depth in PENALTY_DEPTHS),
)  # fmt: skip
QUALITY_FIELDS = (
    "PCT_USABLE_BASES_ON_TARGET", "ON_TARGET_BASES", "MEAN_TARGET_COVERAGE", "MEDIAN_TARGET_COVERAGE",
    "MAX_TARGET_COVERAGE", "MIN_TARGET_COVERAGE", "ZERO_CVG_TARGETS_PCT", "PCT_EXC_BASEQ", "PCT_EXC_OFF_TARGET",
    "FOLD_80_BASE_PENALTY", *(f"PCT_TARGET_BASES_{depth}X" for depth in BREADTH_DEPTHS), "AT_DROPOUT", "GC_DROPOUT",
    "HET_SNP_SENSITIVITY", "HET_SNP_Q", *(f"HS_PENALTY_{depth}X" for depth in PENALTY_DEPTHS),
)  # fmt: skip


@dataclass(frozen=True)
class SelectionCounts:
    """Everything that the metrics are computed from.

    Attributes
    ----------
    counters : mapping of counter name to count
    usable_histogram, unfiltered_histogram, quality_histogram : int64 arrays
        Merged target bases by usable and by unfiltered depth; bases by quality.
    bait_set : str or None
        Name of the bait set; None without baits.
    bait_territory_bp, target_territory_bp, genome_size_bp : int
    target_count, uncovered_count : int
        Regions in the target file, and merged targets without a usable base.
    at_dropout, gc_dropout : float or None
    """

    counters: Mapping[str, int]
    usable_histogram: IntArray
    unfiltered_histogram: IntArray
    quality_histogram: IntArray
    bait_set: str | None
    bait_territory_bp: int
    target_territory_bp: int
    genome_size_bp: int
    target_count: int
    uncovered_count: int
    at_dropout: float | None
    gc_dropout: float | None


def ratio(numerator: float | None, denominator: float | None) -> float | None:
    return None if numerator is None or not denominator else numerator / denominator


def hybrid_selection(counts: SelectionCounts, params: CoverageParams) -> dict[str, Value]:
    """Return every HsMetrics field; None where it is undefined."""
    coverage = _coverage(counts, params)
    metrics = _baits(counts) | _reads(counts) | coverage | _exclusions(counts) | _sensitivity(counts, params)
    metrics |= _library(counts, coverage["FOLD_80_BASE_PENALTY"])
    metrics |= {"AT_DROPOUT": counts.at_dropout, "GC_DROPOUT": counts.gc_dropout}
    metrics |= {"SAMPLE": None, "LIBRARY": None, "READ_GROUP": None}
    for name in _undefined(counts, params):
        metrics[name] = None
    return {name: metrics[name] for name in FIELDS}


def _undefined(counts: SelectionCounts, params: CoverageParams) -> tuple[str, ...]:
    lacks_quality = counts.counters["READS_WITHOUT_QUALITY"] > 0
    without_baits = BAIT_FIELDS if counts.bait_set is None else ()
    if lacks_quality and params.min_base_quality > 0:
        return (*without_baits, *QUALITY_FIELDS)
    # The distribution of base qualities is not known where some are missing.
    return (*without_baits, *(("HET_SNP_SENSITIVITY", "HET_SNP_Q") if lacks_quality else ()))


def _baits(counts: SelectionCounts) -> dict[str, Value]:
    c = counts.counters
    on_bait, near_bait, off_bait = c["ON_BAIT_BASES"], c["NEAR_BAIT_BASES"], c["OFF_BAIT_BASES"]
    total = on_bait + near_bait + off_bait
    on_bait_fraction = ratio(on_bait, total)
    return {
        "BAIT_SET": counts.bait_set,
        "BAIT_TERRITORY": counts.bait_territory_bp,
        "BAIT_DESIGN_EFFICIENCY": ratio(counts.target_territory_bp, counts.bait_territory_bp),
        "ON_BAIT_BASES": on_bait,
        "NEAR_BAIT_BASES": near_bait,
        "OFF_BAIT_BASES": off_bait,
        "PCT_SELECTED_BASES": ratio(on_bait + near_bait, total),
        "PCT_OFF_BAIT": ratio(off_bait, total),
        "ON_BAIT_VS_SELECTED": ratio(on_bait, on_bait + near_bait),
        "MEAN_BAIT_COVERAGE": ratio(on_bait, counts.bait_territory_bp),
        "PCT_USABLE_BASES_ON_BAIT": ratio(on_bait, c["PF_BASES"]),
        "PCT_USABLE_BASES_ON_TARGET": ratio(c["ON_TARGET_BASES"], c["PF_BASES"]),
        "FOLD_ENRICHMENT": ratio(on_bait_fraction, ratio(counts.bait_territory_bp, counts.genome_size_bp)),
    }


def _reads(counts: SelectionCounts) -> dict[str, Value]:
    c = counts.counters
    plain = (
        "TOTAL_READS", "PF_READS", "PF_BASES", "PF_UNIQUE_READS", "PF_UQ_READS_ALIGNED", "PF_BASES_ALIGNED",
        "PF_UQ_BASES_ALIGNED", "ON_TARGET_BASES",
    )  # fmt: skip
    return {name: c[name] for name in plain} | {
        "TARGET_TERRITORY": counts.target_territory_bp,
        "GENOME_SIZE": counts.genome_size_bp,
        "PCT_PF_READS": ratio(c["PF_READS"], c["TOTAL_READS"]),
        "PCT_PF_UQ_READS": ratio(c["PF_UNIQUE_READS"], c["TOTAL_READS"]),
        "PCT_PF_UQ_READS_ALIGNED": ratio(c["PF_UQ_READS_ALIGNED"], c["PF_UNIQUE_READS"]),
    }


def _coverage(counts: SelectionCounts, params: CoverageParams) -> dict[str, Value]:
    depths = counts.usable_histogram
    ranked = histograms.capped(depths, params.coverage_cap_reads) if params.is_median_capped else depths
    mean, used = histograms.mean(depths), depths.nonzero()[0]
    breadth: dict[str, Value] = {
        f"PCT_TARGET_BASES_{at}X": histograms.fraction_at_least(depths, at) for at in BREADTH_DEPTHS
    }
    return breadth | {
        "MEAN_TARGET_COVERAGE": mean,
        "MEDIAN_TARGET_COVERAGE": histograms.median(ranked),
        "MAX_TARGET_COVERAGE": int(used[-1]) if len(used) else None,
        "MIN_TARGET_COVERAGE": int(used[0]) if len(used) else None,
        "ZERO_CVG_TARGETS_PCT": ratio(counts.uncovered_count, counts.target_count),
        "FOLD_80_BASE_PENALTY": ratio(mean, histograms.quantile(ranked, 0.2)),
    }


def _exclusions(counts: SelectionCounts) -> dict[str, Value]:
    c = counts.counters
    reasons = ("DUPE", "ADAPTER", "MAPQ", "BASEQ", "OVERLAP", "OFF_TARGET")
    return {f"PCT_EXC_{reason}": ratio(c[f"EXC_{reason}"], c["PF_BASES_ALIGNED"]) for reason in reasons}


def _sensitivity(counts: SelectionCounts, params: CoverageParams) -> dict[str, Value]:
    sample_size = params.sample_size if params.is_sensitivity_sampled else None
    sensitivity = het_snp_sensitivity(
        counts.unfiltered_histogram, counts.quality_histogram, params.coverage_cap_reads, sample_size
    )
    is_rankable = sensitivity is not None and sensitivity < 1
    # Rounded as Java rounds: halves up.
    quality = math.floor(-10 * math.log10(1 - sensitivity) + 0.5) if sensitivity is not None and is_rankable else None
    return {"HET_SNP_SENSITIVITY": sensitivity, "HET_SNP_Q": quality}


def _library(counts: SelectionCounts, fold_80: Value) -> dict[str, Value]:
    c = counts.counters
    pairs, unique_pairs = c["PF_SELECTED_PAIRS"], c["PF_SELECTED_UNIQUE_PAIRS"]
    size = library_size(pairs, unique_pairs)
    depth = ratio(c["ON_TARGET_FROM_PAIR_BASES"], counts.target_territory_bp) or 0.0
    on_target = ratio(c["ON_TARGET_BASES"], c["PF_UQ_BASES_ALIGNED"]) or 0.0
    fold = fold_80 if isinstance(fold_80, float) else None
    penalties: dict[str, Value] = {
        f"HS_PENALTY_{goal}X": hs_penalty(goal, size, pairs, unique_pairs, depth, on_target, fold)
        for goal in PENALTY_DEPTHS
    }
    return penalties | {"HS_LIBRARY_SIZE": size}


FIELDS = (
    "BAIT_SET", "BAIT_TERRITORY", "BAIT_DESIGN_EFFICIENCY", "ON_BAIT_BASES", "NEAR_BAIT_BASES", "OFF_BAIT_BASES",
    "PCT_SELECTED_BASES", "PCT_OFF_BAIT", "ON_BAIT_VS_SELECTED", "MEAN_BAIT_COVERAGE", "PCT_USABLE_BASES_ON_BAIT",
    "PCT_USABLE_BASES_ON_TARGET", "FOLD_ENRICHMENT", "HS_LIBRARY_SIZE",
    *(f"HS_PENALTY_{depth}X" for depth in PENALTY_DEPTHS),
    "TARGET_TERRITORY", "GENOME_SIZE", "TOTAL_READS", "PF_READS", "PF_BASES", "PF_UNIQUE_READS",
    "PF_UQ_READS_ALIGNED", "PF_BASES_ALIGNED", "PF_UQ_BASES_ALIGNED", "ON_TARGET_BASES", "PCT_PF_READS",
    "PCT_PF_UQ_READS", "PCT_PF_UQ_READS_ALIGNED", "MEAN_TARGET_COVERAGE", "MEDIAN_TARGET_COVERAGE",
    "MAX_TARGET_COVERAGE", "MIN_TARGET_COVERAGE", "ZERO_CVG_TARGETS_PCT", "PCT_EXC_DUPE", "PCT_EXC_ADAPTER",
    "PCT_EXC_MAPQ", "PCT_EXC_BASEQ", "PCT_EXC_OVERLAP", "PCT_EXC_OFF_TARGET", "FOLD_80_BASE_PENALTY",
    *(f"PCT_TARGET_BASES_{depth}X" for depth in BREADTH_DEPTHS),
    "AT_DROPOUT", "GC_DROPOUT", "HET_SNP_SENSITIVITY", "HET_SNP_Q", "SAMPLE", "LIBRARY", "READ_GROUP",
)  # fmt: skip
