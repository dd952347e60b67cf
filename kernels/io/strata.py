"""Reader of a list of strata, in the form that hap.py and the GIAB stratifications use."""

from __future__ import annotations

import os
from pathlib import Path

from kernels.errors import KernelError


def read_strata_list(path: str | os.PathLike[str]) -> dict[str, Path]:
    """Read lines of name, tab and path of a BED; relative paths begin at the list's own folder.

    Raises
    ------
    KernelError
        `strata_unreadable`, `strata_line` or `strata_duplicate`.
    """
    listing = Path(path)
    try:
        lines = listing.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise KernelError("strata_unreadable", f"{listing.name} cannot be read: {error}.", file=listing.name) from error
    strata: dict[str, Path] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, region_path = (column.strip() for column in line.partition("\t"))
        if not name or not region_path or name == "*":
            raise KernelError(
                "strata_line",
                f"{listing.name} line {number} is not a name, a tab and the path of a BED.",
                file=listing.name, line=number,
            )  # fmt: skip
        if name in strata:
            raise KernelError(
                "strata_duplicate",
                f"{listing.name} line {number} names the stratum {name!r} a second time.",
                file=listing.name, line=number, stratum=name,
            )  # fmt: skip
        strata[name] = listing.parent / region_path
    return strata
