"""Telling apart the ways in which a BGZF file is cut off."""

from __future__ import annotations

import os
import struct
from pathlib import Path

from kernels.errors import KernelError

BLOCK_HEADER_BYTES = 18


def explained(error: KernelError, path: Path) -> KernelError:
    """Return an error that says more, where a file lacks no more than its end marker."""
    if error.code != "bgzf_truncated" or not _ends_with_a_whole_block(path):
        return error
    return KernelError(
        "end_marker_missing",
        f"{path.name} lacks the empty block that ends every BGZF file: the program that wrote it was probably "
        "interrupted. Make or copy the file again.",
        file=path.name,
    )


def _ends_with_a_whole_block(path: Path) -> bool:
    """Follow the blocks by the sizes in their headers: does the file end where a block ends?"""
    size, at = os.path.getsize(path), 0
    with open(path, "rb", buffering=0) as stream:
        while at < size:
            head = os.pread(stream.fileno(), BLOCK_HEADER_BYTES, at)
            if len(head) < BLOCK_HEADER_BYTES or head[:4] != b"\x1f\x8b\x08\x04" or head[12:14] != b"BC":
                return False
            at += int(struct.unpack_from("<H", head, 16)[0]) + 1
    return at == size
