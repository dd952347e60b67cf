"""Reading of BAI and CSI indexes: where each contig begins, so that contigs can be walked side by side."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import compiled
from kernels.errors import KernelError
from kernels.io.bgzf import FileSource, Inflater, VirtualOffset
from kernels.io.little_endian import ByteArray, i64, u32

BAI_MAGIC, CSI_MAGIC = b"BAI\1", b"CSI\1"
MAX_INDEX_BYTES = 1 << 30
NO_CHUNK = np.iinfo(np.int64).max


@compiled
def scan_index(
    data: ByteArray, at: int, is_csi: bool, pseudo_bin: int, begins: NDArray[np.int64], ends: NDArray[np.int64]
) -> bool:
    """Find the first and last virtual offset of each contig's chunks; False if the bytes are not an index."""
    for contig in range(len(begins)):
        if at + 4 > len(data):
            return False
        bins = u32(data, at)
        at += 4
        for _ in range(bins):
            head = 16 if is_csi else 8
            if at + head > len(data):
                return False
            number, chunks = u32(data, at), u32(data, at + head - 4)
            at += head
            if at + 16 * chunks > len(data):
                return False
            for chunk in range(chunks):
                if number != pseudo_bin:
                    begins[contig] = min(begins[contig], i64(data, at + 16 * chunk))
                    ends[contig] = max(ends[contig], i64(data, at + 16 * chunk + 8))
            at += 16 * chunks
        if not is_csi:
            if at + 4 > len(data):
                return False
            at += 4 + 8 * u32(data, at)
    return at <= len(data)


def find_index(path: str | os.PathLike[str]) -> Path | None:
    """Return the index that lies beside an alignment file, or None."""
    name = os.fspath(path)
    candidates = [f"{name}.bai", f"{name}.csi", f"{name.removesuffix('.bam')}.bai"]
    return next((Path(candidate) for candidate in candidates if os.path.isfile(candidate)), None)


def contig_ranges(index: Path, contig_count: int) -> tuple[list[VirtualOffset | None], VirtualOffset | None]:
    """Return where the records of each contig begin, and where the last contig's records end.

    Raises
    ------
    KernelError
        `index_unusable`.
    """
    data = _content(index)
    if data[:4].tobytes() == BAI_MAGIC:
        at, is_csi, pseudo_bin = 4, False, 37450
    elif data[:4].tobytes() == CSI_MAGIC and len(data) >= 16:
        depth = u32(data, 8)
        at, is_csi = 16 + u32(data, 12), True
        pseudo_bin = ((1 << 3 * (min(depth, 15) + 1)) - 1) // 7 + 1
    else:
        raise _unusable(index)
    begins = np.full(contig_count, NO_CHUNK, dtype=np.int64)
    ends = np.zeros(contig_count, dtype=np.int64)
    if at + 4 > len(data) or u32(data, at) != contig_count:
        raise _unusable(index)
    if not scan_index(data, at + 4, is_csi, pseudo_bin, begins, ends):
        raise _unusable(index)
    starts = [None if begin == NO_CHUNK else _split(begin) for begin in begins.tolist()]
    return starts, _split(int(ends.max())) if contig_count and ends.max() > 0 else None


def _split(offset: int) -> VirtualOffset:
    return offset >> 16, offset & 0xFFFF


def _content(index: Path) -> ByteArray:
    source = FileSource(index)
    try:
        if source.size > MAX_INDEX_BYTES:
            raise _unusable(index)
        data = np.empty(source.size, dtype=np.uint8)
        filled = source.read_at(0, data.data) if source.size else 0
        return _inflated(source) if data[:2].tobytes() == b"\x1f\x8b" else data[:filled]
    finally:
        source.close()


def _inflated(source: FileSource) -> ByteArray:
    inflater, pieces, room = Inflater(source), [], np.empty(1 << 20, dtype=np.uint8)
    while not inflater.is_done:
        pieces.append(room[: inflater.fill(room, 0)].copy())
    return np.concatenate(pieces)


def _unusable(index: Path) -> KernelError:
    return KernelError(
        "index_unusable", f"{index.name} is not an index of this alignment file: index the file again.", file=index.name
    )
