"""A comparison from files to result."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from kernels.concordance.annotated import annotated_lines
from kernels.concordance.contig import EVERYWHERE, ContigOutcome, TallyKey, compare_contig
from kernels.concordance.contigs import place_runs, require_one_build
from kernels.concordance.hap_py import extended_lines, summary_lines
from kernels.concordance.regions import RegionSets, load_regions, overlap_length_bp
from kernels.concordance.request import ConcordanceRequest
from kernels.concordance.result import ConcordanceResult, LimitedPlace
from kernels.concordance.roc import roc_points
from kernels.concordance.tallies import EMPTY_TALLY, Tally
from kernels.concordance.unmatched import unmatched_lines
from kernels.document import describe_input
from kernels.errors import KernelError
from kernels.io.fasta import Reference, open_reference
from kernels.io.vcf import CallSet, ContigRun, read_calls
from kernels.io.whole_files import write_text, write_vcf

Progress = Callable[[float], None]
Jobs = dict[str, tuple[ContigRun | None, ContigRun | None]]

READ_SHARE = 0.5


def run(request: ConcordanceRequest, progress: Progress | None = None) -> ConcordanceResult:
    """Compare a query call set with a truth call set.

    Parameters
    ----------
    request : ConcordanceRequest
    progress : callable, optional
        Called with the fraction done, 0 to 1.

    Returns
    -------
    ConcordanceResult
        The files that the request names are written before this returns, and only if everything went well.

    Raises
    ------
    KernelError
        Every input that cannot be compared, with its own code and a sentence.
    """
    report = progress or _ignore
    report(0.0)
    reference = open_reference(request.reference)
    regions = load_regions(
        request.confident, request.targets, request.strata, reference.lengths, request.reference.name
    )
    truth, query = _read_both(request)
    require_one_build(truth, query)
    jobs = _jobs(truth, query, reference)
    report(READ_SHARE)
    outcomes = _compare_all(jobs, truth, query, reference, regions, request, report)
    result = _result(request, truth, query, reference, regions, outcomes)
    _write(request, result, outcomes, truth, query, reference)
    report(1.0)
    return result


def _ignore(_fraction: float) -> None:
    return None


def _read_both(request: ConcordanceRequest) -> tuple[CallSet, CallSet]:
    with ThreadPoolExecutor(min(2, max(1, request.thread_count))) as pool:
        truth = pool.submit(read_calls, request.truth, sample=request.sample_truth)
        query = pool.submit(
            read_calls, request.query, sample=request.sample_query, score_field=request.params.score_field
        )
        calls = truth.result(), query.result()
    if not len(calls[0]):
        raise KernelError(
            "truth_empty",
            f"{calls[0].source} has no variant call for sample {calls[0].sample!r}: there is nothing to find.",
            file=calls[0].source, sample=calls[0].sample,
        )  # fmt: skip
    return calls


def _jobs(truth: CallSet, query: CallSet, reference: Reference) -> Jobs:
    """Return the runs of both sides by contig, in the reference's order."""
    lengths, name = reference.lengths, reference.path.name
    truth_runs, query_runs = place_runs(truth, lengths, name), place_runs(query, lengths, name)
    return {
        contig: (truth_runs.get(contig), query_runs.get(contig))
        for contig in lengths
        if contig in truth_runs or contig in query_runs
    }


def _compare_all(
    jobs: Jobs,
    truth: CallSet,
    query: CallSet,
    reference: Reference,
    regions: RegionSets,
    request: ConcordanceRequest,
    report: Progress,
) -> list[ContigOutcome]:
    sizes = {contig: sum(run.last - run.first for run in runs if run) for contig, runs in jobs.items()}
    total, done = max(sum(sizes.values()), 1), 0
    outcomes: dict[str, ContigOutcome] = {}
    # Largest first, so that no thread is left alone with a large contig at the end.
    with ThreadPoolExecutor(max(1, request.thread_count)) as pool:
        waiting = {
            contig: pool.submit(
                compare_contig, contig, (truth, jobs[contig][0]), (query, jobs[contig][1]), reference, regions,
                request.params,
            )
            for contig in sorted(jobs, key=lambda contig: -sizes[contig])
        }  # fmt: skip
        try:
            for contig, future in waiting.items():
                outcomes[contig] = future.result()
                done += sizes[contig]
                report(READ_SHARE + (1 - READ_SHARE) * 0.95 * done / total)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return [outcomes[contig] for contig in jobs]


def _result(
    request: ConcordanceRequest,
    truth: CallSet,
    query: CallSet,
    reference: Reference,
    regions: RegionSets,
    outcomes: Sequence[ContigOutcome],
) -> ConcordanceResult:
    limited = (
        LimitedPlace(outcome.contig, int(start), int(end))
        for outcome in outcomes
        for start, end in outcome.limited.tolist()
    )
    return ConcordanceResult(
        request=request,
        inputs=_describe_inputs(request),
        tallies=_sum_tallies(outcomes, regions),
        roc=tuple(roc_points(outcomes, query, request.params.max_roc_points)),
        limited=tuple(limited),
        not_compared={
            "truth": _sum_reasons([outcome.truth.not_compared for outcome in outcomes], truth),
            "query": _sum_reasons([outcome.query.not_compared for outcome in outcomes], query),
        },
        region_sizes_bp=_region_sizes(regions, reference, outcomes),
        unmatched=request.unmatched,
        samples={"truth": truth.sample, "query": query.sample},
    )


def _sum_tallies(outcomes: Sequence[ContigOutcome], regions: RegionSets) -> dict[TallyKey, tuple[Tally, Tally]]:
    totals = {
        (stratum, name): (EMPTY_TALLY, EMPTY_TALLY)
        for stratum in (EVERYWHERE, *regions.strata)
        for name in ("ALL", "PASS")
    }
    for outcome in outcomes:
        for key, (truth, query) in outcome.tallies.items():
            totals[key] = (totals[key][0] + truth, totals[key][1] + query)
    return totals


def _sum_reasons(parts: Sequence[Mapping[str, int]], calls: CallSet) -> dict[str, int]:
    reasons = {"no_call": calls.no_call_count, "reference_only": calls.reference_count}
    for reason in ("filtered", "not_a_sequence", "too_long"):
        reasons[reason] = sum(part[reason] for part in parts)
    return reasons


def _region_sizes(
    regions: RegionSets, reference: Reference, outcomes: Sequence[ContigOutcome]
) -> dict[str, tuple[int, int | None]]:
    lengths = {outcome.contig: reference.lengths[outcome.contig] for outcome in outcomes}
    sizes: dict[str, tuple[int, int | None]] = {}
    for stratum, territory in {EVERYWHERE: regions.targets, **regions.strata}.items():
        confident = None if regions.confident is None else overlap_length_bp(territory, regions.confident, lengths)
        sizes[stratum] = (overlap_length_bp(territory, None, lengths), confident)
    return sizes


def _describe_inputs(request: ConcordanceRequest) -> dict[str, Any]:
    paths = {
        "truth": request.truth, "query": request.query, "confident": request.confident, "targets": request.targets,
        "strata": request.strata,
    }  # fmt: skip
    described: dict[str, Any] = {role: describe_input(path) for role, path in paths.items() if path is not None}
    # A genome takes longer to digest than to compare: its index stands for it.
    index = Path(f"{os.fspath(request.reference)}.fai")
    described["reference"] = {
        "name": request.reference.name,
        "size": os.path.getsize(request.reference),
        "index_sha256": describe_input(index)["sha256"] if index.is_file() else None,
    }
    return described


def _write(
    request: ConcordanceRequest,
    result: ConcordanceResult,
    outcomes: Sequence[ContigOutcome],
    truth: CallSet,
    query: CallSet,
    reference: Reference,
) -> None:
    if request.unmatched is not None:
        write_text(request.unmatched, unmatched_lines(outcomes, truth, query))
    if request.hap_py is not None:
        write_text(f"{request.hap_py}.summary.csv", summary_lines(result))
        write_text(f"{request.hap_py}.extended.csv", extended_lines(result))
    if request.annotated is not None:
        write_vcf(request.annotated, annotated_lines(outcomes, truth, query, reference.lengths))
