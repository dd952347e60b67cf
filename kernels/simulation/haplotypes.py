"""The chromosomes that the reads come from: the reference with an individual's variants, base by base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kernels.simulation.genome import Codes, Genome
from kernels.simulation.variants import Variant

NOT_ON_REFERENCE = -1
CODE_OF_LETTER = {letter: code for code, letter in enumerate("ACGT")}


@dataclass(frozen=True)
class Haplotypes:
    """All haplotypes of all contigs in one array; haplotype h of contig c is number `c * per_contig + h`.

    Attributes
    ----------
    bases : uint8 array, shape (total,)
    reference_positions : int32 array, shape (total,)
        Position on the contig, -1 for inserted bases.
    offsets : int64 array, shape (haplotypes + 1,)
    """

    per_contig: int
    bases: Codes
    reference_positions: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]

    def start_of(self, haplotype: int, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return where on a haplotype the reference positions are, as indices into `bases`."""
        first, last = self.offsets[haplotype], self.offsets[haplotype + 1]
        filled = np.maximum.accumulate(self.reference_positions[first:last])
        return first + np.searchsorted(filled, positions)


def build_haplotypes(genome: Genome, individuals: Sequence[Sequence[Variant]]) -> Haplotypes:
    """Return two haplotypes per individual and contig; a single chromosome fills both alike."""
    bases: list[Codes] = []
    positions: list[npt.NDArray[np.int32]] = []
    for contig in range(len(genome.contigs)):
        for variants in individuals:
            for strand in (0, 1):
                carried = [variant for variant in variants if variant.contig == contig]
                built, mapped = _haplotype(genome.contigs[contig], carried, strand)
                bases.append(built)
                positions.append(mapped)
    offsets = np.cumsum([0, *(len(part) for part in bases)])
    return Haplotypes(2 * len(individuals), np.concatenate(bases), np.concatenate(positions), offsets)


def _haplotype(reference: Codes, variants: list[Variant], strand: int) -> tuple[Codes, npt.NDArray[np.int32]]:
    all_positions = np.arange(len(reference), dtype=np.int32)
    bases, positions, done = [], [], 0
    for variant in variants:
        allele = variant.alleles[min(strand, len(variant.alleles) - 1)]
        if allele == 0:
            continue
        alternate = np.array([CODE_OF_LETTER[base] for base in variant.alternates[allele - 1]], dtype=np.uint8)
        aligned = min(len(alternate), len(variant.reference))
        mapped = np.full(len(alternate), NOT_ON_REFERENCE, dtype=np.int32)
        mapped[:aligned] = variant.position + np.arange(aligned)
        bases += [reference[done : variant.position], alternate]
        positions += [all_positions[done : variant.position], mapped]
        done = variant.position + len(variant.reference)
    return np.concatenate([*bases, reference[done:]]), np.concatenate([*positions, all_positions[done:]])
