"""A coverage run from files to result."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kernels.coverage.assay import Assay, read_assay
from kernels.coverage.flag_statistics import flag_statistics
from kernels.coverage.hybrid_selection import SelectionCounts, Value, hybrid_selection
from kernels.coverage.insert_size import insert_sizes
from kernels.coverage.parameters import CoverageRequest
from kernels.coverage.reduction import merge_histograms
from kernels.coverage.result import CoverageResult, InputWarning
from kernels.coverage.scan import Scanned, scan_alignment
from kernels.coverage.sex import Sex, TargetDepths, infer_sex
from kernels.coverage.tables import SequenceMetrics, TargetTable, gap_table, gene_table, sequence_metrics, target_table
from kernels.coverage.tallies import COUNTERS
from kernels.document import describe_input
from kernels.io.alignment import AlignmentFile, open_alignment
from kernels.io.fasta import Reference, open_reference

CHECKSUM_ALWAYS = ("targets", "baits", "genes")


def run(request: CoverageRequest, progress: Callable[[float], None] | None = None) -> CoverageResult:
    """Compute every coverage metric of an alignment file in one pass over its reads.

    Parameters
    ----------
    request : CoverageRequest
    progress : callable, optional
        Told the share of the file that has been read, 0 to 1; may be called from any thread.

    Returns
    -------
    CoverageResult

    Raises
    ------
    KernelError
        The input cannot be used; `code` says why.
    """
    alignment = open_alignment(request.alignment, request.reference, request.thread_count)
    try:
        header = alignment.header
        assay, remarks = read_assay(request, header.contigs, header.lengths_bp, alignment.name)
        reference = _open_reference(request, assay)
        scanned = scan_alignment(alignment, assay, request.params, request.thread_count, progress)
        return _collect(request, alignment, assay, reference, scanned, remarks)
    finally:
        alignment.close()


def _open_reference(request: CoverageRequest, assay: Assay) -> Reference | None:
    if request.reference is None:
        return None
    reference = open_reference(request.reference)
    assay.targets.require_within(reference.lengths, Path(request.reference).name)
    return reference


def _collect(
    request: CoverageRequest,
    alignment: AlignmentFile,
    assay: Assay,
    reference: Reference | None,
    scanned: Scanned,
    remarks: Sequence[str],
) -> CoverageResult:
    params, contigs, library = request.params, scanned.contigs, scanned.library
    sequence = sequence_metrics(assay, contigs, reference)
    targets = target_table(assay, contigs, sequence.composition)
    counters = dict(zip(COUNTERS, library.counters.tolist(), strict=True))
    warnings = _warnings(alignment, counters) + [InputWarning("regions_left_out", remark) for remark in remarks]
    return CoverageResult(
        params=params,
        inputs=_describe_inputs(request),
        samples=alignment.header.samples,
        assay=assay,
        contigs=contigs,
        hybrid_selection=None if params.is_depth_only else _selection(request, assay, scanned, counters, sequence),
        flags=flag_statistics(library.flags, library.mate_elsewhere),
        insert_sizes=None if params.is_depth_only else insert_sizes(library.inserts, library.max_insert),
        usable_histogram=merge_histograms([depths.usable_histogram for depths in contigs]),
        fragment_histogram=merge_histograms([depths.fragment_histogram for depths in contigs]),
        quality_histogram=library.quality_histogram(),
        sex=_sex(assay, targets),
        targets=targets,
        genes=gene_table(assay, contigs) if assay.annotation is not None and not params.is_depth_only else None,
        gaps=None if params.is_depth_only else gap_table(contigs),
        warnings=tuple(warnings),
    )


def _selection(
    request: CoverageRequest,
    assay: Assay,
    scanned: Scanned,
    counters: dict[str, int],
    sequence: SequenceMetrics,
) -> dict[str, Value]:
    contigs = scanned.contigs
    baits = assay.baits.territory() if assay.baits is not None else {}
    counts = SelectionCounts(
        counters=counters,
        usable_histogram=merge_histograms([depths.usable_histogram for depths in contigs]),
        unfiltered_histogram=merge_histograms([depths.unfiltered_histogram for depths in contigs]),
        quality_histogram=scanned.library.quality_histogram(),
        # Picard names a bait set by its file, up to the first dot.
        bait_set=request.baits.name.split(".")[0] if request.baits is not None else None,
        bait_territory_bp=sum(int((bait.ends - bait.starts).sum()) for bait in baits.values()),
        target_territory_bp=sum(int(depths.territory.offsets[-1]) for depths in contigs),
        genome_size_bp=sum(assay.lengths_bp),
        target_count=len(assay.targets),
        uncovered_count=sum(int((depths.merged.maxima == 0).sum()) for depths in contigs),
        at_dropout=sequence.at_dropout,
        gc_dropout=sequence.gc_dropout,
    )
    return hybrid_selection(counts, request.params)


def _sex(assay: Assay, targets: TargetTable) -> Sex:
    plain = {name.removeprefix("chr"): length for name, length in zip(assay.contigs, assay.lengths_bp, strict=True)}
    names = np.array([name.removeprefix("chr") for name in assay.contigs])
    depths = targets.usable.sums / targets.lengths
    return infer_sex(TargetDepths(names[targets.contigs], targets.starts, targets.ends, depths, plain.get("X")))


def _describe_inputs(request: CoverageRequest) -> dict[str, dict[str, Any]]:
    described = {}
    for name, path in request.inputs().items():
        if request.has_checksums or name in CHECKSUM_ALWAYS:
            described[name] = describe_input(path)
        else:
            described[name] = {"name": path.name, "size": os.path.getsize(path)}
    return described


def _warnings(alignment: AlignmentFile, counters: dict[str, int]) -> list[InputWarning]:
    header, name = alignment.header, alignment.name
    found = {
        "reads_none": (counters["RECORDS"] == 0, f"{name} holds no reads."),
        "read_groups_missing": (not header.read_groups, f"{name} names no read group: its sample is not known."),
        "samples_several": (
            len(header.samples) > 1,
            f"{name} holds reads of {len(header.samples)} samples ({', '.join(header.samples[:5])}): "
            "the metrics are of all of them together.",
        ),
        "single_end": (
            counters["RECORDS"] > 0 and counters["PAIRED_RECORDS"] == 0,
            f"{name} holds single-end reads: there are no insert sizes and no library size.",
        ),
        "qualities_missing": (
            counters["READS_WITHOUT_QUALITY"] > 0,
            f"{counters['READS_WITHOUT_QUALITY']} usable read(s) of {name} have no base qualities: "
            "metrics that need them are undefined unless the minimum base quality is 0.",
        ),
        "index_missing": (not alignment.has_index, f"{name} has no index: it was read by one thread."),
    }
    return [InputWarning(code, message) for code, (is_found, message) in found.items() if is_found]
