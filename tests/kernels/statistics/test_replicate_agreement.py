"""Expected values counted by hand, and set arithmetic written out here."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.errors import KernelError
from kernels.statistics.proportions import Proportion, proportion_interval
from kernels.statistics.replicate_agreement import (
    PairScope,
    Replicate,
    call_difference,
    positive_agreement,
    replicate_agreement,
)

CALLS = [
    Replicate("r1", {"v1": "0/1", "v2": "1/1", "v3": "0/1", "v4": "0/1"}, "run 1"),
    Replicate("r2", {"v1": "0/1", "v2": "0/1", "v3": "0/1"}, "run 1"),
    Replicate("r3", {"v1": "0/1", "v2": "1/1", "v5": "0/1"}, "run 2"),
]


def counts(agreement):
    return (agreement.in_both, agreement.only_first, agreement.only_second)


def test_pairs__are_counted_by_hand():
    result = replicate_agreement(CALLS)
    assert [(p.first, p.second, p.scope.value, counts(p.agreement)) for p in result.pairs] == [
        ("r1", "r2", "within_group", (3, 1, 0)),
        ("r1", "r3", "between_groups", (2, 2, 1)),
        ("r2", "r3", "between_groups", (2, 1, 1)),
    ]
    assert [p.genotype_concordance for p in result.pairs] == [Proportion(2, 3), Proportion(2, 2), Proportion(1, 2)]


def test_sums__by_scope_add_the_counts():
    result = replicate_agreement(CALLS)
    assert result.within_group.positive_agreement == Proportion(6, 7)
    assert result.between_groups.positive_agreement == Proportion(8, 13)
    assert result.overall.positive_agreement == Proportion(14, 20)
    assert (result.overall.lower, result.overall.upper) == (None, None)
    assert result.genotype_concordance == Proportion(5, 7)


def test_all_replicates__see_fewer_than_any_pair():
    result = replicate_agreement(CALLS)
    assert result.all_replicate_consistency == Proportion(2, 5)
    assert result.genotype_consistency == Proportion(1, 5)
    assert result.seen_in_replicates == (2, 1, 2)


def test_one_group__has_no_sum_between_groups():
    result = replicate_agreement(CALLS[:2])
    assert result.between_groups is None
    assert result.pairs[0].scope is PairScope.WITHIN_GROUP


def test_interval__is_carried_over_from_the_variants_seen_once_each():
    agreement = positive_agreement(in_both=980, only_first=6, only_second=14)
    jaccard = proportion_interval(Proportion(980, 1000))
    assert agreement.positive_agreement.value == pytest.approx(1960 / 1980)
    assert agreement.lower == pytest.approx(2 * jaccard.lower / (1 + jaccard.lower))
    assert agreement.lower < agreement.positive_agreement.value < agreement.upper


def test_replicates_without_any_call__agree_on_nothing():
    result = replicate_agreement([Replicate("a", {}), Replicate("b", {})])
    assert (result.overall.positive_agreement.value, result.all_replicate_consistency.value) == (None, None)


variants = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(["0/1", "1/1"]))


@given(st.lists(variants, min_size=2, max_size=4))
@settings(deadline=None, max_examples=60)
def test_any_replicates__equal_set_arithmetic(calls):
    result = replicate_agreement([Replicate(str(i), c) for i, c in enumerate(calls)])
    a = sum(len(x.keys() & y.keys()) for x, y in itertools.combinations(calls, 2))
    total = sum(len(x) + len(y) for x, y in itertools.combinations(calls, 2))
    assert result.overall.positive_agreement == Proportion(2 * a, total)
    union = set().union(*calls)
    common = union.intersection(*calls)
    assert result.all_replicate_consistency == Proportion(len(common), len(union))
    assert sum(result.seen_in_replicates) == len(union)


@pytest.mark.parametrize(
    ("replicates", "code"),
    [(CALLS[:1], "replicates_too_few"), ([CALLS[0], CALLS[0]], "replicate_repeated")],
)
def test_replicates_that_do_not_count__are_refused(replicates, code):
    with pytest.raises(KernelError) as refusal:
        replicate_agreement(replicates)
    assert refusal.value.code == code


def test_a_new_version__lists_every_change():
    result = call_difference(CALLS[0].calls, {"v1": "0/1", "v2": "0/1", "v3": "0/1", "v9": "1/1", "v8": "0/1"})
    assert (result.added, result.removed, result.unchanged) == (("v8", "v9"), ("v4",), 2)
    assert [(c.variant, c.before, c.after) for c in result.changed_genotype] == [("v2", "1/1", "0/1")]
    assert not result.is_identical
    assert result.genotype_concordance == Proportion(2, 3)
    assert counts(result.agreement) == (3, 1, 2)


def test_the_same_calls__are_identical_whatever_their_order():
    assert call_difference({"a": "0/1", "b": "1/1"}, {"b": "1/1", "a": "0/1"}).is_identical
