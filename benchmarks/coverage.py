r"""Speed and memory of the coverage kernel beside mosdepth, Picard and samtools, on one file in one run.

    python -m kernels simulate alignments --reads 16000000 --targets-count 200000 --output big.bam \
        --targets-output big.bed
    python benchmarks/coverage.py big.bam big.bed --repeats 5 --json coverage.json

Every tool runs in turn, round by round, so that whatever else the machine does disturbs them alike. Wall time is what
a user waits; processor time is printed beside it because it hardly depends on what else runs.
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
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OWN = [sys.executable, "-m", "kernels", "coverage"]
FLOOR = "samtools view -c"
# Bars: at most this share of the best mosdepth run, or of Picard's.
BARS = {"depth": ("mosdepth", 0.25), "everything": ("mosdepth", 0.5), "everything ": ("picard", 1 / 15)}


@dataclass(frozen=True)
class Measurement:
    """Medians of the repeats of one command."""

    name: str
    wall_seconds: float
    cpu_seconds: float
    peak_mb: float
    runs: list[float]


def commands(alignment: Path, targets: Path, folder: Path, threads: int, names: Sequence[str]) -> dict[str, list[str]]:
    """Return the command lines by name; tools that are not installed are left out."""
    bam, bed, out = str(alignment), str(targets), str(folder)
    output = ["--output-dir", out, "--threads", str(threads)]
    everything = ["--baits", bed, "--json", f"{out}/all.json", "--picard", f"{out}/hs.txt"]
    found = {
        "depth": [*OWN, bam, "--targets", bed, *output, "--depth-only", "--json", f"{out}/d.json"],
        "everything": [*OWN, bam, "--targets", bed, *output, *everything],
        "mosdepth -t0": ["mosdepth", "-t", "0", "-n", "--by", bed, f"{out}/m", bam],
        "mosdepth -t1": ["mosdepth", "-t", "1", "-n", "--by", bed, f"{out}/m", bam],
        FLOOR: ["samtools", "view", "-c", bam],
        f"{FLOOR} -@{threads}": ["samtools", "view", "-c", "-@", str(threads), bam],
        "picard": [
            "PicardCommandLine", "CollectHsMetrics", f"INPUT={bam}", f"OUTPUT={out}/p.txt", f"BAIT_INTERVALS={out}/l",
            f"TARGET_INTERVALS={out}/l", "VALIDATION_STRINGENCY=SILENT", "QUIET=true", "VERBOSITY=ERROR",
        ],
    }  # fmt: skip
    wanted = {name: line for name, line in found.items() if not names or any(part in name for part in names)}
    return {name: line for name, line in wanted.items() if shutil.which(line[0])}


def write_interval_list(alignment: Path, targets: Path, path: Path) -> None:
    """Write the targets as Picard reads them."""
    header = subprocess.run(["samtools", "view", "-H", alignment], capture_output=True, text=True, check=True).stdout
    lines = [line for line in header.splitlines() if line.startswith(("@HD", "@SQ"))]
    for row in (line.split("\t") for line in targets.read_text().splitlines()):
        lines.append(f"{row[0]}\t{int(row[1]) + 1}\t{row[2]}\t+\t{row[3] if len(row) > 3 else '.'}")
    path.write_text("\n".join(lines) + "\n")


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of the tools: Debian's mosdepth looks for libhts.so, which may lack its plain name."""
    for library in Path("/usr/lib").glob("*/libhts.so.3"):
        link = folder / "libhts.so"
        if not link.exists():
            link.symlink_to(library)
    plain = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return plain | {"LD_LIBRARY_PATH": str(folder), "PYTHONPATH": str(ROOT)}


def run_once(command: Sequence[str], variables: dict[str, str]) -> tuple[float, float, float]:
    """Run a command; return wall seconds, processor seconds and peak megabytes."""
    started = time.perf_counter()
    process = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    complaint = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if status:
        raise SystemExit(f"{' '.join(command)}\n{complaint.decode()[-2000:]}")
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def measure(lines: dict[str, list[str]], variables: dict[str, str], repeats: int) -> list[Measurement]:
    """Run every command in turn, `repeats` times; the first of our own runs is a warm-up that compiles."""
    runs: dict[str, list[tuple[float, float, float]]] = {name: [] for name in lines}
    for name in (name for name, line in lines.items() if line[:4] == OWN):
        run_once(lines[name], variables)
    for turn in range(repeats):
        for name, line in lines.items():
            runs[name].append(run_once(line, variables))
            print(f"{turn + 1}/{repeats} {name}: {runs[name][-1][0]:.2f} s", file=sys.stderr)
    return [
        Measurement(name, *(statistics.median(column) for column in zip(*rows, strict=True)), [row[0] for row in rows])
        for name, rows in runs.items()
    ]


def table(measurements: Sequence[Measurement]) -> str:
    """Return the results as text, with ratios to the best mosdepth, to Picard and to the decoding alone."""
    walls = {found.name: found.wall_seconds for found in measurements}
    bases = {
        "x mosdepth": min((wall for name, wall in walls.items() if name.startswith("mosdepth")), default=None),
        "x picard": walls.get("picard"),
        "x view -c": walls.get(FLOOR),
    }
    lines = [f"{'':24}{'wall s':>9}{'cpu s':>9}{'peak MB':>9}" + "".join(f"{name:>12}" for name in bases)]
    for found in measurements:
        ratios = "".join(f"{found.wall_seconds / base:>12.3f}" if base else f"{'-':>12}" for base in bases.values())
        lines.append(f"{found.name:24}{found.wall_seconds:>9.2f}{found.cpu_seconds:>9.2f}{found.peak_mb:>9.0f}{ratios}")
    return "\n".join(lines)


def bars(measurements: Sequence[Measurement]) -> str:
    """Return, for each bar, whether it is held."""
    walls = {found.name: found.wall_seconds for found in measurements}
    lines = []
    for name, (peer, limit) in BARS.items():
        best = min((wall for other, wall in walls.items() if other.startswith(peer)), default=None)
        if best is not None and name.strip() in walls:
            share = walls[name.strip()] / best
            held = "held" if share <= limit else "MISSED"
            lines.append(f"{name.strip()}: {share:.3f} of {peer}, at most {limit:.3f} wanted: {held}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("alignment", type=Path)
    parser.add_argument("targets", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", nargs="*", default=[], help="parts of the names of what to run")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = commands(options.alignment, options.targets, folder, options.threads, options.only)
        if "picard" in lines:
            write_interval_list(options.alignment, options.targets, folder / "l")
        found = measure(lines, environment(folder), options.repeats)
    print(table(found))
    print(bars(found))
    if options.json is not None:
        machine = {"processors": len(os.sched_getaffinity(0)), "machine": platform.processor() or platform.machine()}
        described = {"alignment_bytes": options.alignment.stat().st_size, "repeats": options.repeats, **machine}
        options.json.write_text(json.dumps({"run": described, "results": [asdict(row) for row in found]}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
