"""Reading of BAM: the header, and records in batches of raw bytes for compiled code to walk."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kernels.errors import KernelError
from kernels.io.bgzf import ByteSource, Inflater, VirtualOffset
from kernels.io.little_endian import ByteArray

MAGIC = b"BAM\1"
BATCH_BYTES = 1 << 21
# The longest nanopore reads, with their signal tables, take some 30 MB: a length beyond twice that is damage.
MAX_RECORD_BYTES = 1 << 26
MAX_HEADER_BYTES = 1 << 28
MAX_CONTIGS = 1 << 24


@dataclass(frozen=True)
class ReadGroup:
    """One @RG line."""

    identifier: str
    sample: str | None
    library: str | None


@dataclass(frozen=True)
class AlignmentHeader:
    """Header of an alignment file.

    Attributes
    ----------
    contigs : tuple of str
    lengths_bp : tuple of int
    sort_order : str or None
        SO of the @HD line.
    read_groups : tuple of ReadGroup
    """

    contigs: tuple[str, ...]
    lengths_bp: tuple[int, ...]
    sort_order: str | None
    read_groups: tuple[ReadGroup, ...]

    @property
    def contig_lengths(self) -> dict[str, int]:
        return dict(zip(self.contigs, self.lengths_bp, strict=True))

    @property
    def samples(self) -> tuple[str, ...]:
        """Distinct sample names of the read groups, in order."""
        return tuple(dict.fromkeys(group.sample for group in self.read_groups if group.sample))


class RecordStream:
    """Inflated BAM bytes, handed out in batches that the caller consumes from the front.

    Attributes
    ----------
    batch : uint8 array
    start, stop : int
        Unconsumed bytes are `batch[start:stop]`. The caller moves `start` forward past whole records.
    """

    def __init__(
        self,
        source: ByteSource,
        begin: VirtualOffset = (0, 0),
        end: VirtualOffset | None = None,
        on_read: Callable[[int], None] | None = None,
    ) -> None:
        self.name = source.name
        self._inflater = Inflater(source, begin, end, on_read)
        self.batch: ByteArray = np.empty(BATCH_BYTES, dtype=np.uint8)
        self.start = self.stop = 0

    def fill(self) -> bool:
        """Add inflated bytes behind the unconsumed ones; False when there are no more."""
        kept = self.stop - self.start
        if kept > len(self.batch) // 2:
            self._grow(kept)
        self.batch[:kept] = self.batch[self.start : self.stop].copy()
        self.start, self.stop = 0, self._inflater.fill(self.batch, kept)
        if self.stop == kept and not self._inflater.is_done:
            self._grow(2 * kept)
            self.stop = self._inflater.fill(self.batch, kept)
        return self.stop > kept

    def require_end(self) -> None:
        """Refuse bytes that are left over: the file stops inside a record."""
        if self.stop > self.start:
            raise record_truncated(self.name)

    def _grow(self, kept: int) -> None:
        if kept > MAX_RECORD_BYTES:
            raise KernelError(
                "bam_record_corrupt",
                f"{self.name} holds a record of more than {MAX_RECORD_BYTES} bytes: it is damaged.",
                file=self.name,
            )
        larger = np.empty(2 * len(self.batch) + kept, dtype=np.uint8)
        larger[: self.stop] = self.batch[: self.stop]
        self.batch = larger

    def take(self, count: int) -> bytes:
        """Consume exactly `count` bytes."""
        while self.stop - self.start < count:
            if not self.fill():
                raise record_truncated(self.name)
        taken = self.batch[self.start : self.start + count].tobytes()
        self.start += count
        return taken


def record_truncated(name: str) -> KernelError:
    return KernelError(
        "bam_truncated", f"{name} ends in the middle of a record or header: copy or make the file again.", file=name
    )


def read_header(stream: RecordStream) -> tuple[AlignmentHeader, int]:
    """Consume the header at the front of a stream.

    Returns
    -------
    header : AlignmentHeader
    inflated_bytes : int
        Inflated bytes that the header takes.

    Raises
    ------
    KernelError
        `bam_header` or `bam_truncated`.
    """
    if stream.take(4) != MAGIC:
        raise _bad_header(stream.name, "it does not begin like a BAM file")
    text_length = _take_count(stream, MAX_HEADER_BYTES, "header text")
    text = stream.take(text_length).rstrip(b"\0").decode("utf-8", "replace")
    used = 8 + text_length + 4
    names, lengths = [], []
    for _ in range(_take_count(stream, MAX_CONTIGS, "contigs")):
        name_length = _take_count(stream, 1 << 16, "contig name")
        names.append(stream.take(name_length).rstrip(b"\0").decode("utf-8", "replace"))
        lengths.append(_take_count(stream, 1 << 31, "contig length"))
        used += 8 + name_length
    if len(set(names)) != len(names):
        raise _bad_header(stream.name, "it names a contig twice")
    return AlignmentHeader(tuple(names), tuple(lengths), _sort_order(text), _read_groups(text)), used


def _take_count(stream: RecordStream, limit: int, what: str) -> int:
    (count,) = struct.unpack("<i", stream.take(4))
    if not 0 <= count < limit:
        raise _bad_header(stream.name, f"the number of {what} is {count}")
    return int(count)


def _bad_header(name: str, reason: str) -> KernelError:
    return KernelError("bam_header", f"{name} has no usable BAM header: {reason}.", file=name)


def _fields(line: str) -> dict[str, str]:
    return {field[:2]: field[3:] for field in line.split("\t")[1:] if field[2:3] == ":"}


def _sort_order(text: str) -> str | None:
    first = text.split("\n", 1)[0]
    return _fields(first).get("SO") if first.startswith("@HD\t") else None


def _read_groups(text: str) -> tuple[ReadGroup, ...]:
    rows = (_fields(line.rstrip("\r")) for line in text.split("\n") if line.startswith("@RG\t"))
    return tuple(ReadGroup(row.get("ID", ""), row.get("SM"), row.get("LB")) for row in rows)
