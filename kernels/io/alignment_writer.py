"""Writing of BAM from arrays: records of one read length, assembled column by column."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import numpy.typing as npt
import pysam

from kernels.io.bgzf_writer import BgzfWriter

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

# Records are scattered through an index as large as their bytes: small batches stay in the cache.
SCATTER_RECORDS = 8192


@dataclass(frozen=True)
class AlignmentColumns:
    """Alignment records in file order, all with reads of one length and tags of one size.

    Attributes
    ----------
    contig, position : int32 array, shape (n,)
        Index of the contig and 0-based leftmost position, -1 where there is none.
    mapping_quality : uint8 array, shape (n,)
    flag : uint16 array, shape (n,)
    mate_contig, mate_position, template_length : int32 array, shape (n,)
    names : uint8 array, shape (n, name length)
        ASCII of the read names, without the closing zero.
    cigar_lengths : uint8 array, shape (n,)
        How many of `cigars` each record has.
    cigars : uint32 array, shape (n, longest CIGAR)
        BAM's packed operations.
    reference_spans : int32 array, shape (n,)
        Bases of the reference that each record covers.
    sequences : uint8 array, shape (n, ceil(read length / 2))
        BAM's packed bases.
    qualities : uint8 array, shape (n, read length)
    tags : uint8 array, shape (n, tag bytes)
        Optional fields, encoded.
    """

    contig: I32
    position: I32
    mapping_quality: U8
    flag: U16
    mate_contig: I32
    mate_position: I32
    template_length: I32
    names: U8
    cigar_lengths: U8
    cigars: U32
    reference_spans: I32
    sequences: U8
    qualities: U8
    tags: U8

    def __len__(self) -> int:
        return len(self.contig)

    def rows(self, selection: slice | npt.NDArray[np.bool_] | I64) -> Self:
        """Return the selected records."""
        return type(self)(*(getattr(self, field.name)[selection] for field in fields(self)))


def packed_bases(nibbles: U8) -> U8:
    """Pack BAM base codes (1, 2, 4, 8, 15), shape (n, length), two to a byte."""
    if nibbles.shape[1] % 2:
        nibbles = np.pad(nibbles, ((0, 0), (0, 1)))
    return (nibbles[:, 0::2] << np.uint8(4)) | nibbles[:, 1::2]


def index_bins(starts: I32, ends: I32) -> U16:
    """Return the BAI bin of each half-open interval (SAM specification, section 5.3)."""
    last = np.maximum(ends, starts + 1).astype(np.int64) - 1
    first = starts.astype(np.int64)
    bins = np.zeros(len(starts), dtype=np.int64)
    for shift, offset in ((26, 1), (23, 9), (20, 73), (17, 585), (14, 4681)):
        same = (first >> shift) == (last >> shift)
        bins[same] = offset + (first[same] >> shift)
    bins[starts < 0] = 4680
    return bins.astype(np.uint16)


def _layout(columns: AlignmentColumns, operations: int) -> np.dtype[np.void]:
    return np.dtype(
        [
            ("block_size", "<i4"),
            ("contig", "<i4"),
            ("position", "<i4"),
            ("name_length", "u1"),
            ("mapping_quality", "u1"),
            ("bin", "<u2"),
            ("operations", "<u2"),
            ("flag", "<u2"),
            ("read_length", "<i4"),
            ("mate_contig", "<i4"),
            ("mate_position", "<i4"),
            ("template_length", "<i4"),
            ("name", "u1", (columns.names.shape[1],)),
            ("name_end", "u1"),
            ("cigar", "<u4", (operations,)),
            ("sequence", "u1", (columns.sequences.shape[1],)),
            ("qualities", "u1", (columns.qualities.shape[1],)),
            ("tags", "u1", (columns.tags.shape[1],)),
        ]
    )


def _records_of_one_layout(columns: AlignmentColumns, operations: int) -> U8:
    layout = _layout(columns, operations)
    records = np.zeros(len(columns), dtype=layout)
    records["block_size"] = layout.itemsize - 4
    records["name_length"] = columns.names.shape[1] + 1
    records["bin"] = index_bins(columns.position, columns.position + columns.reference_spans)
    records["operations"] = operations
    records["read_length"] = columns.qualities.shape[1]
    records["cigar"] = columns.cigars[:, :operations]
    records["name"] = columns.names
    records["sequence"] = columns.sequences
    for name in ("contig", "position", "mapping_quality", "flag", "mate_contig", "mate_position", "template_length"):
        records[name] = getattr(columns, name)
    records["qualities"] = columns.qualities
    records["tags"] = columns.tags
    return records.view(np.uint8).reshape(len(columns), layout.itemsize)


def encoded_records(columns: AlignmentColumns) -> bytes:
    """Return the records as BAM writes them, in the order given."""
    parts = []
    for start in range(0, len(columns), SCATTER_RECORDS):
        parts.append(_encoded_batch(columns.rows(slice(start, start + SCATTER_RECORDS))))
    return b"".join(parts)


def _encoded_batch(columns: AlignmentColumns) -> bytes:
    by_length = {
        int(operations): columns.cigar_lengths == operations for operations in np.unique(columns.cigar_lengths)
    }
    encoded = {
        operations: _records_of_one_layout(columns.rows(members), operations)
        for operations, members in by_length.items()
    }
    if len(encoded) == 1:
        return next(iter(encoded.values())).tobytes()
    sizes = np.zeros(len(columns), dtype=np.int64)
    for operations, members in by_length.items():
        sizes[members] = encoded[operations].shape[1]
    offsets = np.cumsum(sizes) - sizes
    output = np.empty(int(sizes.sum()), dtype=np.uint8)
    for operations, members in by_length.items():
        rows = encoded[operations]
        output[offsets[members][:, None] + np.arange(rows.shape[1])] = rows
    return output.tobytes()


@dataclass(frozen=True)
class ReadGroup:
    """One @RG line."""

    identifier: str
    sample: str
    library: str
    platform_unit: str

    def line(self) -> str:
        return f"@RG\tID:{self.identifier}\tSM:{self.sample}\tLB:{self.library}\tPL:ILLUMINA\tPU:{self.platform_unit}"


@dataclass(frozen=True)
class Contig:
    """One @SQ line: name, length and, where the sequence exists, its MD5 and the assembly's name."""

    name: str
    length: int
    md5: str | None = None
    assembly: str | None = None

    def line(self) -> str:
        optional = (f"\tM5:{self.md5}" if self.md5 else "") + (f"\tAS:{self.assembly}" if self.assembly else "")
        return f"@SQ\tSN:{self.name}\tLN:{self.length}{optional}"


def header_text(
    contigs: Sequence[Contig], read_groups: Sequence[ReadGroup], program: str, *, order: str = "coordinate"
) -> str:
    """Return a SAM header; `program` is the whole @PG line."""
    lines = [f"@HD\tVN:1.6\tSO:{order}", *(contig.line() for contig in contigs)]
    return "\n".join([*lines, *(group.line() for group in read_groups), program]) + "\n"


def encoded_header(text: str, contigs: Sequence[Contig]) -> bytes:
    """Return BAM's magic, header text and contig list."""
    parts = [b"BAM\x01", struct.pack("<i", len(text)), text.encode("ascii"), struct.pack("<i", len(contigs))]
    for contig in contigs:
        name = contig.name.encode("ascii") + b"\0"
        parts.append(struct.pack("<i", len(name)) + name + struct.pack("<i", contig.length))
    return b"".join(parts)


class AlignmentWriter(BgzfWriter):
    """A BAM that is written batch by batch, in the order given."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        text: str,
        contigs: Sequence[Contig],
        level: int = 6,
        threads: int = 1,
    ) -> None:
        super().__init__(path, level=level, threads=threads)
        self.write(encoded_header(text, contigs))

    def append(self, columns: AlignmentColumns) -> None:
        """Append records."""
        if len(columns):
            self.write(encoded_records(columns))


def index_alignments(path: str | os.PathLike[str]) -> None:
    """Write the .bai beside a coordinate-sorted BAM."""
    pysam.index(os.fspath(path))
