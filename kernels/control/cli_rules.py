"""`python -m kernels control-rules FILE --json OUT`: the rule engine, so that anyone can check it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kernels.control.rules import (
    ControlRun,
    ExcludedPoints,
    RangeMode,
    Rule,
    RuleOptions,
    Streaks,
    Violation,
    evaluate,
)
from kernels.errors import KernelError
from kernels.io.json_files import JsonObject
from kernels.statistics.command import run


def main(arguments: Sequence[str]) -> int:
    """Run the command."""
    return run(arguments, name="control-rules", description="Westgard rules over runs and levels", compute=compute)


def compute(source: JsonObject) -> dict[str, Any]:
    """Evaluate the rules of one document."""
    rules = source.choices("rules", Rule)
    options = _options(source)
    order = source.texts("levels", None)
    runs = [_run(child, order) for child in source.children("runs")]
    source.finish()
    return {
        "rules": rules,
        "options": options,
        "violations": [_document(violation) for violation in evaluate(runs, rules, options)],
    }


def _options(source: JsonObject) -> RuleOptions:
    child = source.child("options", None)
    if child is None:
        return RuleOptions()
    options = RuleOptions(
        r4s=child.choice("r4s", RangeMode, RangeMode.OPPOSITE_2S),
        streaks=child.choice("streaks", Streaks, Streaks.LEVEL),
        excluded=child.choice("excluded", ExcludedPoints, ExcludedPoints.SKIP),
    )
    child.finish()
    return options


def _run(child: JsonObject, order: list[str] | None) -> ControlRun:
    z = child.number_or_null_map("z")
    excluded = frozenset(child.texts("excluded", []))
    name = child.label("id")
    unknown = sorted(excluded - z.keys()) or sorted(set(z) - set(order or z))
    if unknown:
        raise KernelError(
            "level_unknown", f"Run {name} names the level {unknown[0]!r}, which it does not list.", run=name
        )
    is_reset = child.flag("reset", False)
    child.finish()
    ordered = {level: z[level] for level in (order or z) if level in z}
    return ControlRun(name, ordered, excluded, is_reset)


def _document(violation: Violation) -> dict[str, Any]:
    return {
        "rule": violation.rule,
        "run": violation.run,
        "scope": violation.scope,
        "points": violation.points,
    }
