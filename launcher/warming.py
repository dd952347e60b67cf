"""
Let the kernels compile themselves, in the background, before the first job needs them.

They compile on first use, which takes longer than a small job itself. `python -m launcher.warming FOLDER` runs each of
them on a small simulated exome in that folder and throws the results away; what stays is the compiled code.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from launcher import environment, freshness
from launcher.data_dir import DataDir
from launcher.supervision import Service

_COVERAGE = ("reads.bam", "--targets", "targets.bed", "--baits", "baits.bed", "--reference", "reference.fa.gz")
_CALLS = ("--truth", "truth.vcf.gz", "--query", "query.vcf.gz", "--reference", "reference.fa.gz")
_REGIONS = ("--confident", "confident.bed", "--targets", "targets.bed")


def is_done() -> bool:
    return _mark().exists()


def service(environ: Mapping[str, str], data_dir: DataDir) -> Service:
    command: list[str | Path] = [sys.executable, "-m", "launcher.warming", data_dir.path / "warm-up"]
    return Service("warm-up", command, data_dir.log("warm-up"), environ, cwd=environment.ROOT)


def main(folder: Path) -> None:
    os.nice(10)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    _kernel("simulate", "exome", "--output-dir", str(folder), "--mean-depth", "10", cwd=folder).wait()
    coverage = _kernel("coverage", *_COVERAGE, "--json", "coverage.json", cwd=folder)
    concordance = _kernel("concordance", *_CALLS, *_REGIONS, "--json", "concordance.json", cwd=folder)
    if [coverage.wait(), concordance.wait()] == [0, 0]:
        _mark().touch()
    shutil.rmtree(folder)


def _kernel(*arguments: str, cwd: Path) -> subprocess.Popen[bytes]:
    environ = {**os.environ, "PYTHONPATH": str(environment.ROOT)}
    return subprocess.Popen([sys.executable, "-m", "kernels", *arguments], cwd=cwd, env=environ)


def _mark() -> Path:
    """One for each state of the kernels' code."""
    return environment.COMPILED / f"warm-{freshness.digest_of('kernels')[:16]}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
