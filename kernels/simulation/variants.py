"""The variants that an individual has: drawn once, written as the truth set and carried by the reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kernels.simulation.alleles import VariantType, shifts_left, shifts_right, size_class, variant_type
from kernels.simulation.design import (
    EDGE_BP,
    UNDER_COVERED_TARGET,
    ZERO_COVERAGE_TARGET,
    CaptureDesign,
    Interval,
)
from kernels.simulation.genome import Genome
from kernels.simulation.plan import ExomePlan, Sex, random_stream

# One variant at most per slot, and well inside it: neighbours stay further apart than any matching looks.
SLOT_BP = 110
SLOT_MARGIN_BP = 40
SLOT_WIDTH_BP = 20
EDGE_MARGIN_BP = 12
OFF_TARGET_SPACING_BP = 900
OCCUPIED_FRACTION = 0.6
HET_FRACTION = 0.6
TANDEM_FRACTION = 0.5
# Kinds dealt to the occupied slots; the slots that remain get SNVs.
INDEL_SIZES = ((1, 5, 18), (6, 15, 10), (16, 24, 6))
ADJACENT_PAIRS = 4
MULTI_ALLELIC = 1


@dataclass(frozen=True)
class Variant:
    """One record of the truth, left-aligned.

    Attributes
    ----------
    alleles : tuple of int
        Allele on each haplotype, 0 for the reference; one haplotype where the chromosome is single.
    in_target, in_region : bool
        Inside a target; inside target and confident regions. No variant straddles an edge.
    target : str or None
        Name of that target.
    partner_of_previous : bool
        Second of two adjacent SNVs on one haplotype.
    """

    contig: int
    position: int
    reference: str
    alternates: tuple[str, ...]
    alleles: tuple[int, ...]
    target: str | None
    in_region: bool
    partner_of_previous: bool = False

    @property
    def variant_type(self) -> VariantType:
        return variant_type(self.reference, self.alternates)

    @property
    def size_class(self) -> str:
        return size_class(self.reference, self.alternates)

    @property
    def is_het(self) -> bool:
        return len(set(self.alleles)) > 1

    @property
    def is_diploid(self) -> bool:
        return len(self.alleles) == 2

    @property
    def in_target(self) -> bool:
        return self.target is not None


@dataclass(frozen=True)
class Slot:
    """A stretch that can hold one variant without touching its neighbours."""

    contig: int
    start: int
    target: str | None
    in_region: bool

    @property
    def middle(self) -> int:
        return self.start + SLOT_MARGIN_BP + SLOT_WIDTH_BP // 2


@dataclass(frozen=True)
class Individual:
    """The variants of an individual in genome order, and the slots in confident targets that stayed free."""

    variants: tuple[Variant, ...]
    free_slots: tuple[Slot, ...]
    outside_slots: tuple[Slot, ...]


def individual(plan: ExomePlan, design: CaptureDesign, genome: Genome, *, individual_seed: int) -> Individual:
    """Draw an individual's variants."""
    random = random_stream("variants", plan.genome_seed, individual_seed)
    slots = [slot for slot in target_slots(design) if _ploidy(design, slot.contig, plan.sex)]
    is_forced = np.array([slot.target in (ZERO_COVERAGE_TARGET, UNDER_COVERED_TARGET) for slot in slots])
    is_occupied = (random.random(len(slots)) < OCCUPIED_FRACTION) | is_forced
    occupied = [slot for slot, taken in zip(slots, is_occupied, strict=True) if taken]
    kinds = _kinds(random, [slot.in_region and _ploidy(design, slot.contig, plan.sex) == 2 for slot in occupied])
    drawer = _Drawer(random, design, genome, plan.sex)
    variants = [v for slot, kind in zip(occupied, kinds, strict=True) for v in drawer.draw(slot, kind)]
    outside = [slot for slot in off_target_slots(design) if _ploidy(design, slot.contig, plan.sex)]
    chosen = random.random(len(outside)) < OCCUPIED_FRACTION
    for slot, taken in zip(outside, chosen, strict=True):
        variants += drawer.draw(slot, ("snv", 0)) if taken else []
    free = [s for s, taken in zip(slots, is_occupied, strict=True) if not taken and s.in_region]
    free_outside = [s for s, taken in zip(outside, chosen, strict=True) if not taken]
    ordered = sorted(variants, key=lambda variant: (variant.contig, variant.position))
    return Individual(tuple(ordered), tuple(free), tuple(free_outside))


def _ploidy(design: CaptureDesign, contig: int, sex: Sex) -> int:
    name = design.contig_names[contig]
    if name == "chrX":
        return 1 if sex is Sex.MALE else 2
    if name == "chrY":
        return 1 if sex is Sex.MALE else 0
    return 2


def target_slots(design: CaptureDesign) -> list[Slot]:
    """Return the slots of all targets; those that an edge of a region would cut are left out."""
    confident = design.confident()
    slots = []
    for target in design.targets:
        for start in range(target.start, target.end - SLOT_BP + 1, SLOT_BP):
            inside = _inside(confident, target.contig, start, start + SLOT_BP)
            if inside is not None:
                slots.append(Slot(target.contig, start, target.name, inside))
    return slots


def off_target_slots(design: CaptureDesign) -> list[Slot]:
    """Return slots away from every target."""
    slots = []
    for contig, length in enumerate(design.contig_lengths):
        near = [(t.contig, t.start - SLOT_BP, t.end + SLOT_BP) for t in design.targets]
        near += [design.duplicated, design.copy]
        for start in range(EDGE_BP, length - EDGE_BP, OFF_TARGET_SPACING_BP):
            if _inside(near, contig, start - SLOT_BP, start + 2 * SLOT_BP) is False:
                slots.append(Slot(contig, start, None, in_region=False))
    return slots


def _inside(intervals: list[Interval], contig: int, start: int, end: int) -> bool | None:
    """Return whether a stretch lies within (True), outside (False) or across (None) the intervals."""
    for other, first, last in intervals:
        if other == contig and start < last and first < end:
            return True if first <= start and end <= last else None
    return False


Kind = tuple[str, int]


def _kinds(random: np.random.Generator, is_diploid_region: list[bool]) -> list[Kind]:
    """Deal kinds to slots: those that need two chromosomes and a known truth first, the others anywhere."""
    dealt: dict[int, Kind] = {}
    special: list[Kind] = [("multi_allelic", 0)] * MULTI_ALLELIC + [("adjacent_pair", 0)] * ADJACENT_PAIRS
    dealt.update(zip(random.permutation(np.flatnonzero(is_diploid_region)).tolist(), special, strict=False))
    others = [slot for slot in range(len(is_diploid_region)) if slot not in dealt]
    dealt.update(zip(others, _ordinary_kinds(random, len(others)), strict=True))
    return [dealt[slot] for slot in range(len(is_diploid_region))]


def _ordinary_kinds(random: np.random.Generator, count: int) -> list[Kind]:
    kinds: list[Kind] = []
    for smallest, largest, number in INDEL_SIZES:
        for index in range(number):
            size = int(random.integers(smallest, largest + 1))
            kinds.append(("deletion" if index % 2 else "insertion", size))
    kinds += [("snv", 0)] * (count - len(kinds))
    return [kinds[i] for i in random.permutation(len(kinds))][:count]


class _Drawer:
    """Draws variants of a kind into slots; a slot that cannot hold its kind gets an SNV."""

    def __init__(self, random: np.random.Generator, design: CaptureDesign, genome: Genome, sex: Sex) -> None:
        self._random = random
        self._design = design
        self._genome = genome
        self._sex = sex

    def draw(self, slot: Slot, kind: Kind) -> list[Variant]:
        name, size = kind
        position = slot.start + SLOT_MARGIN_BP + int(self._random.integers(0, SLOT_WIDTH_BP))
        if name in ("insertion", "deletion"):
            return list(self._indel(slot, position, size, is_deletion=name == "deletion"))
        if name == "adjacent_pair":
            alleles = self._alleles(slot)
            return [self._snv(slot, position, alleles), self._snv(slot, position + 1, alleles, is_partner=True)]
        if name == "multi_allelic":
            return [self._multi_allelic(slot, position)]
        return [self._snv(slot, position, self._alleles(slot))]

    def _diploid(self, slot: Slot) -> bool:
        return _ploidy(self._design, slot.contig, self._sex) == 2

    def _alleles(self, slot: Slot) -> tuple[int, ...]:
        if not self._diploid(slot):
            return (1,)
        if self._random.random() >= HET_FRACTION:
            return (1, 1)
        return (0, 1) if self._random.random() < 0.5 else (1, 0)

    def _snv(self, slot: Slot, position: int, alleles: tuple[int, ...], *, is_partner: bool = False) -> Variant:
        reference = self._genome.text(slot.contig, position, position + 1)
        alternate = substituted(self._random, reference)
        return Variant(slot.contig, position, reference, (alternate,), alleles, slot.target, slot.in_region, is_partner)

    def _multi_allelic(self, slot: Slot, position: int) -> Variant:
        reference = self._genome.text(slot.contig, position, position + 1)
        others = [base for base in "ACGT" if base != reference]
        pair = sorted(others[i] for i in self._random.permutation(3)[:2])
        return Variant(slot.contig, position, reference, (pair[0], pair[1]), (1, 2), slot.target, slot.in_region)

    def _indel(self, slot: Slot, position: int, size: int, *, is_deletion: bool) -> Iterator[Variant]:
        changed = self._genome.text(slot.contig, position, position + size)
        if not is_deletion and self._random.random() >= TANDEM_FRACTION:
            changed = "".join("ACGT"[i] for i in self._random.integers(0, 4, size))
        alleles = self._alleles(slot)
        variant = left_aligned_indel(self._genome, slot, position, changed, alleles, is_deletion=is_deletion)
        yield variant if variant is not None else self._snv(slot, position, alleles)


def substituted(random: np.random.Generator, reference: str) -> str:
    """Return another base; two of three are transitions, as in real exomes."""
    if random.random() < 2 / 3:
        return {"A": "G", "G": "A", "C": "T", "T": "C"}[reference]
    return {"A": "CT", "G": "CT", "C": "AG", "T": "AG"}[reference][int(random.integers(0, 2))]


def left_aligned_indel(
    genome: Genome, slot: Slot, position: int, changed: str, alleles: tuple[int, ...], *, is_deletion: bool
) -> Variant | None:
    """Return the indel of `changed` at `position`, left-aligned; None when it would slide out of its slot."""
    shift = shifts_left(genome, slot.contig, position, changed)
    if shift > SLOT_MARGIN_BP - EDGE_MARGIN_BP:
        return None
    turned = shift % len(changed)
    changed = changed[len(changed) - turned :] + changed[: len(changed) - turned]
    start = position - shift
    end = start + (len(changed) if is_deletion else 0)
    if end + shifts_right(genome, slot.contig, end, changed) > slot.start + SLOT_BP - EDGE_MARGIN_BP:
        return None
    anchor = genome.text(slot.contig, start - 1, start)
    reference, alternate = (anchor + changed, anchor) if is_deletion else (anchor, anchor + changed)
    return Variant(slot.contig, start - 1, reference, (alternate,), alleles, slot.target, slot.in_region)
