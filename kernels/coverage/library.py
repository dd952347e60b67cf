"""Library size from duplicates, and the sequencing that a depth would take (Picard's HS_PENALTY).

References
----------
Lander ES, Waterman MS. Genomic mapping by fingerprinting random clones. Genomics 1988;2:231-239 (the equation
C/X = 1 - exp(-N/X) that Picard solves). Picard 3, `picard.sam.DuplicationMetrics`, `HsMetricCollector`.
"""

from __future__ import annotations

import math

BISECTIONS = 40
MAX_STEPS = 10_000
TOLERANCE = 0.001
UNREACHABLE = -1.0


def library_size(pairs: int, unique_pairs: int) -> int | None:
    """Estimate the number of different molecules in the library; None without duplicates.

    Parameters
    ----------
    pairs, unique_pairs : int
        Pairs seen, and those of them that are no duplicates.
    """
    if pairs <= 0 or unique_pairs <= 0 or unique_pairs >= pairs:
        return None

    def excess(size: float) -> float:
        return unique_pairs / size - 1 + math.exp(-pairs / size)

    low, high = 1.0, 100.0
    while excess(high * unique_pairs) > 0:
        high *= 10
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        value = excess(middle * unique_pairs)
        if value == 0:
            break
        low, high = (middle, high) if value > 0 else (low, middle)
    return int(unique_pairs * (low + high) / 2)


def hs_penalty(
    goal_depth: int,
    size: int | None,
    pairs: int,
    unique_pairs: int,
    depth_from_pairs: float,
    on_target_fraction: float,
    fold_80: float | None,
) -> float | None:
    """Return how many aligned bases per target base bring 80 % of the target to a depth.

    Picard's 0 (no library size) and -1 (the library is too small for the goal) are kept: they are its answers.

    Parameters
    ----------
    goal_depth : int
    size, pairs, unique_pairs : int
        Library size, and the pairs it was estimated from.
    depth_from_pairs : float
        Mean target depth from paired reads.
    on_target_fraction : float
        On-target bases over unique aligned bases.
    fold_80 : float or None

    Returns
    -------
    float or None
        None where fold-80 is undefined.
    """
    if size is None:
        return 0.0
    if fold_80 is None or depth_from_pairs == 0 or on_target_fraction == 0:
        return None
    goal = goal_depth / depth_from_pairs * fold_80
    multiplier = _pair_multiplier(goal, size, pairs, unique_pairs)
    if multiplier is None:
        return UNREACHABLE
    unique_fraction = unique_pairs * goal / (pairs * multiplier)
    return 1 / unique_fraction * fold_80 * (1 / on_target_fraction)


def _pair_multiplier(goal: float, size: int, pairs: int, unique_pairs: int) -> float | None:
    """Search, in Picard's steps, how much more sequencing multiplies the unique pairs by `goal`."""
    multiplier, step, is_rising = goal, 1.0, goal >= 1
    for _ in range(MAX_STEPS):
        reached = size * (1 - math.exp(-(multiplier * pairs) / size)) / unique_pairs
        if abs(reached - goal) / goal <= TOLERANCE:
            return multiplier
        if (reached > goal) == is_rising:
            step /= 2
            is_rising = not is_rising
        multiplier += step if is_rising else -step
    return None
