"""The result of a comparison."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kernels.concordance.alleles import GENOTYPES, SUBTYPES, TYPES
from kernels.concordance.contig import EVERYWHERE, FILTERS, TallyKey
from kernels.concordance.request import KERNEL, KERNEL_VERSION, ConcordanceRequest
from kernels.concordance.roc import RocPoint
from kernels.concordance.tallies import SUBTYPES_OF, Counts, Tally, count


@dataclass(frozen=True)
class LimitedPlace:
    """A place where the haplotype search had to give up states: its matches are true, but there may be more."""

    contig: str
    start: int
    end: int


@dataclass(frozen=True)
class ConcordanceResult:
    """Counts, metrics and lists of a comparison.

    Attributes
    ----------
    request : ConcordanceRequest
    inputs : mapping of role to description
    tallies : mapping of (stratum, filter) to (Tally of the truth, Tally of the query)
        The stratum '*' is everything.
    roc : tuple of RocPoint
    limited : tuple of LimitedPlace
    not_compared : mapping of side to mapping of reason to number of records
    region_sizes_bp : mapping of stratum to (bases, bases in confident regions or None)
    unmatched : Path or None
    samples : mapping of side to sample name
    """

    request: ConcordanceRequest
    inputs: Mapping[str, Any]
    tallies: Mapping[TallyKey, tuple[Tally, Tally]]
    roc: tuple[RocPoint, ...]
    limited: tuple[LimitedPlace, ...]
    not_compared: Mapping[str, Mapping[str, int]]
    region_sizes_bp: Mapping[str, tuple[int, int | None]]
    unmatched: Path | None
    samples: Mapping[str, str]

    @property
    def strata(self) -> tuple[str, ...]:
        """Names of the strata, without the whole."""
        return tuple(stratum for stratum in self.region_sizes_bp if stratum != EVERYWHERE)

    def counts(
        self,
        kind: int,
        *,
        filter_name: str = "ALL",
        stratum: str = EVERYWHERE,
        subtype: int | None = None,
        genotype: int | None = None,
    ) -> Counts:
        """Return the counts of one type, subtype, genotype, filter and stratum."""
        truth, query = self.tallies[stratum, filter_name]
        subtypes = SUBTYPES_OF[kind] if subtype is None else (subtype,)
        genotypes = tuple(range(len(GENOTYPES))) if genotype is None else (genotype,)
        return count(truth, query, subtypes, genotypes)

    def document(self) -> dict[str, Any]:
        """Return the result as the command line's JSON."""
        return {
            "kernel": {"name": KERNEL, "version": KERNEL_VERSION},
            "parameters": self._parameters(),
            "inputs": dict(self.inputs),
            "types": self._by_type(),
            "subtypes": {
                name: self._by_filter(kind, subtype=SUBTYPES.index(name))
                for kind, subtypes in SUBTYPES_OF.items()
                for name in (SUBTYPES[subtype] for subtype in subtypes)
            },
            "strata": {name: {**self._by_type(stratum=name), **self._sizes(name)} for name in self.strata},
            "genotypes": {name: self._by_type(genotype=index) for index, name in enumerate(GENOTYPES)},
            "regions": self._sizes(EVERYWHERE),
            "roc": [point._asdict() for point in self.roc],
            "not_compared": {side: dict(reasons) for side, reasons in self.not_compared.items()},
            "too_complex": {
                "count": len(self.limited),
                "places": [dataclasses.asdict(place) for place in self.limited],
            },
            "unmatched": str(self.unmatched) if self.unmatched else None,
        }

    def _parameters(self) -> dict[str, Any]:
        return {
            **dataclasses.asdict(self.request.params),
            "sample_truth": self.samples["truth"],
            "sample_query": self.samples["query"],
            "strata": list(self.strata),
        }

    def _by_type(self, **selection: Any) -> dict[str, Any]:
        return {name: self._by_filter(kind, **selection) for kind, name in enumerate(TYPES)}

    def _by_filter(self, kind: int, **selection: Any) -> dict[str, Any]:
        return {name: self.counts(kind, filter_name=name, **selection).document() for name in FILTERS}

    def _sizes(self, stratum: str) -> dict[str, int | None]:
        size, confident = self.region_sizes_bp[stratum]
        return {"size_bp": size, "confident_size_bp": confident}
