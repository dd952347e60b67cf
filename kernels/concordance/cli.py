"""`python -m kernels concordance …`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from kernels.concordance.request import ConcordanceParams, ConcordanceRequest, MatchLevel
from kernels.concordance.run import run
from kernels.document import dump
from kernels.errors import KernelError


def main(arguments: Sequence[str]) -> int:
    """Run the comparison that the arguments describe and write its JSON.

    Raises
    ------
    KernelError
        Input that cannot be compared; `kernels.__main__` prints its sentence.
    """
    options = _parser().parse_args(list(arguments))
    result = run(_request(options), _print_progress if options.progress else None)
    text = dump(result.document(), options.json)
    if options.json is None:
        sys.stdout.write(text)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m kernels concordance", description="Compare a query call set with a truth call set."
    )
    parser.add_argument("--truth", type=Path, required=True, metavar="VCF")
    parser.add_argument("--query", type=Path, required=True, metavar="VCF")
    parser.add_argument("--reference", type=Path, required=True, metavar="FASTA")
    parser.add_argument("--confident", type=Path, metavar="BED", help="regions in which the truth is complete")
    parser.add_argument("--targets", type=Path, metavar="BED", help="regions outside which nothing is counted")
    parser.add_argument("--strata", type=Path, metavar="TSV", help="lines of name, tab, path of a BED")
    parser.add_argument("--sample-truth", metavar="NAME")
    parser.add_argument("--sample-query", metavar="NAME")
    parser.add_argument("--pass-only", action="store_true", help="leave out filtered query calls")
    parser.add_argument("--filtered-truth", action="store_true", help="also use filtered truth calls")
    parser.add_argument("--match", type=MatchLevel, choices=list(MatchLevel), default=MatchLevel.GENOTYPE)
    parser.add_argument("--score", default="QUAL", metavar="QUAL|GQ|INFO.X|FORMAT.X")
    parser.add_argument("--max-length", type=int, default=1000, metavar="BP", help="longest allele compared")
    parser.add_argument("--threads", type=int, default=2, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="standard output without it")
    parser.add_argument("--unmatched", type=Path, metavar="TSV", help="beside the JSON without it")
    parser.add_argument("--hap-py", type=Path, metavar="PREFIX", help="summary.csv and extended.csv as hap.py writes")
    parser.add_argument("--annotated", type=Path, metavar="VCF", help="GA4GH intermediate VCF")
    parser.add_argument("--progress", action="store_true", help="print the fraction done on standard error")
    return parser


def _request(options: argparse.Namespace) -> ConcordanceRequest:
    if options.threads < 1 or options.max_length < 1:
        raise KernelError("argument_range", "--threads and --max-length must be at least 1.")
    return ConcordanceRequest(
        truth=options.truth,
        query=options.query,
        reference=options.reference,
        confident=options.confident,
        targets=options.targets,
        strata=options.strata,
        sample_truth=options.sample_truth,
        sample_query=options.sample_query,
        unmatched=options.unmatched or (options.json and options.json.with_suffix(".unmatched.tsv")),
        hap_py=options.hap_py,
        annotated=options.annotated,
        thread_count=options.threads,
        params=ConcordanceParams(
            match=options.match,
            is_pass_only=options.pass_only,
            uses_filtered_truth=options.filtered_truth,
            score_field=options.score,
            max_allele_length_bp=options.max_length,
        ),
    )


def _print_progress(fraction: float) -> None:
    print(f"progress {fraction:.4f}", file=sys.stderr, flush=True)
