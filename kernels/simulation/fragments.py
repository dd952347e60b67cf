"""Which pieces of DNA were sequenced: drawn around the baits and over the genome, then copied as duplicates."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Self

import numpy as np
import numpy.typing as npt

from kernels.simulation.design import (
    DUPLICATED_TARGET,
    UNDER_COVERED_TARGET,
    UNKNOWN_BP,
    ZERO_COVERAGE_TARGET,
    CaptureDesign,
    Interval,
    Target,
)
from kernels.simulation.plan import ExomePlan, Sex

I64 = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

READ_LENGTH = 100
MEAN_FRAGMENT_BP = 230.0
FRAGMENT_SPREAD_BP = 60.0
MIN_FRAGMENT_BP = 70  # shorter than a read: some reads run into the adapter
MAX_FRAGMENT_BP = 520
MIN_BAIT_OVERLAP_BP = 40
EFFICIENCY_SPREAD = 0.16
EFFICIENCY_RANGE = (0.7, 1.5)
UNDER_COVERED_EFFICIENCY = 0.12
DUPLICATE_SKEW = 1.0

QC_FAIL_FRACTION = 0.01
HALF_UNMAPPED_FRACTION = 0.02  # of the off-target fragments
CHIMERIC_FRACTION = 0.01
DISCORDANT_FRACTION = 0.01
UNMAPPED_FRACTION = 0.01  # of all fragments


class Fate(IntEnum):
    """What happens to a fragment on its way into the file."""

    ORDINARY = 0
    HALF_UNMAPPED = 1
    CHIMERIC = 2
    DISCORDANT = 3


@dataclass(frozen=True)
class Fragments:
    """Sequenced pieces of DNA, columns of equal length.

    Attributes
    ----------
    contig, start, length : int64 arrays
        On the reference; `start` of a fragment of a haplotype with indels is that of its first base.
    haplotype : int64 array
        0 or 1 of the individual, 2 or 3 of the contaminant.
    is_flipped : bool array
        Whether the right end is read first.
    is_on_target : bool array
        Drawn by a bait, not from the background.
    fate : int64 array
        Values of `Fate`.
    is_qc_fail, is_duplicate : bool arrays
    """

    contig: I64
    start: I64
    length: I64
    haplotype: I64
    is_flipped: Booleans
    is_on_target: Booleans
    fate: I64
    is_qc_fail: Booleans
    is_duplicate: Booleans

    def __len__(self) -> int:
        return len(self.contig)

    def rows(self, selection: Booleans | I64) -> Self:
        return type(self)(*(getattr(self, field.name)[selection] for field in fields(self)))


def without_reads(random: np.random.Generator, plan: ExomePlan, design: CaptureDesign) -> list[Target]:
    """Return the targets that shall get no read: the planted one and the drop-outs."""
    special = (ZERO_COVERAGE_TARGET, UNDER_COVERED_TARGET, DUPLICATED_TARGET)
    others = [target for target in design.targets if target.name not in special]
    chosen = random.permutation(len(others))[: plan.dropout_targets]
    return [design.target(ZERO_COVERAGE_TARGET), *(others[i] for i in sorted(chosen))]


def draw_fragments(
    random: np.random.Generator, plan: ExomePlan, design: CaptureDesign, silent: list[Target]
) -> Fragments:
    """Draw all fragments of a sample, duplicates last."""
    captured = _captured(random, plan, design)
    background_count = round(len(captured[0]) * plan.off_target_fraction / (1 - plan.off_target_fraction))
    background = _background(random, plan, design, background_count)
    contig, start, length = (np.concatenate(pair) for pair in zip(captured, background, strict=True))
    is_on_target = np.arange(len(contig)) < len(captured[0])
    kept = _usable(contig, start, length, silent)
    contig, start, length, is_on_target = contig[kept], start[kept], length[kept], is_on_target[kept]
    count = len(contig)
    haplotype = random.integers(0, 2, count)
    haplotype[random.random(count) < plan.contamination_fraction] += 2
    originals = Fragments(
        contig,
        start,
        length,
        haplotype,
        is_flipped=random.random(count) < 0.5,
        is_on_target=is_on_target,
        fate=_fates(random, is_on_target, length),
        is_qc_fail=random.random(count) < QC_FAIL_FRACTION,
        is_duplicate=np.zeros(count, dtype=np.bool_),
    )
    return _with_duplicates(random, plan, originals)


def _lengths(random: np.random.Generator, count: int) -> I64:
    drawn = random.normal(MEAN_FRAGMENT_BP, FRAGMENT_SPREAD_BP, count)
    return np.clip(drawn, MIN_FRAGMENT_BP, MAX_FRAGMENT_BP).astype(np.int64)


def _chromosome_dose(plan: ExomePlan, name: str) -> float:
    if plan.sex is Sex.FEMALE:
        return 0.0 if name == "chrY" else 1.0
    return 0.5 if name in ("chrX", "chrY") else 1.0


def _captured(random: np.random.Generator, plan: ExomePlan, design: CaptureDesign) -> tuple[I64, I64, I64]:
    parts = []
    for bait in design.baits():
        drawn = float(np.clip(random.lognormal(0, EFFICIENCY_SPREAD), *EFFICIENCY_RANGE))
        efficiency = UNDER_COVERED_EFFICIENCY if bait.name == UNDER_COVERED_TARGET else drawn
        depth = plan.mean_depth * efficiency * _chromosome_dose(plan, design.contig_names[bait.contig])
        parts.append(_captured_by(random, bait, depth))
    contigs, starts, lengths = zip(*parts, strict=True)
    return np.concatenate(contigs), np.concatenate(starts), np.concatenate(lengths)


def _captured_by(random: np.random.Generator, bait: Target, depth: float) -> tuple[I64, I64, I64]:
    covered_by_a_pair = 2 * READ_LENGTH - 15  # mates of short fragments overlap by 15 on average
    places = bait.length + MEAN_FRAGMENT_BP - 2 * MIN_BAIT_OVERLAP_BP
    count = int(random.poisson(depth * places / covered_by_a_pair))
    lengths = _lengths(random, count)
    span = bait.length + lengths - 2 * MIN_BAIT_OVERLAP_BP
    starts = bait.start + MIN_BAIT_OVERLAP_BP - lengths + (random.random(count) * span).astype(np.int64)
    return np.full(count, bait.contig, dtype=np.int64), starts, lengths


def _background(
    random: np.random.Generator, plan: ExomePlan, design: CaptureDesign, count: int
) -> tuple[I64, I64, I64]:
    sizes = np.array(design.contig_lengths)
    weights = sizes * [_chromosome_dose(plan, name) for name in design.contig_names]
    contigs = random.choice(len(sizes), count, p=weights / weights.sum()).astype(np.int64)
    lengths = _lengths(random, count)
    room = sizes[contigs] - 2 * UNKNOWN_BP - lengths
    return contigs, UNKNOWN_BP + (random.random(count) * room).astype(np.int64), lengths


def _usable(contig: I64, start: I64, length: I64, silent: list[Target]) -> Booleans:
    """Leave out what touches a silent target, and all but one of equal places: those would be duplicates."""
    kept = np.zeros(len(contig), dtype=np.bool_)
    _, firsts = np.unique(np.stack((contig, start, length)), axis=1, return_index=True)
    kept[firsts] = True
    for target in silent:
        # Indels of a haplotype move the ends by some bases.
        guard = 60
        overlaps = (start < target.end + guard) & (start + length > target.start - guard)
        kept &= ~((contig == target.contig) & overlaps)
    return kept


def _fates(random: np.random.Generator, is_on_target: Booleans, length: I64) -> I64:
    drawn = random.random(len(length))
    fate = np.full(len(length), Fate.ORDINARY, dtype=np.int64)
    background = ~is_on_target & (length >= READ_LENGTH)
    edges = np.cumsum((HALF_UNMAPPED_FRACTION, CHIMERIC_FRACTION, DISCORDANT_FRACTION))
    for kind, edge in reversed(list(zip((Fate.HALF_UNMAPPED, Fate.CHIMERIC, Fate.DISCORDANT), edges, strict=True))):
        fate[background & (drawn < edge)] = kind
    discordant = np.flatnonzero(fate == Fate.DISCORDANT)
    fate[discordant[len(discordant) // 2 * 2 :]] = Fate.ORDINARY  # they swap their mates in pairs
    return fate


def _with_duplicates(random: np.random.Generator, plan: ExomePlan, originals: Fragments) -> Fragments:
    templates = np.flatnonzero((originals.fate == Fate.ORDINARY) & ~originals.is_qc_fail)
    count = round(len(originals) * plan.duplicate_fraction / (1 - plan.duplicate_fraction))
    weights = random.lognormal(0, DUPLICATE_SKEW, len(templates))  # PCR favours some molecules
    chosen = random.choice(templates, count, p=weights / weights.sum())
    copies = originals.rows(chosen)
    columns = [
        np.concatenate((getattr(originals, field.name), getattr(copies, field.name))) for field in fields(originals)
    ]
    columns[-1] = np.arange(len(originals) + count) >= len(originals)
    return Fragments(*columns)


def inside(interval: Interval, contig: I64, start: I64, end: I64) -> Booleans:
    """Return which stretches lie within an interval."""
    return (contig == interval[0]) & (start >= interval[1]) & (end <= interval[2])
