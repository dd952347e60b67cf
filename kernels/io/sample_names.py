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
        `alignment_format`: the file is neither BAM nor CRAM.
    """
    try:
        with pysam.AlignmentFile(os.fspath(path), check_sq=False) as file:
            groups = file.header.to_dict().get("RG", [])
    except (OSError, ValueError) as error:
        name = os.path.basename(path)
        raise KernelError("alignment_format", f"{name} is neither BAM nor CRAM.", file=name) from error
    return list(dict.fromkeys(str(group["SM"]) for group in groups if "SM" in group))
