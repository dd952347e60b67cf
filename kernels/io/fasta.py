"""Reader of reference sequences: FASTA, plain or compressed, with or without an index."""

from __future__ import annotations

import mmap
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pysam
from numpy.typing import NDArray

from kernels.errors import KernelError
from kernels.intervals import Intervals, length_bp, make, merge
from kernels.io.freshness import require_fresh_index
from kernels.io.text_chunks import line_chunks

ByteArray = NDArray[np.uint8]

FAI_COLUMNS = 5
# Below this share of a contig, reading only the windows that are asked for is faster than reading all of it.
MAX_WINDOW_SHARE = 0.25
MAX_WINDOW_GAP_BP = 2048
NOT_LOADED = 0
SMALLEST_SPARSE_BP = 1 << 22
BATCH_LINES = 1 << 16


class SequenceLayout(NamedTuple):
    """Where a sequence lies in an indexed FASTA file."""

    length_bp: int
    offset_bytes: int
    line_bases: int
    line_bytes: int


@dataclass(frozen=True)
class Reference:
    """The sequences of a FASTA file.

    Attributes
    ----------
    path : Path
    layouts : mapping of contig to SequenceLayout
        In file order. Empty layouts (offset -1) belong to sequences held in `loaded`.
    loaded : mapping of contig to uint8 array
        Sequences of a file without an index, which is read whole.
    is_compressed : bool
    """

    path: Path
    layouts: Mapping[str, SequenceLayout]
    loaded: Mapping[str, ByteArray]
    is_compressed: bool

    @property
    def lengths(self) -> dict[str, int]:
        """Length in bases of every sequence."""
        return {contig: layout.length_bp for contig, layout in self.layouts.items()}

    def sequence(self, contig: str) -> ByteArray:
        """Return the letters of a whole sequence as they stand in the file, as uint8."""
        if contig in self.loaded:
            return self.loaded[contig]
        if self.is_compressed:
            with pysam.FastaFile(os.fspath(self.path)) as fasta:
                return np.frombuffer(fasta.fetch(contig).encode("ascii"), dtype=np.uint8)
        return self._read_lines(self.layouts[contig])

    def windows(self, contig: str, wanted: Intervals) -> tuple[ByteArray, bool]:
        """Return a sequence of which at least the wanted intervals are loaded.

        Parameters
        ----------
        contig : str
        wanted : Intervals
            In any order; clipped to the sequence.

        Returns
        -------
        sequence : uint8 array (length of the contig,)
            `NOT_LOADED` where nothing was read.
        is_whole : bool
        """
        layout = self.layouts[contig]
        starts, ends = np.maximum(wanted.starts, 0), np.minimum(wanted.ends, layout.length_bp)
        merged = merge(make(starts, ends), MAX_WINDOW_GAP_BP)
        if contig in self.loaded or self.is_compressed or length_bp(merged) > MAX_WINDOW_SHARE * layout.length_bp:
            return self.sequence(contig), True
        sequence = _sparse(layout.length_bp)
        with open(self.path, "rb", buffering=0) as stream:
            for start, end in zip(merged.starts.tolist(), merged.ends.tolist(), strict=True):
                sequence[start:end] = self._letters(stream.fileno(), layout, start, end)
        return sequence, False

    def _read_lines(self, layout: SequenceLayout) -> ByteArray:
        """Read a whole sequence, a batch of lines at a time: a genome must not lie in memory twice."""
        sequence = np.empty(layout.length_bp, dtype=np.uint8)
        whole_lines = layout.length_bp // layout.line_bases
        with open(self.path, "rb", buffering=0) as stream:
            stream.seek(layout.offset_bytes)
            for first in range(0, whole_lines, BATCH_LINES):
                count = min(BATCH_LINES, whole_lines - first)
                lines = np.fromfile(stream, dtype=np.uint8, count=count * layout.line_bytes)
                # The last line of a file may lack its line feed.
                lines.resize(count * layout.line_bytes, refcheck=False)
                letters = lines.reshape(count, layout.line_bytes)[:, : layout.line_bases]
                if letters.min() <= ord(" "):
                    raise _unusable(self.path.name, "its index does not fit its lines: index it again")
                place = slice(first * layout.line_bases, (first + count) * layout.line_bases)
                sequence[place].reshape(count, layout.line_bases)[:] = letters
            done = whole_lines * layout.line_bases
            sequence[done:] = self._letters(stream.fileno(), layout, done, layout.length_bp)
        return sequence

    def _letters(self, descriptor: int, layout: SequenceLayout, start: int, end: int) -> ByteArray:
        first, last = (
            layout.offset_bytes + position // layout.line_bases * layout.line_bytes + position % layout.line_bases
            for position in (start, end)
        )
        letters = os.pread(descriptor, last - first, first).translate(None, b"\r\n")
        if len(letters) != end - start:
            raise _unusable(self.path.name, "its index describes more bases than the file has: index it again")
        return np.frombuffer(letters, dtype=np.uint8)


def _sparse(length_bp: int) -> ByteArray:
    """Return zeros of which only the pages that are written to take up memory."""
    if length_bp < SMALLEST_SPARSE_BP:
        return np.zeros(length_bp, dtype=np.uint8)
    memory = mmap.mmap(-1, length_bp)
    # A huge page would make every window cost two megabytes.
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        memory.madvise(mmap.MADV_NOHUGEPAGE)
    return np.frombuffer(memory, dtype=np.uint8)


def open_reference(path: str | os.PathLike[str]) -> Reference:
    """Open a FASTA file through its `.fai`, or read it whole where there is none.

    Raises
    ------
    KernelError
        `reference_unreadable`, `index_stale`, or an error of the compressed stream.
    """
    fasta, index = Path(path), Path(f"{os.fspath(path)}.fai")
    if not fasta.is_file():
        raise _unusable(fasta.name, "there is no such file")
    with open(fasta, "rb") as stream:
        head = stream.read(2)
    is_compressed = head == b"\x1f\x8b"
    if not index.is_file() or (is_compressed and not Path(f"{fasta}.gzi").is_file()):
        return _read_whole(fasta)
    require_fresh_index(index, fasta)
    return Reference(fasta, _read_index(index), {}, is_compressed)


def _read_index(index: Path) -> dict[str, SequenceLayout]:
    layouts = {}
    for line in index.read_text(encoding="utf-8").splitlines():
        columns = line.split("\t")
        if len(columns) < FAI_COLUMNS or not all(column.isdigit() for column in columns[1:FAI_COLUMNS]):
            raise _unusable(index.name, "it is not a FASTA index: make it again")
        length, offset, bases, width = map(int, columns[1:FAI_COLUMNS])
        layouts[columns[0]] = SequenceLayout(length, offset, max(bases, 1), max(width, 1))
    if not layouts:
        raise _unusable(index.name, "it lists no sequence")
    return layouts


def _read_whole(fasta: Path) -> Reference:
    text = b"".join(line_chunks(fasta)).replace(b"\r", b"")
    if not text.startswith(b">"):
        raise _unusable(fasta.name, "it does not begin with '>'")
    loaded: dict[str, ByteArray] = {}
    for entry in text[1:].split(b"\n>"):
        title, _, letters = entry.partition(b"\n")
        name = (title.split() or [b""])[0].decode("utf-8", "replace")
        loaded[name] = np.frombuffer(letters.replace(b"\n", b""), dtype=np.uint8)
    layouts = {name: SequenceLayout(len(letters), -1, 1, 1) for name, letters in loaded.items()}
    return Reference(fasta, layouts, loaded, is_compressed=False)


def _unusable(name: str, reason: str) -> KernelError:
    return KernelError("reference_unreadable", f"The reference {name} cannot be used: {reason}.", file=name)
