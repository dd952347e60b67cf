"""The table of missed and extra calls, one line each, for a person to look through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from kernels.concordance.alleles import FIRST_DELETION, GENOTYPES, SUBTYPES, TYPES
from kernels.concordance.contig import ALL, ContigOutcome, SideOutcome
from kernels.concordance.decisions import ALLELE, FALSE, LOCAL
from kernels.io.vcf import CallSet

COLUMNS = (
    "contig", "position", "ref", "alt", "genotype", "zygosity", "type", "size_class", "decision", "kind", "score",
    "superlocus",
)  # fmt: skip


def unmatched_lines(outcomes: Sequence[ContigOutcome], truth: CallSet, query: CallSet) -> Iterator[str]:
    """Yield the heading and a line for each missed or extra call, by contig and position.

    The kind is `missed` (truth only), `extra` (query only), `genotype` (same allele, other zygosity; stands on both
    sides) or `allele` (another allele close by on the other side).
    """
    yield "\t".join(COLUMNS) + "\n"
    for outcome in outcomes:
        lines = [
            *_side_lines(outcome, outcome.truth, truth, "FN", "missed"),
            *_side_lines(outcome, outcome.query, query, "FP", "extra"),
        ]
        for _, line in sorted(lines, key=lambda item: item[0]):
            yield line


def _side_lines(
    outcome: ContigOutcome, side: SideOutcome, calls: CallSet, decision: str, plain_kind: str
) -> Iterator[tuple[int, str]]:
    verdicts = side.verdicts[ALL]
    kinds = {ALLELE: "genotype", LOCAL: "allele"}
    for index in np.flatnonzero(verdicts.decisions == FALSE).tolist():
        row = int(side.rows[index])
        superlocus = int(side.superloci[index])
        subtype, score = int(side.subtypes[index]), float(calls.scores[row])
        position = int(calls.positions[row]) + 1
        columns = (
            outcome.contig, str(position), calls.reference_allele(row), calls.alternative_alleles(row),
            calls.genotype(row), GENOTYPES[side.genotypes[index]], TYPES[subtype >= FIRST_DELETION], SUBTYPES[subtype],
            decision, kinds.get(int(verdicts.kinds[index]), plain_kind), "" if np.isnan(score) else f"{score:g}",
            f"{outcome.contig}:{outcome.superloci.starts[superlocus] + 1}-{outcome.superloci.ends[superlocus]}",
        )  # fmt: skip
        yield position, "\t".join(columns) + "\n"
