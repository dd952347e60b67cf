"""The haplotype search against a brute-force enumeration, on many small random genomes."""

from __future__ import annotations

import os
import random
from pathlib import Path

import haplotype_oracle as oracle
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_genomes import Call, letters, read_alleles

from kernels.concordance.alleles import Alleles
from kernels.concordance.haplotypes import ANY_ALLELE, DIPLOID, find_matches

# EXOMARK_ORACLE_CASES=2000000 runs the long check.
CASES = int(os.environ.get("EXOMARK_ORACLE_CASES", "1200"))
EXAMPLES = min(CASES, 200)
OPTIONS = {DIPLOID: oracle.phases, ANY_ALLELE: oracle.any_allele}


def random_genome(source: random.Random) -> tuple[str, list[Call], list[Call]]:
    """Return a reference and two call sets that often, but not always, spell the same haplotypes."""
    alphabet = source.choice(["AC", "AC", "ACG", "A"])
    reference = "".join(source.choice(alphabet) for _ in range(source.randint(4, 12)))
    truth = random_calls(source, reference, alphabet)
    query = random_calls(source, reference, alphabet)
    if source.random() < 0.4:
        query = sorted({*query[:1], *source.sample(truth, len(truth))})
    return reference, truth, query


def random_calls(source: random.Random, reference: str, alphabet: str) -> list[Call]:
    calls = [random_call(source, reference, alphabet) for _ in range(source.randint(0, 3))]
    return sorted(calls)


def random_call(source: random.Random, reference: str, alphabet: str) -> Call:
    start = source.randrange(len(reference))
    ref = reference[start : start + source.randint(1, 4)]
    alts = {random_allele(source, ref, alphabet) for _ in range(source.randint(1, 2))} - {ref}
    listed = sorted(alts) or [ref + "A"]
    first, second = (source.randint(0, len(listed)) for _ in range(2))
    if first == second == 0:
        second = 1
    return Call(start, ref, ",".join(listed), f"{first}/{second}")


def random_allele(source: random.Random, ref: str, alphabet: str) -> str:
    kind = source.random()
    if kind < 0.35:
        return ref[0] + "".join(source.choice(alphabet) for _ in range(source.randint(1, 3))) + ref[1:]
    if kind < 0.65:
        return ref[: source.randint(1, len(ref))]
    return "".join(source.choice(alphabet + "T") for _ in range(source.randint(1, len(ref) + 1)))


def check(folder: Path, reference: str, truth: list[Call], query: list[Call], ploidy: int) -> None:
    truth_alleles, truth_calls = read_alleles(folder, truth)
    query_alleles, query_calls = read_alleles(folder, query)
    found = find_matches(letters(reference), truth_alleles, query_alleles, ploidy=ploidy, max_states=100_000)
    assert found is not None
    total = int((found.truth > 0).sum() + (found.query > 0).sum())
    options = OPTIONS[ploidy]
    assert total == oracle.best(reference, truth_calls, query_calls, options)
    assert not len(found.limited)
    # What it reports is a solution on its own, not only of the right size.
    included = [call for call, match in zip(truth_calls, found.truth.tolist(), strict=True) if match]
    query_included = [call for call, match in zip(query_calls, found.query.tolist(), strict=True) if match]
    assert total == oracle.best(reference, included, query_included, options)


@pytest.mark.parametrize("ploidy", [DIPLOID, ANY_ALLELE])
def test_search__finds_as_many_calls_as_brute_force(tmp_path: Path, ploidy: int) -> None:
    source = random.Random(20 + ploidy)
    for _ in range(CASES if ploidy == DIPLOID else CASES // 4):
        check(tmp_path, *random_genome(source), ploidy)


@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(seed=st.randoms(use_true_random=False))
def test_search__finds_as_many_calls_as_brute_force__on_shrinkable_genomes(tmp_path: Path, seed: random.Random) -> None:
    check(tmp_path, *random_genome(seed), DIPLOID)


def test_search__is_symmetric(tmp_path: Path) -> None:
    source = random.Random(5)
    for _ in range(CASES // 5):
        reference, truth, query = random_genome(source)
        one, _ = read_alleles(tmp_path, truth)
        other, _ = read_alleles(tmp_path, query)
        forwards = find_matches(letters(reference), one, other, ploidy=DIPLOID, max_states=1000)
        backwards = find_matches(letters(reference), other, one, ploidy=DIPLOID, max_states=1000)
        assert forwards is not None
        assert backwards is not None
        assert (forwards.truth > 0).sum() + (forwards.query > 0).sum() == (backwards.truth > 0).sum() + (
            backwards.query > 0
        ).sum()


def repeat_locus(tmp_path: Path) -> tuple[np.ndarray, Alleles, Alleles]:
    """Return thirty overlapping one-base deletions in a repeat against two deletions: many ways to lay them down."""
    reference = "G" + "AC" * 30 + "T" * 10
    truth = [Call(0, "GACACACACAC", "G,GACACACAC", "1/2")]
    query = [Call(position, reference[position : position + 2], reference[position]) for position in range(2, 32)]
    return letters(reference), read_alleles(tmp_path, truth)[0], read_alleles(tmp_path, query)[0]


def test_search__reports_where_it_gave_up_states(tmp_path: Path) -> None:
    reference, truth, query = repeat_locus(tmp_path)
    narrow = find_matches(reference, truth, query, ploidy=DIPLOID, max_states=40)
    wide = find_matches(reference, truth, query, ploidy=DIPLOID, max_states=100_000)
    assert narrow is not None
    assert wide is not None
    assert len(wide.limited) == 0
    assert len(narrow.limited) == 1
    begin, end = narrow.limited[0]
    assert begin <= 1
    assert end >= 32
    assert (narrow.query > 0).sum() <= (wide.query > 0).sum()


def test_search__ends_on_a_place_that_is_beyond_it(tmp_path: Path) -> None:
    """Three hundred overlapping indels of each side in one repeat: the work is bounded, and the place is named."""
    source = random.Random(3)
    reference = "G" * 20 + "AC" * 300 + "T" * 20

    def tangle() -> list[Call]:
        calls = []
        for _ in range(300):
            start, length = source.randrange(22, 600), source.choice([2, 4, 6])
            unit = reference[start + 1 : start + 1 + length]
            calls.append(Call(start, reference[start] + unit, reference[start]) if source.random() < 0.5
                         else Call(start, reference[start], reference[start] + unit))  # fmt: skip
        return sorted(calls)

    truth, _ = read_alleles(tmp_path, tangle())
    query, _ = read_alleles(tmp_path, tangle())
    found = find_matches(letters(reference), truth, query, ploidy=DIPLOID, max_states=2000)
    assert found is not None
    assert len(found.limited) == 1
    assert (found.truth > 0).sum() > 100


def test_search__asks_for_reference_that_is_not_loaded(tmp_path: Path) -> None:
    truth, _ = read_alleles(tmp_path, [Call(3, "AC", "A")])
    query, _ = read_alleles(tmp_path, [Call(5, "AC", "A")])
    reference = letters("GGGACACACACAGGG").copy()
    reference[7:] = 0
    assert find_matches(reference, truth, query, ploidy=DIPLOID, max_states=1000) is None
