"""Chromosomal sex from the depth of targets on X and Y, with the confidence that the data carry.

The depth of X targets and of Y targets outside the pseudoautosomal regions is compared with that of autosomal targets.
Two X give a ratio of 1 and no Y one of 0; one X and one Y give 1/2 each. Each ratio is a median over targets; its
spread is the standard error of that median, from the targets' own scatter, and a systematic part for the kit. The
confidence is the posterior probability of the likelier of the two, from equal priors and normal errors. A sample that
fits neither is reported as atypical, whatever that probability.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.coverage.tallies import IntArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

FEMALE, MALE, ATYPICAL, UNDETERMINED = "female", "male", "atypical", "undetermined"
# How far whole kits and libraries stray from the ideal ratios.
SYSTEMATIC_DEVIATION = 0.08
# A median's standard error, as a multiple of the scatter over the root of the count, and MAD to standard deviation.
MEDIAN_ERROR, MAD_TO_DEVIATION = 1.2533, 1.4826
MIN_AUTOSOMAL_TARGETS, MIN_SEX_TARGETS = 50, 10
MIN_AUTOSOMAL_DEPTH = 2.0
MIN_CONFIDENCE = 0.99
MAX_DISTANCE = 4.0
EXPECTED = {FEMALE: (1.0, 0.0), MALE: (0.5, 0.5)}
AUTOSOMES = frozenset(str(number) for number in range(1, 23))
# Length of X -> pseudoautosomal regions on X and on Y, 0-based and half-open (Genome Reference Consortium).
PSEUDOAUTOSOMAL: dict[int, dict[str, tuple[tuple[int, int], ...]]] = {
    155_270_560: {
        "X": ((60_000, 2_699_520), (154_931_043, 155_260_560)),
        "Y": ((10_000, 2_649_520), (59_034_049, 59_363_566)),
    },
    156_040_895: {
        "X": ((10_000, 2_781_479), (155_701_382, 156_030_895)),
        "Y": ((10_000, 2_781_479), (56_887_902, 57_217_415)),
    },
    60_000: {"X": (), "Y": ()},  # exomark-sim1, the simulator's build: X and Y share nothing
}


@dataclass(frozen=True)
class Sex:
    """Inferred sex.

    Attributes
    ----------
    inferred : str
        female, male, atypical (fits neither) or undetermined (see `reason`).
    confidence : float or None
        Posterior probability of female or male, whichever is likelier.
    x_ratio, y_ratio : float or None
        Depth of X and Y targets relative to autosomal ones.
    x_targets, y_targets, autosomal_targets : int
    reason : str or None
        Why nothing could be inferred: `build_unknown`, `autosomal_targets_few`, `autosomal_depth_low`,
        `sex_targets_few` or `evidence_weak`.
    """

    inferred: str
    confidence: float | None
    x_ratio: float | None
    y_ratio: float | None
    x_targets: int
    y_targets: int
    autosomal_targets: int
    reason: str | None

    def document(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class TargetDepths:
    """Mean depth of each target: contig name without `chr`, start, end and depth."""

    contigs: NDArray[np.str_]
    starts: IntArray
    ends: IntArray
    depths: FloatArray
    x_length_bp: int | None


def infer_sex(targets: TargetDepths) -> Sex:
    """Infer the chromosomal sex of a sample from the depth of its targets."""
    regions = PSEUDOAUTOSOMAL.get(targets.x_length_bp or 0)
    autosomal = targets.depths[np.isin(targets.contigs, list(AUTOSOMES))]
    x, y = (_outside(targets, name, regions[name]) if regions else np.empty(0) for name in "XY")
    counts = (len(x), len(y), len(autosomal))
    if regions is None:
        return Sex(UNDETERMINED, None, None, None, *counts, "build_unknown")
    if len(autosomal) < MIN_AUTOSOMAL_TARGETS:
        return Sex(UNDETERMINED, None, None, None, *counts, "autosomal_targets_few")
    level = float(np.median(autosomal))
    if level < MIN_AUTOSOMAL_DEPTH:
        return Sex(UNDETERMINED, None, None, None, *counts, "autosomal_depth_low")
    ratios = [_ratio(depths / level) for depths in (x, y)]
    shown = [ratio[0] if ratio else None for ratio in ratios]
    if ratios[0] is None and ratios[1] is None:
        return Sex(UNDETERMINED, None, shown[0], shown[1], *counts, "sex_targets_few")
    inferred, confidence = _judge(ratios)
    reason = "evidence_weak" if inferred == UNDETERMINED else None
    return Sex(inferred, confidence, shown[0], shown[1], *counts, reason)


def _outside(targets: TargetDepths, name: str, regions: tuple[tuple[int, int], ...]) -> FloatArray:
    """Return the depths of a contig's targets that do not touch the pseudoautosomal regions."""
    is_used = targets.contigs == name
    for start, end in regions:
        is_used &= (targets.ends <= start) | (targets.starts >= end)
    return targets.depths[is_used]


def _ratio(values: FloatArray) -> tuple[float, float] | None:
    """Return the median and its standard error, or None for too few targets."""
    if len(values) < MIN_SEX_TARGETS:
        return None
    middle = float(np.median(values))
    scatter = MAD_TO_DEVIATION * float(np.median(np.abs(values - middle)))
    return middle, math.hypot(MEDIAN_ERROR * scatter / math.sqrt(len(values)), SYSTEMATIC_DEVIATION)


def _judge(ratios: list[tuple[float, float] | None]) -> tuple[str, float]:
    """Return the likelier sex and its posterior probability."""
    distances = {
        sex: [(found[0] - ideal) / found[1] for found, ideal in zip(ratios, expected, strict=True) if found]
        for sex, expected in EXPECTED.items()
    }
    log_odds = sum(z * z for z in distances[MALE]) / 2 - sum(z * z for z in distances[FEMALE]) / 2
    likelier = FEMALE if log_odds > 0 else MALE
    confidence = 1 / (1 + math.exp(-min(abs(log_odds), 700)))
    if max(abs(z) for z in distances[likelier]) > MAX_DISTANCE:
        return ATYPICAL, confidence
    return (likelier if confidence >= MIN_CONFIDENCE else UNDETERMINED), confidence
