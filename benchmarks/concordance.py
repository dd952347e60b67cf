"""Speed and memory of the concordance kernel beside what the machine has of its peers, on one pair of VCF files.

    python benchmarks/concordance.py --truth T.vcf.gz --query Q.vcf.gz --reference R.fa --confident C.bed \
        --repeats 5 --json concordance.json

bcftools norm + isec is the peer that Debian ships. It compares alleles at positions, without genotypes and without
haplotypes: it is a floor for the work of reading and normalising, not an equal. rtg vcfeval joins in where `rtg` is
installed. Every tool runs in turn, round by round, so that whatever else the machine does disturbs them alike.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OWN = "exomark concordance"
# At most this share of the wall time of rtg vcfeval --ref-overlap.
BAR = ("rtg vcfeval --ref-overlap", 0.15)


@dataclass(frozen=True)
class Measurement:
    """Medians of the repeats of one command."""

    name: str
    wall_seconds: float
    cpu_seconds: float
    peak_mb: float
    ratio: float | None = None


def commands(options: argparse.Namespace, folder: Path) -> dict[str, list[list[str]]]:
    """Return the command lines of each tool that is installed; a tool may need several."""
    truth, query, reference = str(options.truth), str(options.query), str(options.reference)
    confident = ["--confident", str(options.confident)] if options.confident else []
    own = [sys.executable, "-m", "kernels", "concordance", "--truth", truth, "--query", query]
    own += ["--reference", reference, *confident, "--threads", str(options.threads), "--json", str(folder / "own.json")]
    tools = {OWN: [own]}
    if shutil.which("bcftools"):
        tools["bcftools norm + isec"] = _bcftools(truth, query, reference, options, folder)
    if shutil.which("rtg"):
        tools["rtg vcfeval --ref-overlap"] = _rtg(truth, query, reference, options, folder)
    return tools


def _bcftools(truth: str, query: str, reference: str, options: argparse.Namespace, folder: Path) -> list[list[str]]:
    normalised = [str(folder / "truth.bcf"), str(folder / "query.bcf")]
    norm = ["bcftools", "norm", "-m", "-any", "-f", reference, "-Ob", "-o"]
    regions = ["-T", str(options.confident)] if options.confident else []
    return [
        [*norm, normalised[0], truth],
        [*norm, normalised[1], query],
        *(["bcftools", "index", path] for path in normalised),
        ["bcftools", "isec", *regions, "-c", "none", "-p", str(folder / "isec"), *normalised],
    ]


def _rtg(truth: str, query: str, reference: str, options: argparse.Namespace, folder: Path) -> list[list[str]]:
    template, output = folder.parent / "template.sdf", folder / "vcfeval"
    if not template.exists():
        subprocess.run(["rtg", "format", "-o", str(template), reference], check=True, capture_output=True)
    regions = ["-e", str(options.confident)] if options.confident else []
    return [
        [
            "rtg", "vcfeval", "--ref-overlap", "--all-records", "-b", truth, "-c", query, "-t", str(template),
            "-o", str(output), "-T", str(options.threads), *regions,
        ]
    ]  # fmt: skip


def measure(steps: Sequence[Sequence[str]]) -> tuple[float, float, float]:
    """Return wall seconds, processor seconds and the largest peak memory in MB of some commands in a row."""
    wall = cpu = peak = 0.0
    for step in steps:
        started = time.perf_counter()
        process = subprocess.Popen(step, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall += time.perf_counter() - started
        if os.waitstatus_to_exitcode(status) != 0:
            raise SystemExit(f"failed: {' '.join(step)}")
        cpu += usage.ru_utime + usage.ru_stime
        peak = max(peak, usage.ru_maxrss / 1024)
    return wall, cpu, peak


def run_rounds(options: argparse.Namespace) -> list[Measurement]:
    """Run every tool once a round, after one round that only warms caches and compiles."""
    with tempfile.TemporaryDirectory() as temporary:
        runs: dict[str, list[tuple[float, float, float]]] = {}
        for number in range(options.repeats + 1):
            folder = Path(temporary) / str(number)
            folder.mkdir()
            for name, steps in commands(options, folder).items():
                result = measure(steps)
                if number > 0:
                    runs.setdefault(name, []).append(result)
    own_wall = statistics.median(run[0] for run in runs[OWN])
    return [_median(name, results, own_wall) for name, results in runs.items()]


def _median(name: str, results: Sequence[tuple[float, float, float]], own_wall: float) -> Measurement:
    wall, cpu, peak = (statistics.median(result[part] for result in results) for part in range(3))
    return Measurement(name, wall, cpu, peak, None if name == OWN else own_wall / wall)


def table(measurements: Sequence[Measurement]) -> str:
    """Return the measurements as a Markdown table; the ratio is our wall time by theirs."""
    lines = ["| tool | wall s | processor s | peak MB | ours / theirs |", "|---|---|---|---|---|"]
    for each in measurements:
        ratio = "" if each.ratio is None else f"{each.ratio:.2f}"
        lines.append(
            f"| {each.name} | {each.wall_seconds:.2f} | {each.cpu_seconds:.2f} | {each.peak_mb:.0f} | {ratio} |"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print a table, and write JSON; exit 1 if a bar that can be measured here is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--truth", "--query", "--reference"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--confident", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    for name in ("truth", "query", "reference", "confident"):
        if getattr(options, name):
            setattr(options, name, getattr(options, name).resolve())
    measurements = run_rounds(options)
    print(table(measurements))
    if options.json:
        document = {
            "date": date.today().isoformat(),
            "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} processors",
            "python": platform.python_version(),
            "measurements": [asdict(each) for each in measurements],
        }
        options.json.write_text(json.dumps(document, indent=1) + "\n")
    name, share = BAR
    missed = [each for each in measurements if each.name == name and each.ratio and each.ratio > share]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
