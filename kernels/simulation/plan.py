"""What a simulated exome shall be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from kernels.errors import KernelError

SIMULATOR_VERSION = "1"
ASSEMBLY = "exomark-sim1"

# A seed for each use, so that one more draw in one place leaves the others as they were.
STREAMS = ("layout", "sequence", "variants", "calls", "fragments", "reads")


class Sex(StrEnum):
    """Which sex chromosomes the individual has."""

    FEMALE = "female"
    MALE = "male"


@dataclass(frozen=True)
class ExomePlan:
    """Parameters of one simulated exome.

    Plans with equal `genome_seed`, `individual_seed` and `sex` are replicates: same reference, design and truth,
    different reads and calls when `seed` differs.

    Attributes
    ----------
    sample : str
        SM of the reads and column of the VCF files.
    seed : int
        Draws the reads and the errors of the calls.
    genome_seed : int
        Draws the reference and the capture design.
    individual_seed : int
        Draws the variants that the individual has.
    mean_depth : float
        Planned mean target depth on autosomes, without duplicates, mates' overlap counted once.
    duplicate_fraction : float
        Share of read pairs that are copies of another pair; raise it for a low input.
    off_target_fraction : float
        Share of the original read pairs that fall anywhere on the genome.
    contamination_fraction : float
        Share of the original read pairs that come from another individual.
    dropout_targets : int
        Further targets, beside the two planted ones, that get no read at all.
    missed_calls, extra_calls, genotype_errors : int
        Errors of the query VCF inside confident and target regions, beside those that missing reads bring.
    """

    sample: str = "SIM001"
    seed: int = 1
    genome_seed: int = 1
    individual_seed: int = 1
    sex: Sex = Sex.MALE
    mean_depth: float = 80.0
    duplicate_fraction: float = 0.10
    off_target_fraction: float = 0.20
    contamination_fraction: float = 0.0
    dropout_targets: int = 0
    missed_calls: int = 6
    extra_calls: int = 7
    genotype_errors: int = 5

    def __post_init__(self) -> None:
        _check_fraction("duplicate_fraction", self.duplicate_fraction)
        _check_fraction("off_target_fraction", self.off_target_fraction)
        _check_fraction("contamination_fraction", self.contamination_fraction)
        _check_range("mean_depth", self.mean_depth, 1, 300)
        _check_range("dropout_targets", self.dropout_targets, 0, 20)
        for name in ("missed_calls", "extra_calls", "genotype_errors"):
            _check_range(name, getattr(self, name), 0, 20)
        for name in ("seed", "genome_seed", "individual_seed"):
            _check_range(name, getattr(self, name), 0, 2**32 - 1)
        if not self.sample.isascii() or not self.sample.isprintable() or not self.sample.strip():
            raise KernelError("bad_sample_name", "The sample name must be printable ASCII text.", value=self.sample)


def _check_fraction(name: str, value: float) -> None:
    _check_range(name, value, 0, 0.9)


def _check_range(name: str, value: float, lowest: float, highest: float) -> None:
    if not lowest <= value <= highest:
        raise KernelError(
            "plan_out_of_range",
            f"{name} is {value}; choose a value from {lowest} to {highest}.",
            name=name,
            value=value,
        )


def random_stream(use: str, *seeds: int) -> np.random.Generator:
    """Return the generator of one use; equal seeds give equal draws."""
    return np.random.Generator(np.random.PCG64([STREAMS.index(use), *seeds]))
