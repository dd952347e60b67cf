"""Opening of alignment files: BAM by its own bytes, CRAM and SAM through htslib, all as the same record streams."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from kernels.errors import KernelError
from kernels.io.bai import contig_ranges, find_index
from kernels.io.bam import RecordStream, read_header
from kernels.io.bgzf import FileSource, VirtualOffset

UNPLACED = -1
# Ranges smaller than this share of a thread's part of the file are joined: a build can have thousands of small contigs.
MIN_PART_OF_THREAD = 1 / 16
CRAM_MAGIC = b"CRAM"
BGZF_MAGIC = b"\x1f\x8b\x08\x04"
OnRead = Callable[[int], None]


@dataclass(frozen=True)
class Partition:
    """A range of an alignment file that can be walked by itself.

    Attributes
    ----------
    first_contig, last_contig : int
        Contigs that may be in it, in this order; UNPLACED for reads without a position, which come last of all.
    begin, end : (int, int)
        Virtual offsets; an end of None is the end of the file.
    header_bytes : int
        Inflated bytes to skip at the front.
    compressed_bytes : int
    """

    first_contig: int
    last_contig: int
    begin: VirtualOffset
    end: VirtualOffset | None
    header_bytes: int
    compressed_bytes: int


class BamFile:
    """A complete BAM file on disk."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._source = FileSource(path)
        self._path = Path(path)
        try:
            self._source.require_complete()
            self.header, self._header_bytes = read_header(RecordStream(self._source))
        except KernelError:
            self.close()
            raise
        self.name = self._source.name
        self.has_index = find_index(path) is not None

    def partitions(self, threads: int) -> list[Partition]:
        """Return ranges that together hold every record once, small enough to share among threads."""
        index = find_index(self._path)
        if threads == 1 or index is None:
            return [self._whole()]
        begins, end = contig_ranges(index, len(self.header.contigs))
        used = [(contig, begin) for contig, begin in enumerate(begins) if begin is not None]
        if not used or end is None:
            return [self._whole()]
        contigs = [*(contig for contig, _ in used), UNPLACED]
        # The first range starts at the header, not where the index says: no record can be left out.
        cuts: list[VirtualOffset] = [(0, 0), *(begin for _, begin in used[1:]), end]
        if any(left >= right for left, right in itertools.pairwise(cuts)) or end[0] > self._source.size:
            raise index_mismatch(self.name)
        parts = [self._partition(contig, cuts, place) for place, contig in enumerate(contigs)]
        return _joined(parts, int(self._source.size / threads * MIN_PART_OF_THREAD))

    def _whole(self) -> Partition:
        return Partition(0, UNPLACED, (0, 0), None, self._header_bytes, self._source.size)

    def _partition(self, contig: int, cuts: list[VirtualOffset], place: int) -> Partition:
        is_last = place + 1 == len(cuts)
        end_byte = self._source.size if is_last else cuts[place + 1][0]
        skipped = self._header_bytes if place == 0 else 0
        end = None if is_last else cuts[place + 1]
        return Partition(contig, contig, cuts[place], end, skipped, end_byte - cuts[place][0])

    def open(self, partition: Partition, on_read: OnRead | None = None) -> RecordStream:
        """Return the records of a partition."""
        stream = RecordStream(self._source, partition.begin, partition.end, on_read)
        stream.take(partition.header_bytes)
        return stream

    def close(self) -> None:
        self._source.close()


def _joined(parts: list[Partition], min_bytes: int) -> list[Partition]:
    """Join neighbours until each part is large enough to be worth a pass of its own."""
    joined = [parts[0]]
    for part in parts[1:]:
        previous = joined[-1]
        size = previous.compressed_bytes + part.compressed_bytes
        if size > min_bytes:
            joined.append(part)
        else:
            joined[-1] = replace(previous, last_contig=part.last_contig, end=part.end, compressed_bytes=size)
    return joined


class _PipeSource:
    """Uncompressed BGZF that htslib writes in a process of its own, as it converts a CRAM or SAM file."""

    def __init__(self, path: str | os.PathLike[str], reference: str | os.PathLike[str] | None, threads: int) -> None:
        self.name = Path(path).name
        arguments = [os.fspath(path), os.fspath(reference or ""), str(threads)]
        environment = {key: value for key, value in os.environ.items() if key not in ("REF_CACHE", "REF_PATH")}
        # Without a path htslib asks a public server for the reference: never let it.
        environment["REF_PATH"] = os.devnull
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close(); a pipe could fill up
        self._process = subprocess.Popen(
            [sys.executable, os.path.join(os.path.dirname(__file__), "htslib_stream.py"), *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._complaints, bufsize=0, env=environment,
        )  # fmt: skip

    def read_at(self, offset: int, into: memoryview) -> int:
        assert self._process.stdout is not None
        count = os.readv(self._process.stdout.fileno(), [into])
        if count == 0:
            self._require_success()
        return count

    def _require_success(self) -> None:
        if self._process.wait() != 0:
            self._complaints.seek(0)
            lines = self._complaints.read().decode("utf-8", "replace").strip().splitlines()
            reason = lines[-1] if lines else f"exit status {self._process.returncode}"
            raise KernelError(
                "alignment_unreadable",
                f"{self.name} cannot be decoded ({reason}): check the file and its reference.",
                file=self.name, reason=reason,
            )  # fmt: skip

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._complaints.close()


class ConvertedFile:
    """A CRAM or SAM file, walked once from its start."""

    has_index = True

    def __init__(self, path: str | os.PathLike[str], reference: str | os.PathLike[str] | None, threads: int) -> None:
        self.name = Path(path).name
        self._size = os.path.getsize(path)
        self._source = _PipeSource(path, reference, threads)
        self._on_read: OnRead | None = None
        try:
            self._stream = RecordStream(self._source, on_read=self._told)
            self.header, _ = read_header(self._stream)
        except KernelError:
            self.close()
            raise

    def _told(self, count: int) -> None:
        if self._on_read is not None:
            self._on_read(count)

    def partitions(self, threads: int) -> list[Partition]:
        """Return the one range there is."""
        return [Partition(0, UNPLACED, (0, 0), None, 0, self._size)]

    def open(self, partition: Partition, on_read: OnRead | None = None) -> RecordStream:
        """Return the records; can be called once."""
        self._on_read = on_read
        return self._stream

    def close(self) -> None:
        self._source.close()


AlignmentFile = BamFile | ConvertedFile


def index_mismatch(name: str) -> KernelError:
    return KernelError("index_unusable", f"The index of {name} belongs to another file: index {name} again.", file=name)


def open_alignment(
    path: str | os.PathLike[str], reference: str | os.PathLike[str] | None = None, threads: int = 1
) -> AlignmentFile:
    """Open a BAM, CRAM or SAM file and read its header.

    Parameters
    ----------
    path : path
    reference : path, optional
        FASTA that a CRAM file was made with.
    threads : int
        Threads that decode a CRAM file.

    Raises
    ------
    KernelError
        `file_unreadable`, `reference_missing`, `alignment_format`, `alignment_unreadable`, `bam_header`,
        `bgzf_truncated`, `bgzf_corrupt` or `bam_truncated`.
    """
    magic = _first_bytes(path)
    if magic == BGZF_MAGIC:
        return BamFile(path)
    if magic == CRAM_MAGIC:
        return ConvertedFile(path, _require_reference(path, reference), threads)
    if magic[:1] == b"@" or Path(path).suffix == ".sam":
        return ConvertedFile(path, None, threads)
    name = Path(path).name
    raise KernelError(
        "alignment_format", f"{name} is neither BAM nor CRAM nor SAM: give a file of aligned reads.", file=name
    )


def _first_bytes(path: str | os.PathLike[str]) -> bytes:
    source = FileSource(path)
    magic = bytearray(4)
    try:
        return bytes(magic[: source.read_at(0, memoryview(magic))])
    except OSError as error:
        raise KernelError(
            "file_unreadable", f"{source.name} cannot be read: {error.strerror}.", file=source.name
        ) from error
    finally:
        source.close()


def _require_reference(
    path: str | os.PathLike[str], reference: str | os.PathLike[str] | None
) -> str | os.PathLike[str]:
    name = Path(path).name
    if reference is None or not os.path.isfile(reference):
        raise KernelError(
            "reference_missing",
            f"{name} is a CRAM file: give the FASTA file that it was made with (--reference).",
            file=name,
        )
    return reference
