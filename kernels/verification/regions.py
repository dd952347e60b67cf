"""Verification of region files (BED, interval_list)."""

from __future__ import annotations

from pathlib import Path

from kernels.intervals import length_bp
from kernels.io.bed import read_regions
from kernels.verification.expectation import Expectation, Findings


def check_regions(path: Path, expected: Expectation, findings: Findings) -> None:
    """Refuse a region file that may not be used; what it holds is added to `findings`.

    Raises
    ------
    KernelError
    """
    regions = read_regions(path)
    listed_bp = int((regions.ends - regions.starts).sum())
    territory_bp = sum(int(length_bp(territory)) for territory in regions.territory().values())
    findings |= {
        "regions": len(regions),
        "empty_regions": regions.empty_count,
        "territory_bp": territory_bp,
        "overlapping_bp": listed_bp - territory_bp,
        "region_contigs": list(regions.contigs),
    }
    if expected.build is not None:
        regions.require_within(expected.build, "the build")
