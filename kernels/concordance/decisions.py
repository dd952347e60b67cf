"""From matches to decisions: which calls are found, missed, extra or not assessed, and how close the others come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.concordance.alleles import Alleles, take
from kernels.concordance.haplotypes import ANY_ALLELE, DIPLOID, Matches, find_matches
from kernels.concordance.request import ConcordanceParams, MatchLevel
from kernels.intervals import BoolArray

ByteArray = NDArray[np.uint8]
CodeArray = NDArray[np.uint8]
MatchNumbers = NDArray[np.int32]

# Decisions (BD); a truth call is never UNKNOWN.
TRUE_POSITIVE, FALSE, UNKNOWN, NOT_ASSESSED = 0, 1, 2, 3
TRUTH_DECISIONS = ("TP", "FN", "UNK", "N")
QUERY_DECISIONS = ("TP", "FP", "UNK", "N")

# Kinds of match (BK).
NO_MATCH, LOCAL, ALLELE, GENOTYPE = 0, 1, 2, 3
MATCH_KINDS = (".", "lm", "am", "gm")


@dataclass(frozen=True)
class Side:
    """The comparable calls of one side of one contig, sorted, and where they lie.

    Attributes
    ----------
    alleles : Alleles
    is_inside : bool array (n,)
        In the confident regions and targets.
    is_counted : bool array (n,)
        In the targets.
    """

    alleles: Alleles
    is_inside: BoolArray
    is_counted: BoolArray

    def __len__(self) -> int:
        return len(self.alleles.first)

    def selected(self, rows: NDArray[np.intp]) -> Side:
        return Side(take(self.alleles, rows), self.is_inside[rows], self.is_counted[rows])


@dataclass(frozen=True)
class Verdicts:
    """Decision and kind of match for each call of one side, and the match that a found call belongs to (0: none)."""

    decisions: CodeArray
    kinds: CodeArray
    matches: MatchNumbers


@dataclass(frozen=True)
class Comparison:
    """The verdicts on both sides of one contig, and where the search was not exact."""

    truth: Verdicts
    query: Verdicts
    limited: NDArray[np.int64]


def compare(
    sequence: ByteArray, truth: Side, query: Side, params: ConcordanceParams, *, has_confident: bool
) -> Comparison | None:
    """Compare the calls of one contig; None where more of the reference must be loaded first."""
    by_genotype = find_matches(sequence, truth.alleles, query.alleles, ploidy=DIPLOID, max_states=params.max_states)
    by_allele = _allele_matches(sequence, truth, query, by_genotype, params.max_states) if by_genotype else None
    if by_genotype is None or by_allele is None:
        return None
    accepted = (by_genotype, by_allele) if params.match is MatchLevel.ALLELE else (by_genotype,)
    truth_verdicts = _judge_truth(truth, by_genotype, by_allele, accepted)
    query_verdicts = _judge_query(truth, query, by_genotype, by_allele, accepted, has_confident)
    _mark_local(truth, truth_verdicts, query, query_verdicts, params.local_distance_bp)
    limited = np.concatenate((by_genotype.limited, by_allele.limited))
    return Comparison(truth_verdicts, query_verdicts, limited)


def _allele_matches(sequence: ByteArray, truth: Side, query: Side, found: Matches, max_states: int) -> Matches | None:
    """Match by one shared allele what did not match by genotype."""
    truth_rows, query_rows = np.flatnonzero(found.truth == 0), np.flatnonzero(found.query == 0)
    partial = find_matches(
        sequence, take(truth.alleles, truth_rows), take(query.alleles, query_rows), ploidy=ANY_ALLELE,
        max_states=max_states,
    )  # fmt: skip
    if partial is None:
        return None
    truth_matches, query_matches = np.zeros_like(found.truth), np.zeros_like(found.query)
    truth_matches[truth_rows], query_matches[query_rows] = partial.truth, partial.query
    return Matches(truth_matches, query_matches, partial.limited)


def _judge_truth(truth: Side, by_genotype: Matches, by_allele: Matches, accepted: tuple[Matches, ...]) -> Verdicts:
    numbers = _numbers([matches.truth for matches in accepted], accepted)
    decisions = np.where(numbers > 0, TRUE_POSITIVE, FALSE)
    decisions[~truth.is_inside] = NOT_ASSESSED
    return Verdicts(decisions.astype(np.uint8), _kinds(by_genotype.truth, by_allele.truth), numbers)


def _judge_query(
    truth: Side,
    query: Side,
    by_genotype: Matches,
    by_allele: Matches,
    accepted: tuple[Matches, ...],
    has_confident: bool,
) -> Verdicts:
    numbers = _numbers([matches.query for matches in accepted], accepted)
    is_matched = numbers > 0
    counts = np.zeros(len(query), dtype=np.bool_)
    for matches in accepted:
        counts |= _meets_assessed_truth(matches, truth)
    # A call beyond the border that shares an allele with a truth call within is a genotype error, not unknown.
    is_wrong = ~is_matched & (query.is_inside | _meets_assessed_truth(by_allele, truth))
    outside = np.where(query.is_counted, UNKNOWN, NOT_ASSESSED) if has_confident else NOT_ASSESSED
    decisions = np.where(counts, TRUE_POSITIVE, np.where(is_wrong, FALSE, outside))
    return Verdicts(decisions.astype(np.uint8), _kinds(by_genotype.query, by_allele.query), numbers)


def _numbers(parts: list[MatchNumbers], accepted: tuple[Matches, ...]) -> MatchNumbers:
    """Return one numbering of the matches of several searches."""
    numbers, shift = np.zeros_like(parts[0]), 0
    for part, matches in zip(parts, accepted, strict=True):
        numbers = np.where(part > 0, part + shift, numbers)
        shift += int(max(matches.truth.max(initial=0), matches.query.max(initial=0)))
    return numbers.astype(np.int32)


def _meets_assessed_truth(matches: Matches, truth: Side) -> BoolArray:
    """Return which query calls are in a match that has an assessed truth call."""
    is_assessed = np.zeros(int(max(matches.truth.max(initial=0), matches.query.max(initial=0))) + 1, dtype=np.bool_)
    is_assessed[matches.truth[truth.is_inside]] = True
    is_assessed[0] = False
    return is_assessed[matches.query]


def _kinds(by_genotype: MatchNumbers, by_allele: MatchNumbers) -> CodeArray:
    kinds = np.where(by_genotype > 0, GENOTYPE, np.where(by_allele > 0, ALLELE, NO_MATCH))
    return kinds.astype(np.uint8)


def _mark_local(truth: Side, truth_verdicts: Verdicts, query: Side, query_verdicts: Verdicts, distance: int) -> None:
    """Mark the calls without a match that lie close to a missed or extra call of the other side."""
    missed, extra = truth_verdicts.decisions == FALSE, query_verdicts.decisions == FALSE
    alone, query_alone = truth_verdicts.kinds == NO_MATCH, query_verdicts.kinds == NO_MATCH
    near_extra = _is_near(truth.alleles, missed & alone, query.alleles, extra, distance)
    near_missed = _is_near(query.alleles, extra & query_alone, truth.alleles, missed, distance)
    truth_verdicts.kinds[near_extra] = LOCAL
    query_verdicts.kinds[near_missed] = LOCAL


def _is_near(
    alleles: Alleles, rows: BoolArray, others: Alleles, other_rows: BoolArray, distance: int
) -> NDArray[np.intp]:
    """Return which of some rows have another of some other rows within a distance, REF to REF."""
    chosen, other = np.flatnonzero(rows), np.flatnonzero(other_rows)
    if not len(chosen) or not len(other):
        return np.empty(0, dtype=np.intp)
    order = np.argsort(others.spans_start[other], kind="stable")
    starts = others.spans_start[other][order].astype(np.int64)
    furthest = np.maximum.accumulate(others.spans_end[other][order].astype(np.int64))
    before = np.searchsorted(starts, alleles.spans_end[chosen].astype(np.int64) + distance, side="left")
    reaches = np.concatenate(([-1], furthest))[before] > alleles.spans_start[chosen].astype(np.int64) - distance
    return chosen[reaches & (before > 0)]
