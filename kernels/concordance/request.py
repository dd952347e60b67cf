"""What is to be compared, and how."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

KERNEL = "concordance"
KERNEL_VERSION = "1.0.0"


class MatchLevel(StrEnum):
    """What must agree for a call to count as found."""

    GENOTYPE = "genotype"
    ALLELE = "allele"


@dataclass(frozen=True)
class ConcordanceParams:
    """Choices that change the numbers.

    Attributes
    ----------
    match : MatchLevel
        `GENOTYPE` asks for both haplotypes, `ALLELE` for one shared allele.
    is_pass_only : bool
        Leave out query calls whose FILTER is neither PASS nor '.'.
    uses_filtered_truth : bool
        Also use truth calls that fail a filter; they are left out otherwise.
    score_field : str
        `QUAL`, `GQ`, `INFO.<key>` or `FORMAT.<key>` of the query, for the ROC.
    max_allele_length_bp : int
        Records with a longer REF or ALT are not compared, but counted.
    local_distance_bp : int
        A missed and an extra call this close are an allele mismatch.
    superlocus_gap_bp : int
        Calls with no larger gap between them share a superlocus.
    max_states : int
        Width of the haplotype search; a place that needs more is solved approximately and listed.
    max_roc_points : int
        Thresholds kept for each type.
    """

    match: MatchLevel = MatchLevel.GENOTYPE
    is_pass_only: bool = False
    uses_filtered_truth: bool = False
    score_field: str = "QUAL"
    max_allele_length_bp: int = 1000
    local_distance_bp: int = 30
    superlocus_gap_bp: int = 50
    max_states: int = 100_000
    max_roc_points: int = 200


@dataclass(frozen=True)
class ConcordanceRequest:
    """The files of a comparison and the files that it is to write.

    Attributes
    ----------
    truth, query : path
        VCF, plain or compressed, sorted.
    reference : path
        FASTA.
    confident : path, optional
        BED of the regions in which the truth claims to be complete; query calls elsewhere are not assessed (UNK).
    targets : path, optional
        BED outside which nothing is counted.
    strata : path, optional
        Lines of name, tab and BED path (absolute, or relative to this file).
    sample_truth, sample_query : str, optional
        May be left out where a file has one sample.
    unmatched : path, optional
        Where to write the table of missed and extra calls.
    hap_py : path, optional
        Prefix for tables in hap.py's format.
    annotated : path, optional
        Where to write the GA4GH intermediate VCF; compressed if it ends in .gz.
    thread_count : int
        Contigs compared at a time.
    """

    truth: Path
    query: Path
    reference: Path
    confident: Path | None = None
    targets: Path | None = None
    strata: Path | None = None
    sample_truth: str | None = None
    sample_query: str | None = None
    unmatched: Path | None = None
    hap_py: Path | None = None
    annotated: Path | None = None
    thread_count: int = 2
    params: ConcordanceParams = field(default_factory=ConcordanceParams)
