"""Requests about measured values: spread, variance components, equivalence, linearity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from kernels.errors import KernelError
from kernels.io.json_files import JsonObject
from kernels.statistics.equivalence import Equivalence, group_equivalence, paired_equivalence
from kernels.statistics.linearity import Linearity, linearity
from kernels.statistics.precision import Summary, VarianceComponents, summarize, variance_components

USUAL = Decimal("0.95")


class EquivalenceDesign(StrEnum):
    """How the two sets of values belong together."""

    PAIRED = "paired"
    GROUPS = "groups"


def _summary(source: JsonObject) -> Summary:
    return summarize(source.numbers("values"))


def _variance_components(source: JsonObject) -> VarianceComponents:
    factors = source.texts("factors")
    values, groups = [], []
    for child in source.children("measurements"):
        groups.append(tuple(child.label(factor) for factor in factors))
        values.append(child.number("value"))
        child.finish()
    return variance_components(values, groups, factors, confidence=source.number("confidence", 0.95))


def _equivalence(source: JsonObject) -> Equivalence:
    low, high = _margins(source)
    alpha = source.exact("alpha", Decimal("0.05"))
    if source.choice("design", EquivalenceDesign, EquivalenceDesign.PAIRED) is EquivalenceDesign.GROUPS:
        return group_equivalence(
            source.numbers("test"), source.numbers("reference"), margin_lower=low, margin_upper=high, alpha=alpha
        )
    return paired_equivalence(_differences(source), margin_lower=low, margin_upper=high, alpha=alpha)


def _margins(source: JsonObject) -> tuple[float, float]:
    if "margin" in source:
        margin = source.number("margin")
        return -margin, margin
    return source.number("margin_lower"), source.number("margin_upper")


def _differences(source: JsonObject) -> list[float]:
    """Subtract in decimal, so that 0.3 - 0.1 is 0.2 for both pairs that say so."""
    if "differences" in source:
        return source.numbers("differences")
    test, reference = source.exacts("test"), source.exacts("reference")
    if len(test) != len(reference):
        message = f"{len(test)} test values stand beside {len(reference)} reference values; give pairs."
        raise KernelError("values_unpaired", message)
    return [float(one - two) for one, two in zip(test, reference, strict=True)]


def _linearity(source: JsonObject) -> Linearity:
    return linearity(
        source.numbers("expected"), source.numbers("measured"), confidence=source.exact("confidence", USUAL)
    )


KINDS: Mapping[str, Callable[[JsonObject], Any]] = {
    "summary": _summary,
    "variance_components": _variance_components,
    "tost": _equivalence,
    "linearity": _linearity,
}
