"""Tables along the genome: text in BGZF with an index, so that one region can be read without the rest."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pysam

from kernels.io.bgzf_writer import BgzfWriter


def write_region_table(path: str | os.PathLike[str], pieces: Iterable[str]) -> None:
    """Write lines of contig, start, end (0-based) and further columns, compressed, with a CSI index beside them.

    Parameters
    ----------
    path : path
        Ends in `.gz`; appears only when it is complete.
    pieces : iterable of str
        Text of whole lines; heading lines begin with `#`. Contigs in runs, starts ascending.
    """
    partial = Path(f"{os.fspath(path)}.partial")
    try:
        with BgzfWriter(partial) as stream:
            for piece in pieces:
                stream.write(piece.encode("utf-8"))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    pysam.tabix_index(os.fspath(path), preset="bed", force=True, csi=True)
