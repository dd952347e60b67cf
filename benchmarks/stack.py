"""From a fresh clone to the main job's result, cold and warm, and the memory of everything that runs then.

    python benchmarks/stack.py --json stack.json

Cold: a new clone without environment, without compiled kernels, without data; packages come from the installer's cache
where it has one, else from the network. Warm: the same clone started again on its data.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
import time
from pathlib import Path

from laboratory import ROOT, Laboratory, show

PARTS = {"web server": "gunicorn", "workers": "celery -A config worker", "scheduler": "celery -A config beat",
         "PostgreSQL": "postgres", "Valkey": "valkey", "launcher": "run.py"}  # fmt: skip


def steps(log: str) -> list[tuple[str, float]]:
    """Return what the launcher said it did, with the seconds it took."""
    return [(name.strip(), float(seconds)) for name, seconds in re.findall(r"^  [✓+] (.+?) +([\d.]+) s$", log, re.M)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="exomark-benchmark-") as folder:
        clone, data_dir = Path(folder) / "clone", Path(folder) / "lab"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        with Laboratory("demo", data_dir, root=clone) as lab:
            cold = lab.wait()
            cold_steps = steps(lab.log.read_text())
            time.sleep(5)
            memory = {name: lab.memory_mb(words) for name, words in PARTS.items()} | {"all": lab.memory_mb()}
        with Laboratory("demo", data_dir, root=clone) as lab:
            warm = lab.wait()
            warm_steps = steps(lab.log.read_text())
    document = {"cold_seconds": cold, "warm_seconds": warm, "cold_steps": dict(cold_steps),
                "warm_steps": dict(warm_steps), "memory_mb": memory}  # fmt: skip
    rows = [
        ("cold", f"{cold:.0f} s"),
        *((f"  {name}", f"{seconds:.1f} s") for name, seconds in cold_steps),
        ("warm", f"{warm:.0f} s"),
        *((f"  {name}", f"{seconds:.1f} s") for name, seconds in warm_steps),
        *((f"memory: {name}", f"{megabytes:.0f} MB") for name, megabytes in memory.items()),
    ]
    show(rows, document, options.json)


if __name__ == "__main__":
    main()
