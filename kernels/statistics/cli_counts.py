"""Requests about counts: proportions, sample sizes, clustered proportions, detection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from kernels.io.json_files import JsonObject
from kernels.statistics.binomial_regression import Link
from kernels.statistics.cluster_bootstrap import ClusterBootstrap, DesignEffect, cluster_bootstrap, design_effect
from kernels.statistics.detection_limit import (
    BlankLimit,
    DetectionLevel,
    DetectionLimit,
    HitRateLimit,
    detection_limit,
    hit_rate,
    limit_of_blank,
    minimum_depth,
)
from kernels.statistics.proportions import (
    Basis,
    Comparator,
    IntervalMethod,
    Proportion,
    Sided,
    compare,
    proportion_interval,
)
from kernels.statistics.sample_size import PoweredSize, powered_size, size_for_half_width, success_run_size

USUAL = Decimal("0.95")


def proportion_of(source: JsonObject) -> Proportion:
    """Take numerator and denominator."""
    return Proportion(source.integer("numerator"), source.integer("denominator"))


def _interval(source: JsonObject) -> Mapping[str, Any]:
    proportion = proportion_of(source)
    interval = proportion_interval(
        proportion,
        method=source.choice("method", IntervalMethod, IntervalMethod.CLOPPER_PEARSON),
        confidence=source.exact("confidence", USUAL),
        sided=source.choice("sided", Sided, Sided.TWO),
    )
    return {
        "proportion": proportion,
        "method": interval.method,
        "confidence": interval.confidence,
        "sided": interval.sided,
        "lower": interval.lower,
        "upper": interval.upper,
    }


def _comparison(source: JsonObject) -> Mapping[str, Any]:
    question: dict[str, Any] = {
        "proportion": proportion_of(source),
        "comparator": source.choice("comparator", Comparator),
        "limit": source.exact("limit"),
        "basis": source.choice("basis", Basis, Basis.POINT),
        "method": source.choice("method", IntervalMethod, IntervalMethod.CLOPPER_PEARSON),
        "confidence": source.exact("confidence", USUAL),
        "sided": source.choice("sided", Sided, None),
    }
    return {**question, "met": compare(**question)}


def _success_run(source: JsonObject) -> Mapping[str, Any]:
    question: dict[str, Any] = {
        "reliability": source.exact("reliability"),
        "confidence": source.exact("confidence", USUAL),
        "allowed_failures": source.integer("allowed_failures", 0),
    }
    return {**question, "samples": success_run_size(**question)}


def _powered_size(source: JsonObject) -> PoweredSize:
    return powered_size(
        expected=source.exact("expected"),
        limit=source.exact("limit"),
        confidence=source.exact("confidence", USUAL),
        power=source.exact("power", Decimal("0.8")),
    )


def _half_width_size(source: JsonObject) -> Mapping[str, Any]:
    question: dict[str, Any] = {
        "expected": source.exact("expected"),
        "half_width": source.exact("half_width"),
        "confidence": source.exact("confidence", USUAL),
    }
    return {**question, "samples": size_for_half_width(**question)}


def _clusters(source: JsonObject) -> list[Proportion]:
    clusters = []
    for child in source.children("clusters"):
        child.label("id", "")
        clusters.append(proportion_of(child))
        child.finish()
    return clusters


def _cluster_bootstrap(source: JsonObject) -> ClusterBootstrap:
    return cluster_bootstrap(
        _clusters(source),
        seed=source.integer("seed"),
        resamples=source.integer("resamples", 10_000),
        confidence=source.exact("confidence", USUAL),
    )


def _design_effect(source: JsonObject) -> DesignEffect:
    return design_effect(_clusters(source), confidence=source.exact("confidence", USUAL))


def _levels(source: JsonObject) -> list[DetectionLevel]:
    levels = []
    for child in source.children("levels"):
        detections = Proportion(child.integer("detected"), child.integer("replicates"))
        levels.append(DetectionLevel(child.number("level"), detections))
        child.finish()
    return levels


def _hit_rate(source: JsonObject) -> HitRateLimit:
    return hit_rate(
        _levels(source),
        minimum_rate=source.exact("minimum_rate", USUAL),
        confidence=source.exact("confidence", USUAL),
    )


def _detection_limit(source: JsonObject) -> DetectionLimit:
    return detection_limit(
        _levels(source),
        probability=source.exact("probability", USUAL),
        link=source.choice("link", Link, Link.PROBIT),
        confidence=source.exact("confidence", USUAL),
    )


def _limit_of_blank(source: JsonObject) -> BlankLimit:
    return limit_of_blank(
        source.numbers("blanks"),
        source.rows("low_samples", []),
        probability=source.exact("probability", USUAL),
    )


def _minimum_depth(source: JsonObject) -> Mapping[str, Any]:
    question: dict[str, Any] = {
        "allele_fraction": source.exact("allele_fraction", Decimal("0.5")),
        "alt_reads": source.integer("alt_reads"),
        "probability": source.exact("probability", USUAL),
    }
    return {**question, "depth_reads": minimum_depth(**question)}


KINDS: Mapping[str, Callable[[JsonObject], Any]] = {
    "proportion_interval": _interval,
    "proportion_comparison": _comparison,
    "success_run": _success_run,
    "powered_sample_size": _powered_size,
    "half_width_sample_size": _half_width_size,
    "cluster_bootstrap": _cluster_bootstrap,
    "design_effect": _design_effect,
    "hit_rate": _hit_rate,
    "probit_lod": _detection_limit,
    "limit_of_blank": _limit_of_blank,
    "minimum_depth": _minimum_depth,
}
