"""Every way to lay calls on two haplotypes, tried one by one: slow, short and written without the kernel.

It restates the objective: choose calls of both sides, and a phase for each, so that both sides spell the same two
haplotypes; between two neighbouring places where everything is in step, either both sides contribute or none. Count the
largest number of calls that can be chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from typing import NamedTuple

from small_genomes import Call


class Edit(NamedTuple):
    start: int
    end: int
    letters: str


class Pair(NamedTuple):
    """What a choice of calls writes on both haplotypes."""

    edits: tuple[tuple[Edit, ...], tuple[Edit, ...]]
    starts: tuple[int, ...]
    chosen: tuple[int, ...]


def trimmed(call: Call, number: str) -> Edit | None:
    """Return what an allele changes, trimmed from the right and then from the left."""
    if number in (".", "0"):
        return None
    ref, alt, start = call.ref, call.alt.split(",")[int(number) - 1], call.position
    if not alt.isalpha():
        return None
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        ref, alt, start = ref[1:], alt[1:], start + 1
    return Edit(start, start + len(ref), alt) if ref or alt else None


def phases(call: Call) -> list[tuple[Edit | None, Edit | None]]:
    numbers = call.genotype.replace("|", "/").split("/")
    first, second = trimmed(call, numbers[0]), trimmed(call, numbers[-1])
    return [(first, second)] if numbers[0] == numbers[-1] else [(first, second), (second, first)]


def any_allele(call: Call) -> list[tuple[Edit | None, Edit | None]]:
    numbers = dict.fromkeys(call.genotype.replace("|", "/").split("/"))
    edits = dict.fromkeys(edit for edit in (trimmed(call, number) for number in numbers) if edit)
    return [(edit, edit) for edit in edits]


def choices(calls: Sequence[Call], options_of) -> Iterator[Pair]:
    """Yield every choice of calls and phases whose edits do not overlap."""
    for picks in product(*([None, *options_of(call)] for call in calls)):
        haplotypes: tuple[list[Edit], list[Edit]] = ([], [])
        starts, chosen, fits = [], [], True
        for index, pick in enumerate(picks):
            if pick is None:
                continue
            chosen.append(index)
            starts.append(min(edit.start for edit in pick if edit))
            for haplotype, edit in zip(haplotypes, pick, strict=True):
                if edit:
                    fits &= not haplotype or haplotype[-1].end <= edit.start
                    haplotype.append(edit)
        if fits:
            yield Pair((tuple(haplotypes[0]), tuple(haplotypes[1])), tuple(starts), tuple(chosen))


def spell(reference: str, edits: Sequence[Edit], end: int) -> str | None:
    """Return a haplotype up to a reference position, or None if an edit reaches past it."""
    text, at = "", 0
    for edit in edits:
        if edit.start >= end:
            break
        if edit.end > end:
            return None
        text += reference[at : edit.start] + edit.letters
        at = edit.end
    return text + reference[at:end]


def whole(reference: str, edits: Sequence[Edit]) -> str:
    text, at = "", 0
    for edit in edits:
        text += reference[at : edit.start] + edit.letters
        at = edit.end
    return text + reference[at:]


def in_step(reference: str, truth: Pair, query: Pair) -> list[int]:
    places = []
    for end in range(len(reference) + 1):
        prefixes = [
            (spell(reference, truth.edits[haplotype], end), spell(reference, query.edits[haplotype], end))
            for haplotype in (0, 1)
        ]
        if all(one is not None and one == other for one, other in prefixes):
            places.append(end)
    return places


def is_balanced(reference: str, truth: Pair, query: Pair) -> bool:
    """Whether both sides contribute between any two neighbouring places in step."""
    places = [*in_step(reference, truth, query), len(reference) + 1]
    for begin, end in pairwise(places):
        sides = {any(begin <= start < end for start in side.starts) for side in (truth, query)}
        if len(sides) > 1:
            return False
    return True


def best(reference: str, truth: Sequence[Call], query: Sequence[Call], options_of=phases) -> int:
    """Return the largest number of calls of both sides that spell the same haplotypes."""
    by_haplotypes: dict[tuple[str, str], list[Pair]] = {}
    for pair in choices(truth, options_of):
        key = (whole(reference, pair.edits[0]), whole(reference, pair.edits[1]))
        by_haplotypes.setdefault(key, []).append(pair)
    most = 0
    for pair in choices(query, options_of):
        for other in by_haplotypes.get((whole(reference, pair.edits[0]), whole(reference, pair.edits[1])), ()):
            score = len(pair.chosen) + len(other.chosen)
            if score > most and is_balanced(reference, other, pair):
                most = score
    return most
