"""Reader of region files: BED (plain, gzip, BGZF) and Picard's interval_list."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kernels.errors import KernelError
from kernels.intervals import IntArray, Intervals, merge

GZIP_MAGIC = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# No contig reaches 10**10 bases; longer digit strings would only overflow later.
MAX_DIGITS = 10
MIN_COLUMNS = 3
UNSETTLED_FIRST_BYTES = frozenset(b"#@tb \t")

Row = list[bytes]


@dataclass(frozen=True)
class Regions:
    """Regions as a file lists them, in its order, 0-based and half-open.

    Attributes
    ----------
    source : str
        Name of the file, for messages.
    contigs : tuple of str
        Distinct contig names in order of first appearance.
    contig_index : int64 array (n,)
        Index into `contigs` of each region.
    starts, ends : int64 arrays (n,)
    names : tuple of str (n,)
        Fourth column; empty where the file has none.
    line_numbers : int64 array (n,)
        1-based, for messages.
    empty_count : int
        Regions of length 0 that the file also held and that were left out.
    declared_lengths : mapping of contig to length
        From an interval_list's header; empty for BED.
    """

    source: str
    contigs: tuple[str, ...]
    contig_index: IntArray
    starts: IntArray
    ends: IntArray
    names: tuple[str, ...]
    line_numbers: IntArray
    empty_count: int = 0
    declared_lengths: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.starts)

    def rows_on(self, contig: str) -> IntArray:
        """Return the indices of the regions on a contig, in file order."""
        if contig not in self.contigs:
            return np.empty(0, dtype=np.int64)
        return np.flatnonzero(self.contig_index == self.contigs.index(contig)).astype(np.int64)

    def on(self, contig: str) -> Intervals:
        """Return the merged territory on a contig."""
        rows = self.rows_on(contig)
        return merge(Intervals(self.starts[rows], self.ends[rows]))

    def territory(self) -> dict[str, Intervals]:
        """Return the merged territory of every contig."""
        return {contig: self.on(contig) for contig in self.contigs}

    def require_within(self, contig_lengths: Mapping[str, int], owner: str) -> None:
        """Refuse regions that cannot lie on the sequences of another file.

        Parameters
        ----------
        contig_lengths : mapping of contig to length
            Sequences of the other file (alignment, reference or variants).
        owner : str
            Name of that file, for the message.

        Raises
        ------
        KernelError
            `contig_naming`, `contig_unknown`, `contig_length` or `interval_beyond_contig`.
        """
        for contig in self.contigs:
            if contig not in contig_lengths:
                raise self._unknown_contig(contig, contig_lengths, owner)
            declared = self.declared_lengths.get(contig, contig_lengths[contig])
            if declared != contig_lengths[contig]:
                raise self._other_length(contig, declared, contig_lengths[contig], owner)
        lengths = np.array([contig_lengths[contig] for contig in self.contigs], dtype=np.int64)
        beyond = np.flatnonzero(self.ends > lengths[self.contig_index])
        if len(beyond):
            raise self._beyond_contig(int(beyond[0]), contig_lengths, owner)

    def _line_of(self, contig: str) -> int:
        return int(self.line_numbers[self.rows_on(contig)[0]])

    def _unknown_contig(self, contig: str, known: Mapping[str, int], owner: str) -> KernelError:
        line = self._line_of(contig)
        twin = contig.removeprefix("chr") if contig.startswith("chr") else f"chr{contig}"
        if twin in known:
            return KernelError(
                "contig_naming",
                f"{self.source} line {line} names the contig {contig!r} but {owner} calls it {twin!r}: "
                "use a region file with the same contig names.",
                file=self.source, line=line, contig=contig, other=twin, owner=owner,
            )  # fmt: skip
        return KernelError(
            "contig_unknown",
            f"{self.source} line {line} names the contig {contig!r}, which {owner} does not have: "
            "use a region file of the same genome build.",
            file=self.source, line=line, contig=contig, owner=owner,
        )  # fmt: skip

    def _other_length(self, contig: str, declared: int, actual: int, owner: str) -> KernelError:
        return KernelError(
            "contig_length",
            f"{self.source} declares {contig} with {declared} bases but {owner} has {actual}: "
            "they belong to different genome builds.",
            file=self.source, contig=contig, declared=declared, actual=actual, owner=owner,
        )  # fmt: skip

    def _beyond_contig(self, row: int, contig_lengths: Mapping[str, int], owner: str) -> KernelError:
        contig = self.contigs[int(self.contig_index[row])]
        line, end, length = int(self.line_numbers[row]), int(self.ends[row]), contig_lengths[contig]
        return KernelError(
            "interval_beyond_contig",
            f"{self.source} line {line} ends at {contig}:{end}, beyond the {length} bases of {contig} in {owner}: "
            "it probably belongs to another genome build.",
            file=self.source, line=line, contig=contig, end=end, length=length, owner=owner,
        )  # fmt: skip


def read_regions(path: str | os.PathLike[str]) -> Regions:
    """Read a BED or interval_list file, plain or compressed.

    Parameters
    ----------
    path : path
        BED with at least three columns, separated by tabs or blanks; `#`, `track` and `browser` lines are skipped.
        A file that starts with `@` is read as an interval_list (1-based, closed).

    Returns
    -------
    Regions
        In file order; regions of length 0 are counted and left out.

    Raises
    ------
    KernelError
        `regions_unreadable`, `regions_empty`, `region_columns`, `region_coordinate` or `region_inverted`.
    """
    source = Path(path).name
    content = _content(path, source)
    lines = content.replace(b"\r", b"").split(b"\n")
    is_interval_list = content.startswith(b"@")
    # A first byte that no heading or comment begins with settles it for nearly every line.
    numbers = [
        number
        for number, line in enumerate(lines, 1)
        if line and (line[0] not in UNSETTLED_FIRST_BYTES or _is_region(line))
    ]
    rows = _columns([lines[number - 1] for number in numbers])
    _require_columns(rows, numbers, source)
    starts = _coordinates(rows, numbers, 1, source) - int(is_interval_list)
    ends = _coordinates(rows, numbers, 2, source)
    _require_order(starts, ends, numbers, source)
    names = _names(rows, 4 if is_interval_list else 3)
    declared = _declared_lengths(lines, source) if is_interval_list else {}
    return _assemble(source, rows, starts, ends, names, np.array(numbers, dtype=np.int64), declared)


def _content(path: str | os.PathLike[str], source: str) -> bytes:
    try:
        content = Path(path).read_bytes()
        if content.startswith(GZIP_MAGIC):
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise KernelError(
            "regions_unreadable",
            f"{source} cannot be read ({error}): check that the file is complete.",
            file=source,
        ) from error
    return content.removeprefix(BYTE_ORDER_MARK)


def _is_region(line: bytes) -> bool:
    if not line or line[0] in b"#@" or line.isspace():
        return False
    return not (line.startswith((b"track", b"browser")) and line.split(None, 1)[0] in (b"track", b"browser"))


def _columns(lines: Sequence[bytes]) -> list[Row]:
    # A name may hold blanks, so blanks separate only where there is no tab.
    rows = [line.split(b"\t", 5) for line in lines]
    return [row if len(row) > 1 else row[0].split(None, 5) for row in rows]


def _require_columns(rows: Sequence[Row], numbers: Sequence[int], source: str) -> None:
    if not rows:
        raise KernelError("regions_empty", f"{source} lists no regions: give a BED with at least one.", file=source)
    if min(map(len, rows)) >= MIN_COLUMNS:
        return
    for row, number in zip(rows, numbers, strict=True):
        if len(row) < MIN_COLUMNS:
            raise KernelError(
                "region_columns",
                f"{source} line {number} has {len(row)} column(s); contig, start and end are needed.",
                file=source, line=number,
            )  # fmt: skip


def _coordinates(rows: Sequence[Row], numbers: Sequence[int], column: int, source: str) -> IntArray:
    texts = [row[column] for row in rows]
    if all(map(bytes.isdigit, texts)) and max(map(len, texts)) <= MAX_DIGITS:
        return np.fromiter(map(int, texts), dtype=np.int64, count=len(texts))
    bad = next(index for index, text in enumerate(texts) if not (text.isdigit() and len(text) <= MAX_DIGITS))
    text = texts[bad].decode("utf-8", "replace")[:40]
    raise KernelError(
        "region_coordinate",
        f"{source} line {numbers[bad]}: {text!r} is not a position (a whole number from 0); "
        "if this line is a heading, begin it with #.",
        file=source, line=numbers[bad], text=text,
    )  # fmt: skip


def _require_order(starts: IntArray, ends: IntArray, numbers: Sequence[int], source: str) -> None:
    inverted = np.flatnonzero((ends < starts) | (starts < 0))
    if len(inverted):
        row = int(inverted[0])
        raise KernelError(
            "region_inverted",
            f"{source} line {numbers[row]} runs from {starts[row]} to {ends[row]}: the end lies before the start.",
            file=source, line=numbers[row], start=int(starts[row]), end=int(ends[row]),
        )  # fmt: skip


def _names(rows: Sequence[Row], column: int) -> list[str]:
    return [row[column].decode("utf-8", "replace") if len(row) > column else "" for row in rows]


def _declared_lengths(lines: Sequence[bytes], source: str) -> dict[str, int]:
    lengths = {}
    for number, line in enumerate(lines, 1):
        if line.startswith(b"@SQ\t"):
            fields = dict(column.split(b":", 1) for column in line.split(b"\t")[1:] if b":" in column)
            length = fields.get(b"LN", b"")
            if b"SN" not in fields or not length.isdigit():
                raise KernelError(
                    "region_columns", f"{source} line {number}: @SQ needs SN and LN.", file=source, line=number
                )
            lengths[fields[b"SN"].decode("utf-8", "replace")] = int(length)
    return lengths


def _assemble(
    source: str,
    rows: Sequence[Row],
    starts: IntArray,
    ends: IntArray,
    names: Sequence[str],
    numbers: IntArray,
    declared: Mapping[str, int],
) -> Regions:
    order: dict[bytes, int] = {}
    index = np.array([order.setdefault(row[0], len(order)) for row in rows], dtype=np.int64)
    filled = ends > starts
    if not filled.any():
        raise KernelError("regions_empty", f"{source} lists only regions of length 0.", file=source)
    kept_names = tuple(name for name, keep in zip(names, filled.tolist(), strict=True) if keep)
    return Regions(
        source=source,
        contigs=tuple(contig.decode("utf-8", "replace") for contig in order),
        contig_index=index[filled],
        starts=starts[filled],
        ends=ends[filled],
        names=kept_names,
        line_numbers=numbers[filled],
        empty_count=int((~filled).sum()),
        declared_lengths=declared,
    )
