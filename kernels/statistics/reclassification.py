"""What a new model adds to an old one: net reclassification and integrated discrimination, events and non-events apart.

Both measures are optimistic for nested models fitted on the same data; the bootstrap interval belongs beside them.

References
----------
Pencina MJ et al. Evaluating the added predictive ability of a new marker. Stat Med 2008;27:157-172.
Pencina MJ et al. Extensions of net reclassification improvement. Stat Med 2011;30:11-21.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from kernels.errors import KernelError
from kernels.statistics.calibration import checked_predictions
from kernels.statistics.distributions import checked_probability, normal_two_sided_p

MIN_RESAMPLES = 1000

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Movement:
    """How many moved up and down among `n`."""

    up: int
    down: int
    n: int


@dataclass(frozen=True, slots=True)
class NetReclassification:
    """NRI with its two parts; the range is -2 to 2.

    z and p use the standard error under the null hypothesis that up and down are equally likely; they are None when
    nobody moved.
    """

    events: Movement
    non_events: Movement
    event_part: float
    non_event_part: float
    nri: float
    standard_error: float
    null_standard_error: float
    z: float | None
    p_value: float | None


@dataclass(frozen=True, slots=True)
class IntegratedDiscrimination:
    """IDI with its two parts, as mean changes of the predicted probability."""

    event_part: float
    non_event_part: float
    idi: float
    standard_error: float
    z: float | None
    p_value: float | None


@dataclass(frozen=True, slots=True)
class ReclassificationBootstrap:
    """Percentile intervals, events and non-events resampled apart."""

    resamples: int
    seed: int
    confidence: float
    nri_lower: float
    nri_upper: float
    idi_lower: float
    idi_upper: float


@dataclass(frozen=True, slots=True)
class Reclassification:
    """Everything that compares two sets of predictions on the same subjects."""

    categories: tuple[float, ...]
    net_reclassification: NetReclassification
    integrated_discrimination: IntegratedDiscrimination
    bootstrap: ReclassificationBootstrap


def reclassification(
    outcomes: Sequence[bool],
    old: Sequence[float],
    new: Sequence[float],
    *,
    seed: int,
    cut_points: Sequence[float] = (),
    resamples: int = 2000,
    confidence: Decimal | Fraction | float = 0.95,
) -> Reclassification:
    """Compare the predictions of two models on the same subjects.

    Parameters
    ----------
    outcomes : sequence of bool
        True for an event; at least two events and two non-events.
    old, new : sequence of float
        Predicted probabilities strictly between 0 and 1.
    cut_points : sequence of float
        Rising risk thresholds; a prediction at a threshold belongs to the higher category. Without any, every change of
        the prediction counts (continuous NRI).
    seed, resamples, confidence
        Of the bootstrap.

    Raises
    ------
    KernelError
        `predictions_invalid`, `too_few_cases`, `cut_points_invalid`, `resamples_too_few`.
    """
    y, before = checked_predictions(outcomes, old)
    _, after = checked_predictions(outcomes, new)
    is_event = y == 1.0
    _check(is_event, cut_points, resamples, seed)
    direction = _direction(before, after, cut_points)
    change = after - before
    return Reclassification(
        tuple(cut_points),
        _net_reclassification(direction[is_event], direction[~is_event]),
        _integrated_discrimination(change[is_event], change[~is_event]),
        _bootstrap(direction, change, is_event, seed, resamples, confidence),
    )


def _check(is_event: NDArray[np.bool_], cut_points: Sequence[float], resamples: int, seed: int) -> None:
    events, others = int(is_event.sum()), int((~is_event).sum())
    if min(events, others) < 2:
        message = f"{events} events and {others} non-events are too few; give at least two of each."
        raise KernelError("too_few_cases", message, cases=events, controls=others)
    if list(cut_points) != sorted(set(cut_points)) or any(not 0.0 < cut < 1.0 for cut in cut_points):
        raise KernelError("cut_points_invalid", "Cut points must rise and lie strictly between 0 and 1.")
    if resamples < MIN_RESAMPLES or seed < 0:
        raise KernelError("resamples_too_few", f"Give at least {MIN_RESAMPLES} resamples and a seed of 0 or more.")


def _direction(before: Floats, after: Floats, cut_points: Sequence[float]) -> Floats:
    if not cut_points:
        return np.sign(after - before)
    cuts = np.asarray(cut_points, dtype=np.float64)
    moved = np.searchsorted(cuts, after, side="right") - np.searchsorted(cuts, before, side="right")
    return np.sign(moved.astype(np.float64))


def _net_reclassification(events: Floats, others: Floats) -> NetReclassification:
    moves = [Movement(int((part > 0).sum()), int((part < 0).sum()), part.size) for part in (events, others)]
    event_part = (moves[0].up - moves[0].down) / moves[0].n
    non_event_part = (moves[1].down - moves[1].up) / moves[1].n
    null_variance = math.fsum((m.up + m.down) / m.n**2 for m in moves)
    variance = null_variance - math.fsum((m.up - m.down) ** 2 / m.n**3 for m in moves)
    error, null_error = math.sqrt(max(0.0, variance)), math.sqrt(null_variance)
    nri = event_part + non_event_part
    z = nri / null_error if null_error > 0.0 else None
    p_value = None if z is None else normal_two_sided_p(z)
    return NetReclassification(moves[0], moves[1], event_part, non_event_part, nri, error, null_error, z, p_value)


def _integrated_discrimination(events: Floats, others: Floats) -> IntegratedDiscrimination:
    gain, cost = float(events.mean()), float(others.mean())
    error = math.sqrt(float(events.var(ddof=1)) / events.size + float(others.var(ddof=1)) / others.size)
    z = (gain - cost) / error if error > 0.0 else None
    return IntegratedDiscrimination(gain, -cost, gain - cost, error, z, None if z is None else normal_two_sided_p(z))


def _bootstrap(
    direction: Floats,
    change: Floats,
    is_event: NDArray[np.bool_],
    seed: int,
    resamples: int,
    confidence: Decimal | Fraction | float,
) -> ReclassificationBootstrap:
    tail = float((1 - checked_probability(confidence, "confidence")) / 2)
    random = np.random.default_rng(seed)
    totals = np.zeros((resamples, 2))
    for group, sign in ((is_event, 1.0), (~is_event, -1.0)):
        members = np.column_stack([direction[group], change[group]])
        size = len(members)
        weights = random.multinomial(size, np.full(size, 1.0 / size), resamples)
        totals += sign * (weights @ members) / size
    (nri_low, idi_low), (nri_high, idi_high) = np.quantile(totals, [tail, 1.0 - tail], axis=0)
    return ReclassificationBootstrap(
        resamples, seed, float(confidence), float(nri_low), float(nri_high), float(idi_low), float(idi_high)
    )
