"""Other tools beside ours, and small alignment files of known content."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pysam
import pytest

from kernels.coverage import CoverageParams, CoverageRequest, CoverageResult, run

Run = Callable[..., CoverageResult]
Peer = Callable[..., str]


@pytest.fixture(scope="session")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Peer:
    """Run another tool and return what it printed; skip where it is not installed, but fail in CI."""
    libraries = tmp_path_factory.mktemp("libraries")
    # Debian's mosdepth asks for libhts.so, which only the development package links.
    for found in Path("/usr/lib").glob("*/libhts.so.3"):
        (libraries / "libhts.so").symlink_to(found)

    # Picard writes no insert sizes where it cannot plot them; the plot itself is of no use here.
    plotter = libraries / "Rscript"
    plotter.write_text("#!/bin/sh\n")
    plotter.chmod(0o755)

    def run_peer(*command: str | Path) -> str:
        if shutil.which(str(command[0])) is None:
            message = f"{command[0]} is not installed: no comparison beside it"
            if os.environ.get("CI") == "true":
                pytest.fail(message)
            pytest.skip(message)
        environment = os.environ | {
            "LD_LIBRARY_PATH": str(libraries),
            "PATH": f"{os.environ['PATH']}{os.pathsep}{libraries}",
        }
        done = subprocess.run(
            [str(part) for part in command], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    return run_peer


@pytest.fixture
def measure() -> Run:
    """Run the kernel: paths, and parameters by name."""

    def run_kernel(
        alignment: Path,
        targets: Path,
        *,
        baits: Path | None = None,
        genes: Path | None = None,
        reference: Path | None = None,
        threads: int = 2,
        **params: object,
    ) -> CoverageResult:
        request = CoverageRequest(
            alignment,
            targets,
            baits,
            genes,
            reference,
            CoverageParams(**params),
            threads,  # type: ignore[arg-type]
        )
        return run(request)

    return run_kernel


def read(
    name: str,
    flag: int,
    position: int,
    cigar: str = "10M",
    *,
    contig: str = "chr1",
    mapping_quality: int = 60,
    mate: str = "*",
    mate_position: int = 0,
    insert: int = 0,
    quality: str | None = "I",
    sequence: bool = True,
) -> str:
    """Return a SAM line; `position` is 1-based, as in SAM."""
    length = sum(size for operation, size in _operations(cigar) if operation in "MIS=X")
    bases = "A" * length if sequence else "*"
    qualities = quality * length if quality and sequence else "*"
    fields = (name, flag, contig, position, mapping_quality, cigar, mate, mate_position, insert, bases, qualities)
    return "\t".join(map(str, fields))


def _operations(cigar: str) -> list[tuple[str, int]]:
    found, size = [], ""
    for letter in cigar:
        if letter.isdigit():
            size += letter
        else:
            found.append((letter, int(size or 0)))
            size = ""
    return found


@pytest.fixture
def make_bam(tmp_path: Path) -> Callable[..., Path]:
    """Write SAM lines as a BAM file with an index."""

    def make(
        lines: Sequence[str],
        *,
        contigs: Sequence[tuple[str, int]] = (("chr1", 1000), ("chr2", 1000)),
        name: str = "reads.bam",
        read_groups: Sequence[str] = ("@RG\tID:1\tSM:S1",),
        order: str = "coordinate",
    ) -> Path:
        head = [f"@HD\tVN:1.6\tSO:{order}", *(f"@SQ\tSN:{contig}\tLN:{length}" for contig, length in contigs)]
        sam = tmp_path / "reads.sam"
        sam.write_text("\n".join([*head, *read_groups, *lines]) + "\n")
        path = tmp_path / name
        pysam.view("-b", "-o", str(path), str(sam), catch_stdout=False)
        if order == "coordinate":
            pysam.index(str(path))
        return path

    return make


@pytest.fixture
def make_bed(tmp_path: Path) -> Callable[..., Path]:
    """Write rows of a BED file."""

    def make(*rows: tuple[object, ...], name: str = "targets.bed") -> Path:
        path = tmp_path / name
        path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
        return path

    return make
