"""BED files with a fault."""

from __future__ import annotations

from collections.abc import Callable

from kernels.simulation.design import LAYOUT, UNKNOWN_BP

FAULTY_LINE = 5  # 0-based; sound lines stand before and after it


def _changed(change: Callable[[list[str]], list[str]]) -> Callable[[str], str]:
    """Return a function that changes the columns of one line."""

    def rewrite(text: str) -> str:
        rows = [line.split("\t") for line in text.splitlines()]
        rows[FAULTY_LINE] = change(rows[FAULTY_LINE])
        return "".join("\t".join(row) + "\n" for row in rows)

    return rewrite


def _beyond_the_end(row: list[str]) -> list[str]:
    length = LAYOUT[row[0]][0]
    return [row[0], str(length - 50), str(length + 50), row[3]]


def _without_chr(text: str) -> str:
    return "".join(line.removeprefix("chr") + "\n" for line in text.splitlines())


def _comments_only(_: str) -> str:
    return "# targets of a panel that was never designed\n"


def _where_no_read_is(_: str) -> str:
    return "".join(f"{contig}\t0\t{UNKNOWN_BP // 2}\t{contig}:end\n" for contig in LAYOUT)


INTERVAL_FAULTS: dict[str, tuple[str, Callable[[str], str]]] = {
    "inverted.bed": ("Line 6 ends before it starts.", _changed(lambda row: [row[0], row[2], row[1], row[3]])),
    "text_coordinates.bed": ("Line 6 has words for coordinates.", _changed(lambda row: [row[0], "start", "end"])),
    "negative_start.bed": ("Line 6 starts before the contig.", _changed(lambda row: [row[0], "-10", *row[2:]])),
    "two_columns.bed": ("Line 6 has no end.", _changed(lambda row: row[:2])),
    "beyond_contig_end.bed": ("Line 6 reaches beyond its contig.", _changed(_beyond_the_end)),
    "other_naming.bed": ("Contigs are named without chr.", _without_chr),
    "empty.bed": ("A comment and no interval.", _comments_only),
    "no_overlap.bed": ("Sound intervals that no read touches.", _where_no_read_is),
}
