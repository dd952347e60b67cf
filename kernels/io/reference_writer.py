"""Writing of a reference: bgzipped FASTA with .fai and .gzi, and its sequence dictionary."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pysam

from kernels.io.alignment_writer import Contig
from kernels.io.bgzf_writer import write_bgzf

LINE_BASES = 60


def described_contigs(sequences: Mapping[str, str], assembly: str) -> list[Contig]:
    """Return the contigs with their lengths and the MD5 of their upper-case bases."""
    return [
        # The SAM specification asks for MD5 in @SQ M5; it guards nothing here.
        Contig(name, len(bases), hashlib.md5(bases.upper().encode(), usedforsecurity=False).hexdigest(), assembly)
        for name, bases in sequences.items()
    ]


def write_reference(path: str | os.PathLike[str], sequences: Mapping[str, str], contigs: Sequence[Contig]) -> None:
    """Write a .fa.gz with its indexes, and the dictionary that Picard looks for beside it."""
    lines = []
    for name, bases in sequences.items():
        lines.append(f">{name}")
        lines += [bases[start : start + LINE_BASES] for start in range(0, len(bases), LINE_BASES)]
    write_bgzf(path, ("\n".join(lines) + "\n").encode("ascii"))
    pysam.faidx(os.fspath(path))
    dictionary = "\n".join(["@HD\tVN:1.6", *(contig.line() for contig in contigs)]) + "\n"
    Path(os.fspath(path).removesuffix(".fa.gz") + ".dict").write_text(dictionary, encoding="ascii")
