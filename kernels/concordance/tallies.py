"""Counts of decisions by type, subtype, genotype, filter and stratum, and the metrics made from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.concordance.alleles import FIRST_DELETION, GENOTYPES, HET, HOMALT, INDEL, SNP, SUBTYPES, Alleles
from kernels.concordance.decisions import ALLELE, FALSE, LOCAL, MATCH_KINDS, TRUE_POSITIVE, TRUTH_DECISIONS, UNKNOWN
from kernels.intervals import BoolArray

SHAPE = (len(SUBTYPES), len(GENOTYPES), len(TRUTH_DECISIONS), len(MATCH_KINDS))
SUBTYPES_OF = {SNP: tuple(range(FIRST_DELETION)), INDEL: tuple(range(FIRST_DELETION, len(SUBTYPES)))}
COUNTED = (TRUE_POSITIVE, FALSE, UNKNOWN)


@dataclass(frozen=True)
class Tally:
    """Calls of one side, and the changed bases of its SNP calls.

    Attributes
    ----------
    calls, transitions, transversions : int64 arrays (subtype, genotype, decision, kind of match)
    """

    calls: NDArray[np.int64]
    transitions: NDArray[np.int64]
    transversions: NDArray[np.int64]

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.calls + other.calls,
            self.transitions + other.transitions,
            self.transversions + other.transversions,
        )


EMPTY_TALLY = Tally(np.zeros(SHAPE, np.int64), np.zeros(SHAPE, np.int64), np.zeros(SHAPE, np.int64))


def tally(
    alleles: Alleles, decisions: NDArray[np.uint8], kinds: NDArray[np.uint8], rows: BoolArray | slice = slice(None)
) -> Tally:
    """Count some calls of one side."""
    key = np.ravel_multi_index(
        (
            alleles.subtypes[rows].astype(np.intp), alleles.genotypes[rows].astype(np.intp),
            decisions[rows].astype(np.intp), kinds[rows].astype(np.intp),
        ),
        SHAPE,
    )  # fmt: skip
    size = int(np.prod(SHAPE))

    def count(weights: NDArray[np.int32] | None) -> NDArray[np.int64]:
        return np.bincount(key, weights, size).astype(np.int64).reshape(SHAPE)

    return Tally(count(None), count(alleles.transitions[rows]), count(alleles.transversions[rows]))


@dataclass(frozen=True)
class SideCounts:
    """Calls of one side with one decision or several."""

    calls: int
    transitions: int
    transversions: int
    het: int
    homalt: int

    @property
    def titv(self) -> float | None:
        """Transitions per transversion."""
        return ratio(self.transitions, self.transversions)

    @property
    def het_hom(self) -> float | None:
        """Heterozygous calls per homozygous alternative call."""
        return ratio(self.het, self.homalt)


@dataclass(frozen=True)
class Counts:
    """The counts of one selection of calls, as GA4GH defines them; truth and query each in its own records."""

    truth_tp: SideCounts
    truth_fn: SideCounts
    truth_total: SideCounts
    query_tp: SideCounts
    query_fp: SideCounts
    query_unk: SideCounts
    query_total: SideCounts
    fp_gt: int
    fp_al: int

    @property
    def recall(self) -> float | None:
        return ratio(self.truth_tp.calls, self.truth_total.calls)

    @property
    def precision(self) -> float | None:
        return ratio(self.query_tp.calls, self.query_tp.calls + self.query_fp.calls)

    @property
    def frac_na(self) -> float | None:
        return ratio(self.query_unk.calls, self.query_total.calls)

    @property
    def f1(self) -> float | None:
        if self.recall is None or self.precision is None:
            return None
        return ratio(2 * self.recall * self.precision, self.recall + self.precision) or 0.0

    def document(self) -> dict[str, float | int | None]:
        """Return the counts and metrics under the names of the command line's JSON."""
        return {
            "truth_total": self.truth_total.calls,
            "truth_tp": self.truth_tp.calls,
            "truth_fn": self.truth_fn.calls,
            "query_total": self.query_total.calls,
            "query_tp": self.query_tp.calls,
            "query_fp": self.query_fp.calls,
            "query_unk": self.query_unk.calls,
            "fp_gt": self.fp_gt,
            "fp_al": self.fp_al,
            "recall": self.recall,
            "precision": self.precision,
            "frac_na": self.frac_na,
            "f1": self.f1,
            "truth_titv": self.truth_total.titv,
            "query_titv": self.query_total.titv,
            "truth_het_hom": self.truth_total.het_hom,
            "query_het_hom": self.query_total.het_hom,
        }


def ratio(numerator: float, denominator: float) -> float | None:
    """Return a ratio, or None where it is undefined."""
    return numerator / denominator if denominator else None


def count(
    truth: Tally, query: Tally, subtypes: Sequence[int], genotypes: Sequence[int] = tuple(range(len(GENOTYPES)))
) -> Counts:
    """Return the counts of some subtypes and genotypes."""

    def of(side: Tally, *decisions: int) -> SideCounts:
        return _side_counts(side, subtypes, genotypes, decisions)

    wrong = query.calls[np.ix_(subtypes, genotypes)][:, :, FALSE].sum(axis=(0, 1))
    return Counts(
        truth_tp=of(truth, TRUE_POSITIVE),
        truth_fn=of(truth, FALSE),
        truth_total=of(truth, TRUE_POSITIVE, FALSE),
        query_tp=of(query, TRUE_POSITIVE),
        query_fp=of(query, FALSE),
        query_unk=of(query, UNKNOWN),
        query_total=of(query, *COUNTED),
        fp_gt=int(wrong[ALLELE]),
        fp_al=int(wrong[LOCAL]),
    )


def _side_counts(
    side: Tally, subtypes: Sequence[int], genotypes: Sequence[int], decisions: Sequence[int]
) -> SideCounts:
    chosen = np.ix_(subtypes, genotypes, decisions)
    by_genotype = side.calls[chosen].sum(axis=(0, 2, 3))
    of_genotype = dict(zip(genotypes, by_genotype.tolist(), strict=True))
    return SideCounts(
        calls=int(by_genotype.sum()),
        transitions=int(side.transitions[chosen].sum()),
        transversions=int(side.transversions[chosen].sum()),
        het=of_genotype.get(HET, 0),
        homalt=of_genotype.get(HOMALT, 0),
    )
