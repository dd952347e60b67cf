"""Coverage of an exome: hybrid-selection metrics, depth, gaps, flags and insert sizes in one pass over the reads."""

from kernels.coverage.parameters import CoverageParams, CoverageRequest
from kernels.coverage.result import CoverageResult
from kernels.coverage.run import run

__all__ = ["CoverageParams", "CoverageRequest", "CoverageResult", "run"]
