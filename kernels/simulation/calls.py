"""The query VCF: the truth with planted errors, and some true calls written in another way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from kernels.simulation.alleles import VariantType, right_shifted, variant_type
from kernels.simulation.design import UNDER_COVERED_TARGET, Target
from kernels.simulation.genome import Genome
from kernels.simulation.plan import ExomePlan
from kernels.simulation.variants import Individual, Slot, Variant, left_aligned_indel, substituted

SHIFTED_INDELS = 4
MERGED_PAIRS = 2
PADDED_SNVS = 2
FILTERED_TRUE_CALLS = 2
FILTERED_EXTRA_CALLS = 3
OUTSIDE_EXTRA_CALLS = 4
OUTSIDE_MISSED_CALLS = 3
EXTRA_INDEL_SHARE = 0.4
LOW_QUALITY = "LowQual"


class CallKind(StrEnum):
    """What a record of the truth became in the query, or what a query record is."""

    AS_TRUTH = "as_truth"
    SHIFTED = "shifted_indel"
    MERGED = "merged_pair"
    PADDED = "padded_snv"
    MISSED = "missed"
    MISSED_WITHOUT_READS = "missed_without_reads"
    WRONG_GENOTYPE = "wrong_genotype"
    FILTERED_TRUE = "filtered_true_call"
    EXTRA = "extra"
    FILTERED_EXTRA = "filtered_extra_call"


MATCHING = frozenset({CallKind.AS_TRUTH, CallKind.SHIFTED, CallKind.MERGED, CallKind.PADDED, CallKind.FILTERED_TRUE})
MISSING = frozenset({CallKind.MISSED, CallKind.MISSED_WITHOUT_READS})


@dataclass(frozen=True)
class Call:
    """One record of the query, or its absence, beside the truth record that it answers (None for an extra call)."""

    kind: CallKind
    contig: int
    position: int
    reference: str
    alternates: tuple[str, ...]
    genotype: str
    in_region: bool
    truth: Variant | None

    @property
    def is_filtered(self) -> bool:
        return self.kind in (CallKind.FILTERED_TRUE, CallKind.FILTERED_EXTRA)

    @property
    def variant_type(self) -> VariantType:
        return variant_type(self.reference, self.alternates)


def simulated_calls(
    random: np.random.Generator, plan: ExomePlan, genome: Genome, person: Individual, silent: Iterable[Target]
) -> list[Call]:
    """Return one call or more for every truth record, and the extra calls, in genome order."""
    kinds = _Assignment(random, person.variants, genome).kinds(plan, {target.name for target in silent})
    calls = [_call(variant, kind, genome) for variant, kind in zip(person.variants, kinds, strict=True)]
    merged = [_with_merged_pair(calls, index) for index in range(len(calls))]
    merged += _extra_calls(random, plan, genome, person)
    return sorted(merged, key=lambda call: (call.contig, call.position))


class _Assignment:
    """Deals kinds to truth records; none gets two."""

    def __init__(self, random: np.random.Generator, variants: tuple[Variant, ...], genome: Genome) -> None:
        self._random = random
        self._variants = variants
        self._genome = genome
        self._kinds: dict[int, CallKind] = {}

    def kinds(self, plan: ExomePlan, silent: set[str]) -> list[CallKind]:
        for index, variant in enumerate(self._variants):
            if variant.target in silent:
                self._kinds[index] = CallKind.MISSED_WITHOUT_READS
        self._deal(CallKind.MISSED, 1, lambda v: v.in_region and v.target == UNDER_COVERED_TARGET)
        self._deal_pairs()
        self._deal(CallKind.SHIFTED, SHIFTED_INDELS, self._can_shift)
        self._deal(CallKind.PADDED, PADDED_SNVS, lambda v: v.in_region and v.variant_type is VariantType.SNV)
        self._deal_indels_and_snvs(CallKind.MISSED, plan.missed_calls)
        self._deal_indels_and_snvs(CallKind.WRONG_GENOTYPE, plan.genotype_errors)
        self._deal(CallKind.FILTERED_TRUE, FILTERED_TRUE_CALLS, lambda v: v.in_region)
        self._deal(CallKind.MISSED, OUTSIDE_MISSED_CALLS, lambda v: not v.in_region)
        return [self._kinds.get(index, CallKind.AS_TRUTH) for index in range(len(self._variants))]

    def _deal(self, kind: CallKind, count: int, fits: Callable[[Variant], bool]) -> None:
        candidates = [i for i, v in enumerate(self._variants) if i not in self._kinds and _is_single(v) and fits(v)]
        candidates = [i for i in candidates if not self._starts_pair(i)]
        for index in self._random.permutation(len(candidates))[:count]:
            self._kinds[candidates[index]] = kind

    def _deal_indels_and_snvs(self, kind: CallKind, count: int) -> None:
        diploid_only = kind is CallKind.WRONG_GENOTYPE
        for wanted, share in ((VariantType.INDEL, count // 3), (VariantType.SNV, count - count // 3)):
            self._deal(
                kind,
                share,
                lambda v, wanted=wanted: (  # type: ignore[misc]
                    v.in_region and v.variant_type is wanted and (v.is_diploid or not diploid_only)
                ),
            )

    def _starts_pair(self, index: int) -> bool:
        return index + 1 < len(self._variants) and self._variants[index + 1].partner_of_previous

    def _deal_pairs(self) -> None:
        pairs = [i for i, v in enumerate(self._variants) if self._starts_pair(i) and v.in_region and self._free(i)]
        for index in pairs[:MERGED_PAIRS]:
            self._kinds[index] = self._kinds[index + 1] = CallKind.MERGED

    def _free(self, index: int) -> bool:
        return index not in self._kinds and index + 1 not in self._kinds

    def _can_shift(self, variant: Variant) -> bool:
        if not variant.in_region or variant.variant_type is not VariantType.INDEL:
            return False
        return _shifted(self._genome, variant) is not None


def _is_single(variant: Variant) -> bool:
    return not variant.partner_of_previous and len(variant.alternates) == 1


def _shifted(genome: Genome, variant: Variant) -> tuple[int, str, str] | None:
    return right_shifted(genome, variant.contig, variant.position, variant.reference, variant.alternates[0])


def _call(variant: Variant, kind: CallKind, genome: Genome) -> Call:
    call = Call(
        kind,
        variant.contig,
        variant.position,
        variant.reference,
        variant.alternates,
        _genotype(variant),
        variant.in_region,
        variant,
    )
    if kind is CallKind.SHIFTED:
        shifted = _shifted(genome, variant)
        assert shifted is not None  # _can_shift chose it
        return replace(call, position=shifted[0], reference=shifted[1], alternates=(shifted[2],))
    if kind is CallKind.PADDED:
        before = genome.text(variant.contig, variant.position - 1, variant.position)
        padded = tuple(before + alternate for alternate in variant.alternates)
        return replace(call, position=variant.position - 1, reference=before + variant.reference, alternates=padded)
    if kind is CallKind.WRONG_GENOTYPE:
        return replace(call, genotype="1/1" if variant.is_het else "0/1")
    return call


def _genotype(variant: Variant) -> str:
    return "/".join(str(allele) for allele in sorted(variant.alleles))


def _with_merged_pair(calls: list[Call], index: int) -> Call:
    """Write the first of a merged pair as one MNV; the second becomes a record that is not written."""
    call = calls[index]
    if call.kind is not CallKind.MERGED or call.truth is None or call.truth.partner_of_previous:
        return call
    partner = calls[index + 1]
    return replace(
        call,
        reference=call.reference + partner.reference,
        alternates=(call.alternates[0] + partner.alternates[0],),
    )


def is_written(call: Call) -> bool:
    """Return whether the query has a record for this call."""
    is_absorbed = call.kind is CallKind.MERGED and call.truth is not None and call.truth.partner_of_previous
    return call.kind not in MISSING and not is_absorbed


def _extra_calls(random: np.random.Generator, plan: ExomePlan, genome: Genome, person: Individual) -> list[Call]:
    inside = [person.free_slots[i] for i in random.permutation(len(person.free_slots))]
    outside = [person.outside_slots[i] for i in random.permutation(len(person.outside_slots))]
    kinds = [CallKind.EXTRA] * plan.extra_calls + [CallKind.FILTERED_EXTRA] * FILTERED_EXTRA_CALLS
    chosen = [*zip(inside, kinds, strict=False)]
    chosen += [(slot, CallKind.EXTRA) for slot in outside[:OUTSIDE_EXTRA_CALLS]]
    calls = []
    for number, (slot, kind) in enumerate(chosen):
        is_indel = number < round(plan.extra_calls * EXTRA_INDEL_SHARE)
        calls.append(_extra_call(random, genome, slot, kind, is_indel=is_indel))
    return calls


def _extra_call(random: np.random.Generator, genome: Genome, slot: Slot, kind: CallKind, *, is_indel: bool) -> Call:
    position = slot.middle
    reference = genome.text(slot.contig, position, position + 1)
    alternate = substituted(random, reference)
    if is_indel:
        deleted = genome.text(slot.contig, position, position + 1 + int(random.integers(0, 3)))
        found = left_aligned_indel(genome, slot, position, deleted, (0, 1), is_deletion=True)
        if found is not None:
            position, reference, alternate = found.position, found.reference, found.alternates[0]
    return Call(kind, slot.contig, position, reference, (alternate,), "0/1", slot.in_region, None)
