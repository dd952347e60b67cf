"""Repeatability and intermediate precision: variance components of nested designs, balanced or not.

The method of moments (ANOVA, Henderson's method 1) equates each mean square with its expectation. An estimate may come
out negative when the factor adds less variation than chance; it is reported as it is, and counted as 0 in the sums.

References
----------
Searle SR, Casella G, McCulloch CE. Variance Components. Wiley 1992, chapters 3 and 5.
Satterthwaite FE. An approximate distribution of estimates of variance components. Biometrics Bull 1946;2:110-114.
CLSI EP05-A3 (2014) and EP15-A3 (2014) for the designs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from kernels.errors import KernelError
from kernels.statistics.distributions import checked_probability, chi_squared_quantile, scaled_integers

RESIDUAL = "residual"
MAD_TO_SD = 1.482602218505602  # 1 / quantile of the normal distribution at 3/4

Path = tuple[str, ...]
# Per depth: the group at that depth -> the indexes of its values. Depth 0 holds them all.
_Tree = list[dict[Path, list[int]]]


@dataclass(frozen=True, slots=True)
class VarianceComponent:
    """One source of variation.

    `estimate` is what the mean squares give, negative or not; `variance` is never below 0, and `is_truncated` says that
    the two differ. `expected_mean_square` holds the coefficient of every component, outermost factor first.
    """

    source: str
    degrees_of_freedom: int
    sum_of_squares: float
    mean_square: float
    expected_mean_square: tuple[float, ...]
    estimate: float
    variance: float
    is_truncated: bool
    sd: float
    cv_fraction: float | None
    share_fraction: float | None


@dataclass(frozen=True, slots=True)
class PrecisionEstimate:
    """A standard deviation with its interval; the degrees of freedom are Satterthwaite's when they are not a count."""

    variance: float
    sd: float
    cv_fraction: float | None
    degrees_of_freedom: float | None
    sd_lower: float | None
    sd_upper: float | None


@dataclass(frozen=True, slots=True)
class VarianceComponents:
    """Components from the outermost factor to the residual, and the two sums that laboratories report."""

    n: int
    mean: float
    is_balanced: bool
    confidence: float
    components: tuple[VarianceComponent, ...]
    repeatability: PrecisionEstimate
    intermediate_precision: PrecisionEstimate


@dataclass(frozen=True, slots=True)
class Summary:
    """Mean and spread of one series, classical and robust; None where the definition has no value."""

    n: int
    mean: float
    sd: float | None
    cv_fraction: float | None
    median: float
    mad: float
    robust_sd: float
    robust_cv_fraction: float | None
    minimum: float
    maximum: float


def summarize(values: Sequence[float]) -> Summary:
    """Describe a series of measurements; the SD has n - 1 in its denominator."""
    if not values:
        raise KernelError("no_values", "There is no value to describe; give at least one.")
    (integers, scale), n, middle = scaled_integers(values), len(values), median(values)
    mean = float(Fraction(sum(integers), n * scale))
    squares = n * sum(value * value for value in integers) - sum(integers) ** 2
    sd = math.sqrt(Fraction(squares, n * (n - 1) * scale * scale)) if n > 1 else None
    mad = median([abs(value - middle) for value in values])
    robust_sd = MAD_TO_SD * mad
    return Summary(n, mean, sd, _cv(sd, mean), middle, mad, robust_sd, _cv(robust_sd, middle), min(values), max(values))


def median(values: Sequence[float]) -> float:
    """Return the median; the mean of the middle two for an even count."""
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def variance_components(
    values: Sequence[float], groups: Sequence[Path], factors: Sequence[str], *, confidence: float = 0.95
) -> VarianceComponents:
    """Estimate the variance components of a nested random-effects design.

    Parameters
    ----------
    values : sequence of float, length n
        Measurements.
    groups : sequence of tuple of str, length n
        For each measurement its level of each factor, outermost first: ("day 1", "run 2"). An inner label is read
        within its outer ones, so run 1 of day 1 is not run 1 of day 2.
    factors : sequence of str
        Names of the factors, outermost first; one name gives the one-way design.
    confidence : float
        Of the two-sided intervals of the standard deviations.

    Returns
    -------
    VarianceComponents

    Raises
    ------
    KernelError
        `design_invalid` for lengths or names that do not fit, `no_degrees_of_freedom` when a factor has no more
        groups than the one around it, or nothing was measured twice.
    """
    _check_design(values, groups, factors)
    tree = [_members(groups, depth) for depth in range(len(factors) + 1)]
    integers, scale = scaled_integers(values)
    table = _analysis_of_variance(integers, scale, tree, [*factors, RESIDUAL])
    mean = float(Fraction(sum(integers), len(values) * scale))
    counted = [row for row, estimate in zip(table.weights, table.estimates, strict=True) if estimate >= 0]
    weights = [sum(column, Fraction(0)) for column in zip(*counted, strict=True)]
    freedom = _satterthwaite(weights, table.mean_squares, table.freedom)
    components = _components(table, mean)
    total = math.fsum(component.variance for component in components)
    residual = components[-1]
    return VarianceComponents(
        n=len(values),
        mean=mean,
        is_balanced=all(len({len(rows) for rows in level.values()}) == 1 for level in tree),
        confidence=confidence,
        components=components,
        repeatability=_precision(residual.variance, residual.degrees_of_freedom, mean, confidence),
        intermediate_precision=_precision(total, freedom, mean, confidence),
    )


@dataclass(frozen=True, slots=True)
class _AnalysisOfVariance:
    """All in fractions: whether an estimate is below 0 is decided without rounding."""

    sources: list[str]
    freedom: list[int]
    squares: list[Fraction]
    mean_squares: list[Fraction]
    expected: list[list[Fraction]]
    weights: list[list[Fraction]]
    estimates: list[Fraction]


def _analysis_of_variance(values: Sequence[int], scale: int, tree: _Tree, sources: list[str]) -> _AnalysisOfVariance:
    freedom = _degrees_of_freedom(tree, len(values), sources)
    squares = [square / scale**2 for square in _sums_of_squares(values, tree)]
    mean_squares = [square / df for square, df in zip(squares, freedom, strict=True)]
    expected = _expected_mean_squares(tree, len(values), freedom)
    weights = _component_weights(expected)
    estimates = [_dot(row, mean_squares) for row in weights]
    return _AnalysisOfVariance(sources, freedom, squares, mean_squares, expected, weights, estimates)


def _components(table: _AnalysisOfVariance, mean: float) -> tuple[VarianceComponent, ...]:
    variances = [max(Fraction(0), estimate) for estimate in table.estimates]
    total = sum(variances, Fraction(0))
    return tuple(
        VarianceComponent(
            source=source,
            degrees_of_freedom=table.freedom[i],
            sum_of_squares=float(table.squares[i]),
            mean_square=float(table.mean_squares[i]),
            expected_mean_square=tuple(float(coefficient) for coefficient in table.expected[i]),
            estimate=float(table.estimates[i]),
            variance=float(variances[i]),
            is_truncated=table.estimates[i] < 0,
            sd=math.sqrt(variances[i]),
            cv_fraction=_cv(math.sqrt(variances[i]), mean),
            share_fraction=float(variances[i] / total) if total else None,
        )
        for i, source in enumerate(table.sources)
    )


def _check_design(values: Sequence[float], groups: Sequence[Path], factors: Sequence[str]) -> None:
    if not factors or len(set(factors)) < len(factors) or RESIDUAL in factors:
        raise KernelError("design_invalid", f"The factors {list(factors)} must be distinct names, at least one.")
    if len(groups) != len(values):
        raise KernelError("design_invalid", f"{len(values)} values have {len(groups)} groups; give one for each.")
    for index, path in enumerate(groups):
        if len(path) != len(factors):
            message = f"Value {index} names {len(path)} of {len(factors)} factors; name every one."
            raise KernelError("design_invalid", message, index=index)


def _members(groups: Sequence[Path], depth: int) -> dict[Path, list[int]]:
    members: dict[Path, list[int]] = {}
    for index, path in enumerate(groups):
        members.setdefault(path[:depth], []).append(index)
    return members


def _degrees_of_freedom(tree: _Tree, n: int, sources: Sequence[str]) -> list[int]:
    counts = [len(level) for level in tree] + [n]
    freedom = [inner - outer for outer, inner in pairwise(counts)]
    for source, df in zip(sources, freedom, strict=True):
        if df < 1:
            reason = "nothing was measured twice" if source == RESIDUAL else f"{source} never varies inside its group"
            message = f"The {source} component cannot be estimated: {reason}. Add replicates or drop the factor."
            raise KernelError("no_degrees_of_freedom", message, source=source)
    return freedom


def _sums_of_squares(values: Sequence[int], tree: _Tree) -> list[Fraction]:
    """Return the rise of sum(group total² / group size) from each depth to the next, and on to the single values."""
    explained = [
        sum((Fraction(sum(values[i] for i in rows) ** 2, len(rows)) for rows in level.values()), Fraction(0))
        for level in tree
    ]
    explained.append(Fraction(sum(value * value for value in values)))
    return [inner - outer for outer, inner in pairwise(explained)]


def _expected_mean_squares(tree: _Tree, n: int, freedom: Sequence[int]) -> list[list[Fraction]]:
    """Return the coefficient of component j in the expectation of mean square i."""
    depth = len(tree)
    spread = [[_spread(tree, outer, inner, n) for inner in range(1, depth + 1)] for outer in range(depth + 1)]
    return [
        [(spread[i + 1][j] - spread[i][j]) / freedom[i] if j >= i else Fraction(0) for j in range(depth)]
        for i in range(depth)
    ]


def _spread(tree: _Tree, outer: int, inner: int, n: int) -> Fraction:
    """Return the sum over outer groups g of (sum over inner groups h in g of n_h²) / n_g."""
    if outer >= inner:
        return Fraction(n)
    if inner == len(tree):  # single measurements: n_h = 1
        return Fraction(len(tree[outer]))
    parts = (Fraction(len(rows) ** 2, len(tree[outer][path[:outer]])) for path, rows in tree[inner].items())
    return sum(parts, Fraction(0))


def _component_weights(expected: list[list[Fraction]]) -> list[list[Fraction]]:
    """Solve the triangular system: each component as a weighted sum of the mean squares."""
    size = len(expected)
    weights = [[Fraction(0)] * size for _ in range(size)]
    for i in reversed(range(size)):
        row = [Fraction(int(k == i)) for k in range(size)]
        for j in range(i + 1, size):
            row = [value - expected[i][j] * weight for value, weight in zip(row, weights[j], strict=True)]
        weights[i] = [value / expected[i][i] for value in row]
    return weights


def _satterthwaite(
    weights: Sequence[Fraction], mean_squares: Sequence[Fraction], freedom: Sequence[int]
) -> float | None:
    parts = [weight * square for weight, square in zip(weights, mean_squares, strict=True)]
    denominator = sum((part * part / df for part, df in zip(parts, freedom, strict=True)), Fraction(0))
    return float(sum(parts, Fraction(0)) ** 2 / denominator) if denominator else None


def _precision(variance: float, freedom: float | None, mean: float, confidence: float) -> PrecisionEstimate:
    sd = math.sqrt(variance)
    if freedom is None or variance == 0.0:
        return PrecisionEstimate(variance, sd, _cv(sd, mean), freedom, None, None)
    tail = float((1 - checked_probability(confidence, "confidence")) / 2)
    lower, upper = (math.sqrt(freedom * variance / chi_squared_quantile(p, freedom)) for p in (1.0 - tail, tail))
    return PrecisionEstimate(variance, sd, _cv(sd, mean), freedom, lower, upper)


def _dot(left: Sequence[Fraction], right: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True)), Fraction(0))


def _cv(sd: float | None, mean: float) -> float | None:
    """A ratio to the mean has a meaning only on a scale with a true zero and a mean above it."""
    return sd / mean if sd is not None and mean > 0 else None
