"""Writing of BGZF, the blocked gzip of BAM and of bgzipped text, without a clock or a name in it."""

from __future__ import annotations

import os
import struct
import zlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

import deflate

# htslib's own payload size: even incompressible bytes then fit the 64 KiB that BSIZE can state.
BLOCK_PAYLOAD_BYTES = 0xFF00
HEADER = struct.Struct("<4sIBBHBBHH")
END_OF_FILE_BLOCK = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def compress_block(payload: bytes | memoryview, level: int) -> bytes:
    """Return one complete BGZF block of at most `BLOCK_PAYLOAD_BYTES` of payload."""
    body = deflate.deflate_compress(payload, level)
    block_size = HEADER.size + len(body) + 8
    header = HEADER.pack(b"\x1f\x8b\x08\x04", 0, 0, 255, 6, 66, 67, 2, block_size - 1)
    return header + body + struct.pack("<II", zlib.crc32(payload), len(payload))


class BgzfWriter:
    """A file of BGZF blocks; `with` completes it with the end-of-file block.

    Parameters
    ----------
    path : path-like
        The file, created or replaced.
    level : int
        Compression level of libdeflate, 1 (fast) to 12 (small).
    threads : int
        Threads that compress; the bytes written do not depend on it.
    """

    def __init__(self, path: str | os.PathLike[str], *, level: int = 6, threads: int = 1) -> None:
        self._stream = open(path, "wb")  # noqa: SIM115 - closed by __exit__
        self._level = level
        self._remainder = b""
        self._pool = ThreadPoolExecutor(threads)
        self._blocks: deque[Future[bytes]] = deque()
        self._max_waiting = 4 * threads

    def write(self, payload: bytes | memoryview) -> None:
        """Append bytes; whole blocks go to the compressors, the rest waits for more."""
        payload = b"".join((self._remainder, payload)) if self._remainder else payload
        whole = len(payload) - len(payload) % BLOCK_PAYLOAD_BYTES
        view = memoryview(payload)
        for start in range(0, whole, BLOCK_PAYLOAD_BYTES):
            self._compress(view[start : start + BLOCK_PAYLOAD_BYTES])
        self._remainder = bytes(view[whole:])

    def _compress(self, payload: bytes | memoryview) -> None:
        self._blocks.append(self._pool.submit(compress_block, payload, self._level))
        while len(self._blocks) > self._max_waiting:
            self._stream.write(self._blocks.popleft().result())

    def _finish(self) -> None:
        if self._remainder:
            self._compress(self._remainder)
        while self._blocks:
            self._stream.write(self._blocks.popleft().result())
        self._stream.write(END_OF_FILE_BLOCK)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._pool.shutdown()
            self._stream.close()


def write_bgzf(path: str | os.PathLike[str], payload: bytes) -> None:
    """Write `payload` as one bgzipped file."""
    with BgzfWriter(path) as writer:
        writer.write(payload)
