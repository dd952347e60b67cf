"""Confident regions, targets and strata, and which calls lie in them."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kernels.concordance.alleles import Alleles
from kernels.concordance.contigs import reference_names
from kernels.errors import KernelError
from kernels.intervals import EMPTY, BoolArray, Intervals, intersect, length_bp
from kernels.io.bed import read_regions
from kernels.io.strata import read_strata_list

Territory = Mapping[str, Intervals]


@dataclass(frozen=True)
class RegionSets:
    """Every region of a comparison, by reference contig; None where there is no restriction."""

    confident: Territory | None
    targets: Territory | None
    strata: Mapping[str, Territory]

    def assessed(self, contig: str) -> Intervals | None:
        """Return where truth calls count: confident regions within targets."""
        parts = [part.get(contig, EMPTY) for part in (self.confident, self.targets) if part is not None]
        return intersect(*parts) if len(parts) == 2 else (parts[0] if parts else None)

    def target(self, contig: str) -> Intervals | None:
        """Return where query calls count."""
        return None if self.targets is None else self.targets.get(contig, EMPTY)


def load_regions(
    confident: Path | None, targets: Path | None, strata: Path | None, lengths: Mapping[str, int], reference_file: str
) -> RegionSets:
    """Read the region files of a comparison.

    Raises
    ------
    KernelError
        Errors of `kernels.io.bed` (among them `contig_unknown`, `interval_beyond_contig`) and of the strata list.
    """
    listed = read_strata_list(strata) if strata else {}
    return RegionSets(
        confident=_territory(confident, lengths, reference_file) if confident else None,
        targets=_territory(targets, lengths, reference_file) if targets else None,
        strata={name: _territory(path, lengths, reference_file) for name, path in listed.items()},
    )


def _territory(path: str | os.PathLike[str], lengths: Mapping[str, int], reference_file: str) -> Territory:
    regions = read_regions(path)
    names = reference_names(regions.contigs, lengths)
    contigs = tuple(names.get(contig, contig) for contig in regions.contigs)
    if len(set(contigs)) < len(contigs):
        raise KernelError("contig_twice", f"{regions.source} uses two names for one contig.", file=regions.source)
    renamed = dataclasses.replace(regions, contigs=contigs)
    renamed.require_within(lengths, reference_file)
    return renamed.territory()


def lies_in(alleles: Alleles, regions: Intervals | None) -> BoolArray:
    """Return which calls touch a region.

    A call lies in a region if one of its bases does; an insertion, which has none, if both bases around it do. This is
    vcfeval's rule for evaluation regions.
    """
    if regions is None:
        return np.ones(len(alleles.first), dtype=np.bool_)
    starts, ends = alleles.region_starts.astype(np.int64), alleles.region_ends.astype(np.int64)
    return _overlaps(regions, starts, ends)


def _overlaps(regions: Intervals, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> BoolArray:
    if not len(regions.starts):
        return np.zeros(len(starts), dtype=np.bool_)
    # The first region that ends after the call begins is the only one that can decide.
    index = np.searchsorted(regions.ends, starts, side="right")
    begins = np.concatenate((regions.starts, [np.iinfo(np.int64).max]))[index]
    return np.where(starts == ends, begins < starts, begins < ends)


def overlap_length_bp(left: Territory | None, right: Territory | None, lengths: Mapping[str, int]) -> int:
    """Return the number of bases in both sets; a missing set is the whole of `lengths`."""
    total = 0
    for contig, length in lengths.items():
        parts = [part.get(contig, EMPTY) for part in (left, right) if part is not None]
        total += length_bp(intersect(*parts)) if len(parts) == 2 else (length_bp(parts[0]) if parts else length)
    return total
