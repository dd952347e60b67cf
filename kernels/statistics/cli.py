"""`python -m kernels statistics FILE --json OUT`: one statistical question, named by its `kind`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kernels.errors import KernelError
from kernels.io.json_files import JsonObject
from kernels.statistics import cli_agreement, cli_counts, cli_measurements, cli_models
from kernels.statistics.command import as_document, run

Request = Callable[[JsonObject], Any]

KINDS: Mapping[str, Request] = {
    **cli_counts.KINDS,
    **cli_measurements.KINDS,
    **cli_agreement.KINDS,
    **cli_models.KINDS,
}


def main(arguments: Sequence[str]) -> int:
    """Run the command."""
    return run(arguments, name="statistics", description="Kinds: " + ", ".join(KINDS), compute=compute)


def compute(source: JsonObject) -> dict[str, Any]:
    """Answer one request; the result's members stand beside its kind.

    Raises
    ------
    KernelError
        `kind_unknown`, an error of the document, or an error of the kernel asked for.
    """
    kind = source.text("kind")
    if kind not in KINDS:
        raise KernelError("kind_unknown", f"There is no kind {kind!r}. Choose one of: {', '.join(KINDS)}.", kind=kind)
    result = KINDS[kind](source)
    source.finish()
    return {"kind": kind, **as_document(result)}
