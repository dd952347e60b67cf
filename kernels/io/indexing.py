"""Indexes made beside files by htslib, and what they tell at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pysam
from pysam import bcftools
from pysam.utils import SamtoolsError

from kernels.errors import KernelError
from kernels.io.bed import Regions

# What goes wrong is told in our errors; htslib would also write it to standard error.
pysam.set_verbosity(0)

# A BAI or TBI index cannot hold positions beyond 2^29.
SMALL_INDEX_LIMIT_BP = 1 << 29


def index_alignment(path: str | os.PathLike[str], longest_bp: int, threads: int) -> Path:
    """Make the index of a sorted BAM or CRAM file and return where it is.

    Raises
    ------
    KernelError
        `not_indexable`.
    """
    options = ["-@", str(threads)]
    if _is_cram(path):
        suffix = ".crai"
    elif longest_bp > SMALL_INDEX_LIMIT_BP:
        suffix, options = ".csi", ["-c", *options]
    else:
        suffix, options = ".bai", ["-b", *options]
    return _make(path, suffix, lambda target: pysam.index(*options, "-o", target, os.fspath(path)))


def index_variants(path: str | os.PathLike[str], longest_bp: int) -> Path:
    """Make the index of a sorted VCF file in BGZF and return where it is.

    Raises
    ------
    KernelError
        `not_indexable`.
    """
    is_small = longest_bp <= SMALL_INDEX_LIMIT_BP
    suffix, option = (".tbi", "-t") if is_small else (".csi", "-c")
    return _make(path, suffix, lambda target: bcftools.index(option, "-f", "-o", target, os.fspath(path)))


def index_sequences(path: str | os.PathLike[str], *, is_compressed: bool) -> Path:
    """Make the index of a FASTA file, plain or in BGZF, and return where it is.

    Raises
    ------
    KernelError
        `not_indexable`.
    """
    source = os.fspath(path)
    # The index of a compressed file comes in two parts; htslib puts the second one beside the file.
    extra = ["--gzi-idx", f"{source}.gzi"] if is_compressed else []
    return _make(path, ".fai", lambda target: pysam.faidx("--fai-idx", target, *extra, source))


def has_read_on(path: str | os.PathLike[str], regions: Regions, reference: str | None) -> bool:
    """Return whether any mapped read of an indexed alignment file lies on any region."""
    with pysam.AlignmentFile(os.fspath(path), reference_filename=reference) as alignment:
        for contig, territory in regions.territory().items():
            for start, end in zip(territory.starts.tolist(), territory.ends.tolist(), strict=True):
                if any(not read.is_unmapped for read in alignment.fetch(contig, start, end)):
                    return True
    return False


def samples_of_variants(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """Return the sample columns of a VCF file whose header has been read without complaint."""
    with pysam.VariantFile(os.fspath(path)) as variants:
        return tuple(variants.header.samples)


def _make(path: str | os.PathLike[str], suffix: str, write: Callable[[str], object]) -> Path:
    """Write an index under another name first: one that is there is whole."""
    name, target = Path(path).name, Path(f"{os.fspath(path)}{suffix}")
    unfinished = target.with_name(f".{target.name}.partial")
    try:
        write(os.fspath(unfinished))
    except SamtoolsError as error:
        unfinished.unlink(missing_ok=True)
        raise KernelError(
            "not_indexable",
            f"{name} cannot be indexed ({_reason(error, path)}): sort or make the file again.",
            file=name, reason=_reason(error, path),
        ) from error  # fmt: skip
    unfinished.replace(target)
    return target


def _reason(error: Exception, path: str | os.PathLike[str]) -> str:
    """Return what htslib said, without the folders of this machine."""
    text = str(error).replace("\\n", "\n").replace(os.fspath(path), Path(path).name)
    lines = [line.partition("] ")[2] or line for line in text.splitlines() if "[E::" in line]
    return (lines[0] if lines else "htslib refuses it").strip(" '\"")[:300]


def _is_cram(path: str | os.PathLike[str]) -> bool:
    with open(path, "rb") as stream:
        return stream.read(4) == b"CRAM"
