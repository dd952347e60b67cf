"""Verification of VCF files, by the reader that the comparison uses."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from kernels.errors import KernelError
from kernels.io.bed import Regions
from kernels.io.indexing import index_variants, samples_of_variants
from kernels.io.text_chunks import BGZF_HEADER_BYTES, is_bgzf
from kernels.io.vcf import CallSet, read_calls
from kernels.verification.build import require_same_build
from kernels.verification.completeness import explained
from kernels.verification.expectation import Expectation, Findings, Progress


def check_variants(path: Path, expected: Expectation, findings: Findings, progress: Progress) -> None:
    """Refuse a VCF file that may not be used; what it holds is added to `findings`.

    Raises
    ------
    KernelError
    """
    calls = _read(path, expected, progress)
    contigs = [run.name for run in calls.runs]
    lengths = dict(calls.header.contig_lengths)
    findings |= {
        "contigs": [[contig, length] for contig, length in lengths.items()],
        "samples": list(calls.header.samples),
        "records": calls.record_count,
        "calls": len(calls),
        "no_calls": calls.no_call_count,
        "index": None,
    }
    if expected.sample is not None:
        expected.require_sample(path, calls.header.samples)
    if expected.build is not None:
        require_same_build(path.name, lengths | {c: lengths.get(c) for c in contigs}, contigs, expected.build)
    if expected.targets is not None:
        _require_calls_on_targets(path, calls, expected.targets)
    if expected.is_indexed and _is_bgzf(path):
        longest = max([*lengths.values(), int(calls.positions.max(initial=0))], default=0)
        findings["index"] = index_variants(path, longest).name


def _read(path: Path, expected: Expectation, progress: Progress) -> CallSet:
    size, read = max(os.path.getsize(path), 1), [0.0]

    def on_text(count: float) -> None:
        # Text is three to ten times what its compressed bytes are; all that matters is that it moves.
        read[0] += count
        progress(min(read[0] / (size * 5), 0.95))

    try:
        return read_calls(path, progress=on_text)
    except KernelError as error:
        if error.code != "sample_ambiguous":
            raise explained(error, path) from error
    samples = samples_of_variants(path)
    if expected.sample is not None:
        expected.require_sample(path, samples)
    return read_calls(path, sample=samples[0], progress=on_text)


def _require_calls_on_targets(path: Path, calls: CallSet, targets: Regions) -> None:
    for run in calls.runs:
        territory = targets.on(run.name)
        starts = calls.positions[run.first : run.last].astype(np.int64)
        ends = starts + calls.reference_lengths[run.first : run.last]
        first = np.searchsorted(territory.ends, starts, side="right")
        inside = first < len(territory.starts)
        if (territory.starts[first[inside]] < ends[inside]).any():
            return
    raise KernelError(
        "no_calls_on_targets",
        f"{path.name} has no call on any target of {targets.source}: is it of this assay?",
        file=path.name, targets=targets.source,
    )  # fmt: skip


def _is_bgzf(path: Path) -> bool:
    with open(path, "rb") as stream:
        return is_bgzf(stream.read(BGZF_HEADER_BYTES))
