"""Regression of hits on one covariate through a probit or logit link, by Fisher scoring.

References
----------
McCullagh P, Nelder JA. Generalized Linear Models. Chapman and Hall 1989, chapter 4.
Albert A, Anderson JA. On the existence of maximum likelihood estimates. Biometrika 1984;71:1-10.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from kernels.errors import KernelError
from kernels.statistics.distributions import chi_squared_upper_tail, normal_cdf, normal_quantile

MAX_ITERATIONS = 100
DEVIANCE_TOLERANCE = 1e-12

Floats = NDArray[np.float64]


class Link(StrEnum):
    """The scale on which the probability is a straight line."""

    PROBIT = "probit"
    LOGIT = "logit"


@dataclass(frozen=True, slots=True)
class LineFit:
    """A fitted line, the covariance of its two coefficients, and how well it fits.

    `pearson_chi_squared` has `residual_df` degrees of freedom; its `p_value` is None without any.
    """

    link: Link
    intercept: float
    slope: float
    intercept_variance: float
    slope_variance: float
    covariance: float
    deviance: float
    pearson_chi_squared: float
    residual_df: int
    p_value: float | None
    iterations: int


def fit_line(x: Floats, hits: Floats, trials: Floats, link: Link) -> LineFit:
    """Fit link(P(hit)) = intercept + slope * x by maximum likelihood.

    Parameters
    ----------
    x, hits, trials : array, shape (levels,)
        Covariate, hits and trials per level; trials > 0.
    link : Link
        Probit or logit.

    Raises
    ------
    KernelError
        `regression_one_level`, `regression_separated` when the likelihood has no maximum, `regression_no_convergence`.
    """
    _check_overlap(x, hits, trials)
    design = np.column_stack([np.ones_like(x), x])
    share = (hits + 0.5) / (trials + 1.0)
    eta = np.array([_linear(p, link) for p in share])
    deviance = math.inf
    for iteration in range(1, MAX_ITERATIONS + 1):
        mean, slope = _mean_and_slope(eta, link)
        weight = trials * slope * slope / (mean * (1.0 - mean))
        information = design.T @ (weight[:, None] * design)
        working = eta + (hits / trials - mean) / slope
        coefficients: Floats = np.linalg.solve(information, design.T @ (weight * working)).astype(np.float64)
        eta = np.asarray(design @ coefficients, dtype=np.float64)
        previous, deviance = deviance, _deviance(hits, trials, _mean_and_slope(eta, link)[0])
        if not math.isfinite(deviance):
            break
        if abs(previous - deviance) <= DEVIANCE_TOLERANCE * (abs(deviance) + 0.1):
            return _line_fit(link, coefficients, design, eta, hits, trials, deviance, iteration)
    raise KernelError("regression_no_convergence", f"The {link.value} fit did not settle; check the levels.")


def _check_overlap(x: Floats, hits: Floats, trials: Floats) -> None:
    """A maximum exists only if hits and misses overlap along x by more than one shared level."""
    if np.unique(x).size < 2:
        raise KernelError("regression_one_level", "A line needs at least two different levels.")
    hit, missed = x[hits > 0], x[hits < trials]
    if hit.size == 0 or missed.size == 0 or hit.min() >= missed.max() or missed.min() >= hit.max():
        raise KernelError(
            "regression_separated",
            "Hits and misses do not overlap, so no slope can be estimated: test levels between the highest with a miss "
            "and the lowest with a hit, so that at least two levels are partly detected.",
        )


def _linear(probability: float, link: Link) -> float:
    return normal_quantile(probability) if link is Link.PROBIT else math.log(probability / (1.0 - probability))


def _mean_and_slope(eta: Floats, link: Link) -> tuple[Floats, Floats]:
    """Return the probability and its derivative, kept off 0 and 1 so that the weights stay finite."""
    if link is Link.PROBIT:
        mean = np.array([normal_cdf(value) for value in eta])
        slope = np.exp(-0.5 * eta * eta) / math.sqrt(2.0 * math.pi)
    else:
        mean = 1.0 / (1.0 + np.exp(-np.clip(eta, -700.0, 700.0)))
        slope = mean * (1.0 - mean)
    tiny = np.finfo(np.float64).eps
    return np.clip(mean, tiny, 1.0 - tiny), np.maximum(slope, tiny)


def _deviance(hits: Floats, trials: Floats, mean: Floats) -> float:
    misses = trials - hits
    with np.errstate(divide="ignore", invalid="ignore"):
        hit_part = np.where(hits > 0, hits * np.log(hits / (trials * mean)), 0.0)
        miss_part = np.where(misses > 0, misses * np.log(misses / (trials * (1.0 - mean))), 0.0)
    return float(2.0 * (hit_part + miss_part).sum())


def _line_fit(
    link: Link,
    coefficients: Floats,
    design: Floats,
    eta: Floats,
    hits: Floats,
    trials: Floats,
    deviance: float,
    iterations: int,
) -> LineFit:
    mean, slope = _mean_and_slope(eta, link)
    weight = trials * slope * slope / (mean * (1.0 - mean))
    covariance = np.linalg.inv(design.T @ (weight[:, None] * design))
    pearson = float(((hits - trials * mean) ** 2 / (trials * mean * (1.0 - mean))).sum())
    residual_df = len(hits) - 2
    return LineFit(
        link=link,
        intercept=float(coefficients[0]),
        slope=float(coefficients[1]),
        intercept_variance=float(covariance[0, 0]),
        slope_variance=float(covariance[1, 1]),
        covariance=float(covariance[0, 1]),
        deviance=deviance,
        pearson_chi_squared=pearson,
        residual_df=residual_df,
        p_value=chi_squared_upper_tail(pearson, residual_df) if residual_df > 0 else None,
        iterations=iterations,
    )
