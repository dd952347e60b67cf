"""The comparison of one contig: everything that the result needs of it, and nothing that grows with the genome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.concordance.alleles import (
    COMPARABLE,
    NOT_A_SEQUENCE,
    TOO_LONG,
    Alleles,
    Rows,
    first_contradiction,
    take,
    trim_calls,
)
from kernels.concordance.decisions import NOT_ASSESSED, Comparison, Side, Verdicts, compare
from kernels.concordance.regions import RegionSets, lies_in
from kernels.concordance.request import ConcordanceParams
from kernels.concordance.tallies import EMPTY_TALLY, Tally, tally
from kernels.errors import KernelError
from kernels.intervals import EMPTY, Intervals, make, merge
from kernels.io.fasta import Reference
from kernels.io.vcf import CallSet, ContigRun

ALL, PASS = "ALL", "PASS"
FILTERS = (ALL, PASS)
EVERYWHERE = "*"

# Reference around a call that the search usually needs.
WINDOW_BP = 500

TallyKey = tuple[str, str]


@dataclass(frozen=True)
class SideOutcome:
    """One side of a compared contig, its comparable calls in order of their first changed base.

    Attributes
    ----------
    rows : int64 array (n,)
        Row of each call in its CallSet.
    subtypes, genotypes : uint8 arrays (n,)
        Indices into `SUBTYPES` and `GENOTYPES`.
    superloci : int32 array (n,)
        Index of each call's superlocus.
    verdicts : mapping of filter to Verdicts
        PASS leaves out the filtered calls of the query: its verdicts on them are NOT_ASSESSED.
    skipped : int64 array (m,)
        Rows that cannot be compared.
    not_compared : mapping of reason to number of records
    """

    rows: NDArray[np.int64]
    subtypes: NDArray[np.uint8]
    genotypes: NDArray[np.uint8]
    superloci: NDArray[np.int32]
    verdicts: Mapping[str, Verdicts]
    skipped: NDArray[np.int64]
    not_compared: Mapping[str, int]


@dataclass(frozen=True)
class ContigOutcome:
    """A compared contig.

    Attributes
    ----------
    contig : str
        The reference's name.
    truth, query : SideOutcome
    tallies : mapping of (stratum, filter) to (Tally of the truth, Tally of the query)
    superloci : Intervals
    limited : int64 array (m, 2)
        Places where the search was not exact.
    """

    contig: str
    truth: SideOutcome
    query: SideOutcome
    tallies: Mapping[TallyKey, tuple[Tally, Tally]]
    superloci: Intervals
    limited: NDArray[np.int64]


@dataclass(frozen=True)
class _Loaded:
    """The calls of one side of a contig before the comparison."""

    rows: NDArray[np.int64]
    side: Side
    is_passing: NDArray[np.bool_]
    skipped: NDArray[np.int64]
    not_compared: Mapping[str, int]


def compare_contig(
    contig: str,
    truth: tuple[CallSet, ContigRun | None],
    query: tuple[CallSet, ContigRun | None],
    reference: Reference,
    regions: RegionSets,
    params: ConcordanceParams,
) -> ContigOutcome:
    """Compare the calls on one contig.

    Raises
    ------
    KernelError
        `reference_contradicted` or `position_beyond_contig`.
    """
    sides = (truth, query)
    sequence, is_whole = reference.windows(contig, _windows(sides))
    for calls, run in sides:
        _require_reference_alleles(calls, run, contig, sequence, reference.path.name)
    loaded_truth = _load(*truth, contig, regions, params, passing_only=not params.uses_filtered_truth)
    loaded_query = _load(*query, contig, regions, params, passing_only=params.is_pass_only)
    has_confident = regions.confident is not None
    comparisons = _compare_filters(sequence, loaded_truth, loaded_query, params, has_confident)
    if comparisons is None and not is_whole:
        sequence = reference.sequence(contig)
        comparisons = _compare_filters(sequence, loaded_truth, loaded_query, params, has_confident)
    if comparisons is None:
        raise AssertionError("a whole reference sequence has letters that are not loaded")
    return _outcome(contig, loaded_truth, loaded_query, comparisons, regions, params)


def _windows(sides: tuple[tuple[CallSet, ContigRun | None], ...]) -> Intervals:
    starts, ends = [], []
    for calls, run in sides:
        if run is not None:
            positions = calls.positions[run.first : run.last].astype(np.int64)
            starts.append(positions - WINDOW_BP)
            ends.append(positions + calls.reference_lengths[run.first : run.last] + WINDOW_BP)
    return make(np.concatenate(starts), np.concatenate(ends)) if starts else EMPTY


def _require_reference_alleles(
    calls: CallSet, run: ContigRun | None, contig: str, sequence: NDArray[np.uint8], reference_file: str
) -> None:
    if run is None:
        return
    kept = slice(run.first, run.last)
    row = first_contradiction(
        calls.positions[kept], calls.reference_lengths[kept], calls.letter_offsets[kept], calls.letters, sequence
    )
    if row < 0:
        return
    row += run.first
    start, allele = int(calls.positions[row]), calls.reference_allele(row)
    place = f"{calls.source} {run.name}:{start + 1}"
    if start + len(allele) > len(sequence):
        raise KernelError(
            "position_beyond_contig",
            f"{place} lies beyond the {len(sequence)} bases of {contig} in {reference_file}: "
            "the calls were made with another reference.",
            file=calls.source, contig=run.name, position=start + 1, length=len(sequence),
        )  # fmt: skip
    found = sequence[start : start + len(allele)].tobytes().decode("ascii", "replace")
    raise KernelError(
        "reference_contradicted",
        f"{place} has REF {_short(allele)} but {reference_file} has {_short(found)} there: "
        "use the reference that the calls were made with.",
        file=calls.source, contig=run.name, position=start + 1, allele=_short(allele), found=_short(found),
    )  # fmt: skip


def _short(letters: str) -> str:
    return letters if len(letters) <= 20 else f"{letters[:20]}…"


def _load(
    calls: CallSet,
    run: ContigRun | None,
    contig: str,
    regions: RegionSets,
    params: ConcordanceParams,
    *,
    passing_only: bool,
) -> _Loaded:
    first, last = (run.first, run.last) if run is not None else (0, 0)
    alleles = trim_calls(calls, Rows(first, last), params.max_allele_length_bp)
    is_passing = calls.is_passing[first:last]
    used = is_passing if passing_only else np.ones(last - first, dtype=np.bool_)
    order = _order(alleles, used & (alleles.fitness == COMPARABLE))
    chosen = take(alleles, order)
    side = Side(chosen, lies_in(chosen, regions.assessed(contig)), lies_in(chosen, regions.target(contig)))
    return _Loaded(
        rows=order + first,
        side=side,
        is_passing=is_passing[order],
        skipped=np.flatnonzero((alleles.fitness != COMPARABLE) | ~used) + first,
        not_compared={
            "not_a_sequence": int((used & (alleles.fitness == NOT_A_SEQUENCE)).sum()),
            "too_long": int((used & (alleles.fitness == TOO_LONG)).sum()),
            "filtered": int((~used).sum()),
        },
    )


def _order(alleles: Alleles, used: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the used rows by their first, then their last changed base."""
    rows = np.flatnonzero(used)
    first = alleles.first[rows]
    if (first[1:] > first[:-1]).all():
        return rows
    return rows[np.lexsort((alleles.last[rows], first))]


def _compare_filters(
    sequence: NDArray[np.uint8], truth: _Loaded, query: _Loaded, params: ConcordanceParams, has_confident: bool
) -> dict[str, Comparison] | None:
    """Compare all calls, and again without the filtered calls of the query if there are any."""
    everything = compare(sequence, truth.side, query.side, params, has_confident=has_confident)
    if everything is None:
        return None
    if query.is_passing.all():
        return {ALL: everything, PASS: everything}
    rows = np.flatnonzero(query.is_passing)
    passing = compare(sequence, truth.side, query.side.selected(rows), params, has_confident=has_confident)
    if passing is None:
        return None
    return {ALL: everything, PASS: Comparison(passing.truth, _spread(passing.query, rows, query), passing.limited)}


def _spread(verdicts: Verdicts, rows: NDArray[np.intp], query: _Loaded) -> Verdicts:
    """Return verdicts on some rows as verdicts on all; the others are not assessed."""
    count = len(query.rows)
    decisions = np.full(count, NOT_ASSESSED, np.uint8)
    kinds, matches = np.zeros(count, np.uint8), np.zeros(count, np.int32)
    decisions[rows], kinds[rows], matches[rows] = verdicts.decisions, verdicts.kinds, verdicts.matches
    return Verdicts(decisions, kinds, matches)


def _outcome(
    contig: str,
    truth: _Loaded,
    query: _Loaded,
    comparisons: Mapping[str, Comparison],
    regions: RegionSets,
    params: ConcordanceParams,
) -> ContigOutcome:
    superloci = _superloci(truth.side, query.side, params.superlocus_gap_bp)
    return ContigOutcome(
        contig=contig,
        truth=_side_outcome(truth, {name: each.truth for name, each in comparisons.items()}, superloci),
        query=_side_outcome(query, {name: each.query for name, each in comparisons.items()}, superloci),
        tallies=_tallies(contig, truth.side, query.side, comparisons, regions),
        superloci=superloci,
        limited=comparisons[ALL].limited,
    )


def _superloci(truth: Side, query: Side, max_gap_bp: int) -> Intervals:
    starts = np.concatenate((truth.alleles.spans_start, query.alleles.spans_start))
    ends = np.concatenate((truth.alleles.spans_end, query.alleles.spans_end))
    return merge(make(starts, ends), max_gap_bp)


def _side_outcome(loaded: _Loaded, verdicts: Mapping[str, Verdicts], superloci: Intervals) -> SideOutcome:
    alleles = loaded.side.alleles
    index = np.searchsorted(superloci.starts, alleles.spans_start, side="right") - 1
    return SideOutcome(
        rows=loaded.rows,
        subtypes=alleles.subtypes,
        genotypes=alleles.genotypes,
        superloci=index.astype(np.int32),
        verdicts=verdicts,
        skipped=loaded.skipped,
        not_compared=loaded.not_compared,
    )


def _tallies(
    contig: str, truth: Side, query: Side, comparisons: Mapping[str, Comparison], regions: RegionSets
) -> dict[TallyKey, tuple[Tally, Tally]]:
    places = {EVERYWHERE: None, **{name: territory.get(contig, EMPTY) for name, territory in regions.strata.items()}}
    tallies: dict[TallyKey, tuple[Tally, Tally]] = {}
    for stratum, intervals in places.items():
        truth_rows, query_rows = lies_in(truth.alleles, intervals), lies_in(query.alleles, intervals)
        for name, comparison in comparisons.items():
            tallies[stratum, name] = (
                _tally_side(truth, comparison.truth, truth_rows),
                _tally_side(query, comparison.query, query_rows),
            )
    return tallies


def _tally_side(side: Side, verdicts: Verdicts, rows: NDArray[np.bool_]) -> Tally:
    if not rows.any():
        return EMPTY_TALLY
    return tally(side.alleles, verdicts.decisions, verdicts.kinds, rows)
