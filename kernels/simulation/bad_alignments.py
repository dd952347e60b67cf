"""BAM files with a fault in their header, order or records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from kernels.io.alignment_writer import AlignmentColumns, AlignmentWriter, Contig, ReadGroup, header_text
from kernels.simulation.exome import prepared_alignments
from kernels.simulation.plan import ExomePlan
from kernels.simulation.reads import (
    FIRST,
    MATE_REVERSE,
    MATE_UNMAPPED,
    PAIRED,
    PROPER,
    SECOND,
    SECONDARY,
    SUPPLEMENTARY,
)
from kernels.simulation.records import PROGRAM_LINE

PAIR_FLAGS = PAIRED | PROPER | MATE_UNMAPPED | MATE_REVERSE | FIRST | SECOND
OTHER_SAMPLE = "OTHER99"
EXTRA_BP = 1_000
NM_TAG_BYTES = 4


@dataclass(frozen=True)
class AlignmentSource:
    """A sound alignment file in pieces."""

    contigs: Sequence[Contig]
    groups: Sequence[ReadGroup]
    columns: AlignmentColumns

    @classmethod
    def of(cls, plan: ExomePlan) -> AlignmentSource:
        return cls(*prepared_alignments(plan))

    def write(self, path: Path, *, order: str = "coordinate") -> None:
        text = header_text(self.contigs, self.groups, PROGRAM_LINE, order=order)
        with AlignmentWriter(path, text=text, contigs=self.contigs) as writer:
            writer.append(self.columns)


def _with_contigs(source: AlignmentSource, change: Callable[[Contig], Contig]) -> AlignmentSource:
    # The MD5 of a sequence that is not the one would be a second fault.
    return replace(source, contigs=[replace(change(contig), md5=None) for contig in source.contigs])


def _unsorted(source: AlignmentSource) -> AlignmentSource:
    by_name = np.lexsort(source.columns.names.T[::-1])
    return replace(source, columns=source.columns.rows(by_name))


def _single_end(source: AlignmentSource) -> AlignmentSource:
    """Keep the first reads and let them forget that they had mates."""
    flag = source.columns.flag
    chosen = ((flag & FIRST) != 0) & ((flag & (SECONDARY | SUPPLEMENTARY | MATE_UNMAPPED)) == 0)
    kept = source.columns.rows(chosen)
    nowhere = np.full(len(kept), -1, dtype=np.int32)
    alone = replace(
        kept,
        flag=kept.flag & ~np.uint16(PAIR_FLAGS),
        mate_contig=nowhere,
        mate_position=nowhere,
        template_length=np.zeros(len(kept), dtype=np.int32),
    )
    return replace(source, columns=alone)


def _without_groups(source: AlignmentSource) -> AlignmentSource:
    only_nm = replace(source.columns, tags=source.columns.tags[:, -NM_TAG_BYTES:])
    return replace(source, groups=[], columns=only_nm)


def _with_samples(source: AlignmentSource, samples: Sequence[str]) -> AlignmentSource:
    groups = [replace(group, sample=sample) for group, sample in zip(source.groups, samples, strict=True)]
    return replace(source, groups=groups)


def _without_reads(source: AlignmentSource) -> AlignmentSource:
    return replace(source, columns=source.columns.rows(slice(0, 0)))


Write = Callable[[AlignmentSource, Path], None]
ALIGNMENT_FAULTS: dict[str, tuple[str, Write]] = {
    "unsorted.bam": (
        "Sorted by name, and the header says so.",
        lambda source, path: _unsorted(source).write(path, order="queryname"),
    ),
    "unsorted_says_sorted.bam": (
        "Sorted by name, but the header says by coordinate.",
        lambda source, path: _unsorted(source).write(path),
    ),
    "unknown_contigs.bam": (
        "The contigs are not those of the reference.",
        lambda source, path: _with_contigs(source, lambda c: replace(c, name=c.name.replace("chr", "scaffold"))).write(
            path
        ),
    ),
    "wrong_contig_lengths.bam": (
        "The contigs have the reference's names with other lengths.",
        lambda source, path: _with_contigs(source, lambda c: replace(c, length=c.length + EXTRA_BP)).write(path),
    ),
    "other_sample.bam": (
        "The reads are of sample OTHER99.",
        lambda source, path: _with_samples(source, [OTHER_SAMPLE] * len(source.groups)).write(path),
    ),
    "several_samples.bam": (
        "The read groups are of two samples.",
        lambda source, path: _with_samples(source, [source.groups[0].sample, OTHER_SAMPLE]).write(path),
    ),
    "no_read_groups.bam": (
        "Neither header nor reads name a read group.",
        lambda source, path: _without_groups(source).write(path),
    ),
    "zero_reads.bam": ("A header without reads.", lambda source, path: _without_reads(source).write(path)),
    "single_end.bam": ("The reads have no mates.", lambda source, path: _single_end(source).write(path)),
}
