"""Requests about models: discrimination, calibration, added value, reliability of features, internal validation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from kernels.io.json_files import JsonObject
from kernels.statistics.calibration import Calibration, calibration, net_benefit
from kernels.statistics.command import as_document
from kernels.statistics.intraclass_correlation import IccModel, IntraclassCorrelation, intraclass_correlation
from kernels.statistics.model_performance import (
    FoldSummary,
    OptimismCorrection,
    optimism_correction,
    summarize_folds,
)
from kernels.statistics.reclassification import Reclassification, reclassification
from kernels.statistics.roc import (
    AreaComparison,
    bootstrap_area,
    compare_areas,
    operating_point,
    roc_auc,
    roc_curve,
)

USUAL = Decimal("0.95")


def _roc_auc(source: JsonObject) -> Mapping[str, Any]:
    labels, scores = source.flags("labels"), source.numbers("scores")
    confidence = source.exact("confidence", USUAL)
    document: dict[str, Any] = as_document(roc_auc(labels, scores, confidence=confidence))
    thresholds = source.numbers("thresholds", [])
    document["operating_points"] = [
        operating_point(labels, scores, threshold, confidence=confidence) for threshold in thresholds
    ]
    if source.flag("curve", False):
        names = ("threshold", "true_positives", "false_positives")
        document["curve"] = [dict(zip(names, point, strict=True)) for point in roc_curve(labels, scores)]
    if "bootstrap" in source:
        child = source.child("bootstrap")
        document["bootstrap"] = bootstrap_area(
            labels,
            scores,
            seed=child.integer("seed"),
            resamples=child.integer("resamples", 2000),
            confidence=confidence,
        )
        child.finish()
    return document


def _delong(source: JsonObject) -> AreaComparison:
    return compare_areas(
        source.flags("labels"),
        source.numbers("first"),
        source.numbers("second"),
        confidence=source.exact("confidence", USUAL),
    )


def _icc(source: JsonObject) -> IntraclassCorrelation:
    return intraclass_correlation(
        source.matrix("ratings"),
        model=source.choice("model", IccModel),
        confidence=source.exact("confidence", USUAL),
    )


def _calibration(source: JsonObject) -> Calibration:
    return calibration(
        source.flags("outcomes"),
        source.numbers("predicted"),
        bins=source.integer("bins", 10),
        confidence=source.exact("confidence", USUAL),
    )


def _net_benefit(source: JsonObject) -> Mapping[str, Any]:
    curve = net_benefit(source.flags("outcomes"), source.numbers("predicted"), source.numbers("thresholds"))
    return {"curve": curve}


def _reclassification(source: JsonObject) -> Reclassification:
    return reclassification(
        source.flags("outcomes"),
        source.numbers("old"),
        source.numbers("new"),
        cut_points=source.numbers("cut_points", []),
        seed=source.integer("seed"),
        resamples=source.integer("resamples", 2000),
        confidence=source.exact("confidence", USUAL),
    )


def _cross_validation(source: JsonObject) -> FoldSummary:
    return summarize_folds(source.numbers("values"))


def _optimism(source: JsonObject) -> OptimismCorrection:
    return optimism_correction(
        apparent=source.number("apparent"),
        on_resample=source.numbers("on_resample"),
        on_original=source.numbers("on_original"),
        out_of_bag=source.numbers("out_of_bag", None),
    )


KINDS: Mapping[str, Callable[[JsonObject], Any]] = {
    "roc_auc": _roc_auc,
    "delong": _delong,
    "icc": _icc,
    "calibration": _calibration,
    "net_benefit": _net_benefit,
    "net_reclassification": _reclassification,
    "cross_validation": _cross_validation,
    "bootstrap_optimism": _optimism,
}
