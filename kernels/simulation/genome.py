"""The reference sequence: varying GC content, homopolymers, short and interspersed repeats, a duplicated segment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kernels.simulation.design import (
    UNDER_COVERED_TARGET,
    UNKNOWN_BP,
    ZERO_COVERAGE_TARGET,
    CaptureDesign,
)
from kernels.simulation.plan import random_stream

Codes = npt.NDArray[np.uint8]

LETTERS = np.frombuffer(b"ACGTN", dtype=np.uint8)
UNKNOWN = 4
GC_WINDOW_BP = 400
BACKGROUND_GC = (0.36, 0.46)
EXON_GC = (0.38, 0.62)
# Capture fails where GC is extreme, first exons above all: the two weak targets are given that cause.
SPECIAL_GC = {ZERO_COVERAGE_TARGET: 0.82, UNDER_COVERED_TARGET: 0.72}
REPEAT_SPACING_BP = 900
INTERSPERSED_BP = 300
INTERSPERSED_COPIES_PER_CONTIG = 6
INTERSPERSED_DIVERGENCE = 0.12


@dataclass(frozen=True)
class Genome:
    """Sequences as codes 0 to 4 for A, C, G, T, N; `masked` marks repeats, which the FASTA writes in lower case."""

    contigs: tuple[Codes, ...]
    masked: tuple[npt.NDArray[np.bool_], ...]

    def text(self, contig: int, start: int, end: int) -> str:
        """Return upper-case bases."""
        return LETTERS[self.contigs[contig][start:end]].tobytes().decode()

    def masked_text(self, contig: int) -> str:
        """Return a whole contig with its repeats in lower case."""
        letters = LETTERS[self.contigs[contig]] | (self.masked[contig].astype(np.uint8) << 5)
        return letters.tobytes().decode()


def reference_genome(design: CaptureDesign, genome_seed: int) -> Genome:
    """Draw the reference for a capture design."""
    random = random_stream("sequence", genome_seed)
    element = random.integers(0, 4, INTERSPERSED_BP).astype(np.uint8)
    contigs: list[Codes] = []
    masked = []
    for contig in range(len(design.contig_names)):
        bases = _bases_of_composition(random, _gc_content(random, design, contig))
        mask = np.zeros(len(bases), dtype=np.bool_)
        _plant_interspersed(random, design, contig, element, bases, mask)
        _plant_tandem_repeats(random, bases, mask)
        contigs.append(bases)
        masked.append(mask)
    _copy_segment(design, contigs, masked)
    for bases, mask in zip(contigs, masked, strict=True):
        for end in (slice(0, UNKNOWN_BP), slice(-UNKNOWN_BP, None)):
            bases[end] = UNKNOWN
            mask[end] = False
    return Genome(tuple(contigs), tuple(masked))


def _gc_content(random: np.random.Generator, design: CaptureDesign, contig: int) -> npt.NDArray[np.float64]:
    length = design.contig_lengths[contig]
    windows = random.uniform(*BACKGROUND_GC, length // GC_WINDOW_BP + 1)
    content = np.repeat(windows, GC_WINDOW_BP)[:length]
    for target in design.targets:
        drawn = random.uniform(*EXON_GC)
        if target.contig == contig:
            content[target.start : target.end] = SPECIAL_GC.get(target.name, drawn)
    return content


def _bases_of_composition(random: np.random.Generator, gc_content: npt.NDArray[np.float64]) -> Codes:
    is_gc = random.random(len(gc_content)) < gc_content
    second = random.integers(0, 2, len(gc_content))
    return np.where(is_gc, 1 + second, 3 * second).astype(np.uint8)


def _plant_interspersed(
    random: np.random.Generator,
    design: CaptureDesign,
    contig: int,
    element: Codes,
    bases: Codes,
    mask: npt.NDArray[np.bool_],
) -> None:
    for start in random.integers(UNKNOWN_BP, len(bases) - UNKNOWN_BP - len(element), INTERSPERSED_COPIES_PER_CONTIG):
        changed = random.random(len(element)) < INTERSPERSED_DIVERGENCE
        copied = (element + changed * random.integers(1, 4, len(element))) % 4
        end = start + len(element)
        if any(t.contig == contig and start < t.end and t.start < end for t in design.targets):
            continue
        bases[start:end] = copied
        mask[start:end] = True


def _plant_tandem_repeats(random: np.random.Generator, bases: Codes, mask: npt.NDArray[np.bool_]) -> None:
    for block in range(UNKNOWN_BP, len(bases) - 2 * REPEAT_SPACING_BP, REPEAT_SPACING_BP):
        start = block + int(random.integers(0, REPEAT_SPACING_BP - 60))
        unit = random.integers(0, 4, int(random.choice([1, 1, 1, 2, 2, 3, 4]))).astype(np.uint8)
        size = int(random.integers(7, 15)) if len(unit) == 1 else len(unit) * int(random.integers(4, 9))
        bases[start : start + size] = np.resize(unit, size)
        mask[start : start + size] = True


def _copy_segment(design: CaptureDesign, contigs: list[Codes], masked: list[npt.NDArray[np.bool_]]) -> None:
    source, start, end = design.duplicated
    destination, copy_start, copy_end = design.copy
    contigs[destination][copy_start:copy_end] = contigs[source][start:end]
    masked[destination][copy_start:copy_end] = masked[source][start:end]
