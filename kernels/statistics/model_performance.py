"""Internal validation of a model from the numbers that its cross-validation and its resampling left behind.

References
----------
Harrell FE, Lee KL, Mark DB. Multivariable prognostic models. Stat Med 1996;15:361-387 (optimism).
Efron B, Tibshirani R. Improvements on cross-validation: the .632+ bootstrap. J Am Stat Assoc 1997;92:548-560.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kernels.errors import KernelError
from kernels.statistics.precision import summarize

MIN_FOLDS = 2
MIN_RESAMPLES = 2


@dataclass(frozen=True, slots=True)
class FoldSummary:
    """A metric over folds. Folds share their training data, so the SD describes and gives no interval."""

    folds: int
    mean: float
    sd: float
    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True)
class OptimismCorrection:
    """Apparent performance, less what the model gains on the data it was fitted to.

    `corrected_632` is None without out-of-bag values.
    """

    apparent: float
    resamples: int
    mean_optimism: float
    optimism_sd: float
    corrected: float
    corrected_632: float | None


def summarize_folds(values: Sequence[float]) -> FoldSummary:
    """Summarize one metric over the folds of a cross-validation."""
    if len(values) < MIN_FOLDS:
        raise KernelError("too_few_values", f"{len(values)} fold is no cross-validation; give at least two.")
    summary = summarize(values)
    return FoldSummary(summary.n, summary.mean, summary.sd or 0.0, summary.minimum, summary.maximum)


def optimism_correction(
    *,
    apparent: float,
    on_resample: Sequence[float],
    on_original: Sequence[float],
    out_of_bag: Sequence[float] | None = None,
) -> OptimismCorrection:
    """Correct an apparent performance by bootstrap optimism.

    Parameters
    ----------
    apparent : float
        Performance of the final model on the data it was fitted to.
    on_resample, on_original : sequence of float
        For each resample: performance of the model fitted to it, on the resample and on the original data.
    out_of_bag : sequence of float, optional
        For each resample: performance on the subjects it left out, for the .632 estimate.
    """
    lengths = {len(on_resample), len(on_original)} | ({len(out_of_bag)} if out_of_bag is not None else set())
    if len(lengths) != 1 or lengths.pop() < MIN_RESAMPLES:
        raise KernelError("resamples_unpaired", "Give the same number of values for every resample, at least two.")
    optimism = summarize([r - o for r, o in zip(on_resample, on_original, strict=True)])
    weighted = None
    if out_of_bag is not None:
        weighted = 0.368 * apparent + 0.632 * math.fsum(out_of_bag) / len(out_of_bag)
    return OptimismCorrection(
        apparent, optimism.n, optimism.mean, optimism.sd or 0.0, apparent - optimism.mean, weighted
    )
