"""`python -m kernels cusum FILE --json OUT`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kernels.control.cusum import AfterSignal, CusumParams, cusum
from kernels.control.series import scores_of
from kernels.io.json_files import JsonObject
from kernels.statistics.command import run


def main(arguments: Sequence[str]) -> int:
    """Run the command."""
    return run(arguments, name="cusum", description="Tabular cumulative sum", compute=compute)


def compute(source: JsonObject) -> dict[str, Any]:
    """Follow the sums of one document."""
    usual = CusumParams()
    params = CusumParams(
        k=source.number("k", usual.k),
        h=source.number("h", usual.h),
        after_signal=source.choice("after_signal", AfterSignal, usual.after_signal),
    )
    z, resets = scores_of(source)
    source.finish()
    return {
        "k": params.k,
        "h": params.h,
        "after_signal": params.after_signal,
        "points": cusum(z, params, resets=resets),
    }
