"""The counts of samtools flagstat, from the number of records with each flag."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.coverage.records import (
    DUPLICATE,
    FIRST_IN_PAIR,
    FLAG_VALUES,
    MATE_UNMAPPED,
    PAIRED,
    PROPER_PAIR,
    QC_FAIL,
    SECONDARY,
    SUPPLEMENTARY,
    UNMAPPED,
)
from kernels.coverage.tallies import IntArray

SECOND_IN_PAIR = 0x80
FLAGS = np.arange(FLAG_VALUES)
Mask = NDArray[np.bool_]


def _has(bits: int) -> Mask:
    return (FLAGS & bits) == bits


def _lacks(bits: int) -> Mask:
    return (FLAGS & bits) == 0


IS_PRIMARY = _lacks(SECONDARY | SUPPLEMENTARY)
IS_PRIMARY_PAIR = IS_PRIMARY & _has(PAIRED)
# samtools calls a record supplementary only if it is not secondary.
MASKS: dict[str, Mask] = {
    "total": _lacks(0),
    "primary": IS_PRIMARY,
    "secondary": _has(SECONDARY),
    "supplementary": _has(SUPPLEMENTARY) & _lacks(SECONDARY),
    "duplicates": _has(DUPLICATE),
    "primary_duplicates": IS_PRIMARY & _has(DUPLICATE),
    "mapped": _lacks(UNMAPPED),
    "primary_mapped": IS_PRIMARY & _lacks(UNMAPPED),
    "paired_in_sequencing": IS_PRIMARY_PAIR,
    "read1": IS_PRIMARY_PAIR & _has(FIRST_IN_PAIR),
    "read2": IS_PRIMARY_PAIR & _has(SECOND_IN_PAIR),
    "properly_paired": IS_PRIMARY_PAIR & _has(PROPER_PAIR) & _lacks(UNMAPPED),
    "with_itself_and_mate_mapped": IS_PRIMARY_PAIR & _lacks(UNMAPPED | MATE_UNMAPPED),
    "singletons": IS_PRIMARY_PAIR & _has(MATE_UNMAPPED) & _lacks(UNMAPPED),
}


def flag_statistics(flag_counts: IntArray, mate_elsewhere: IntArray) -> dict[str, dict[str, int]]:
    """Return each of flagstat's counts for records that pass and that fail the vendor's quality check.

    Parameters
    ----------
    flag_counts : int64 array (4096,)
        Records with each flag value.
    mate_elsewhere : int64 array (2, 2)
        Pairs with the mate on another contig, [passed or failed, any or mapping quality at least 5].
    """
    passed = np.where(_lacks(QC_FAIL), flag_counts, 0)
    failed = flag_counts - passed
    rows = {
        name: {"passed": int(passed[mask].sum()), "failed": int(failed[mask].sum())} for name, mask in MASKS.items()
    }
    for place, name in enumerate(("mate_on_other_contig", "mate_on_other_contig_mapq5")):
        rows[name] = {"passed": int(mate_elsewhere[0, place]), "failed": int(mate_elsewhere[1, place])}
    return rows
