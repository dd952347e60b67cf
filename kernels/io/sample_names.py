"""Which samples an alignment file says that it holds, from its header alone."""

from __future__ import annotations

import os

import pysam

from kernels.errors import KernelError


def sample_names(path: str | os.PathLike[str]) -> list[str]:
    """Return the SM of the read groups of a BAM or CRAM, each once, in the header's order; no reference is needed.

    Raises
    ------
    KernelError
        `header_unreadable`: the file has no alignment header.
    """
    try:
        with pysam.AlignmentFile(os.fspath(path), check_sq=False) as file:
            groups = file.header.to_dict().get("RG", [])
    except (OSError, ValueError) as error:
        raise KernelError(
            "header_unreadable", f"{path} has no readable BAM or CRAM header.", file=os.path.basename(path)
        ) from error
    return list(dict.fromkeys(str(group["SM"]) for group in groups if "SM" in group))
