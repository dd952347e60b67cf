"""Writing of small VCF files: bgzipped, with a tabix index, no date in the header."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pysam

from kernels.io.alignment_writer import Contig
from kernels.io.bgzf_writer import write_bgzf


@dataclass(frozen=True)
class VariantRow:
    """One record of one sample.

    Attributes
    ----------
    position : int
        0-based position of the first base of `reference`.
    sample_fields : dict
        FORMAT keys, GT first, with their values.
    """

    contig: str
    position: int
    reference: str
    alternates: tuple[str, ...]
    sample_fields: dict[str, str]
    quality: int | None = None
    filter_status: str = "PASS"
    info: str = "."

    def line(self) -> str:
        quality = "." if self.quality is None else str(self.quality)
        return "\t".join(
            (
                self.contig,
                str(self.position + 1),
                ".",
                self.reference,
                ",".join(self.alternates),
                quality,
                self.filter_status,
                self.info,
                ":".join(self.sample_fields),
                ":".join(self.sample_fields.values()),
            )
        )


def variant_text(
    rows: Iterable[VariantRow], *, contigs: Sequence[Contig], sample: str, header_lines: Sequence[str]
) -> str:
    """Return a VCF 4.2 text; `header_lines` declare FILTER, INFO and FORMAT."""
    lines = ["##fileformat=VCFv4.2", *header_lines]
    for contig in contigs:
        assembly = f",assembly={contig.assembly}" if contig.assembly else ""
        lines.append(f"##contig=<ID={contig.name},length={contig.length}{assembly}>")
    lines.append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t" + sample)
    return "\n".join([*lines, *(row.line() for row in rows)]) + "\n"


def write_variants(path: str | os.PathLike[str], text: str) -> None:
    """Write a sorted VCF text as .vcf.gz, with its .tbi."""
    write_bgzf(path, text.encode("ascii"))
    pysam.tabix_index(os.fspath(path), preset="vcf", force=True)
