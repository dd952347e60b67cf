"""`python -m kernels simulate …`: test data of known content."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import MISSING, fields
from pathlib import Path

from kernels.simulation.alignments import simulate_alignments
from kernels.simulation.bad_files import write_bad_files
from kernels.simulation.exome import simulate_exome
from kernels.simulation.large_plan import AlignmentsPlan
from kernels.simulation.plan import ExomePlan, Sex

HELP = {
    "sample": "SM of the reads and column of the VCF files",
    "seed": "draws reads and calls; replicates differ in it",
    "genome_seed": "draws the reference and the capture design",
    "individual_seed": "draws the individual's variants",
    "mean_depth": "planned mean target depth on autosomes",
    "duplicate_fraction": "share of read pairs that copy another pair",
    "off_target_fraction": "share of original pairs that fall anywhere",
    "contamination_fraction": "share of original pairs from another individual",
    "dropout_targets": "further targets without reads",
    "missed_calls": "truth records that the query lacks",
    "extra_calls": "query records that the truth lacks",
    "genotype_errors": "query records with the wrong genotype",
}


def main(arguments: Sequence[str]) -> int:
    """Run one of the simulators."""
    parser = argparse.ArgumentParser(prog="python -m kernels simulate", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    _add_exome(commands.add_parser("exome", help="a small exome with its truth"))
    _add_alignments(commands.add_parser("alignments", help="a large BAM for benchmarks"))
    _add_bad_files(commands.add_parser("bad-files", help="one file for each fault that must be refused"))
    chosen = parser.parse_args(arguments)
    return int(chosen.run(chosen))


def _add_exome(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output-dir", type=Path, required=True)
    for field in fields(ExomePlan):
        assert field.default is not MISSING
        option = "--" + field.name.replace("_", "-")
        if field.name == "sex":
            parser.add_argument(option, type=Sex, choices=list(Sex), default=field.default)
        else:
            described = f"{HELP[field.name]} (default: %(default)s)"
            parser.add_argument(option, type=type(field.default), default=field.default, help=described)
    parser.set_defaults(run=_run_exome)


def _run_exome(chosen: argparse.Namespace) -> int:
    plan = ExomePlan(**{field.name: getattr(chosen, field.name) for field in fields(ExomePlan)})
    exome = simulate_exome(plan, chosen.output_dir)
    flags = exome.expectations["flagstat"]["qc_passed"]
    print(f"{exome.directory}: {flags['primary']} reads, mean depth {exome.expectations['depth']['target_mean']:.1f}")
    return 0


def _add_alignments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reads", type=int, required=True, help="records in the file, an even number")
    parser.add_argument("--targets-count", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True, help="the BAM")
    parser.add_argument("--targets-output", type=Path, required=True, help="the BED")
    for field in fields(AlignmentsPlan)[2:]:
        assert field.default is not MISSING
        option = "--" + field.name.replace("_", "-")
        parser.add_argument(option, type=type(field.default), default=field.default, help="(default: %(default)s)")
    parser.set_defaults(run=_run_alignments)


def _run_alignments(chosen: argparse.Namespace) -> int:
    plan = AlignmentsPlan(**{field.name: getattr(chosen, field.name) for field in fields(AlignmentsPlan)})
    written = simulate_alignments(plan, chosen.output, chosen.targets_output)
    print(f"{chosen.output}: {written.records} reads, {written.duplicates} duplicates, {written.unmapped} unmapped")
    return 0


def _add_bad_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output-dir", type=Path, required=True)
    parser.set_defaults(run=_run_bad_files)


def _run_bad_files(chosen: argparse.Namespace) -> int:
    for name, sentence in write_bad_files(chosen.output_dir).faults.items():
        print(f"{name}: {sentence}")
    return 0
