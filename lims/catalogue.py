"""The metric catalogue as data: one definition a number, in both languages, and where documents of kernels carry it.

`tool_fields` maps a tool to where its output holds the metric. For our own kernels it is `{"value": path}`, or for a
proportion `{"numerator": [paths], "denominator": [paths]}` whose counts are added; a path is dotted; `{type}` is the
variant type. Picard's and other tools' field names serve the readers of their files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lims.choices import ChartTransform, Direction, MetricStage

COVERAGE = "exomark.coverage"
CONCORDANCE = "exomark.concordance"


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """A row of the catalogue before it is in the database; the fields are those of `lims.models.Metric`."""

    code: str
    name_en: str
    name_zh: str
    definition_en: str
    definition_zh: str
    direction: Direction
    stage: MetricStage = MetricStage.SAMPLE
    unit: str = ""
    is_proportion: bool = False
    chart_transform: ChartTransform = ChartTransform.NONE
    decimals: int = 2
    tool_fields: dict[str, Any] = field(default_factory=dict)
    ga4gh_id: str = ""
    source: str = ""


_PICARD = "Picard CollectHsMetrics"
_GA4GH = "GA4GH benchmarking (Krusche 2019)"


def _depth_fraction(depth: int) -> MetricDefinition:
    return MetricDefinition(
        code=f"target_fraction_{depth}x",
        name_en=f"Targets at ≥ {depth}×",
        name_zh=f"≥{depth}× 目标区域覆盖度",
        definition_en=(
            f"Target bases with a depth of at least {depth} over all target bases; duplicates, bases under the quality "
            "limit, reads under the mapping-quality limit and the second read of an overlap are not counted."
        ),
        definition_zh=(
            f"深度不低于 {depth}× 的目标碱基数占全部目标碱基数的比例；不计重复序列、低于碱基质量限的碱基、"
            "低于比对质量限的序列以及成对序列重叠部分的第二条。"
        ),
        direction=Direction.HIGHER,
        is_proportion=True,
        chart_transform=ChartTransform.LOGIT,
        decimals=2,
        tool_fields={
            COVERAGE: {"numerator": [f"depth.bases_at.{depth}"], "denominator": ["depth.bases"]},
            "picard.hs_metrics": f"PCT_TARGET_BASES_{depth}X",
        },
        source=_PICARD,
    )


_COVERAGE_METRICS = (
    MetricDefinition(
        "mean_target_coverage",
        "Mean target coverage",
        "平均目标深度",
        "Mean depth over all target bases after every filter.",
        "经全部过滤后目标区域所有碱基的平均深度。",
        Direction.HIGHER,
        unit="×",
        chart_transform=ChartTransform.LOG,
        decimals=1,
        tool_fields={
            COVERAGE: {"value": "hybrid_selection.MEAN_TARGET_COVERAGE"},
            "picard.hs_metrics": "MEAN_TARGET_COVERAGE",
        },
        source=_PICARD,
    ),
    MetricDefinition(
        "median_target_coverage",
        "Median target coverage",
        "目标深度中位数",
        "Median depth over all target bases after every filter, without a coverage cap (Picard 3.2 and later).",
        "经全部过滤后目标区域所有碱基深度的中位数，不设深度上限（同 Picard 3.2 及以后版本）。",
        Direction.HIGHER,
        unit="×",
        chart_transform=ChartTransform.LOG,
        decimals=0,
        tool_fields={
            COVERAGE: {"value": "hybrid_selection.MEDIAN_TARGET_COVERAGE"},
            "picard.hs_metrics": "MEDIAN_TARGET_COVERAGE",
        },
        source=_PICARD,
    ),
    *(_depth_fraction(depth) for depth in (1, 10, 20, 30, 50, 100)),
    MetricDefinition(
        "fold_80_base_penalty",
        "Fold-80 base penalty",
        "Fold-80 均一性罚分",
        "How many times more sequencing would bring 80 % of the bases of covered targets to the present mean.",
        "使有覆盖目标区域中 80% 的碱基达到当前平均深度所需的测序量倍数。",
        Direction.LOWER,
        chart_transform=ChartTransform.LOG,
        tool_fields={
            COVERAGE: {"value": "hybrid_selection.FOLD_80_BASE_PENALTY"},
            "picard.hs_metrics": "FOLD_80_BASE_PENALTY",
        },
        source=_PICARD,
    ),
    MetricDefinition(
        "on_target_base_fraction",
        "On-target bases",
        "在靶碱基比例",
        "Aligned bases on a target, after every filter, over all aligned bases of reads that passed the filter.",
        "经全部过滤后比对到目标区域的碱基数占通过过滤序列全部比对碱基数的比例。",
        Direction.HIGHER,
        is_proportion=True,
        chart_transform=ChartTransform.LOGIT,
        tool_fields={
            COVERAGE: {
                "numerator": ["hybrid_selection.ON_TARGET_BASES"],
                "denominator": ["hybrid_selection.PF_BASES_ALIGNED"],
            }
        },
        source=_PICARD,
    ),
    MetricDefinition(
        "selected_base_fraction",
        "Selected bases (on or near bait)",
        "捕获效率（探针及其邻近区域）",
        "Aligned bases on or near a bait over all aligned bases; differs from the on-target share.",
        "比对到探针区域及其邻近区域的碱基数占全部比对碱基数的比例；与在靶碱基比例定义不同。",
        Direction.HIGHER,
        is_proportion=True,
        chart_transform=ChartTransform.LOGIT,
        tool_fields={
            COVERAGE: {
                "numerator": ["hybrid_selection.ON_BAIT_BASES", "hybrid_selection.NEAR_BAIT_BASES"],
                "denominator": [
                    "hybrid_selection.ON_BAIT_BASES",
                    "hybrid_selection.NEAR_BAIT_BASES",
                    "hybrid_selection.OFF_BAIT_BASES",
                ],
            },
            "picard.hs_metrics": "PCT_SELECTED_BASES",
        },
        source=_PICARD,
    ),
    MetricDefinition(
        "zero_coverage_target_fraction",
        "Targets without coverage",
        "零覆盖目标区域比例",
        "Targets that no counted base covers over all targets.",
        "没有任何计数碱基覆盖的目标区域数占目标区域总数的比例。",
        Direction.LOWER,
        is_proportion=True,
        tool_fields={
            COVERAGE: {"numerator": ["targets.zero"], "denominator": ["targets.count"]},
            "picard.hs_metrics": "ZERO_CVG_TARGETS_PCT",
        },
        source=_PICARD,
    ),
    MetricDefinition(
        "mapped_read_fraction",
        "Mapped reads",
        "比对率",
        "Primary mapped reads over all primary reads.",
        "主要比对序列数占全部主要序列数的比例。",
        Direction.HIGHER,
        is_proportion=True,
        chart_transform=ChartTransform.LOGIT,
        tool_fields={COVERAGE: {"numerator": ["flags.primary_mapped.passed"], "denominator": ["flags.primary.passed"]}},
        ga4gh_id="pct_reads_mapped",
        source="samtools flagstat",
    ),
    MetricDefinition(
        "properly_paired_fraction",
        "Properly paired reads",
        "正确成对率",
        "Properly paired reads over all paired reads.",
        "正确成对的序列数占全部成对测序序列数的比例。",
        Direction.HIGHER,
        is_proportion=True,
        chart_transform=ChartTransform.LOGIT,
        tool_fields={
            COVERAGE: {
                "numerator": ["flags.properly_paired.passed"],
                "denominator": ["flags.paired_in_sequencing.passed"],
            }
        },
        ga4gh_id="pct_reads_properly_paired",
        source="samtools flagstat",
    ),
    MetricDefinition(
        "duplicate_read_fraction",
        "Duplicate reads",
        "重复率",
        "Primary reads flagged as duplicates over primary mapped reads.",
        "标记为重复的主要序列数占主要比对序列数的比例。",
        Direction.LOWER,
        is_proportion=True,
        chart_transform=ChartTransform.LOG,
        tool_fields={
            COVERAGE: {"numerator": ["flags.primary_duplicates.passed"], "denominator": ["flags.primary_mapped.passed"]}
        },
        source="samtools flagstat",
    ),
    MetricDefinition(
        "median_insert_size",
        "Median insert size",
        "插入片段长度中位数",
        "Median length of the fragments of properly paired reads.",
        "正确成对序列的片段长度中位数。",
        Direction.BOTH,
        unit="bp",
        decimals=0,
        tool_fields={COVERAGE: {"value": "insert_size.median"}},
        source="Picard CollectInsertSizeMetrics",
    ),
    MetricDefinition(
        "at_dropout",
        "AT dropout",
        "AT 缺失",
        "Share of reads missing from targets with at most 50 % GC, in percentage points.",
        "GC 含量不超过 50% 的目标区域缺失的序列比例（百分点）。",
        Direction.LOWER,
        chart_transform=ChartTransform.LOG,
        tool_fields={COVERAGE: {"value": "hybrid_selection.AT_DROPOUT"}, "picard.hs_metrics": "AT_DROPOUT"},
        source=_PICARD,
    ),
    MetricDefinition(
        "gc_dropout",
        "GC dropout",
        "GC 缺失",
        "Share of reads missing from targets with at least 50 % GC, in percentage points.",
        "GC 含量不低于 50% 的目标区域缺失的序列比例（百分点）。",
        Direction.LOWER,
        chart_transform=ChartTransform.LOG,
        tool_fields={COVERAGE: {"value": "hybrid_selection.GC_DROPOUT"}, "picard.hs_metrics": "GC_DROPOUT"},
        source=_PICARD,
    ),
)


def _agreement(
    code: str, names: tuple[str, str], definitions: tuple[str, str], filter_name: str, counts: dict[str, list[str]]
) -> MetricDefinition:
    fields = {part: [f"types.{{type}}.{filter_name}.{count}" for count in names_] for part, names_ in counts.items()}
    return MetricDefinition(
        f"{code}_{filter_name.lower()}",
        f"{names[0]} ({filter_name})",
        f"{names[1]}（{'全部变异' if filter_name == 'ALL' else '通过过滤的变异'}）",
        f"{definitions[0]} {'All' if filter_name == 'ALL' else 'Only PASS'} query calls count.",
        f"{definitions[1]}{'计入全部检出变异。' if filter_name == 'ALL' else '仅计入通过过滤（PASS）的检出变异。'}",
        Direction.HIGHER,
        stage=MetricStage.CONTROL,
        is_proportion=True,
        chart_transform=ChartTransform.LOGIT,
        decimals=3,
        tool_fields={CONCORDANCE: fields},
        source=_GA4GH,
    )


_CONCORDANCE_METRICS = tuple(
    definition
    for filter_name in ("ALL", "PASS")
    for definition in (
        _agreement(
            "ppa",
            ("PPA (recall)", "阳性符合率 PPA（召回率）"),
            (
                "Truth variants found with the right genotype over all truth variants, in confident target regions.",
                "在高置信区与目标区域交集内，基因型一致检出的真集变异数占真集变异总数的比例。",
            ),
            filter_name,
            {"numerator": ["truth_tp"], "denominator": ["truth_tp", "truth_fn"]},
        ),
        _agreement(
            "ppv",
            ("PPV (precision)", "阳性预测值 PPV（精确率）"),
            (
                "Query calls that are right over all query calls that can be judged, in confident target regions.",
                "在高置信区与目标区域交集内，正确的检出变异数占可判定检出变异总数的比例。",
            ),
            filter_name,
            {"numerator": ["query_tp"], "denominator": ["query_tp", "query_fp"]},
        ),
        _agreement(
            "genotype_concordance",
            ("Genotype concordance", "基因型符合率"),
            (
                "Query calls right in alleles and genotype over calls right in alleles.",
                "等位基因与基因型均正确的检出变异数占等位基因正确的检出变异数的比例。",
            ),
            filter_name,
            {"numerator": ["query_tp"], "denominator": ["query_tp", "fp_gt"]},
        ),
    )
)

METRICS: tuple[MetricDefinition, ...] = (*_COVERAGE_METRICS, *_CONCORDANCE_METRICS)
