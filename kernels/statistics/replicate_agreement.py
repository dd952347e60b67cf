"""Do replicates give the same calls? Pairwise positive agreement, genotype concordance, all-replicate consistency.

Also the comparison of two versions of a pipeline on the same input, with every changed call listed.

References
----------
Cicchetti DV, Feinstein AR. High agreement but low kappa: II. J Clin Epidemiol 1990;43:551-558 (positive agreement).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import combinations

from kernels.errors import KernelError
from kernels.statistics.proportions import Proportion, proportion_interval

Probability = Decimal | Fraction | float


class PairScope(StrEnum):
    """Whether the two replicates share their group (run, day, operator, instrument, lot)."""

    WITHIN_GROUP = "within_group"
    BETWEEN_GROUPS = "between_groups"


@dataclass(frozen=True, slots=True)
class Replicate:
    """Calls of one replicate: variant key -> genotype. The group is what repeatability is judged within."""

    id: str
    calls: Mapping[str, str]
    group: str = ""


@dataclass(frozen=True, slots=True)
class PositiveAgreement:
    """APA = 2a / (2a + b + c) over pairs, with a in both replicates and b, c in one alone.

    The interval is that of a / (a + b + c), which counts every variant once, carried over by APA = 2J / (1 + J). It
    takes variants as independent: beside it belongs a cluster bootstrap over samples.
    """

    in_both: int
    only_first: int
    only_second: int
    positive_agreement: Proportion
    jaccard: Proportion
    confidence: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two replicates compared; genotype concordance is over the calls in both."""

    first: str
    second: str
    scope: PairScope
    agreement: PositiveAgreement
    genotype_concordance: Proportion


@dataclass(frozen=True, slots=True)
class ReplicateAgreement:
    """All pairs, their sums by scope, and the share of variants that every replicate called.

    The sums are None where no such pair exists. `genotype_consistency` asks for the same genotype in all replicates.
    """

    pairs: tuple[PairAgreement, ...]
    within_group: PositiveAgreement | None
    between_groups: PositiveAgreement | None
    overall: PositiveAgreement
    genotype_concordance: Proportion
    all_replicate_consistency: Proportion
    genotype_consistency: Proportion
    seen_in_replicates: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ChangedGenotype:
    """A call that both versions make, differently."""

    variant: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class CallDifference:
    """What a new version changes on the same input; `is_identical` is the bar for a pure refactoring."""

    is_identical: bool
    unchanged: int
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed_genotype: tuple[ChangedGenotype, ...]
    agreement: PositiveAgreement
    genotype_concordance: Proportion


def positive_agreement(
    *, in_both: int, only_first: int, only_second: int, confidence: Probability = 0.95
) -> PositiveAgreement:
    """Compute average positive agreement and Jaccard index from counts."""
    jaccard = Proportion(in_both, in_both + only_first + only_second)
    interval = proportion_interval(jaccard, confidence=confidence)
    return PositiveAgreement(
        in_both=in_both,
        only_first=only_first,
        only_second=only_second,
        positive_agreement=Proportion(2 * in_both, 2 * in_both + only_first + only_second),
        jaccard=jaccard,
        confidence=float(confidence),
        lower=_from_jaccard(interval.lower),
        upper=_from_jaccard(interval.upper),
    )


def replicate_agreement(replicates: Sequence[Replicate], *, confidence: Probability = 0.95) -> ReplicateAgreement:
    """Compare every pair of replicates of one sample.

    Parameters
    ----------
    replicates : sequence of Replicate
        At least two, with distinct ids, already restricted to the bases where all of them could be called, or not:
        both views belong in a study.
    confidence : float
        Of the intervals.

    Raises
    ------
    KernelError
        `replicates_too_few`, `replicate_repeated`.
    """
    _check_replicates(replicates)
    pairs = tuple(_compared(one, two, confidence) for one, two in combinations(replicates, 2))
    times_seen = _times_seen(replicates)
    same_everywhere = sum(
        1
        for variant, times in times_seen.items()
        if times == len(replicates) and len({replicate.calls[variant] for replicate in replicates}) == 1
    )
    histogram = tuple(sum(1 for t in times_seen.values() if t == k) for k in range(1, len(replicates) + 1))
    return ReplicateAgreement(
        pairs=pairs,
        within_group=_pooled([pair for pair in pairs if pair.scope is PairScope.WITHIN_GROUP], confidence),
        between_groups=_pooled([pair for pair in pairs if pair.scope is PairScope.BETWEEN_GROUPS], confidence),
        overall=_summed(pairs, confidence),
        genotype_concordance=_summed_genotypes(pairs),
        all_replicate_consistency=Proportion(histogram[-1], len(times_seen)),
        genotype_consistency=Proportion(same_everywhere, len(times_seen)),
        seen_in_replicates=histogram,
    )


def call_difference(before: Mapping[str, str], after: Mapping[str, str]) -> CallDifference:
    """List what changed between two sets of calls of the same input.

    Parameters
    ----------
    before, after : mapping of str to str
        Variant key -> genotype, of the old and of the new version.
    """
    added = tuple(sorted(after.keys() - before.keys()))
    removed = tuple(sorted(before.keys() - after.keys()))
    shared = sorted(before.keys() & after.keys())
    changed = tuple(ChangedGenotype(key, before[key], after[key]) for key in shared if before[key] != after[key])
    same = len(shared) - len(changed)
    return CallDifference(
        is_identical=not (added or removed or changed),
        unchanged=same,
        added=added,
        removed=removed,
        changed_genotype=changed,
        agreement=positive_agreement(in_both=len(shared), only_first=len(removed), only_second=len(added)),
        genotype_concordance=Proportion(same, len(shared)),
    )


def _check_replicates(replicates: Sequence[Replicate]) -> None:
    if len(replicates) < 2:
        raise KernelError("replicates_too_few", f"{len(replicates)} replicate cannot agree; give at least two.")
    ids = [replicate.id for replicate in replicates]
    for index, name in enumerate(ids):
        if name in ids[:index]:
            raise KernelError(
                "replicate_repeated", f"Replicate {name} appears twice; a replicate counts once.", id=name
            )


def _compared(one: Replicate, two: Replicate, confidence: Probability) -> PairAgreement:
    shared = one.calls.keys() & two.calls.keys()
    same = sum(1 for key in shared if one.calls[key] == two.calls[key])
    agreement = positive_agreement(
        in_both=len(shared),
        only_first=len(one.calls) - len(shared),
        only_second=len(two.calls) - len(shared),
        confidence=confidence,
    )
    scope = PairScope.WITHIN_GROUP if one.group == two.group else PairScope.BETWEEN_GROUPS
    return PairAgreement(one.id, two.id, scope, agreement, Proportion(same, len(shared)))


def _pooled(pairs: Sequence[PairAgreement], confidence: Probability) -> PositiveAgreement | None:
    return _summed(pairs, confidence) if pairs else None


def _summed(pairs: Sequence[PairAgreement], confidence: Probability) -> PositiveAgreement:
    """Add up the counts. Pairs of the same replicates are not independent, so the sum carries no interval."""
    a, b, c = (
        sum(counts)
        for counts in zip(
            *((p.agreement.in_both, p.agreement.only_first, p.agreement.only_second) for p in pairs), strict=True
        )
    )
    summed = positive_agreement(in_both=a, only_first=b, only_second=c, confidence=confidence)
    if len(pairs) == 1:
        return summed
    return PositiveAgreement(a, b, c, summed.positive_agreement, summed.jaccard, summed.confidence, None, None)


def _summed_genotypes(pairs: Sequence[PairAgreement]) -> Proportion:
    return Proportion(
        sum(pair.genotype_concordance.numerator for pair in pairs),
        sum(pair.genotype_concordance.denominator for pair in pairs),
    )


def _times_seen(replicates: Sequence[Replicate]) -> dict[str, int]:
    seen: dict[str, int] = {}
    for replicate in replicates:
        for variant in replicate.calls:
            seen[variant] = seen.get(variant, 0) + 1
    return seen


def _from_jaccard(bound: float | None) -> float | None:
    return None if bound is None else 2.0 * bound / (1.0 + bound)
