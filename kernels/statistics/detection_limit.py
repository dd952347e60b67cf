"""Limits of detection: hit rates per level, probit LOD with its interval, limit of blank, depth for enough reads.

References
----------
Finney DJ. Probit Analysis, 3rd ed. Cambridge University Press 1971, chapters 3 and 4.
Fieller EC. Some problems in interval estimation. J R Stat Soc B 1954;16:175-185.
CLSI EP17-A2 (2012) for the limit of blank and the limit of detection.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np

from kernels.errors import KernelError
from kernels.statistics.binomial_regression import LineFit, Link, fit_line
from kernels.statistics.distributions import checked_probability, normal_quantile
from kernels.statistics.precision import summarize
from kernels.statistics.proportions import (
    Comparator,
    IntervalMethod,
    Proportion,
    ProportionInterval,
    compare,
    proportion_interval,
)
from kernels.statistics.sample_size import success_run_size

Probability = Decimal | Fraction | float


@dataclass(frozen=True, slots=True)
class DetectionLevel:
    """How often a known level was detected; the level is in the unit of the plan (ng, copies, fraction, depth)."""

    level: float
    detections: Proportion


@dataclass(frozen=True, slots=True)
class LevelHitRate:
    """One level judged against the wanted hit rate; `is_met` is None when it was never tested."""

    level: float
    detections: Proportion
    interval: ProportionInterval
    is_met: bool | None


@dataclass(frozen=True, slots=True)
class HitRateLimit:
    """The lowest level from which every tested level upwards reaches the hit rate, None when there is no such level.

    `is_monotonic` is False when a lower level was detected more often than a higher one.
    """

    levels: tuple[LevelHitRate, ...]
    limit: float | None
    is_monotonic: bool


@dataclass(frozen=True, slots=True)
class LimitInterval:
    """Bounds on the scale of the level; None where the method gives no finite bound."""

    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class DetectionLimit:
    """A fitted limit of detection.

    `fieller` is None on both sides when the slope is too uncertain (g >= 1). `is_extrapolated` says that the limit lies
    outside the tested levels.
    """

    probability: float
    limit: float
    log10_limit: float
    log10_standard_error: float
    confidence: float
    fieller: LimitInterval
    delta: LimitInterval
    g: float
    is_extrapolated: bool
    fit: LineFit


@dataclass(frozen=True, slots=True)
class BlankLimit:
    """Limit of blank and, where low-level samples were measured, limit of detection (EP17-A2, parametric)."""

    limit_of_blank: float
    limit_of_detection: float | None
    blanks: int
    low_samples: int


def hit_rate(
    levels: Sequence[DetectionLevel], *, minimum_rate: Decimal | Fraction, confidence: Probability = 0.95
) -> HitRateLimit:
    """Judge each level by its share of detections, compared on the counts.

    Parameters
    ----------
    levels : sequence of DetectionLevel
        Distinct levels in any order.
    minimum_rate : Decimal or Fraction
        Such as 0.95: 19 of 20 meets it.
    confidence : float
        Of the Clopper-Pearson interval shown beside each rate.
    """
    ordered = sorted(_checked_levels(levels), key=lambda level: level.level)
    judged = tuple(
        LevelHitRate(
            level.level,
            level.detections,
            proportion_interval(level.detections, method=IntervalMethod.CLOPPER_PEARSON, confidence=confidence),
            compare(level.detections, Comparator.AT_LEAST, minimum_rate),
        )
        for level in ordered
    )
    limit: float | None = None
    for level in reversed(judged):
        if not level.is_met:
            break
        limit = level.level
    rates = [level.detections.exact for level in ordered if level.detections.exact is not None]
    return HitRateLimit(judged, limit, all(low <= high for low, high in pairwise(rates)))


def detection_limit(
    levels: Sequence[DetectionLevel],
    *,
    probability: Probability = 0.95,
    link: Link = Link.PROBIT,
    confidence: Probability = 0.95,
) -> DetectionLimit:
    """Fit the detection curve on log10(level) and invert it at `probability`.

    Parameters
    ----------
    levels : sequence of DetectionLevel
        Distinct levels above 0, each with at least one replicate.
    probability : float
        Wanted chance of detection, 0.95 for the LOD95.
    link : Link
        Probit (default) or logit.
    confidence : float
        Of the Fieller and the delta-method interval.

    Raises
    ------
    KernelError
        `level_not_positive`, `level_repeated`, `level_untested`, `detection_not_increasing`, and the errors of
        `fit_line`.
    """
    _check_fit_levels(levels)
    x = np.array([math.log10(level.level) for level in levels])
    hits = np.array([float(level.detections.numerator) for level in levels])
    trials = np.array([float(level.detections.denominator) for level in levels])
    fit = fit_line(x, hits, trials, link)
    if fit.slope <= 0.0:
        raise KernelError("detection_not_increasing", "Detection falls as the level rises; check the levels.")
    p = float(checked_probability(probability, "probability"))
    alpha = 1 - checked_probability(confidence, "confidence")
    target = normal_quantile(p) if link is Link.PROBIT else math.log(p / (1.0 - p))
    return _inverted(fit, target, p, float(confidence), normal_quantile(float(1 - alpha / 2)), x)


def limit_of_blank(
    blanks: Sequence[float], low_samples: Sequence[Sequence[float]] = (), *, probability: Probability = 0.95
) -> BlankLimit:
    """Compute LoB = mean + c SD of the blanks, and LoD = LoB + c SD pooled over low-level samples.

    The factor c = z / (1 - 1 / (4 df)) corrects the bias of the SD, with df the degrees of freedom behind it.
    """
    z = normal_quantile(float(checked_probability(probability, "probability")))
    blank = summarize(blanks)
    if blank.sd is None:
        raise KernelError("too_few_values", "A limit of blank needs at least two blanks.", n=blank.n)
    bound = blank.mean + z / (1.0 - 1.0 / (4.0 * (blank.n - 1))) * blank.sd
    freedom = sum(len(sample) - 1 for sample in low_samples)
    if not low_samples:
        return BlankLimit(bound, None, blank.n, 0)
    if freedom < 1:
        raise KernelError("too_few_values", "Measure at least one low-level sample twice.", n=len(low_samples))
    squares = math.fsum((s.sd or 0.0) ** 2 * (s.n - 1) for s in map(summarize, low_samples))
    detection = bound + z / (1.0 - 1.0 / (4.0 * freedom)) * math.sqrt(squares / freedom)
    return BlankLimit(bound, detection, blank.n, len(low_samples))


def minimum_depth(*, allele_fraction: Probability, alt_reads: int, probability: Probability = 0.95) -> int:
    """Return the least depth at which Binomial(depth, allele_fraction) draws `alt_reads` with the wanted probability.

    Reads are drawn without error and independently; 0.5 is the heterozygote. It is a success run seen from the other
    side: "fewer than `alt_reads` variant reads" must be rarer than 1 - probability.
    """
    if alt_reads < 1:
        raise KernelError("count_invalid", f"alt_reads is {alt_reads}; give an integer of 1 or more.", name="alt_reads")
    reference = 1 - checked_probability(allele_fraction, "allele_fraction")
    wanted = checked_probability(probability, "probability")
    return success_run_size(reliability=reference, confidence=wanted, allowed_failures=alt_reads - 1)


def _checked_levels(levels: Sequence[DetectionLevel]) -> Sequence[DetectionLevel]:
    seen: set[float] = set()
    for level in levels:
        if level.level in seen:
            message = f"Level {level.level:g} appears twice; add its replicates together."
            raise KernelError("level_repeated", message, level=level.level)
        seen.add(level.level)
    return levels


def _check_fit_levels(levels: Sequence[DetectionLevel]) -> None:
    for level in _checked_levels(levels):
        if level.level <= 0.0:
            message = f"Level {level.level:g} has no logarithm; leave blanks out of the fit."
            raise KernelError("level_not_positive", message, level=level.level)
        if level.detections.denominator == 0:
            message = f"Level {level.level:g} was never tested; leave it out."
            raise KernelError("level_untested", message, level=level.level)


def _inverted(fit: LineFit, target: float, p: float, confidence: float, z: float, x: np.ndarray) -> DetectionLimit:
    b0, b1 = fit.intercept, fit.slope
    v00, v11, v01 = fit.intercept_variance, fit.slope_variance, fit.covariance
    at = (target - b0) / b1
    error = math.sqrt(max(0.0, v00 + 2.0 * at * v01 + at * at * v11)) / b1
    g = z * z * v11 / (b1 * b1)
    fieller = LimitInterval(None, None)
    if g < 1.0:
        centre = at + g / (1.0 - g) * (at + v01 / v11)
        root = v00 + 2.0 * at * v01 + at * at * v11 - g * (v00 - v01 * v01 / v11)
        half = z / (b1 * (1.0 - g)) * math.sqrt(max(0.0, root))
        fieller = LimitInterval(_power_of_ten(centre - half), _power_of_ten(centre + half))
    return DetectionLimit(
        probability=p,
        limit=10.0**at,
        log10_limit=at,
        log10_standard_error=error,
        confidence=confidence,
        fieller=fieller,
        delta=LimitInterval(_power_of_ten(at - z * error), _power_of_ten(at + z * error)),
        g=g,
        is_extrapolated=not float(x.min()) <= at <= float(x.max()),
        fit=fit,
    )


def _power_of_ten(exponent: float) -> float | None:
    """A bound beyond the range of a float says only that the data do not bound the limit."""
    return 10.0**exponent if -300.0 < exponent < 300.0 else None
