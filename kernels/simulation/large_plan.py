"""What a large simulated alignment file shall be, and its targets on GRCh38."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kernels.errors import KernelError
from kernels.simulation.grch38 import CHROMOSOME_LENGTHS, NUCLEAR
from kernels.simulation.plan import random_stream

I64 = npt.NDArray[np.int64]

# Read names stay different up to here; see `records.NAME_STRIDE`.
MAX_READS = 300_000_000
MAX_TARGETS = 1_000_000
TELOMERE_BP = 10_000
MIN_GAP_BP = 20
MEDIAN_TARGET_BP = 140
TARGET_SPREAD = 0.55
TARGET_RANGE_BP = (60, 4_000)
GAP_SPREAD = 1.8  # exons stand in clusters


@dataclass(frozen=True)
class AlignmentsPlan:
    """Parameters of a large alignment file.

    Attributes
    ----------
    reads : int
        Records in the file, an even number: every pair has two.
    targets_count : int
        Targets, spread over the nuclear chromosomes.
    unplaced_contigs : int
        Contigs in the header beside the 25 chromosomes.
    on_target_fraction : float
        Share of the mapped pairs that a target drew; the others lie anywhere.
    duplicate_fraction : float
        Share of the mapped pairs that copy another pair.
    """

    reads: int
    targets_count: int
    seed: int = 1
    sample: str = "SIM001"
    unplaced_contigs: int = 100
    on_target_fraction: float = 0.85
    duplicate_fraction: float = 0.12
    threads: int = 2

    def __post_init__(self) -> None:
        for name, highest in (("reads", MAX_READS), ("targets_count", MAX_TARGETS)):
            value = getattr(self, name)
            if not 1 <= value <= highest:
                message = f"{name} is {value}; choose a value from 1 to {highest}."
                raise KernelError("plan_out_of_range", message, name=name, value=value)
        if self.reads % 2:
            raise KernelError("odd_reads", f"Reads come in pairs; {self.reads} is odd.", value=self.reads)


@dataclass(frozen=True)
class ContigTargets:
    """Targets of one contig, sorted, apart from each other; `weights` is how strongly each is captured."""

    starts: I64
    ends: I64
    weights: npt.NDArray[np.float64]

    def between(self, start: int, end: int) -> ContigTargets:
        """Return the targets that start in a stretch."""
        first, last = np.searchsorted(self.starts, (start, end))
        return ContigTargets(self.starts[first:last], self.ends[first:last], self.weights[first:last])


def draw_targets(plan: AlignmentsPlan) -> dict[str, ContigTargets]:
    """Draw the targets of every nuclear chromosome; their count is exact."""
    random = random_stream("layout", plan.seed)
    sizes = np.array([CHROMOSOME_LENGTHS[name] for name in NUCLEAR])
    counts = random.multinomial(plan.targets_count, sizes / sizes.sum())
    return {
        name: _contig_targets(random, int(count), int(size))
        for name, count, size in zip(NUCLEAR, counts, sizes, strict=True)
    }


def _contig_targets(random: np.random.Generator, count: int, contig_length: int) -> ContigTargets:
    drawn = random.lognormal(np.log(MEDIAN_TARGET_BP), TARGET_SPREAD, count)
    lengths = np.clip(drawn, *TARGET_RANGE_BP).astype(np.int64)
    spare = contig_length - 2 * TELOMERE_BP - int(lengths.sum()) - count * MIN_GAP_BP
    shares = random.lognormal(0, GAP_SPREAD, count + 1)
    gaps = MIN_GAP_BP + (shares[:count] / shares.sum() * spare).astype(np.int64)
    starts = TELOMERE_BP + np.cumsum(gaps + lengths) - lengths
    weights = (lengths + MEDIAN_TARGET_BP) * random.lognormal(0, 0.4, count)
    return ContigTargets(starts, starts + lengths, weights)
