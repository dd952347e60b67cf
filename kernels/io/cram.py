"""Reading of CRAM through htslib: its header, and where each read lies."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pysam
from pysam.utils import SamtoolsError

from kernels.errors import KernelError
from kernels.io.bam import AlignmentHeader, ReadGroup


def read_cram_header(path: str | os.PathLike[str]) -> AlignmentHeader:
    """Return the header; no reference is needed for it.

    Raises
    ------
    KernelError
        `alignment_unreadable`.
    """
    try:
        with pysam.AlignmentFile(os.fspath(path), "rc", require_index=False) as alignment:
            header = alignment.header.to_dict()
    except (OSError, ValueError) as error:
        raise _unreadable(path, str(error)) from error
    contigs = header.get("SQ", [])
    return AlignmentHeader(
        tuple(str(contig["SN"]) for contig in contigs),
        tuple(int(contig["LN"]) for contig in contigs),
        header.get("HD", {}).get("SO"),
        tuple(ReadGroup(row.get("ID", ""), row.get("SM"), row.get("LB")) for row in header.get("RG", [])),
    )


def cram_reads(path: str | os.PathLike[str], reference: str | None, threads: int) -> Iterator[tuple[int, int, int]]:
    """Yield contig number (-1 for none), position and flags of every read; all of it is decoded and checked.

    Raises
    ------
    KernelError
        `reference_missing` or `alignment_unreadable`.
    """
    if reference is None:
        name = Path(path).name
        raise KernelError(
            "reference_missing",
            f"{name} is a CRAM file: it cannot be read without the sequence of its build.",
            file=name,
        )
    try:
        with pysam.AlignmentFile(
            os.fspath(path), "rc", reference_filename=reference, threads=threads, require_index=False
        ) as alignment:
            for read in alignment.fetch(until_eof=True):
                yield read.reference_id, read.reference_start, read.flag
    except (OSError, ValueError) as error:
        raise _unreadable(path, str(error)) from error


def is_cram_complete(path: str | os.PathLike[str]) -> bool:
    """Return whether the file ends with CRAM's end-of-file container."""
    try:
        pysam.quickcheck(os.fspath(path))
    except SamtoolsError:
        return False
    return True


def _unreadable(path: str | os.PathLike[str], reason: str) -> KernelError:
    name = Path(path).name
    reason = reason.replace(os.fspath(path), name)
    return KernelError(
        "alignment_unreadable",
        f"{name} cannot be decoded ({reason}): check the file and its reference.",
        file=name, reason=reason,
    )  # fmt: skip
