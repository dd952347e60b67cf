"""Verification of reference sequences (FASTA)."""

from __future__ import annotations

import os
from pathlib import Path

from kernels.errors import KernelError
from kernels.io.indexing import index_sequences
from kernels.io.text_chunks import BGZF_HEADER_BYTES, is_bgzf, line_chunks
from kernels.verification.build import require_same_build
from kernels.verification.expectation import Expectation, Findings, Progress


def check_sequences(path: Path, expected: Expectation, findings: Findings, progress: Progress) -> None:
    """Refuse a FASTA file that may not be used; what it holds is added to `findings`.

    Raises
    ------
    KernelError
    """
    is_compressed = _is_compressed(path)
    contigs = _contigs(path, progress)
    findings |= {"contigs": [list(contig) for contig in contigs.items()], "bases": sum(contigs.values())}
    if expected.build is not None:
        require_same_build(path.name, contigs, contigs, expected.build)
    if expected.is_indexed:
        findings["index"] = index_sequences(path, is_compressed=is_compressed).name


def _is_compressed(path: Path) -> bool:
    with open(path, "rb") as stream:
        head = stream.read(BGZF_HEADER_BYTES)
    if head.startswith(b"\x1f\x8b") and not is_bgzf(head):
        raise KernelError(
            "fasta_plain_gzip",
            f"{path.name} is compressed with gzip, which cannot be read in the middle: compress it with bgzip.",
            file=path.name,
        )
    return is_bgzf(head)


def _contigs(path: Path, progress: Progress) -> dict[str, int]:
    lengths: dict[str, int] = {}
    contig, line, read, size = "", 0, 0, max(os.path.getsize(path), 1)
    for chunk in line_chunks(path):
        for text in chunk.replace(b"\r", b"").splitlines():
            line += 1
            if text.startswith(b">"):
                contig = _name(path, text, line, lengths)
            elif text:
                lengths[contig] += _bases(path, text, line)
        read += len(chunk)
        progress(min(read / (size * 4), 0.95))
    empty = next((name for name, length in lengths.items() if length == 0), None)
    if empty is not None:
        raise KernelError("fasta_empty_contig", f"{path.name}: {empty} has no bases.", file=path.name, contig=empty)
    return lengths


def _name(path: Path, title: bytes, line: int, lengths: dict[str, int]) -> str:
    words = title[1:].split()
    name = words[0].decode("utf-8", "replace") if words else ""
    if not name or name in lengths:
        raise KernelError(
            "fasta_contig_name",
            f"{path.name} line {line}: the contig {name!r} has no name, or stands twice.",
            file=path.name, line=line, contig=name,
        )  # fmt: skip
    lengths[name] = 0
    return name


_BASES = b"ACGTUNRYSWKMBDHVacgtunryswkmbdhv"


def _bases(path: Path, text: bytes, line: int) -> int:
    others = text.translate(None, _BASES)
    if others:
        letter = others[:1].decode("latin-1")
        raise KernelError(
            "fasta_letter",
            f"{path.name} line {line}: {letter!r} is not the letter of a base.",
            file=path.name, line=line, letter=letter,
        )  # fmt: skip
    return len(text)
