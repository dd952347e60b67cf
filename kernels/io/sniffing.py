"""What a file is by its first bytes, whatever its name says."""

from __future__ import annotations

import os
import zlib
from enum import StrEnum
from pathlib import Path

from kernels.errors import KernelError

HEAD_BYTES = 1 << 16
TEXT_BYTES = 4096


class Format(StrEnum):
    """Formats that can be told apart by their first bytes."""

    BAM = "BAM"
    CRAM = "CRAM"
    SAM = "SAM"
    VCF = "VCF"
    BCF = "BCF"
    FASTA = "FASTA"
    FASTQ = "FASTQ"
    TEXT = "text"
    BINARY = "binary data"


def sniff(path: str | os.PathLike[str]) -> Format:
    """Return the format of a file that is not empty.

    Raises
    ------
    KernelError
        `file_empty` or `file_unreadable`.
    """
    name = Path(path).name
    try:
        with open(path, "rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError as error:
        raise KernelError("file_unreadable", f"{name} cannot be opened: {error.strerror}.", file=name) from error
    if not head:
        raise KernelError("file_empty", f"{name} has no content: its size is 0 bytes.", file=name)
    return _format_of(head)


def _format_of(head: bytes) -> Format:
    if head.startswith(b"CRAM"):
        return Format.CRAM
    text = _inflated(head) if head.startswith(b"\x1f\x8b") else head
    text = text[:TEXT_BYTES].removeprefix(b"\xef\xbb\xbf")
    starts = (
        (b"BAM\1", Format.BAM),
        (b"BCF\2", Format.BCF),
        (b"##fileformat=VCF", Format.VCF),
        (b">", Format.FASTA),
        (b"@HD\t", Format.SAM),
        (b"@SQ\t", Format.TEXT),  # a SAM header, or an interval_list's
    )
    for start, found in starts:
        if text.startswith(start):
            return _interval_list_or(found, text)
    if text.startswith(b"@") and b"\n+" in text:
        return Format.FASTQ
    return Format.BINARY if b"\0" in text else Format.TEXT


def _interval_list_or(found: Format, text: bytes) -> Format:
    """An interval_list begins with a SAM header; its records have five columns, a read has eleven."""
    if found is not Format.SAM:
        return found
    rows = [line for line in text.split(b"\n") if line and not line.startswith(b"@")]
    return Format.TEXT if not rows or rows[0].count(b"\t") <= 5 else Format.SAM


def _inflated(head: bytes) -> bytes:
    inflater = zlib.decompressobj(wbits=31)
    try:
        return inflater.decompress(head, TEXT_BYTES)
    except zlib.error:
        return b"\0"
