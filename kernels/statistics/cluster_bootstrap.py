"""Intervals of a proportion whose trials come in clusters: variants of one genome are not independent.

References
----------
Field CA, Welsh AH. Bootstrapping clustered data. J R Stat Soc B 2007;69:369-390.
Efron B, Tibshirani RJ. An Introduction to the Bootstrap. Chapman and Hall 1993, chapter 13.
Cochran WG. Sampling Techniques, 3rd ed. Wiley 1977, section 3.12 (ratio of cluster totals).
Korn EL, Graubard BI. Confidence intervals for proportions with small expected counts. Survey Methodol 1998;24:193-201.
Kish L. Survey Sampling. Wiley 1965 (design effect).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from kernels.errors import KernelError
from kernels.statistics.distributions import beta_quantile, checked_probability, student_t_quantile
from kernels.statistics.proportions import Proportion

MIN_RESAMPLES = 100
# With fewer clusters the percentile interval is known to be too short.
FEW_CLUSTERS = 10

Probability = Decimal | Fraction | float


@dataclass(frozen=True, slots=True)
class Bounds:
    """An interval, None on both sides where the clusters do not vary and so say nothing about their scatter."""

    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class ClusterBootstrap:
    """The pooled proportion with a percentile interval over resampled clusters.

    `linearized` is the t interval of the ratio estimator, a check that needs no random numbers. `is_degenerate` says
    that all clusters have one proportion; `has_few_clusters`, that the interval is likely too short.
    """

    clusters: int
    pooled: Proportion
    confidence: float
    resamples: int
    seed: int
    standard_error: float
    percentile: Bounds
    linearized_standard_error: float
    linearized: Bounds
    is_degenerate: bool
    has_few_clusters: bool


@dataclass(frozen=True, slots=True)
class DesignEffect:
    """How much clustering costs: DE = 1 + (m - 1) ICC and n_eff = n / DE.

    `intraclass_correlation` is the one-way ANOVA estimate, None when nothing varies; a negative one is reported and
    counted as 0. `cluster_size` is m = sum m_i² / sum m_i. The interval is Clopper-Pearson's at n_eff trials.
    """

    clusters: int
    pooled: Proportion
    cluster_size: float
    intraclass_correlation: float | None
    is_truncated: bool
    design_effect: float | None
    effective_trials: float | None
    confidence: float
    interval: Bounds


def cluster_bootstrap(
    clusters: Sequence[Proportion], *, seed: int, resamples: int = 10_000, confidence: Probability = 0.95
) -> ClusterBootstrap:
    """Resample whole clusters and read the interval of their pooled proportion.

    Parameters
    ----------
    clusters : sequence of Proportion
        Counts per sample, at least two with a denominator above 0; samples without trials are refused.
    seed : int
        Of NumPy's PCG64 generator: the same seed gives the same interval.
    resamples : int
        At least 100; 10 000 by default.
    confidence : float
        Of both two-sided intervals.

    Raises
    ------
    KernelError
        `clusters_too_few`, `cluster_empty`, `resamples_too_few`, `seed_invalid`.
    """
    pooled = _checked_clusters(clusters)
    tail = float((1 - checked_probability(confidence, "confidence")) / 2)
    ratios = _resampled(clusters, resamples, seed)
    error = _linearized_error(clusters, pooled)
    is_degenerate = len({cluster.exact for cluster in clusters}) == 1
    percentile = linearized = Bounds(None, None)
    if not is_degenerate:
        low, high = np.quantile(ratios, [tail, 1.0 - tail])
        half = student_t_quantile(1.0 - tail, len(clusters) - 1) * error
        p = pooled.numerator / pooled.denominator
        percentile = Bounds(float(low), float(high))
        linearized = Bounds(max(0.0, p - half), min(1.0, p + half))
    return ClusterBootstrap(
        clusters=len(clusters),
        pooled=pooled,
        confidence=float(confidence),
        resamples=resamples,
        seed=seed,
        standard_error=float(ratios.std(ddof=1)),
        percentile=percentile,
        linearized_standard_error=error,
        linearized=linearized,
        is_degenerate=is_degenerate,
        has_few_clusters=len(clusters) < FEW_CLUSTERS,
    )


def design_effect(clusters: Sequence[Proportion], *, confidence: Probability = 0.95) -> DesignEffect:
    """Estimate the intraclass correlation of a binary outcome and the number of independent trials it leaves."""
    pooled = _checked_clusters(clusters)
    tail = float((1 - checked_probability(confidence, "confidence")) / 2)
    size = sum(c.denominator**2 for c in clusters) / pooled.denominator
    estimate = _intraclass_correlation(clusters, pooled)
    if estimate is None:
        empty = Bounds(None, None)
        return DesignEffect(len(clusters), pooled, size, None, False, None, None, float(confidence), empty)
    effect = 1.0 + (size - 1.0) * max(0.0, estimate)
    trials = pooled.denominator / effect
    hits = trials * pooled.numerator / pooled.denominator
    interval = Bounds(
        0.0 if hits == 0 else beta_quantile(tail, hits, trials - hits + 1.0),
        1.0 if pooled.numerator == pooled.denominator else beta_quantile(1.0 - tail, hits + 1.0, trials - hits),
    )
    return DesignEffect(
        len(clusters), pooled, size, estimate, estimate < 0.0, effect, trials, float(confidence), interval
    )


def _checked_clusters(clusters: Sequence[Proportion]) -> Proportion:
    if len(clusters) < 2:
        message = f"{len(clusters)} cluster says nothing about the scatter between clusters; give at least two."
        raise KernelError("clusters_too_few", message, clusters=len(clusters))
    for index, cluster in enumerate(clusters):
        if cluster.denominator == 0:
            raise KernelError("cluster_empty", f"Cluster {index} holds no trial; leave it out.", index=index)
    return Proportion(sum(c.numerator for c in clusters), sum(c.denominator for c in clusters))


def _resampled(clusters: Sequence[Proportion], resamples: int, seed: int) -> np.ndarray:
    if resamples < MIN_RESAMPLES:
        message = f"{resamples} resamples cannot hold up a tail; give at least {MIN_RESAMPLES}."
        raise KernelError("resamples_too_few", message, resamples=resamples)
    if seed < 0:
        raise KernelError("seed_invalid", f"The seed {seed} must be 0 or more.", seed=seed)
    weights = np.random.default_rng(seed).multinomial(len(clusters), [1.0 / len(clusters)] * len(clusters), resamples)
    hits = weights @ np.array([cluster.numerator for cluster in clusters], dtype=np.int64)
    trials = weights @ np.array([cluster.denominator for cluster in clusters], dtype=np.int64)
    return np.asarray(hits / trials)


def _linearized_error(clusters: Sequence[Proportion], pooled: Proportion) -> float:
    p = pooled.numerator / pooled.denominator
    squares = math.fsum((c.numerator - p * c.denominator) ** 2 for c in clusters)
    return math.sqrt(len(clusters) / (len(clusters) - 1) * squares) / pooled.denominator


def _intraclass_correlation(clusters: Sequence[Proportion], pooled: Proportion) -> float | None:
    """Exact mean squares of 0/1 outcomes; None when every outcome is the same or no cluster has two trials."""
    k, n = len(clusters), pooled.denominator
    if n == k or pooled.numerator in (0, n):
        return None
    within = sum((Fraction(c.numerator * (c.denominator - c.numerator), c.denominator) for c in clusters), Fraction(0))
    shares = sum((Fraction(c.numerator**2, c.denominator) for c in clusters), Fraction(0))
    between = shares - Fraction(pooled.numerator**2, n)
    m0 = (n - Fraction(sum(c.denominator**2 for c in clusters), n)) / (k - 1)
    between_square, within_square = between / (k - 1), within / (n - k)
    return float((between_square - within_square) / (between_square + (m0 - 1) * within_square))
