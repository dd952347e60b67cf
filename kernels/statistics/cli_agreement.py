"""Requests about agreement: with a comparator, between readers, between replicates, between versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from kernels.io.json_files import JsonObject
from kernels.statistics.agreement import (
    FleissKappa,
    Kappa,
    KappaWeights,
    McNemar,
    TwoByTwo,
    cohen_kappa,
    fleiss_kappa,
    mcnemar,
    tally,
    two_by_two,
)
from kernels.statistics.proportions import IntervalMethod
from kernels.statistics.replicate_agreement import (
    CallDifference,
    PositiveAgreement,
    Replicate,
    ReplicateAgreement,
    call_difference,
    positive_agreement,
    replicate_agreement,
)

USUAL = Decimal("0.95")


def _two_by_two(source: JsonObject) -> TwoByTwo:
    return two_by_two(
        both_positive=source.integer("both_positive"),
        only_method=source.integer("only_method"),
        only_comparator=source.integer("only_comparator"),
        both_negative=source.integer("both_negative"),
        confidence=source.exact("confidence", USUAL),
        method=source.choice("method", IntervalMethod, IntervalMethod.CLOPPER_PEARSON),
    )


def _mcnemar(source: JsonObject) -> McNemar:
    return mcnemar(source.integer("only_first"), source.integer("only_second"))


def _kappa(source: JsonObject) -> Kappa:
    if "table" in source:
        table = source.count_matrix("table")
    else:
        table = tally(source.texts("first"), source.texts("second"), source.texts("categories"))
    return cohen_kappa(
        table,
        weights=source.choice("weights", KappaWeights, KappaWeights.NONE),
        confidence=source.exact("confidence", USUAL),
    )


def _fleiss_kappa(source: JsonObject) -> FleissKappa:
    return fleiss_kappa(source.count_matrix("ratings"))


def _agreement(source: JsonObject) -> ReplicateAgreement | PositiveAgreement:
    confidence = source.exact("confidence", USUAL)
    if "replicates" not in source:
        return positive_agreement(
            in_both=source.integer("in_both"),
            only_first=source.integer("only_first"),
            only_second=source.integer("only_second"),
            confidence=confidence,
        )
    replicates = []
    for child in source.children("replicates"):
        replicates.append(Replicate(child.label("id"), child.text_map("calls"), child.label("group", "")))
        child.finish()
    return replicate_agreement(replicates, confidence=confidence)


def _call_difference(source: JsonObject) -> CallDifference:
    return call_difference(source.text_map("before"), source.text_map("after"))


KINDS: Mapping[str, Callable[[JsonObject], Any]] = {
    "two_by_two": _two_by_two,
    "mcnemar": _mcnemar,
    "kappa": _kappa,
    "fleiss_kappa": _fleiss_kappa,
    "agreement": _agreement,
    "call_difference": _call_difference,
}
