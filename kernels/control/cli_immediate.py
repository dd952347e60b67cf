"""`python -m kernels immediate-method FILE --json OUT`: control from the third result on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kernels.control.immediate import LimitTable, immediate_method
from kernels.io.json_files import JsonObject
from kernels.statistics.command import run


def main(arguments: Sequence[str]) -> int:
    """Run the command."""
    return run(arguments, name="immediate-method", description="Grubbs limits from n = 3 to 20", compute=compute)


def compute(source: JsonObject) -> dict[str, Any]:
    """Judge the results of one document."""
    values = source.exacts("values")
    table = source.choice("table", LimitTable, LimitTable.EXACT)
    source.finish()
    return {"table": table, "points": immediate_method(values, table=table)}
