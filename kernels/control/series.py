"""The series that the EWMA and CUSUM commands read: z-scores, or values with their target and SD."""

from __future__ import annotations

from kernels.control.scores import z_score
from kernels.errors import KernelError
from kernels.io.json_files import JsonObject


def scores_of(source: JsonObject) -> tuple[list[float | None], frozenset[int]]:
    """Take `z`, or `values` with `target` (0) and `sd` (1), and the indexes of `resets`.

    Raises
    ------
    KernelError
        `reset_outside_series`, besides the errors of the document and of `z_score`.
    """
    z: list[float | None]
    if "z" in source:
        z = source.numbers_or_nulls("z")
    else:
        target, sd = source.number("target", 0.0), source.number("sd", 1.0)
        z = [None if value is None else z_score(value, target, sd) for value in source.numbers_or_nulls("values")]
    resets = frozenset(source.integers("resets", []))
    for index in sorted(resets):
        if not 0 <= index < len(z):
            raise KernelError("reset_outside_series", f"Reset {index} lies outside the {len(z)} points.", index=index)
    return z, resets
