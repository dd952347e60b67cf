"""The GA4GH intermediate VCF: every call of both sides with its decision.

References
----------
GA4GH Benchmarking Team, "Intermediate VCF format", github.com/ga4gh/benchmarking-tools.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from kernels.concordance.alleles import FIRST_DELETION, GENOTYPES, SUBTYPES, TYPES
from kernels.concordance.contig import ALL, ContigOutcome, SideOutcome
from kernels.concordance.decisions import MATCH_KINDS, QUERY_DECISIONS, TRUTH_DECISIONS
from kernels.io.vcf import CallSet

FORMAT = "GT:BD:BK:BI:BVT:BLT:QQ"
NO_CALL = "./.:.:.:.:NOCALL:nocall:."
HEADER = (
    '##INFO=<ID=BS,Number=.,Type=Integer,Description="Start of the benchmarking superlocus">',
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    '##FORMAT=<ID=BD,Number=1,Type=String,Description="Decision (TP, FP, FN, UNK, or N: not assessed)">',
    '##FORMAT=<ID=BK,Number=1,Type=String,Description="Kind of match (gm genotype, am allele, lm local, . none)">',
    '##FORMAT=<ID=BI,Number=1,Type=String,Description="Subtype of the call">',
    '##FORMAT=<ID=BVT,Number=1,Type=String,Description="Type of the call (SNP, INDEL, NOCALL)">',
    '##FORMAT=<ID=BLT,Number=1,Type=String,Description="Genotype class (het, homalt, hetalt, halfcall, nocall)">',
    '##FORMAT=<ID=QQ,Number=1,Type=Float,Description="Score of the call">',
)

# Position, REF, ALT: calls that agree in these share a line.
Site = tuple[int, str, str]
Cell = tuple[str, int | None]


def annotated_lines(
    outcomes: Sequence[ContigOutcome], truth: CallSet, query: CallSet, lengths: Mapping[str, int]
) -> Iterator[str]:
    """Yield the lines of the annotated VCF, in order of contig and position."""
    yield "##fileformat=VCFv4.2\n"
    yield from (f"{line}\n" for line in HEADER)
    yield from (f"##contig=<ID={outcome.contig},length={lengths[outcome.contig]}>\n" for outcome in outcomes)
    yield "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tTRUTH\tQUERY\n"
    for outcome in outcomes:
        truth_cells = _cells(outcome, outcome.truth, truth, TRUTH_DECISIONS)
        query_cells = _cells(outcome, outcome.query, query, QUERY_DECISIONS)
        for site in sorted({*truth_cells, *query_cells}):
            yield from _site_lines(outcome.contig, site, truth_cells.get(site, []), query_cells.get(site, []))


def _site_lines(contig: str, site: Site, truth_cells: list[Cell], query_cells: list[Cell]) -> Iterator[str]:
    position, reference, alternative = site
    for index in range(max(len(truth_cells), len(query_cells))):
        pair = [cells[index] if index < len(cells) else (NO_CALL, None) for cells in (truth_cells, query_cells)]
        starts = sorted({start for _, start in pair if start is not None})
        place = ",".join(map(str, starts))
        yield (
            f"{contig}\t{position}\t.\t{reference}\t{alternative}\t.\t.\t{f'BS={place}' if place else '.'}\t{FORMAT}\t"
            f"{pair[0][0]}\t{pair[1][0]}\n"
        )


def _cells(
    outcome: ContigOutcome, side: SideOutcome, calls: CallSet, decisions: Sequence[str]
) -> dict[Site, list[Cell]]:
    cells: dict[Site, list[Cell]] = {}
    verdicts = side.verdicts[ALL]
    starts = outcome.superloci.starts[side.superloci] + 1
    columns = (side.rows, verdicts.decisions, verdicts.kinds, side.subtypes, side.genotypes, starts)
    for row, decision, kind, subtype, genotype, start in zip(*(column.tolist() for column in columns), strict=True):
        cell = ":".join((
            calls.genotype(row), decisions[decision], MATCH_KINDS[kind], SUBTYPES[subtype].lower(),
            TYPES[subtype >= FIRST_DELETION], GENOTYPES[genotype], _score(calls, row),
        ))  # fmt: skip
        cells.setdefault(_site(calls, row), []).append((cell, start))
    for row in side.skipped.tolist():
        cells.setdefault(_site(calls, row), []).append((f"{calls.genotype(row)}:N:.:.:NOCALL:nocall:.", None))
    return cells


def _site(calls: CallSet, row: int) -> Site:
    return int(calls.positions[row]) + 1, calls.reference_allele(row), calls.alternative_alleles(row)


def _score(calls: CallSet, row: int) -> str:
    score = float(calls.scores[row])
    return "." if np.isnan(score) else f"{score:g}"
