"""Representations of one change of sequence: shifting of indels, size classes."""

from __future__ import annotations

from enum import StrEnum

from kernels.simulation.genome import Genome

MAX_SHIFT_BP = 40


class VariantType(StrEnum):
    """SNV: every allele is one base. MNV: equal lengths above one. INDEL: the rest."""

    SNV = "SNV"
    MNV = "MNV"
    INDEL = "INDEL"


def variant_type(reference: str, alternates: tuple[str, ...]) -> VariantType:
    """Return the type of a record."""
    if all(len(alternate) == len(reference) for alternate in alternates):
        return VariantType.SNV if len(reference) == 1 else VariantType.MNV
    return VariantType.INDEL


def size_class(reference: str, alternates: tuple[str, ...]) -> str:
    """Return the class of an indel's longest change of length: 1-5, 6-15 or 16+."""
    size = max(abs(len(alternate) - len(reference)) for alternate in alternates)
    return "1-5" if size <= 5 else "6-15" if size <= 15 else "16+"


def shifts_left(genome: Genome, contig: int, position: int, changed: str) -> int:
    """Return by how many bases an indel of `changed`, before or at `position`, can slide to the left."""
    shift = 0
    while shift < MAX_SHIFT_BP and genome.text(contig, position - shift - 1, position - shift) == changed[-1]:
        changed = changed[-1] + changed[:-1]
        shift += 1
    return shift


def shifts_right(genome: Genome, contig: int, following: int, changed: str) -> int:
    """Return by how many bases an indel can slide to the right; `following` is the first base after it."""
    shift = 0
    while shift < MAX_SHIFT_BP and genome.text(contig, following + shift, following + shift + 1) == changed[0]:
        changed = changed[1:] + changed[0]
        shift += 1
    return shift


def right_shifted(
    genome: Genome, contig: int, position: int, reference: str, alternate: str
) -> tuple[int, str, str] | None:
    """Return the rightmost representation of a left-aligned indel, or None when it cannot move."""
    changed = reference[1:] or alternate[1:]
    shift = shifts_right(genome, contig, position + len(reference), changed)
    if shift == 0:
        return None
    anchor = position + shift
    base = genome.text(contig, anchor, anchor + 1)
    if len(reference) > len(alternate):
        return anchor, genome.text(contig, anchor, anchor + len(reference)), base
    turned = shift % len(changed)
    return anchor, base, base + changed[turned:] + changed[:turned]
