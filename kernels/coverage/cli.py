"""`python -m kernels coverage …`: the coverage kernel from the shell, and from the worker that runs it as a child."""

from __future__ import annotations

import argparse
import gc
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from kernels.coverage.outputs import write_outputs
from kernels.coverage.parameters import CoverageParams, CoverageRequest
from kernels.coverage.picard_text import picard_text
from kernels.coverage.result import CoverageResult
from kernels.coverage.run import run
from kernels.document import dump
from kernels.errors import KernelError
from kernels.io.whole_files import write_text

MIN_PROGRESS_STEP = 0.01
DEFAULTS = CoverageParams()


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    found = argparse.ArgumentParser(prog="python -m kernels coverage", description=__doc__, allow_abbrev=False)
    found.add_argument("alignment", type=Path, metavar="BAM_OR_CRAM", help="reads sorted by coordinate")
    _add_inputs(found)
    _add_parameters(found)
    _add_outputs(found)
    return found


def _add_inputs(found: argparse.ArgumentParser) -> None:
    found.add_argument("--targets", type=Path, required=True, metavar="BED", help="target regions (BED, interval_list)")
    found.add_argument("--baits", type=Path, metavar="BED", help="bait regions; without them bait metrics are null")
    found.add_argument("--genes", type=Path, metavar="BED", help="exons; fourth column GENE:exon")
    found.add_argument("--reference", type=Path, metavar="FASTA", help="for CRAM, GC dropout and low complexity")
    found.add_argument("--threads", type=_count, default=0, help="default: one per processor")
    found.add_argument("--checksums", action="store_true", help="report SHA-256 of the alignment and reference too")


def _add_parameters(found: argparse.ArgumentParser) -> None:
    found.add_argument("--min-mapping-quality", type=_count, default=DEFAULTS.min_mapping_quality)
    found.add_argument("--min-base-quality", type=_count, default=DEFAULTS.min_base_quality)
    overlaps = found.add_mutually_exclusive_group()
    overlaps.add_argument("--clip-overlaps", dest="clip", action="store_true", default=True, help="default")
    overlaps.add_argument("--count-overlaps", dest="clip", action="store_false", help="count both mates of a pair")
    found.add_argument("--thresholds", type=_depths, default=DEFAULTS.thresholds_reads, metavar="1,10,20,…")
    found.add_argument("--callable-depth", type=_count, default=DEFAULTS.callable_depth_reads, help="gaps lie below it")
    found.add_argument("--near-distance", type=_count, default=DEFAULTS.near_distance_bp, metavar="BP")
    found.add_argument("--coverage-cap", type=_count, default=DEFAULTS.coverage_cap_reads)
    found.add_argument("--cap-median", action="store_true", help="cap median and fold-80 as Picard before 3.2")
    found.add_argument("--sample-sensitivity", action="store_true", help="draw HET_SNP_SENSITIVITY as Picard does")
    found.add_argument("--sample-size", type=_count, default=DEFAULTS.sample_size)
    found.add_argument(
        "--fragment-min-mapping-quality", type=_count, default=DEFAULTS.fragment_min_mapping_quality, metavar="N"
    )
    found.add_argument("--fast-mode", action="store_true", help="fragment depth as mosdepth --fast-mode")
    found.add_argument("--depth-only", action="store_true", help="fragment depth and flags only: faster")


def _add_outputs(found: argparse.ArgumentParser) -> None:
    found.add_argument("--output-dir", type=Path, metavar="DIR", help="tables per target, gene and gap")
    found.add_argument("--prefix", default="coverage", help="of the files in --output-dir (default: coverage)")
    found.add_argument("--json", type=Path, metavar="FILE", help="the result; without it on standard output")
    found.add_argument("--picard", type=Path, metavar="FILE", help="HsMetrics file in Picard's format")
    found.add_argument("--progress", action="store_true", help="print 'progress FRACTION' lines on standard error")


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return value


def _depths(text: str) -> tuple[int, ...]:
    return tuple(sorted({_count(part) for part in text.split(",")}))


class ProgressPrinter:
    """Prints each further hundredth, from whichever thread gets there."""

    def __init__(self) -> None:
        self._printed = -1.0
        self._lock = threading.Lock()

    def __call__(self, fraction: float) -> None:
        with self._lock:
            if fraction >= self._printed + MIN_PROGRESS_STEP or (fraction == 1.0 > self._printed):
                self._printed = fraction
                print(f"progress {fraction:.4f}", file=sys.stderr, flush=True)


def _params(options: argparse.Namespace) -> CoverageParams:
    return CoverageParams(
        min_mapping_quality=options.min_mapping_quality,
        min_base_quality=options.min_base_quality,
        are_overlaps_clipped=options.clip,
        near_distance_bp=options.near_distance,
        coverage_cap_reads=options.coverage_cap,
        is_median_capped=options.cap_median,
        is_sensitivity_sampled=options.sample_sensitivity,
        sample_size=options.sample_size,
        thresholds_reads=options.thresholds,
        callable_depth_reads=options.callable_depth,
        fragment_min_mapping_quality=options.fragment_min_mapping_quality,
        is_fast_depth=options.fast_mode,
        is_depth_only=options.depth_only,
    )


def main(arguments: Sequence[str]) -> int:
    """Run the kernel; 0 done, 2 the input cannot be used (`KernelError`, one sentence on standard error)."""
    options = parser().parse_args(arguments)
    if options.picard is not None and options.depth_only:
        raise KernelError("selection_missing", "--picard needs the hybrid-selection metrics: leave out --depth-only.")
    # A short life that makes many small objects and no cycles: looking for garbage costs a tenth of it.
    had_collector = gc.isenabled()
    gc.disable()
    try:
        result = run(_request(options), ProgressPrinter() if options.progress else None)
        _write(result, options)
    except OSError as error:
        name = Path(error.filename).name if error.filename else "The result"
        raise KernelError("output_unwritable", f"{name} cannot be written: {error.strerror}.", file=name) from error
    finally:
        if had_collector:
            gc.enable()
    return 0


def _request(options: argparse.Namespace) -> CoverageRequest:
    return CoverageRequest(
        alignment=options.alignment,
        targets=options.targets,
        baits=options.baits,
        genes=options.genes,
        reference=options.reference,
        params=_params(options),
        threads=options.threads,
        has_checksums=options.checksums,
    )


def _write(result: CoverageResult, options: argparse.Namespace) -> None:
    if options.output_dir is not None:
        write_outputs(result, options.output_dir, options.prefix)
    if options.picard is not None:
        write_text(options.picard, [picard_text(result)])
    text = dump(result.document(), options.json)
    if options.json is None:
        sys.stdout.write(text)
