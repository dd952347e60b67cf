"""Writing of BED files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def write_bed(path: str | os.PathLike[str], rows: Iterable[tuple[str | int, ...]]) -> None:
    """Write rows of contig, start, end and further columns."""
    text = "".join("\t".join(map(str, row)) + "\n" for row in rows)
    Path(path).write_text(text, encoding="ascii")
