"""The result of a coverage run, and its JSON document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from kernels.coverage import histograms
from kernels.coverage.assay import Assay
from kernels.coverage.hybrid_selection import Value, ratio
from kernels.coverage.insert_size import InsertSizes
from kernels.coverage.parameters import CoverageParams
from kernels.coverage.scan import ContigDepths
from kernels.coverage.sex import Sex
from kernels.coverage.tables import GapTable, GeneTable, TargetTable
from kernels.coverage.tallies import IntArray
from kernels.versions import KERNEL_VERSIONS

KERNEL_NAME = "coverage"
KERNEL_VERSION = KERNEL_VERSIONS[KERNEL_NAME]
USABLE_DEFINITION = (
    "Bases of reads that are primary or supplementary, pass the vendor's check, are no duplicates, reach the mapping "
    "quality and base quality asked for, mates' overlap as the parameters say (Picard CollectHsMetrics)."
)
FRAGMENT_DEFINITION = (
    "Aligned bases of reads without flags 0x704, whatever their base quality, both mates' overlap counted once "
    "(mosdepth), over the rows of the target file."
)


@dataclass(frozen=True)
class InputWarning:
    """Something about the input that the reader must know."""

    code: str
    message: str


@dataclass(frozen=True)
class CoverageResult:
    """Everything that a coverage run found.

    Attributes
    ----------
    params : CoverageParams
    inputs : mapping
        Name, size and checksum of each input file.
    samples : tuple of str
    assay : Assay
    contigs : tuple of ContigDepths
    hybrid_selection : mapping of Picard's field to value, or None for a depth-only run
    flags : mapping of flagstat's count to passed and failed
    insert_sizes : InsertSizes or None
    usable_histogram, fragment_histogram, quality_histogram : int64 arrays
        Target bases by depth; target bases by quality (up to the coverage cap).
    sex : Sex
    targets : TargetTable
    genes : GeneTable or None
        None without names of genes, and for a depth-only run.
    gaps : GapTable or None
        None for a depth-only run.
    warnings : tuple of InputWarning
    """

    params: CoverageParams
    inputs: Mapping[str, Mapping[str, Any]]
    samples: tuple[str, ...]
    assay: Assay
    contigs: tuple[ContigDepths, ...]
    hybrid_selection: Mapping[str, Value] | None
    flags: Mapping[str, Mapping[str, int]]
    insert_sizes: InsertSizes | None
    usable_histogram: IntArray
    fragment_histogram: IntArray
    quality_histogram: IntArray
    sex: Sex
    targets: TargetTable
    genes: GeneTable | None
    gaps: GapTable | None
    warnings: tuple[InputWarning, ...]

    def document(self) -> dict[str, Any]:
        """Return the result as JSON-ready values; undefined is None."""
        usable = None if self.params.is_depth_only else self.usable_histogram
        return {
            "kernel": {"name": KERNEL_NAME, "version": KERNEL_VERSION},
            "parameters": self.params.document(),
            "inputs": {name: dict(described) for name, described in self.inputs.items()},
            "samples": list(self.samples),
            "warnings": [asdict(warning) for warning in self.warnings],
            "hybrid_selection": None if self.hybrid_selection is None else dict(self.hybrid_selection),
            "flags": {name: dict(counts) for name, counts in self.flags.items()},
            "insert_size": None if self.insert_sizes is None else self.insert_sizes.document(),
            "duplication": _duplication(self.flags),
            "depth": None if usable is None else _depth(usable, self.params) | {"definition": USABLE_DEFINITION},
            "fragment_depth": _depth(self.fragment_histogram, self.params) | {"definition": FRAGMENT_DEFINITION},
            "uniformity": None if usable is None else _uniformity(usable),
            "sex": self.sex.document(),
            "chromosomes": [self._chromosome(depths) for depths in self.contigs if depths.contig >= 0],
            "targets": self._targets(),
            "genes": self._genes(),
            "gaps": self._gaps(),
        }

    def _chromosome(self, depths: ContigDepths) -> dict[str, Any]:
        territory = int(depths.territory.offsets[-1])
        return {
            "name": self.assay.contigs[depths.contig],
            "length": self.assay.lengths_bp[depths.contig],
            "mapped_records": depths.mapped_records,
            "target_territory": territory,
            "mean_depth": None if self.params.is_depth_only else ratio(int(depths.merged.sums.sum()), territory),
            "mean_fragment_depth": ratio(
                int(depths.fragment.sums.sum()),
                int((self.assay.targets.ends - self.assay.targets.starts)[depths.rows].sum()),
            ),
        }

    def _targets(self) -> dict[str, Any]:
        table, low = self.targets, self.targets.is_low_complexity
        return {
            "count": len(table.starts),
            "zero": int((table.usable.maxima == 0).sum()),
            "below_callable_depth": int((table.usable.minima < self.params.callable_depth_reads).sum()),
            "overlapping": int(table.is_overlapping.sum()),
            "duplicated": int(table.is_duplicated.sum()),
            "low_complexity": None if low is None else int(low.sum()),
        }

    def _genes(self) -> dict[str, Any] | None:
        if self.genes is None:
            return None
        return {
            "count": len(self.genes.names),
            "fully_callable": int((self.genes.callable == self.genes.lengths).sum()),
            "without_targets": int((self.genes.targeted == 0).sum()),
        }

    def _gaps(self) -> dict[str, Any] | None:
        if self.gaps is None:
            return None
        length = int((self.gaps.ends - self.gaps.starts).sum())
        return {"count": len(self.gaps.starts), "length": length, "below_depth": self.params.callable_depth_reads}


def _depth(counts: IntArray, params: CoverageParams) -> dict[str, Any]:
    used = counts.nonzero()[0]
    return {
        "mean": histograms.mean(counts),
        "median": histograms.median(counts),
        "minimum": int(used[0]) if len(used) else None,
        "maximum": int(used[-1]) if len(used) else None,
        "bases": int(counts.sum()),
        "fraction_at": {str(at): histograms.fraction_at_least(counts, at) for at in params.thresholds_reads},
        "bases_at": {str(at): int(counts[at:].sum()) for at in params.thresholds_reads},
        "histogram": {str(depth): int(counts[depth]) for depth in used.tolist()},
    }


def _uniformity(counts: IntArray) -> dict[str, Any]:
    """Return how evenly the depth is spread: all relative to the mean or median, so that samples compare."""
    mean, deviation = histograms.mean(counts), histograms.standard_deviation(counts)
    lower, upper = histograms.quantile(counts, 0.25), histograms.quantile(counts, 0.75)
    shares = {f"fraction_at_{share}_mean": _fraction_of_mean(counts, mean, share) for share in (0.2, 0.5)}
    return shares | {
        "fold_80": ratio(mean, histograms.quantile(counts, 0.2)),
        "coefficient_of_variation": ratio(deviation, mean),
        "median_absolute_deviation": histograms.median_absolute_deviation(counts),
        "lower_quartile": lower,
        "upper_quartile": upper,
        "interquartile_range": None if lower is None or upper is None else upper - lower,
    }


def _fraction_of_mean(counts: IntArray, mean: float | None, share: float) -> float | None:
    """Return the share of bases with at least a share of the mean depth."""
    if not mean:
        return None
    reached = [depth for depth in counts.nonzero()[0].tolist() if depth >= share * mean]
    return ratio(int(counts[reached].sum()), int(counts.sum()))


def _duplication(flags: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """Return the marked duplicates among mapped primary reads."""
    mapped = sum(flags["primary_mapped"].values())
    duplicates = sum(flags["primary_duplicates"].values())
    return {"duplicate_reads": duplicates, "mapped_reads": mapped, "fraction": ratio(duplicates, mapped)}
