"""A deterministic simulator of sequencing files whose every number is known: exomes, large alignments, broken files."""

from kernels.simulation.exome import SimulatedExome, simulate_exome
from kernels.simulation.plan import ExomePlan, Sex

__all__ = ["ExomePlan", "Sex", "SimulatedExome", "simulate_exome"]
