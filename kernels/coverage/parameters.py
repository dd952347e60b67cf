"""What a coverage run is asked for."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kernels.errors import KernelError


@dataclass(frozen=True)
class CoverageParams:
    """Thresholds and filters of a coverage run. Defaults are Picard's and mosdepth's.

    Attributes
    ----------
    min_mapping_quality, min_base_quality : int
        Below them a read or a base is not usable.
    are_overlaps_clipped : bool
        Count a base that both mates of a pair cover once (in the usable depth).
    near_distance_bp : int
        A read this close to a bait counts as selected.
    coverage_cap_reads : int
        Depth beyond which Picard's HET_SNP_SENSITIVITY looks at no more bases.
    is_median_capped : bool
        Cap MEDIAN_TARGET_COVERAGE and FOLD_80_BASE_PENALTY at `coverage_cap_reads`, as Picard before 3.2 does.
    is_sensitivity_sampled : bool
        Draw HET_SNP_SENSITIVITY as Picard does, with its random numbers, instead of computing it exactly.
    sample_size : int
        Draws of that sampling.
    thresholds_reads : tuple of int
        Depths at which breadth is reported, ascending.
    callable_depth_reads : int
        Usable depth from which a base counts as callable; below it lies a gap.
    fragment_min_mapping_quality : int
        Mapping quality asked for by the fragment depth (mosdepth's).
    is_fast_depth : bool
        Fragment depth without regard to CIGAR and mates (mosdepth's --fast-mode).
    is_depth_only : bool
        Compute the fragment depth and the flag counts only.
    """

    min_mapping_quality: int = 20
    min_base_quality: int = 20
    are_overlaps_clipped: bool = True
    near_distance_bp: int = 250
    coverage_cap_reads: int = 200
    is_median_capped: bool = False
    is_sensitivity_sampled: bool = False
    sample_size: int = 10_000
    thresholds_reads: tuple[int, ...] = (1, 10, 20, 30, 50, 100, 200)
    callable_depth_reads: int = 20
    fragment_min_mapping_quality: int = 0
    is_fast_depth: bool = False
    is_depth_only: bool = False

    def __post_init__(self) -> None:
        for name, limit in LIMITS.items():
            value = getattr(self, name)
            if not 0 <= value <= limit:
                raise _unusable(f"{name} is {value}; it must lie between 0 and {limit}")
        thresholds = self.thresholds_reads
        if not thresholds or min(thresholds) < 1 or list(thresholds) != sorted(set(thresholds)):
            raise _unusable("thresholds must be different depths of at least 1, ascending")
        if self.coverage_cap_reads < 1 or self.sample_size < 1:
            raise _unusable("coverage_cap_reads and sample_size must be at least 1")

    def document(self) -> dict[str, Any]:
        return asdict(self) | {"thresholds_reads": list(self.thresholds_reads)}


LIMITS = {
    "min_mapping_quality": 255,
    "min_base_quality": 93,
    "near_distance_bp": 1_000_000,
    "coverage_cap_reads": 2_000,
    "sample_size": 20_000,
    "callable_depth_reads": 1_000_000,
    "fragment_min_mapping_quality": 255,
}


def _unusable(reason: str) -> KernelError:
    return KernelError("parameter_unusable", f"The parameters cannot be used: {reason}.", reason=reason)


@dataclass(frozen=True)
class CoverageRequest:
    """Files and parameters of a coverage run.

    Attributes
    ----------
    alignment : path
        BAM, CRAM or SAM sorted by coordinate; an index beside a BAM lets threads share it.
    targets : path
        BED or interval_list.
    baits, genes, reference : path, optional
        Bait regions; gene regions whose fourth column names gene and exon (`BRCA2:exon11`); FASTA.
    params : CoverageParams
    threads : int
    has_checksums : bool
        Report SHA-256 of the inputs; without it their sizes only.
    """

    alignment: Path
    targets: Path
    baits: Path | None = None
    genes: Path | None = None
    reference: Path | None = None
    params: CoverageParams = CoverageParams()
    threads: int = 0
    has_checksums: bool = False

    @property
    def thread_count(self) -> int:
        """Threads to use; 0 asks for one per processor that this process may use."""
        return self.threads if self.threads > 0 else len(os.sched_getaffinity(0))

    def inputs(self) -> dict[str, Path]:
        named = {
            "alignment": self.alignment,
            "targets": self.targets,
            "baits": self.baits,
            "genes": self.genes,
            "reference": self.reference,
        }
        return {name: path for name, path in named.items() if path is not None}
