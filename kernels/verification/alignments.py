"""Verification of BAM and CRAM files: read once from end to end, then indexed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kernels.errors import KernelError
from kernels.io.bam import AlignmentHeader, RecordStream, read_header
from kernels.io.bgzf import FileSource
from kernels.io.cram import cram_reads, is_cram_complete, read_cram_header
from kernels.io.indexing import has_read_on, index_alignment
from kernels.io.sniffing import Format
from kernels.io.text_chunks import BGZF_HEADER_BYTES, is_bgzf
from kernels.verification import walk
from kernels.verification.build import require_same_build
from kernels.verification.completeness import explained
from kernels.verification.expectation import Expectation, Findings, Progress

Counts = NDArray[np.int64]
# A header is checked before the reads behind it are walked: a wrong file is refused at once.
CheckHeader = Callable[[AlignmentHeader], None]
COUNTED = {"reads": walk.READS, "mapped": walk.MAPPED, "duplicates": walk.DUPLICATES, "paired": walk.PAIRED}
READS_PER_REPORT = 100_000


def check_alignment(path: Path, found: Format, expected: Expectation, findings: Findings, progress: Progress) -> None:
    """Refuse a BAM or CRAM file that may not be used; what it holds is added to `findings`.

    Raises
    ------
    KernelError
    """

    def check_header(header: AlignmentHeader) -> None:
        findings.update(_described(header))
        _require_header(path, header, expected)

    read = _read_cram if found is Format.CRAM else _read_bam
    header, tally, mapped = read(path, expected, check_header, progress)
    findings.update({name: int(tally[slot]) for name, slot in COUNTED.items()})
    _require_content(path, header, tally, mapped, expected)
    if expected.is_indexed:
        index = index_alignment(path, max(header.lengths_bp, default=0), expected.threads)
        findings["index"] = index.name
        _require_reads_on_targets(path, header, expected)


def _read_bam(
    path: Path, expected: Expectation, check_header: CheckHeader, progress: Progress
) -> tuple[AlignmentHeader, Counts, Counts]:
    _require_bgzf(path)
    source = FileSource(path)
    read_bytes, size = 0, max(source.size, 1)

    def on_read(count: int) -> None:
        nonlocal read_bytes
        read_bytes += count
        progress(read_bytes / size)

    try:
        source.require_complete()
        stream = RecordStream(source, on_read=on_read)
        header, _header_bytes = read_header(stream)
        check_header(header)
        return header, *_walk(path, stream, header)
    except KernelError as error:
        raise explained(error, path) from error
    finally:
        source.close()


def _read_cram(
    path: Path, expected: Expectation, check_header: CheckHeader, progress: Progress
) -> tuple[AlignmentHeader, Counts, Counts]:
    if not is_cram_complete(path):
        raise KernelError(
            "cram_truncated", f"{path.name} is cut off: its end marker is missing. Copy it again.", file=path.name
        )
    header = read_cram_header(path)
    check_header(header)
    tally, mapped = walk.new_tally(len(header.contigs))
    for contig, position, flags in cram_reads(path, expected.reference, expected.threads):
        if walk.count(contig, position, flags, tally, mapped) == walk.UNSORTED:
            raise _unsorted(path, header, tally)
        if tally[walk.READS] % READS_PER_REPORT == 0:
            # How many reads there are is not known before the end: nearer to it by ever smaller steps.
            progress(1 - 1 / (1 + tally[walk.READS] / 1e7))
    return header, tally, mapped


def _require_bgzf(path: Path) -> None:
    with open(path, "rb") as stream:
        if not is_bgzf(stream.read(BGZF_HEADER_BYTES)):
            raise KernelError(
                "gzip_not_bgzf",
                f"{path.name} is compressed, but not in the blocks of a BAM file: make it with samtools.",
                file=path.name,
            )


def _described(header: AlignmentHeader) -> Findings:
    return {
        "contigs": [list(contig) for contig in header.contig_lengths.items()],
        "samples": list(header.samples),
        "read_groups": [
            {"id": group.identifier, "sample": group.sample, "library": group.library} for group in header.read_groups
        ],
        "sort_order": header.sort_order,
    }


def _require_header(path: Path, header: AlignmentHeader, expected: Expectation) -> None:
    if not header.samples:
        raise KernelError(
            "no_read_group",
            f"{path.name} has no read group that names its sample: add one (samtools addreplacerg).",
            file=path.name,
        )
    expected.require_sample(path, header.samples)
    if expected.build is not None:
        require_same_build(path.name, header.contig_lengths, (), expected.build)


def _walk(path: Path, stream: RecordStream, header: AlignmentHeader) -> tuple[Counts, Counts]:
    tally, mapped = walk.new_tally(len(header.contigs))
    while True:
        stream.start, status = walk.walk(stream.batch, stream.start, stream.stop, tally, mapped)
        if status == walk.UNSORTED:
            raise _unsorted(path, header, tally)
        if status == walk.BAD_RECORD:
            raise KernelError(
                "bam_record_corrupt",
                f"{path.name} holds a damaged record after {tally[walk.READS]} whole ones. Copy or make it again.",
                file=path.name, record=int(tally[walk.READS]) + 1,
            )  # fmt: skip
        if not stream.fill():
            stream.require_end()
            return tally, mapped


def _unsorted(path: Path, header: AlignmentHeader, tally: Counts) -> KernelError:
    contig = header.contigs[int(tally[walk.CONTIG])] if tally[walk.CONTIG] >= 0 else "*"
    position = int(tally[walk.POSITION]) + 1
    return KernelError(
        "unsorted",
        f"{path.name} is not sorted: the read after {contig}:{position} belongs before it. "
        "Sort it by coordinate (samtools sort).",
        file=path.name, contig=contig, position=position,
    )  # fmt: skip


def _require_content(path: Path, header: AlignmentHeader, tally: Counts, mapped: Counts, expected: Expectation) -> None:
    if tally[walk.READS] == 0:
        raise KernelError("no_reads", f"{path.name} holds no reads.", file=path.name)
    if expected.build is not None:
        used = [contig for contig, count in zip(header.contigs, mapped.tolist(), strict=True) if count]
        require_same_build(path.name, header.contig_lengths, used, expected.build)


def _require_reads_on_targets(path: Path, header: AlignmentHeader, expected: Expectation) -> None:
    if expected.targets is None:
        return
    expected.targets.require_within(header.contig_lengths, path.name)
    if not has_read_on(path, expected.targets, expected.reference):
        raise KernelError(
            "no_reads_on_targets",
            f"{path.name} has no read on any target of {expected.targets.source}: is it of this assay?",
            file=path.name, targets=expected.targets.source,
        )  # fmt: skip
