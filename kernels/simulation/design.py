"""The capture design of the simulated exome: contigs, genes, exons, targets, baits, confident regions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kernels.simulation.plan import random_stream

# Contig -> length and exons of each of its genes.
LAYOUT: dict[str, tuple[int, tuple[int, ...]]] = {
    "chr20": (90_000, (6, 5, 7, 5, 6, 5, 6)),
    "chr21": (60_000, (7, 6, 6, 6)),
    "chrX": (60_000, (6, 6, 6, 6)),
    "chrY": (30_000, (5, 5)),
}
EDGE_BP = 4_000  # free of genes on both sides; the duplicated segment's copy lies in chr21's
UNKNOWN_BP = 200  # N at both ends, like telomeres
MIN_INTRON_BP = 900
MIN_EXON_BP = 150
MAX_EXON_BP = 610
TARGET_PADDING_BP = 10
BAIT_PADDING_BP = 30

ZERO_COVERAGE_TARGET = "SIMG2:exon1"
UNDER_COVERED_TARGET = "SIMG3:exon2"
DUPLICATED_TARGET = "SIMG5:exon3"
HALF_CONFIDENT_TARGET = "SIMG7:exon2"
DUPLICATED_FLANK_BP = 700
UNCONFIDENT_FLANK_BP = 100

Interval = tuple[int, int, int]


@dataclass(frozen=True)
class Target:
    """One captured exon, named GENE:exonN; `contig` is an index, coordinates include the padding around it."""

    name: str
    gene: str
    contig: int
    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class CaptureDesign:
    """Where the genes are, and which parts of the genome play a special role.

    Attributes
    ----------
    duplicated : (contig, start, end)
        Segment around `DUPLICATED_TARGET` that exists twice.
    copy : (contig, start, end)
        Where its second copy is.
    """

    contig_names: tuple[str, ...]
    contig_lengths: tuple[int, ...]
    targets: tuple[Target, ...]
    duplicated: Interval
    copy: Interval

    def target(self, name: str) -> Target:
        return next(target for target in self.targets if target.name == name)

    def baits(self) -> list[Target]:
        """Return the padded targets; the zero-coverage target was left out of the bait design."""
        return [
            Target(bait.name, bait.gene, bait.contig, bait.start - BAIT_PADDING_BP, bait.end + BAIT_PADDING_BP)
            for bait in self.targets
            if bait.name != ZERO_COVERAGE_TARGET
        ]

    def confident(self) -> list[Interval]:
        """Return where the truth is known: all but the ends, both duplicated copies and half of one target."""
        half = self.target(HALF_CONFIDENT_TARGET)
        excluded = [
            _padded(self.duplicated, UNCONFIDENT_FLANK_BP),
            _padded(self.copy, UNCONFIDENT_FLANK_BP),
            (half.contig, half.start - UNCONFIDENT_FLANK_BP, half.start + half.length // 2),
        ]
        return [
            interval
            for contig, length in enumerate(self.contig_lengths)
            for interval in _complement(contig, UNKNOWN_BP, length - UNKNOWN_BP, excluded)
        ]


def _padded(interval: Interval, padding: int) -> Interval:
    contig, start, end = interval
    return contig, start - padding, end + padding


def _complement(contig: int, start: int, end: int, excluded: list[Interval]) -> list[Interval]:
    kept = []
    for _, hole_start, hole_end in sorted(hole for hole in excluded if hole[0] == contig):
        kept.append((contig, start, hole_start))
        start = hole_end
    return [*kept, (contig, start, end)]


def capture_design(genome_seed: int) -> CaptureDesign:
    """Draw the capture design; the names and the number of genes and exons are always the same."""
    random = random_stream("layout", genome_seed)
    targets: list[Target] = []
    first_gene = 1
    for contig, (length, exons_per_gene) in enumerate(LAYOUT.values()):
        targets += _contig_targets(random, contig, length, exons_per_gene, first_gene)
        first_gene += len(exons_per_gene)
    duplicated = _duplicated_segment(targets)
    copy_contig = list(LAYOUT).index("chr21")
    copy_start = LAYOUT["chr21"][0] - EDGE_BP + MIN_INTRON_BP
    copy = (copy_contig, copy_start, copy_start + duplicated[2] - duplicated[1])
    lengths = tuple(length for length, _ in LAYOUT.values())
    return CaptureDesign(tuple(LAYOUT), lengths, tuple(targets), duplicated, copy)


def _contig_targets(
    random: np.random.Generator, contig: int, length: int, exons_per_gene: tuple[int, ...], first_gene: int
) -> list[Target]:
    count = sum(exons_per_gene)
    exon_lengths = random.integers(MIN_EXON_BP, MAX_EXON_BP, count)
    spare = length - 2 * EDGE_BP - int(exon_lengths.sum()) - (count - 1) * MIN_INTRON_BP
    introns = MIN_INTRON_BP + (random.dirichlet(np.full(count - 1, 2.0)) * spare).astype(np.int64)
    starts = EDGE_BP + np.concatenate(([0], np.cumsum(exon_lengths[:-1] + introns)))
    labels = [
        (f"SIMG{first_gene + gene}", exon + 1) for gene, exons in enumerate(exons_per_gene) for exon in range(exons)
    ]
    return [
        Target(f"{gene}:exon{exon}", gene, contig, int(start), int(start + size))
        for (gene, exon), start, size in zip(labels, starts, exon_lengths, strict=True)
    ]


def _duplicated_segment(targets: list[Target]) -> Interval:
    target = next(target for target in targets if target.name == DUPLICATED_TARGET)
    return target.contig, target.start - DUPLICATED_FLANK_BP, target.end + DUPLICATED_FLANK_BP
