"""Reader of one sample's calls from a VCF file, plain, gzip or BGZF, in one pass and without an index."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.errors import KernelError
from kernels.io import vcf_scan
from kernels.io.freshness import require_fresh_indexes
from kernels.io.text_chunks import line_chunks

HEADER_COLUMNS = b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
FIRST_SAMPLE_COLUMN = 9
SHORTEST_LINE_BYTES = 16
WORD_BYTES = 8
MISSING = vcf_scan.MISSING
ABSENT = vcf_scan.ABSENT

Progress = Callable[[float], None]


class ContigRun(NamedTuple):
    """The calls of one contig: rows `first` to `last` (exclusive)."""

    name: str
    first: int
    last: int


@dataclass(frozen=True)
class VcfHeader:
    """What the head of a VCF says.

    Attributes
    ----------
    samples : tuple of str
    contig_lengths : mapping of contig to length
        Only contigs whose header line states a length.
    line_count : int
    """

    samples: tuple[str, ...]
    contig_lengths: Mapping[str, int]
    line_count: int


@dataclass(frozen=True)
class CallSet:
    """Every record in which one sample carries at least one alternative allele, as columns.

    Attributes
    ----------
    source : str
        Name of the file, for messages.
    sample : str
    header : VcfHeader
    runs : tuple of ContigRun
        In file order; each contig occurs once.
    positions : int32 array (n,)
        0-based position of the first REF base.
    reference_lengths, alternative_lengths : int32 arrays (n,)
        Lengths of the REF and the ALT column.
    letter_offsets : int64 array (n,)
        Where REF, a tab and ALT begin in `letters`.
    letters : uint8 array
    genotypes : int16 array (n, 2)
        Allele numbers; `MISSING` for '.', `ABSENT` for the second allele of a haploid call.
    is_phased, is_passing : bool arrays (n,)
        A FILTER of '.' counts as passing.
    scores : float64 array (n,)
        NaN where the score is missing.
    record_count, no_call_count, reference_count : int
        Records in the file, and those left out because the sample has no call or only the reference.
    """

    source: str
    sample: str
    header: VcfHeader
    runs: tuple[ContigRun, ...]
    positions: NDArray[np.int32]
    reference_lengths: NDArray[np.int32]
    alternative_lengths: NDArray[np.int32]
    letter_offsets: NDArray[np.int64]
    letters: NDArray[np.uint8]
    genotypes: NDArray[np.int16]
    is_phased: NDArray[np.bool_]
    is_passing: NDArray[np.bool_]
    scores: NDArray[np.float64]
    record_count: int
    no_call_count: int
    reference_count: int

    def __len__(self) -> int:
        return len(self.positions)

    def reference_allele(self, row: int) -> str:
        """Return REF of a call."""
        start = int(self.letter_offsets[row])
        return self.letters[start : start + int(self.reference_lengths[row])].tobytes().decode("ascii")

    def alternative_alleles(self, row: int) -> str:
        """Return the ALT column of a call."""
        start = int(self.letter_offsets[row]) + int(self.reference_lengths[row]) + 1
        return self.letters[start : start + int(self.alternative_lengths[row])].tobytes().decode("ascii", "replace")

    def genotype(self, row: int) -> str:
        """Return the genotype of a call as VCF writes it."""
        first, second = ("." if allele == MISSING else str(allele) for allele in self.genotypes[row].tolist())
        if self.genotypes[row, 1] == ABSENT:
            return first
        return f"{first}{'|' if self.is_phased[row] else '/'}{second}"


@dataclass
class _Pieces:
    """Pieces of the columns of a CallSet, one per chunk of text."""

    pieces: dict[str, list[NDArray[Any]]] = field(default_factory=dict)
    row_count: int = 0
    letter_count: int = 0

    def add(self, columns: vcf_scan.Columns, rows: int, letters: int) -> None:
        for name, buffer in columns._asdict().items():
            kept = buffer[: letters if name == "letters" else rows].copy()
            if name == "letter_offsets":
                kept += self.letter_count
            self.pieces.setdefault(name, []).append(kept)
        self.row_count += rows
        self.letter_count += letters

    def joined(self) -> dict[str, NDArray[Any]]:
        if not self.pieces:
            self.add(_columns(0, 0), 0, 0)
        return {name: np.concatenate(pieces) for name, pieces in self.pieces.items()}


def read_calls(
    path: str | os.PathLike[str],
    *,
    sample: str | None = None,
    score_field: str = "QUAL",
    progress: Progress | None = None,
) -> CallSet:
    """Read one sample's calls.

    Parameters
    ----------
    path : path
        VCF, sorted by position within each contig; any order of contigs.
    sample : str, optional
        May be left out where the file has one sample.
    score_field : str
        `QUAL`, `GQ`, `INFO.<key>` or `FORMAT.<key>`.
    progress : callable, optional
        Called with the number of bytes of text read so far, as a float.

    Raises
    ------
    KernelError
        `vcf_header`, `vcf_no_samples`, `sample_unknown`, `sample_ambiguous`, `score_field`, `index_stale`,
        `record_columns`, `record_position`, `record_reference_allele`, `record_no_genotype`, `record_genotype`,
        `record_ploidy`, `record_allele_number`, `record_unsorted`, or an error of the compressed stream.
    """
    source = Path(path).name
    require_fresh_indexes(path, (".tbi", ".csi"))
    chunks = line_chunks(path)
    header, rest = _read_header(chunks, source)
    chosen = _choose_sample(header, sample, source)
    sample_column = FIRST_SAMPLE_COLUMN + header.samples.index(chosen)
    wanted = vcf_scan.Wanted(sample_column, *_score_source(score_field), _bytes_of("GT"))
    scanner = _Scanner(source, header, wanted)
    for text in rest:
        scanner.take(text)
        if progress is not None:
            progress(float(len(text)))
    return scanner.finish(chosen)


def _read_header(chunks: Iterator[bytes], source: str) -> tuple[VcfHeader, Iterator[bytes]]:
    held = b""
    for text in chunks:
        held += text
        end = _header_end(held)
        if end >= 0:
            return _parse_header(held[:end], source), _chain(held[end:], chunks)
    raise KernelError(
        "vcf_header",
        f"{source} is not a VCF: it has no line that begins with #CHROM and the eight fixed columns.",
        file=source,
    )


def _header_end(text: bytes) -> int:
    """Return where the records begin, or -1 while the #CHROM line is not complete."""
    start = text.find(b"#CHROM") if text.startswith(b"#CHROM") else text.find(b"\n#CHROM") + 1
    if start == 0 and not text.startswith(b"#CHROM"):
        return -1
    end = text.find(b"\n", start)
    return len(text) if end < 0 else end + 1


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def _parse_header(text: bytes, source: str) -> VcfHeader:
    lines = text.replace(b"\r", b"").rstrip(b"\n").split(b"\n")
    columns = lines[-1].split(b"\t")
    if not lines[-1].startswith(HEADER_COLUMNS) or not text.startswith(b"#"):
        raise KernelError(
            "vcf_header", f"{source} is not a VCF: its #CHROM line does not name the eight fixed columns.", file=source
        )
    samples = tuple(column.decode("utf-8", "replace") for column in columns[FIRST_SAMPLE_COLUMN:])
    if not samples:
        raise KernelError(
            "vcf_no_samples",
            f"{source} has no sample column: a list of sites has no genotypes to compare.",
            file=source,
        )
    return VcfHeader(samples, _contig_lengths(lines), len(lines))


def _contig_lengths(lines: list[bytes]) -> dict[str, int]:
    lengths = {}
    for line in lines:
        if line.startswith(b"##contig=<"):
            fields = dict(part.split(b"=", 1) for part in line[10:].rstrip(b">").split(b",") if b"=" in part)
            if fields.get(b"length", b"").isdigit() and b"ID" in fields:
                lengths[fields[b"ID"].decode("utf-8", "replace")] = int(fields[b"length"])
    return lengths


def _choose_sample(header: VcfHeader, sample: str | None, source: str) -> str:
    listed = ", ".join(header.samples[:10]) + (", …" if len(header.samples) > 10 else "")
    if sample is None and len(header.samples) == 1:
        return header.samples[0]
    if sample is None:
        raise KernelError(
            "sample_ambiguous",
            f"{source} has {len(header.samples)} samples ({listed}): name the one to compare.",
            file=source, samples=listed,
        )  # fmt: skip
    if sample not in header.samples:
        raise KernelError(
            "sample_unknown",
            f"{source} has no sample {sample!r}; it has {listed}.",
            file=source, sample=sample, samples=listed,
        )  # fmt: skip
    return sample


def _score_source(score_field: str) -> tuple[int, NDArray[np.uint8]]:
    if score_field == "QUAL":
        return vcf_scan.SCORE_QUAL, _bytes_of("")
    if score_field == "GQ":
        return vcf_scan.SCORE_FORMAT, _bytes_of("GQ")
    place, _, key = score_field.partition(".")
    if place in ("INFO", "FORMAT") and key:
        return (vcf_scan.SCORE_INFO if place == "INFO" else vcf_scan.SCORE_FORMAT), _bytes_of(key)
    raise KernelError(
        "score_field",
        f"{score_field!r} is not a score: use QUAL, GQ, INFO.<key> or FORMAT.<key>.",
        score_field=score_field,
    )


def _bytes_of(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode("utf-8"), dtype=np.uint8)


def _columns(rows: int, letters: int) -> vcf_scan.Columns:
    return vcf_scan.Columns(
        positions=np.empty(rows, np.int32),
        reference_lengths=np.empty(rows, np.int32),
        alternative_lengths=np.empty(rows, np.int32),
        letter_offsets=np.empty(rows, np.int64),
        genotypes=np.empty((rows, 2), np.int16),
        is_phased=np.empty(rows, np.bool_),
        is_passing=np.empty(rows, np.bool_),
        scores=np.empty(rows, np.float64),
        letters=np.empty(letters, np.uint8),
    )


class _Scanner:
    """Feeds chunks of lines to the compiled scanner and keeps what it finds."""

    def __init__(self, source: str, header: VcfHeader, wanted: vcf_scan.Wanted) -> None:
        self._source = source
        self._header = header
        self._wanted = wanted
        self._contig = np.zeros(vcf_scan.MAX_CONTIG_BYTES, np.uint8)
        self._tally = np.zeros(vcf_scan.TALLY_SLOTS, np.int64)
        self._kept = _Pieces()
        self._run_starts: dict[str, int] = {}

    def take(self, text: bytes) -> None:
        """Scan a chunk of whole lines."""
        rows = min(text.count(b"\n") + 1, len(text) // SHORTEST_LINE_BYTES + 1)
        columns = _columns(rows, len(text))
        runs = vcf_scan.Runs(np.empty(rows, np.int64), np.empty((rows, 2), np.int64))
        padded = np.frombuffer(text + bytes(-len(text) % WORD_BYTES), dtype=np.uint8)
        kept, letters, begun = vcf_scan.scan(
            padded, len(text), padded.view(np.uint64), self._wanted, self._contig, self._tally, columns, runs
        )
        for row, (start, end) in zip(runs.rows[:begun].tolist(), runs.bounds[:begun].tolist(), strict=True):
            self._begin_run(text[start:end].decode("utf-8", "replace"), self._kept.row_count + row)
        if self._tally[vcf_scan.TALLY_ERROR]:
            raise self._error(text)
        self._kept.add(columns, kept, letters)

    def _begin_run(self, contig: str, row: int) -> None:
        if contig in self._run_starts:
            raise KernelError(
                "record_unsorted",
                f"{self._source} is not sorted: records of {contig} stand in two places. Sort it first.",
                file=self._source, contig=contig,
            )  # fmt: skip
        self._run_starts[contig] = row

    def _error(self, text: bytes) -> KernelError:
        start = int(self._tally[vcf_scan.TALLY_ERROR_OFFSET])
        end = text.find(b"\n", start)
        columns = text[start : end if end >= 0 else len(text)].decode("utf-8", "replace").split("\t")
        line = self._header.line_count + int(self._tally[vcf_scan.TALLY_LINES])
        code, sentence = _MESSAGES[int(self._tally[vcf_scan.TALLY_ERROR])]
        place = ":".join(column[:80] for column in columns[:2])
        return KernelError(
            code,
            f"{self._source} line {line} ({place}) {sentence}",
            file=self._source, line=line, contig=columns[0][:80], position=columns[1][:20] if columns[1:] else None,
        )  # fmt: skip

    def finish(self, sample: str) -> CallSet:
        """Return everything that was scanned."""
        starts = [*self._run_starts.values(), self._kept.row_count]
        runs = tuple(
            ContigRun(name, first, last)
            for name, first, last in zip(self._run_starts, starts[:-1], starts[1:], strict=True)
        )
        return CallSet(
            source=self._source,
            sample=sample,
            header=self._header,
            runs=runs,
            record_count=int(self._tally[vcf_scan.TALLY_RECORDS]),
            no_call_count=int(self._tally[vcf_scan.TALLY_NO_CALL]),
            reference_count=int(self._tally[vcf_scan.TALLY_REFERENCE]),
            **self._kept.joined(),
        )


_MESSAGES = {
    vcf_scan.TOO_FEW_COLUMNS: ("record_columns", "has fewer than the eight fixed columns of a VCF."),
    vcf_scan.BAD_POSITION: ("record_position", "has a position that is not a whole number from 1."),
    vcf_scan.BAD_REFERENCE_ALLELE: ("record_reference_allele", "has a REF that is not a sequence of bases."),
    vcf_scan.NO_GENOTYPE: ("record_no_genotype", "has no genotype (GT) for the sample."),
    vcf_scan.BAD_GENOTYPE: ("record_genotype", "has a genotype that cannot be read."),
    vcf_scan.PLOIDY_OVER_TWO: (
        "record_ploidy",
        "has a genotype of more than two alleles; only 1 and 2 can be compared.",
    ),
    vcf_scan.ALLELE_OUT_OF_RANGE: (
        "record_allele_number",
        "has a genotype that names an allele which ALT does not list.",
    ),
    vcf_scan.UNSORTED: ("record_unsorted", "lies before the record above it: the file is not sorted. Sort it first."),
    vcf_scan.NAME_TOO_LONG: ("record_columns", "has a contig name of more than 1,024 bytes."),
}
