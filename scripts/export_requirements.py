"""
Write the hash-locked requirement files that run.py installs from, out of uv.lock.

`python scripts/export_requirements.py` writes them; `--check` only says whether they are what uv.lock gives.
They exist beside uv.lock because a sync from uv.lock ignores package mirrors, which many laboratories depend on.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Made from uv.lock by scripts/export_requirements.py. Do not edit.\n"
FILES = {
    "requirements.lock": ["--extra", "embedded", "--no-default-groups"],
    "requirements-dev.lock": ["--all-extras", "--all-groups"],
}


def export(selection: list[str]) -> str:
    command = [os.environ.get("UV", "uv"), "export", "--frozen", "--no-emit-project", "--no-header", "--no-annotate"]
    done = subprocess.run([*command, *selection], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return HEADER + done.stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is out of date")
    checking = parser.parse_args().check
    outdated = []
    for name, selection in FILES.items():
        wanted = export(selection)
        path = ROOT / name
        if checking and (not path.exists() or path.read_text() != wanted):
            outdated.append(name)
        elif not checking:
            path.write_text(wanted)
    if outdated:
        print(f"Out of date: {', '.join(outdated)}. Run python scripts/export_requirements.py.", file=sys.stderr)
    return 1 if outdated else 0


if __name__ == "__main__":
    sys.exit(main())
