"""Text files in large chunks of whole lines, whether plain, gzip or BGZF, with every block checked."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import deflate

from kernels.errors import KernelError

CHUNK_BYTES = 8 << 20
COMPRESSED_CHUNK_BYTES = 1 << 20
GZIP_MAGIC = b"\x1f\x8b"
BGZF_HEADER_BYTES = 18
GZIP_TRAILER = struct.Struct("<II")


def line_chunks(path: str | os.PathLike[str]) -> Iterator[bytes]:
    """Yield the text of a file in chunks that end with a line feed (the last one may lack it).

    Raises
    ------
    KernelError
        `file_missing`, `gzip_truncated`, `gzip_damaged`, or `bgzf_truncated`.
    """
    remainder = b""
    for text in _pieces(path):
        cut = text.rfind(b"\n") + 1
        if cut == 0:
            remainder += text
            continue
        yield remainder + text[:cut] if remainder else text[:cut]
        remainder = text[cut:]
    if remainder:
        yield remainder


def _pieces(path: str | os.PathLike[str]) -> Iterator[bytes]:
    try:
        stream = open(path, "rb")  # noqa: SIM115 - closed below
    except OSError as error:
        name = Path(path).name
        raise KernelError("file_missing", f"{name} cannot be opened ({error.strerror}).", file=name) from error
    with stream:
        head = stream.read(BGZF_HEADER_BYTES)
        stream.seek(0)
        if is_bgzf(head):
            yield from _bgzf_pieces(stream, Path(path).name)
        elif head.startswith(GZIP_MAGIC):
            yield from _gzip_pieces(stream, Path(path).name)
        else:
            yield from iter(lambda: stream.read(CHUNK_BYTES), b"")


def is_bgzf(head: bytes) -> bool:
    """Return whether the first 18 bytes of a file are a BGZF block header."""
    return len(head) == BGZF_HEADER_BYTES and head[:4] == b"\x1f\x8b\x08\x04" and head[12:14] == b"BC"


def _bgzf_pieces(stream: BinaryIO, name: str) -> Iterator[bytes]:
    held, last_size = b"", -1
    while fresh := stream.read(COMPRESSED_CHUNK_BYTES):
        held += fresh
        texts, offset = [], 0
        while (size := _block_size(held, offset, name)) and offset + size <= len(held):
            texts.append(inflate_block(held, offset, size, name))
            offset, last_size = offset + size, len(texts[-1])
        held = held[offset:]
        yield b"".join(texts)
    # A file that is cut at a block border reads well to its end: only the empty last block says that it is whole.
    if held or last_size != 0:
        raise KernelError(
            "bgzf_truncated",
            f"{name} is cut off: its last bgzip block is missing or incomplete. Copy or make the file again.",
            file=name,
        )


def _block_size(held: bytes, offset: int, name: str) -> int:
    """Return the size of the block at an offset, or 0 if its header is not here yet."""
    if len(held) - offset < BGZF_HEADER_BYTES:
        return 0
    if not is_bgzf(held[offset : offset + BGZF_HEADER_BYTES]):
        raise _damaged(name)
    return int.from_bytes(held[offset + 16 : offset + 18], "little") + 1


def inflate_block(held: bytes, offset: int, size: int, name: str) -> bytes:
    """Return the text of one complete BGZF block, its length and CRC checked."""
    if size < BGZF_HEADER_BYTES + GZIP_TRAILER.size:
        raise _damaged(name)
    checksum, length = GZIP_TRAILER.unpack_from(held, offset + size - GZIP_TRAILER.size)
    if length == 0:
        return b""
    body = memoryview(held)[offset + BGZF_HEADER_BYTES : offset + size - GZIP_TRAILER.size]
    try:
        text = deflate.deflate_decompress(body, length)
    except deflate.DeflateError as error:
        raise _damaged(name) from error
    if len(text) != length or deflate.crc32(text) != checksum:
        raise _damaged(name)
    return bytes(text)


def _gzip_pieces(stream: BinaryIO, name: str) -> Iterator[bytes]:
    inflater = zlib.decompressobj(wbits=31)
    pending = stream.read(COMPRESSED_CHUNK_BYTES)
    while pending:
        try:
            text = inflater.decompress(pending)
        except zlib.error as error:
            raise _damaged(name) from error
        if text:
            yield text
        pending = inflater.unused_data or stream.read(COMPRESSED_CHUNK_BYTES)
        if inflater.eof and pending:
            inflater = zlib.decompressobj(wbits=31)
    if not inflater.eof:
        raise KernelError(
            "gzip_truncated", f"{name} is cut off: the gzip stream does not end. Copy or make the file again.", file=name
        )


def _damaged(name: str) -> KernelError:
    return KernelError(
        "gzip_damaged", f"{name} is damaged: a compressed block does not hold what it says. Copy it again.", file=name
    )
