"""Short references with a few calls: built in memory for the search, or written as VCF for the whole kernel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kernels.concordance.alleles import COMPARABLE, Alleles, Rows, take, trim_calls
from kernels.io.vcf import read_calls

HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tSAMPLE\n"


class Call(NamedTuple):
    """A VCF record: 0-based position, REF, ALT, genotype."""

    position: int
    ref: str
    alt: str
    genotype: str = "0/1"
    quality: str = "."
    filter: str = "PASS"
    contig: str = "c"


def vcf_text(calls: Sequence[Call], header: str = HEADER) -> str:
    lines = (
        f"{c.contig}\t{c.position + 1}\t.\t{c.ref}\t{c.alt}\t{c.quality}\t{c.filter}\t.\tGT\t{c.genotype}\n"
        for c in calls
    )
    return header + "".join(lines)


def write_vcf(path: Path, calls: Sequence[Call], header: str = HEADER) -> Path:
    path.write_text(vcf_text(calls, header))
    return path


def write_fasta(path: Path, **sequences: str) -> Path:
    path.write_text("".join(f">{name}\n{letters}\n" for name, letters in sequences.items()))
    return path


def read_alleles(folder: Path, calls: Sequence[Call]) -> tuple[Alleles, list[Call]]:
    """Return the alleles of calls as the kernel sees them, and the calls in that order."""
    columns = read_calls(write_vcf(folder / "calls.vcf", calls))
    kept = [
        call for call in calls if any(part not in ("0", ".") for part in call.genotype.replace("|", "/").split("/"))
    ]
    alleles = trim_calls(columns, Rows(0, len(columns)), 1000)
    rows = np.flatnonzero(alleles.fitness == COMPARABLE)
    order = rows[np.lexsort((alleles.last[rows], alleles.first[rows]))]
    return take(alleles, order), [kept[row] for row in order.tolist()]


def letters(sequence: str) -> np.ndarray:
    return np.frombuffer(sequence.encode(), dtype=np.uint8)
