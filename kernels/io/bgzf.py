"""Reading of BGZF: blocks found, inflated in batches and checked.

A block is a whole gzip member, so one library call inflates it and checks its CRC and its length. The call releases
the interpreter lock: threads that read different ranges of one file run side by side.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import deflate
import numpy as np
from numpy.typing import NDArray

from kernels.compiled import compiled
from kernels.errors import KernelError
from kernels.io.little_endian import ByteArray, u16, u32

Blocks = NDArray[np.int64]
# Offset of a block in the file, and of a byte in the inflated block.
VirtualOffset = tuple[int, int]

END_OF_FILE_BLOCK = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
MAX_BLOCK_BYTES = 1 << 16
SMALLEST_BLOCK_BYTES = 26
READ_BYTES = 1 << 20
BLOCKS_PER_SCAN = 4096

SCAN_DONE, SCAN_BAD = 0, 1


class ByteSource(Protocol):
    """Compressed bytes: a file that is read anywhere, or a pipe that is read once."""

    name: str

    def read_at(self, offset: int, into: memoryview) -> int:
        """Read up to `len(into)` bytes from `offset`; 0 only at the end. A pipe is read in order."""


class FileSource:
    """A regular file, read by offset: threads share it without a seek."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.name = Path(path).name
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise KernelError(
                "file_unreadable", f"{self.name} cannot be opened: {error.strerror}.", file=self.name
            ) from error
        self.size = os.fstat(self._descriptor).st_size

    def read_at(self, offset: int, into: memoryview) -> int:
        return os.preadv(self._descriptor, [into], offset)

    def require_complete(self) -> None:
        """Refuse a file that lacks BGZF's end-of-file block."""
        tail = bytearray(len(END_OF_FILE_BLOCK))
        self.read_at(max(self.size - len(tail), 0), memoryview(tail))
        if bytes(tail) != END_OF_FILE_BLOCK:
            raise truncated(self.name)

    def close(self) -> None:
        os.close(self._descriptor)


def corrupt(name: str, offset: int) -> KernelError:
    return KernelError(
        "bgzf_corrupt",
        f"{name} is damaged at byte {offset}: a compressed block does not hold what it says. Copy the file again.",
        file=name, offset=offset,
    )  # fmt: skip


def truncated(name: str) -> KernelError:
    return KernelError(
        "bgzf_truncated",
        f"{name} is cut off: its last block is missing or incomplete. Copy or make the file again.",
        file=name,
    )


def inflate(block: memoryview, inflated: int, name: str, offset: int) -> bytearray:
    """Return the bytes of one whole block; its CRC and length are checked by the same call."""
    try:
        content = deflate.gzip_decompress(block, inflated) if inflated else bytearray()
    except deflate.DeflateError as error:
        raise corrupt(name, offset) from error
    if len(content) != inflated:
        raise corrupt(name, offset)
    return bytearray(content) if not isinstance(content, bytearray) else content


@compiled
def _extra_field_size(data: ByteArray, at: int, extra_end: int) -> int:
    """Return BSIZE (block size - 1) from the BC subfield, or -1."""
    while at + 4 <= extra_end:
        length = u16(data, at + 2)
        if data[at] == 66 and data[at + 1] == 67 and length == 2 and at + 6 <= extra_end:
            return u16(data, at + 4)
        at += 4 + length
    return -1


@compiled
def scan_blocks(data: ByteArray, stop: int, blocks: Blocks) -> tuple[int, int, int]:
    """Find whole blocks in `data[0:stop]`.

    Parameters
    ----------
    data : uint8 array
    stop : int
        Bytes of `data` that are filled.
    blocks : int64 array (n, 3)
        Filled with offset, compressed bytes and inflated bytes of each block.

    Returns
    -------
    count, next, status : int
        Blocks found, offset of the first byte not covered, SCAN_DONE or SCAN_BAD (what is there is not a block).
    """
    at, count = 0, 0
    while count < len(blocks) and stop - at >= 18:
        if data[at] != 31 or data[at + 1] != 139 or data[at + 2] != 8 or data[at + 3] != 4:
            return count, at, SCAN_BAD
        extra_end = at + 12 + u16(data, at + 10)
        if extra_end > stop:
            break
        size = _extra_field_size(data, at + 12, extra_end) + 1
        if size < SMALLEST_BLOCK_BYTES or at + size < extra_end + 8:
            return count, at, SCAN_BAD
        if at + size > stop:
            break
        inflated = u32(data, at + size - 4)
        if inflated > MAX_BLOCK_BYTES:
            return count, at, SCAN_BAD
        blocks[count, 0], blocks[count, 1], blocks[count, 2] = at, size, inflated
        count += 1
        at += size
    return count, at, SCAN_DONE


class Inflater:
    """The inflated bytes of a range of a BGZF file, in order.

    Parameters
    ----------
    source : ByteSource
    begin : (int, int)
        Virtual offset of the first byte: offset of its block in the file, and its offset in the inflated block.
    end : (int, int), optional
        Virtual offset at which to stop; without it, the end of the file.
    on_read : callable, optional
        Told the number of compressed bytes used: progress.
    """

    def __init__(
        self,
        source: ByteSource,
        begin: VirtualOffset = (0, 0),
        end: VirtualOffset | None = None,
        on_read: Callable[[int], None] | None = None,
    ) -> None:
        self._source, self._end, self._on_read = source, end, on_read
        self._block_at, self._skip = begin
        self._compressed = np.empty(READ_BYTES + 2 * MAX_BLOCK_BYTES, dtype=np.uint8)
        self._unused = 0
        self._used = 0
        self._blocks = np.empty((BLOCKS_PER_SCAN, 3), dtype=np.int64)
        self._waiting: list[list[int]] = []
        self._next = 0
        self.is_done = end == begin

    def fill(self, target: ByteArray, at: int) -> int:
        """Write inflated blocks into `target` from index `at` on, as many as fit.

        Returns
        -------
        int
            The index after the last byte written. `is_done` is set once the range is exhausted.

        Raises
        ------
        KernelError
            `bgzf_corrupt` or `bgzf_truncated`.
        """
        room, compressed = target.data, self._compressed.data
        while not self.is_done:
            if self._next == len(self._waiting) and not self._read_blocks():
                self.is_done = True
                break
            offset, size, inflated = self._waiting[self._next]
            if len(target) - at < inflated:
                break
            at = self._take(compressed[offset : offset + size], inflated, room, at)
            self._next += 1
        return at

    def _take(self, block: memoryview, inflated: int, room: memoryview, at: int) -> int:
        is_last = self._end is not None and self._block_at >= self._end[0]
        limit = self._end[1] if is_last and self._end is not None and self._block_at == self._end[0] else inflated
        if is_last:
            self.is_done = True
            limit = 0 if self._end is not None and self._block_at > self._end[0] else limit
        if limit > 0:
            content = inflate(block, inflated, self._source.name, self._block_at)
            wanted = content if limit == inflated and not self._skip else content[self._skip : limit]
            room[at : at + len(wanted)] = wanted
            at += len(wanted)
            self._skip = 0
        self._block_at += len(block)
        return at

    def _read_blocks(self) -> bool:
        """Find the next whole blocks; False at the end of the file."""
        kept = self._unused - self._used
        self._compressed[:kept] = self._compressed[self._used : self._unused]
        room = self._compressed.data[kept : kept + READ_BYTES]
        fresh = self._source.read_at(self._block_at + kept, room)
        if self._on_read is not None:
            self._on_read(fresh)
        self._unused = kept + fresh
        count, self._used, status = scan_blocks(self._compressed, self._unused, self._blocks)
        if status == SCAN_BAD and count == 0:
            raise corrupt(self._source.name, self._block_at)
        if count == 0 and fresh:
            return self._read_blocks()
        if count == 0 and kept:
            raise truncated(self._source.name)
        self._waiting, self._next = self._blocks[:count].tolist(), 0
        return count > 0
