"""`python -m kernels verify FILE --kind KIND`: may this file be used, and if not, why?

The exit status is 0 for a verdict either way; the verdict stands in the JSON document: `rejection` is null, or has a
code, a sentence and the values that it names.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kernels.document import describe_input, dump
from kernels.errors import KernelError
from kernels.io.bed import read_regions
from kernels.io.sniffing import Format, sniff
from kernels.verification.alignments import check_alignment
from kernels.verification.expectation import Expectation, Findings, Progress
from kernels.verification.regions import check_regions
from kernels.verification.sequences import check_sequences
from kernels.verification.variants import check_variants
from kernels.versions import KERNEL_VERSIONS

FORMATS = {"bam": Format.BAM, "cram": Format.CRAM, "vcf": Format.VCF, "bed": Format.TEXT, "fasta": Format.FASTA}
KINDS = (*FORMATS, "other")
# The checksum is one of two passes over the file.
CHECKSUM_SHARE = 0.3


def main(arguments: Sequence[str]) -> int:
    """Verify one file."""
    chosen = _parser().parse_args(arguments)
    progress = _reporter() if chosen.progress else _silence
    described = describe_input(chosen.file)
    progress(CHECKSUM_SHARE)
    findings: Findings = {}
    rejection = _rejection(chosen, described["sha256"], findings, progress)
    text = dump(
        {
            "kernel": {"name": "verify", "version": KERNEL_VERSIONS["verify"]},
            "parameters": {
                "kind": chosen.kind,
                "contigs": chosen.contigs and chosen.contigs.name,
                "sample": chosen.sample,
                "targets": chosen.targets and chosen.targets.name,
                "sha256": chosen.sha256,
            },
            "inputs": {"file": described},
            "rejection": rejection,
            "findings": findings,
        },
        chosen.json,
    )
    if chosen.json is None:
        print(text, end="")
    progress(1.0)
    return 0


def _rejection(
    chosen: argparse.Namespace, sha256: str, findings: Findings, progress: Progress
) -> dict[str, Any] | None:
    try:
        expected = _expectation(chosen)
    except KernelError as error:
        # Not this file is at fault, but what it should be compared with.
        raise KernelError("expectation_unusable", error.message, file=Path(chosen.file).name) from error
    try:
        _check(chosen, sha256, expected, findings, progress)
    except KernelError as error:
        return {"code": error.code, "message": error.message, "where": error.where}
    return None


def _check(
    chosen: argparse.Namespace, sha256: str, expected: Expectation, findings: Findings, progress: Progress
) -> None:
    path: Path = chosen.file
    found = sniff(path)
    _require_checksum(path, sha256, chosen.sha256)
    if chosen.kind == "other":
        return
    _require_format(path, found, FORMATS[chosen.kind])

    def second_pass(fraction: float) -> None:
        progress(CHECKSUM_SHARE + (1 - CHECKSUM_SHARE) * min(fraction, 1.0))

    if chosen.kind in ("bam", "cram"):
        check_alignment(path, found, expected, findings, second_pass)
    elif chosen.kind == "vcf":
        check_variants(path, expected, findings, second_pass)
    elif chosen.kind == "bed":
        check_regions(path, expected, findings)
    else:
        check_sequences(path, expected, findings, second_pass)


def _require_checksum(path: Path, found: str, expected: str | None) -> None:
    if expected is not None and found != expected.lower():
        raise KernelError(
            "checksum_differs",
            f"{path.name} has the SHA-256 {found}, but {expected} was given: it was damaged or is another file.",
            file=path.name, found=found, expected=expected,
        )  # fmt: skip


def _require_format(path: Path, found: Format, wanted: Format) -> None:
    if found is not wanted:
        raise KernelError(
            "wrong_kind",
            f"{path.name} was registered as {'BED' if wanted is Format.TEXT else wanted} but holds {found}.",
            file=path.name, found=str(found), expected="BED" if wanted is Format.TEXT else str(wanted),
        )  # fmt: skip


def _expectation(chosen: argparse.Namespace) -> Expectation:
    build = None
    if chosen.contigs is not None:
        build = {str(name): int(length) for name, length in json.loads(chosen.contigs.read_text(encoding="utf-8"))}
    return Expectation(
        build=build,
        sample=chosen.sample,
        targets=read_regions(chosen.targets) if chosen.targets is not None else None,
        reference=chosen.reference,
        is_indexed=chosen.index,
        threads=chosen.threads,
    )


def _reporter() -> Progress:
    last = [-1.0]

    def report(fraction: float) -> None:
        if fraction - last[0] >= 0.01 or fraction >= 1.0:
            last[0] = fraction
            print(f"progress {fraction:.3f}", file=sys.stderr, flush=True)

    return report


def _silence(fraction: float) -> None:
    """Report nothing."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m kernels verify", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--kind", choices=KINDS, required=True)
    parser.add_argument("--contigs", type=Path, help="JSON list of [name, length]: the build it must be of")
    parser.add_argument("--sample", help="the sample that it must be of")
    parser.add_argument("--targets", type=Path, help="BED that something of it must lie on")
    parser.add_argument("--reference", help="FASTA that a CRAM file was made with")
    parser.add_argument("--sha256", help="the checksum that it must have")
    parser.add_argument("--index", action="store_true", help="make its index beside it")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, help="where to write the document (default: standard output)")
    parser.add_argument("--progress", action="store_true", help="write 'progress <fraction>' to standard error")
    return parser
