"""Haplotype-aware comparison of a query call set with a truth call set."""

from kernels.concordance.request import ConcordanceParams, ConcordanceRequest, MatchLevel
from kernels.concordance.result import ConcordanceResult
from kernels.concordance.run import run

__all__ = ["ConcordanceParams", "ConcordanceRequest", "ConcordanceResult", "MatchLevel", "run"]
