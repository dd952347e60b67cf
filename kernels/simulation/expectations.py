"""What the tools must find in a simulated exome, counted from what was planted and never from the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from kernels.simulation.alleles import VariantType, size_class
from kernels.simulation.calls import MATCHING, MISSING, Call, CallKind, is_written
from kernels.simulation.design import CaptureDesign, Target
from kernels.simulation.reads import (
    DUPLICATE,
    FIRST,
    MATE_UNMAPPED,
    PAIRED,
    PROPER,
    QC_FAIL,
    SECOND,
    SECONDARY,
    SUPPLEMENTARY,
    UNMAPPED,
    Reads,
    place,
)

Booleans = npt.NDArray[np.bool_]
Depth = npt.NDArray[np.int64]

MIN_MAPPING_QUALITY = 20
MIN_BASE_QUALITY = 20
HIGH_MAPPING_QUALITY = 5  # samtools flagstat's "different chr (mapQ>=5)"
BREADTHS = (1, 2, 10, 20, 30, 40, 50, 100)
UNCOUNTED = UNMAPPED | SECONDARY | QC_FAIL | DUPLICATE


def flag_counts(reads: Reads) -> dict[str, dict[str, int]]:
    """Return samtools flagstat's counts, for reads that passed and failed quality control."""
    failed = reads.has(QC_FAIL)
    return {"qc_passed": _flag_counts(reads, ~failed), "qc_failed": _flag_counts(reads, failed)}


def _flag_counts(reads: Reads, members: Booleans) -> dict[str, int]:
    primary = members & ~reads.has(SECONDARY | SUPPLEMENTARY)
    mapped = reads.is_mapped
    both = primary & mapped & ~reads.has(MATE_UNMAPPED)
    _, contig, _ = place(reads)
    elsewhere = both & (contig != contig[reads.mate])
    counted = {
        "total": members,
        "primary": primary,
        "secondary": members & reads.has(SECONDARY),
        "supplementary": members & reads.has(SUPPLEMENTARY) & ~reads.has(SECONDARY),
        "duplicates": members & reads.has(DUPLICATE),
        "primary_duplicates": primary & reads.has(DUPLICATE),
        "mapped": members & mapped,
        "primary_mapped": primary & mapped,
        "paired": primary & reads.has(PAIRED),
        "read1": primary & reads.has(FIRST),
        "read2": primary & reads.has(SECOND),
        "properly_paired": primary & reads.has(PROPER) & mapped,
        "with_itself_and_mate_mapped": both,
        "singletons": primary & mapped & reads.has(MATE_UNMAPPED),
        "mate_on_different_chromosome": elsewhere,
        "mate_on_different_chromosome_mapq5": elsewhere & (reads.mapping_quality >= HIGH_MAPPING_QUALITY),
    }
    return {name: int(selected.sum()) for name, selected in counted.items()}


class Territory:
    """The genome as one line of bases, and the targets on it."""

    def __init__(self, design: CaptureDesign) -> None:
        self.design = design
        self.offsets = np.cumsum([0, *design.contig_lengths])

    def depth(self, contig: npt.NDArray[np.int32], positions: npt.NDArray[np.int32]) -> Depth:
        """Return how often each base of the genome occurs among placed bases."""
        size = int(self.offsets[-1])
        return np.bincount(self.offsets[contig] + positions, minlength=size)[:size]

    def of(self, target: Target, depth: Depth) -> Depth:
        offset = int(self.offsets[target.contig])
        return depth[offset + target.start : offset + target.end]

    def on_targets(self, depth: Depth) -> Depth:
        return np.concatenate([self.of(target, depth) for target in self.design.targets])


def fragment_depth(reads: Reads, territory: Territory) -> Depth:
    """Return mosdepth's default depth: duplicates out, any mapping quality, a base under both mates counted once."""
    counted = reads.rows(~reads.has(UNCOUNTED))
    row, column = np.nonzero(counted.reference_positions >= 0)
    contig = counted.contig[row]
    position = counted.reference_positions[row, column]
    # Only primary mates of one pair share a base; a supplementary record is no mate.
    molecule = np.where(counted.has(SUPPLEMENTARY), -1 - np.arange(len(counted)), counted.fragment)[row]
    both = np.isin(molecule, _overlapping_molecules(counted))
    keys = np.stack((molecule[both], contig[both].astype(np.int64), position[both].astype(np.int64)))
    order = np.lexsort(keys[::-1])
    sorted_keys = keys[:, order]
    is_repeat = (sorted_keys[:, 1:] == sorted_keys[:, :-1]).all(axis=0)
    repeated = sorted_keys[:, 1:][:, is_repeat]
    total = territory.depth(contig, position)
    return total - territory.depth(repeated[1].astype(np.int32), repeated[2].astype(np.int32))


def _overlapping_molecules(reads: Reads) -> npt.NDArray[np.int64]:
    """Return the fragments whose two proper mates overlap."""
    proper = reads.rows(reads.has(PROPER))
    order = np.argsort(proper.fragment, kind="stable")
    fragment = proper.fragment[order]
    placed = proper.reference_positions[order]
    last = placed.max(axis=1)
    first = np.where(placed >= 0, placed, np.iinfo(np.int32).max).min(axis=1)
    are_mates = fragment[1:] == fragment[:-1]
    overlap = (np.minimum(last[1:], last[:-1]) >= np.maximum(first[1:], first[:-1])) & are_mates
    return fragment[1:][overlap]


def high_quality_bases(reads: Reads) -> Booleans:
    """Return which bases count for Picard's target coverage, shape (n, read length).

    Primary and supplementary records that passed, without duplicates, mapping and base quality of at least 20. Where
    mates overlap, the left one (the second read at equal starts) loses what lies at or after its mate's start.
    """
    _, _, position = place(reads)
    mate_position = position[reads.mate]
    both_mapped = ~reads.has(UNMAPPED | MATE_UNMAPPED)
    is_left = (mate_position > position) | ((mate_position == position) & ~reads.has(FIRST))
    clipped_from = np.where(both_mapped & is_left, mate_position, np.iinfo(np.int32).max)
    usable = ~reads.has(UNCOUNTED) & (reads.mapping_quality >= MIN_MAPPING_QUALITY)
    return (
        usable[:, None]
        & (reads.reference_positions >= 0)
        & (reads.quality >= MIN_BASE_QUALITY)
        & (reads.reference_positions < clipped_from[:, None])
    )


def hybrid_selection(reads: Reads, territory: Territory, high_quality: Depth) -> dict[str, int | float]:
    """Return the HsMetrics fields that follow from counting alone, under Picard's names and defaults."""
    primary = ~reads.has(SECONDARY | SUPPLEMENTARY)
    passed = primary & ~reads.has(QC_FAIL)
    unique = passed & ~reads.has(DUPLICATE)
    on_targets = territory.on_targets(high_quality)
    targets = territory.design.targets
    silent = sum(not territory.of(target, high_quality).any() for target in targets)
    counted: dict[str, int | float] = {
        "TOTAL_READS": int(primary.sum()),
        "PF_READS": int(passed.sum()),
        "PF_UNIQUE_READS": int(unique.sum()),
        "PF_UQ_READS_ALIGNED": int((unique & reads.is_mapped).sum()),
        "BAIT_TERRITORY": sum(bait.length for bait in territory.design.baits()),
        "TARGET_TERRITORY": sum(target.length for target in targets),
        "GENOME_SIZE": int(territory.offsets[-1]),
        "ON_TARGET_BASES": int(on_targets.sum()),
        "MEAN_TARGET_COVERAGE": float(on_targets.mean()),
        "MIN_TARGET_COVERAGE": int(on_targets.min()),
        "MAX_TARGET_COVERAGE": int(on_targets.max()),
        "ZERO_CVG_TARGETS_PCT": silent / len(targets),
    }
    breadth = {f"PCT_TARGET_BASES_{depth}X": float((on_targets >= depth).mean()) for depth in BREADTHS}
    return counted | breadth


def target_rows(territory: Territory, fragments: Depth, high_quality: Depth) -> list[dict[str, Any]]:
    """Return both mean depths of every target."""
    return [
        {
            "name": target.name,
            "gene": target.gene,
            "contig": territory.design.contig_names[target.contig],
            "start": target.start,
            "end": target.end,
            "mean_depth": float(territory.of(target, fragments).mean()),
            "mean_high_quality_depth": float(territory.of(target, high_quality).mean()),
        }
        for target in territory.design.targets
    ]


def sex_evidence(territory: Territory, fragments: Depth) -> dict[str, float]:
    """Return mean target depth of X and of Y over that of the autosomes."""
    names = territory.design.contig_names
    by_group: dict[str, list[Depth]] = {"chrX": [], "chrY": [], "autosomes": []}
    for target in territory.design.targets:
        group = names[target.contig] if names[target.contig] in by_group else "autosomes"
        by_group[group].append(territory.of(target, fragments))
    mean = {group: float(np.concatenate(parts).mean()) for group, parts in by_group.items()}
    return {
        "x_to_autosome_ratio": mean["chrX"] / mean["autosomes"],
        "y_to_autosome_ratio": mean["chrY"] / mean["autosomes"],
    }


def concordance(calls: list[Call], *, passing_only: bool) -> dict[str, Any]:
    """Return the counts of a haplotype-aware comparison in confident and target regions.

    A wrong genotype is a false negative of the truth and a false positive of the query.
    """
    inside = [call for call in calls if call.in_region]
    matched = MATCHING - {CallKind.FILTERED_TRUE} if passing_only else MATCHING
    truth = [call for call in inside if call.truth is not None]
    query = [call for call in inside if is_written(call) and not (passing_only and call.is_filtered)]
    return {
        "truth_tp": _by_truth_type(call for call in truth if call.kind in matched),
        "truth_fn": _by_truth_type(call for call in truth if call.kind not in matched),
        "query_tp": _by_query_type(call for call in query if call.kind in matched),
        "query_fp": _by_query_type(call for call in query if call.kind not in matched),
        "genotype_errors": _by_truth_type(call for call in truth if call.kind is CallKind.WRONG_GENOTYPE),
    }


def _by_truth_type(calls: Iterable[Call]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for call in calls:
        if call.truth is None:
            continue
        counts[call.truth.variant_type] += 1
        if call.truth.variant_type is VariantType.INDEL:
            counts[f"INDEL {call.truth.size_class}"] += 1
        counts["het" if call.truth.is_het else "hom"] += 1
    names = ("SNV", "INDEL", "INDEL 1-5", "INDEL 6-15", "INDEL 16+", "het", "hom")
    return {name: counts[name] for name in names}


def _by_query_type(calls: Iterable[Call]) -> dict[str, int]:
    """Count by the type of the change itself: a padded SNV is an SNV."""
    counts: Counter[str] = Counter()
    for call in calls:
        kind = VariantType.SNV if call.kind is CallKind.PADDED else call.variant_type
        counts[kind] += 1
        if kind is VariantType.INDEL:
            counts[f"INDEL {size_class(call.reference, call.alternates)}"] += 1
    names = ("SNV", "MNV", "INDEL", "INDEL 1-5", "INDEL 6-15", "INDEL 16+")
    return {name: counts[name] for name in names}


def planted_calls(calls: list[Call], contig_names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return every call that differs from its truth record in content or in form."""
    return [
        {
            "kind": call.kind.value,
            "contig": contig_names[call.contig],
            "position": call.position + 1,
            "reference": call.reference,
            "alternates": list(call.alternates),
            "genotype": None if call.kind in MISSING else call.genotype,
            "in_confident_targets": call.in_region,
            "target": call.truth.target if call.truth else None,
        }
        for call in calls
        if call.kind is not CallKind.AS_TRUTH
    ]
