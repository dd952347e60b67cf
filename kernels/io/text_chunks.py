"""Text files in large chunks of whole lines, whether plain, gzip or BGZF, with every block checked."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from kernels.errors import KernelError
from kernels.io.bgzf import FileSource, Inflater

CHUNK_BYTES = 8 << 20
COMPRESSED_CHUNK_BYTES = 1 << 20
GZIP_MAGIC = b"\x1f\x8b"
BGZF_HEADER_BYTES = 18


def line_chunks(path: str | os.PathLike[str]) -> Iterator[bytes]:
    """Yield the text of a file in chunks that end with a line feed (the last one may lack it).

    Raises
    ------
    KernelError
        `file_unreadable`, `gzip_truncated`, `gzip_corrupt`, `bgzf_truncated` or `bgzf_corrupt`.
    """
    remainder: list[bytes] = []
    for text in _pieces(path):
        cut = text.rfind(b"\n") + 1
        if cut == 0:
            remainder.append(text)
            continue
        yield b"".join((*remainder, text[:cut]))
        remainder = [text[cut:]]
    if last := b"".join(remainder):
        yield last


def is_bgzf(head: bytes) -> bool:
    """Return whether the first 18 bytes of a file are a BGZF block header."""
    return len(head) == BGZF_HEADER_BYTES and head[:4] == b"\x1f\x8b\x08\x04" and head[12:14] == b"BC"


def _pieces(path: str | os.PathLike[str]) -> Iterator[bytes]:
    name = Path(path).name
    try:
        stream = open(path, "rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise KernelError("file_unreadable", f"{name} cannot be opened: {error.strerror}.", file=name) from error
    with stream:
        head = stream.read(BGZF_HEADER_BYTES)
        stream.seek(0)
        if is_bgzf(head):
            yield from _bgzf_pieces(path)
        elif head.startswith(GZIP_MAGIC):
            yield from _gzip_pieces(stream, name)
        else:
            yield from iter(lambda: stream.read(CHUNK_BYTES), b"")


def _bgzf_pieces(path: str | os.PathLike[str]) -> Iterator[bytes]:
    source = FileSource(path)
    try:
        source.require_complete()
        inflater = Inflater(source)
        room = np.empty(CHUNK_BYTES, dtype=np.uint8)
        while not inflater.is_done:
            end = inflater.fill(room, 0)
            yield room[:end].tobytes()
    finally:
        source.close()


def _gzip_pieces(stream: BinaryIO, name: str) -> Iterator[bytes]:
    inflater = zlib.decompressobj(wbits=31)
    pending = stream.read(COMPRESSED_CHUNK_BYTES)
    while pending:
        try:
            text = inflater.decompress(pending)
        except zlib.error as error:
            raise KernelError(
                "gzip_corrupt", f"{name} is damaged: its gzip stream cannot be read. Copy it again.", file=name
            ) from error
        if text:
            yield text
        pending = inflater.unused_data or stream.read(COMPRESSED_CHUNK_BYTES)
        if inflater.eof and pending:
            inflater = zlib.decompressobj(wbits=31)
    if not inflater.eof:
        raise KernelError(
            "gzip_truncated", f"{name} is cut off: its gzip stream does not end. Copy or make it again.", file=name
        )
