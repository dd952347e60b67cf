"""Reliability of a measured feature over raters or repeats: ICC(1,1), ICC(2,1), ICC(3,1) with F intervals.

References
----------
Shrout PE, Fleiss JL. Intraclass correlations. Psychol Bull 1979;86:420-428.
McGraw KO, Wong SP. Forming inferences about some intraclass correlation coefficients. Psychol Methods 1996;1:30-46.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import numpy as np

from kernels.errors import KernelError
from kernels.statistics.distributions import checked_probability, f_quantile

ROUNDING = 1e-13


class IccModel(StrEnum):
    """Which raters judged which subjects, and whether their level matters."""

    ONE_WAY = "icc_1_1"
    TWO_WAY_AGREEMENT = "icc_2_1"
    TWO_WAY_CONSISTENCY = "icc_3_1"


@dataclass(frozen=True, slots=True)
class IntraclassCorrelation:
    """A single-rater ICC; None where no rating varies, its bounds None where the error mean square is 0."""

    model: IccModel
    subjects: int
    raters: int
    estimate: float | None
    confidence: float
    lower: float | None
    upper: float | None
    mean_square_subjects: float
    mean_square_raters: float
    mean_square_error: float
    mean_square_within: float


def intraclass_correlation(
    ratings: Sequence[Sequence[float]], *, model: IccModel, confidence: Decimal | Fraction | float = 0.95
) -> IntraclassCorrelation:
    """Compute a single-rater intraclass correlation with its F interval.

    Parameters
    ----------
    ratings : sequence of sequences of float, shape (subjects, raters)
        At least two of each, without gaps.
    model : IccModel
        `icc_1_1` one-way random; `icc_2_1` two-way random, absolute agreement; `icc_3_1` two-way mixed, consistency.
    confidence : float
        Of the two-sided interval.

    Raises
    ------
    KernelError
        `ratings_invalid`.
    """
    table = np.asarray(ratings, dtype=np.float64)
    if table.ndim != 2 or min(table.shape) < 2 or not np.isfinite(table).all():
        raise KernelError("ratings_invalid", "Ratings must be a full table of at least two subjects and two raters.")
    tail = float((1 - checked_probability(confidence, "confidence")) / 2)
    n, k = table.shape
    squares = _mean_squares(table)
    estimate, lower, upper = _interval(model, squares, n, k, tail)
    return IntraclassCorrelation(
        model=model,
        subjects=n,
        raters=k,
        estimate=estimate,
        confidence=float(confidence),
        lower=lower,
        upper=upper,
        mean_square_subjects=squares.subjects,
        mean_square_raters=squares.raters,
        mean_square_error=squares.error,
        mean_square_within=squares.within,
    )


@dataclass(frozen=True, slots=True)
class _MeanSquares:
    subjects: float
    raters: float
    error: float
    within: float


Bounds = tuple[float | None, float | None, float | None]


def _mean_squares(table: np.ndarray) -> _MeanSquares:
    n, k = table.shape
    grand, rows, columns = table.mean(), table.mean(axis=1), table.mean(axis=0)
    residual = table - rows[:, None] - columns[None, :] + grand
    # Ratings that agree leave squares of rounding errors; they must not pass for variation.
    rounding = (ROUNDING * float(np.abs(table).max())) ** 2
    squares = (
        k * float(((rows - grand) ** 2).sum()) / (n - 1),
        n * float(((columns - grand) ** 2).sum()) / (k - 1),
        float((residual**2).sum()) / ((n - 1) * (k - 1)),
        float(((table - rows[:, None]) ** 2).sum()) / (n * (k - 1)),
    )
    return _MeanSquares(*(square if square > rounding else 0.0 for square in squares))


def _interval(model: IccModel, squares: _MeanSquares, n: int, k: int, tail: float) -> Bounds:
    if model is IccModel.ONE_WAY:
        return _ratio_interval(squares.subjects, squares.within, n - 1, n * (k - 1), k, tail)
    if model is IccModel.TWO_WAY_CONSISTENCY:
        return _ratio_interval(squares.subjects, squares.error, n - 1, (n - 1) * (k - 1), k, tail)
    return _agreement_interval(squares, n, k, tail)


def _ratio_interval(above: float, below: float, df_above: int, df_below: int, k: int, tail: float) -> Bounds:
    total = above + (k - 1) * below
    estimate = (above - below) / total if total > 0.0 else None
    if below <= 0.0:
        return estimate, None, None
    ratio = above / below
    low = ratio / f_quantile(1.0 - tail, df_above, df_below)
    high = ratio * f_quantile(1.0 - tail, df_below, df_above)
    return estimate, (low - 1.0) / (low + k - 1.0), (high - 1.0) / (high + k - 1.0)


def _agreement_interval(squares: _MeanSquares, n: int, k: int, tail: float) -> Bounds:
    msr, msc, mse = squares.subjects, squares.raters, squares.error
    total = msr + (k - 1) * mse + k * (msc - mse) / n
    estimate = (msr - mse) / total if total > 0.0 else None
    if estimate is None or mse <= 0.0 or estimate >= 1.0:
        return estimate, None, None
    a, b = k * estimate / (n * (1.0 - estimate)), 1.0 + k * estimate * (n - 1) / (n * (1.0 - estimate))
    freedom = (a * msc + b * mse) ** 2 / ((a * msc) ** 2 / (k - 1) + (b * mse) ** 2 / ((n - 1) * (k - 1)))
    f_low, f_high = f_quantile(1.0 - tail, n - 1, freedom), f_quantile(1.0 - tail, freedom, n - 1)
    noise = k * msc + (k * n - k - n) * mse
    lower = n * (msr - f_low * mse) / (f_low * noise + n * msr)
    upper = n * (f_high * msr - mse) / (noise + n * f_high * msr)
    return estimate, lower, upper
