"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pysam

from kernels.io.bgzf_writer import BgzfWriter

BATCH_LINES = 20_000


def write_text(path: str | os.PathLike[str], pieces: Iterable[str]) -> None:
    """Write text under a temporary name and move it to `path` once it is complete."""
    partial = Path(f"{os.fspath(path)}.partial")
    try:
        with open(partial, "w", encoding="utf-8", newline="") as stream:
            stream.writelines(pieces)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_vcf(path: str | os.PathLike[str], lines: Iterable[str]) -> None:
    """Write the lines of a VCF as `write_text` does; compressed and indexed if the path ends in `.gz`."""
    if not os.fspath(path).endswith(".gz"):
        write_text(path, lines)
        return
    partial = Path(f"{os.fspath(path)}.partial")
    try:
        with BgzfWriter(partial) as stream:
            for line in lines:
                stream.write(line.encode("utf-8"))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    pysam.tabix_index(os.fspath(path), preset="vcf", force=True)
