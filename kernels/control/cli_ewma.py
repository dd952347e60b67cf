"""`python -m kernels ewma FILE --json OUT`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kernels.control.ewma import EwmaParams, ewma
from kernels.control.series import scores_of
from kernels.io.json_files import JsonObject
from kernels.statistics.command import run


def main(arguments: Sequence[str]) -> int:
    """Run the command."""
    return run(arguments, name="ewma", description="Exponentially weighted moving average", compute=compute)


def compute(source: JsonObject) -> dict[str, Any]:
    """Follow the average of one document."""
    usual = EwmaParams()
    params = EwmaParams(source.number("lambda", usual.weight), source.number("L", usual.width_sd))
    z, resets = scores_of(source)
    source.finish()
    return {"lambda": params.weight, "L": params.width_sd, "points": ewma(z, params, resets=resets)}
