"""Tables with hap.py's columns, so that what reads hap.py's output reads ours.

Column names and order are those of hap.py 0.3.15. An undefined number is empty; hap.py itself writes 0 for a recall or
precision of nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kernels.concordance.alleles import GENOTYPES, INDEL, SNP, SUBTYPES, TYPES
from kernels.concordance.contig import EVERYWHERE, FILTERS
from kernels.concordance.tallies import SUBTYPES_OF, Counts, SideCounts

if TYPE_CHECKING:
    from kernels.concordance.result import ConcordanceResult

SUMMARY_COLUMNS = (
    "Type", "Filter", "TRUTH.TOTAL", "TRUTH.TP", "TRUTH.FN", "QUERY.TOTAL", "QUERY.FP", "QUERY.UNK", "FP.gt", "FP.al",
    "METRIC.Recall", "METRIC.Precision", "METRIC.Frac_NA", "METRIC.F1_Score", "TRUTH.TOTAL.TiTv_ratio",
    "QUERY.TOTAL.TiTv_ratio", "TRUTH.TOTAL.het_hom_ratio", "QUERY.TOTAL.het_hom_ratio",
)  # fmt: skip
LEADING_COLUMNS = (
    "Type", "Subtype", "Subset", "Filter", "Genotype", "QQ.Field", "QQ", "METRIC.Recall", "METRIC.Precision",
    "METRIC.Frac_NA", "METRIC.F1_Score", "FP.gt", "FP.al", "Subset.Size", "Subset.IS_CONF.Size", "Subset.Level",
)  # fmt: skip
COUNT_COLUMNS = (
    "TRUTH.TOTAL", "TRUTH.TP", "TRUTH.FN", "QUERY.TOTAL", "QUERY.TP", "QUERY.FP", "QUERY.UNK",
)  # fmt: skip
COUNT_PARTS = ("", ".ti", ".tv", ".het", ".homalt", ".TiTv_ratio", ".het_hom_ratio")
EXTENDED_COLUMNS = LEADING_COLUMNS + tuple(column + part for column in COUNT_COLUMNS for part in COUNT_PARTS)

# hap.py lists indels first.
TYPE_ORDER = (INDEL, SNP)
EVERY_GENOTYPE = (None, *range(len(GENOTYPES)))


def summary_lines(result: ConcordanceResult) -> Iterator[str]:
    """Yield `summary.csv`: a line for each type and filter."""
    yield _line(*SUMMARY_COLUMNS)
    for kind in TYPE_ORDER:
        for name in FILTERS:
            counts = result.counts(kind, filter_name=name)
            yield _line(
                TYPES[kind], name, counts.truth_total.calls, counts.truth_tp.calls, counts.truth_fn.calls,
                counts.query_total.calls, counts.query_fp.calls, counts.query_unk.calls, counts.fp_gt, counts.fp_al,
                *_metrics(counts), _titv(kind, counts.truth_total), _titv(kind, counts.query_total),
                counts.truth_total.het_hom, counts.query_total.het_hom,
            )  # fmt: skip


def extended_lines(result: ConcordanceResult) -> Iterator[str]:
    """Yield `extended.csv`: a line for each type, subtype, stratum, filter and genotype."""
    yield _line(*EXTENDED_COLUMNS)
    for kind in TYPE_ORDER:
        for subtype in (None, *sorted(SUBTYPES_OF[kind], key=lambda index: SUBTYPES[index])):
            for stratum in (EVERYWHERE, *result.strata):
                for name in FILTERS:
                    for genotype in EVERY_GENOTYPE:
                        yield _extended_line(result, kind, subtype, stratum, name, genotype)


def _extended_line(
    result: ConcordanceResult, kind: int, subtype: int | None, stratum: str, filter_name: str, genotype: int | None
) -> str:
    counts = result.counts(kind, filter_name=filter_name, stratum=stratum, subtype=subtype, genotype=genotype)
    size, confident = result.region_sizes_bp[stratum]
    sides = (
        counts.truth_total, counts.truth_tp, counts.truth_fn, counts.query_total, counts.query_tp, counts.query_fp,
        counts.query_unk,
    )  # fmt: skip
    return _line(
        TYPES[kind], "*" if subtype is None else SUBTYPES[subtype], stratum, filter_name,
        "*" if genotype is None else GENOTYPES[genotype], result.request.params.score_field, "*", *_metrics(counts),
        counts.fp_gt, counts.fp_al, size, confident, 0 if stratum == EVERYWHERE else 1,
        *(value for side in sides for value in _side(kind, side)),
    )  # fmt: skip


def _metrics(counts: Counts) -> tuple[float | None, ...]:
    return (counts.recall, counts.precision, counts.frac_na, counts.f1)


def _titv(kind: int, side: SideCounts) -> float | None:
    return side.titv if kind == SNP else None


def _side(kind: int, side: SideCounts) -> tuple[object, ...]:
    changes = (side.transitions, side.transversions) if kind == SNP else (".", ".")
    return (side.calls, *changes, side.het, side.homalt, _titv(kind, side), side.het_hom)


def _line(*values: object) -> str:
    return ",".join(_cell(value) for value in values) + "\n"


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
