"""
Draw the states of files, jobs and studies from the transition maps that the code itself obeys.

`python scripts/state_diagrams.py` writes docs/workflow; `--check` only says whether it is what the code gives.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "workflow"

# What moves a record from one state to the next; a step that is not named here fails, so none is forgotten.
STEPS = {
    "file": {
        ("receiving", "verifying"): "the last byte has arrived",
        ("receiving", "expired"): "nobody went on with the upload in time, or it was given up",
        ("verifying", "ready"): "verification found nothing wrong",
        ("verifying", "rejected"): "verification says why in a sentence",
    },
    "job": {
        ("queued", "running"): "a worker takes it, under a lease",
        ("queued", "cancelled"): "a person, with a reason",
        ("queued", "failed"): "no attempt is left",
        ("running", "queued"): "the lease ran out, because its worker died",
        ("running", "done"): "the result is stored",
        ("running", "failed"): "the kernel refused, or no attempt is left",
        ("running", "cancelled"): "a person, with a reason",
    },
    "study": {
        ("draft", "locked"): "somebody other than the author signs the plan",
        ("draft", "withdrawn"): "given up, with a reason",
        ("locked", "submitted"): "judged over its evidence and handed over",
        ("locked", "withdrawn"): "given up, with a reason",
        ("submitted", "approved"): "the director signs",
        ("submitted", "rejected"): "the director signs, with a reason",
        ("rejected", "locked"): "reopened for evidence, with a reason",
        ("rejected", "withdrawn"): "given up, with a reason",
        ("approved", "retired"): "a study that supersedes it is approved",
    },
}
# Where a record may begin.
BEGINNINGS = {"file": ("receiving", "verifying"), "job": ("queued",), "study": ("draft",)}
LEADS = {
    "file": "A file that is uploaded begins by receiving; one that is registered by path begins with its verification.",
    "job": "The row in the database is the truth; the queue only announces it.",
    "study": "The plan is locked before the first result, and a signed study is never edited: another supersedes it.",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is out of date")
    check = parser.parse_args().check
    stale = [path for path, text in documents().items() if not path.exists() or path.read_text() != text]
    if check:
        for path in stale:
            print(
                f"{path.relative_to(ROOT)} is not what the code gives: run scripts/state_diagrams.py", file=sys.stderr
            )
        return 1 if stale else 0
    FOLDER.mkdir(exist_ok=True)
    for path in stale:
        path.write_text(documents()[path])
    return 0


def documents() -> dict[Path, str]:
    """Return each document with its text."""
    from lims.policies import FILE_TRANSITIONS, JOB_TRANSITIONS
    from validation.policies import STUDY_TRANSITIONS

    maps = {"file": FILE_TRANSITIONS, "job": JOB_TRANSITIONS, "study": STUDY_TRANSITIONS}
    parts = [_part(name, transitions) for name, transitions in maps.items()]
    return {FOLDER / "README.md": "\n".join([_HEAD, *parts])}


_HEAD = """# States of files, jobs and studies

Made from the transition maps in `lims/policies.py` and `validation/policies.py` by `scripts/state_diagrams.py`; do not
edit. A step that is not drawn here is refused, with a sentence that says why.
"""


def _part(name: str, transitions: Mapping[Any, frozenset[Any]]) -> str:
    steps = [(str(before), str(after)) for before, afters in transitions.items() for after in sorted(afters)]
    unnamed = set(steps) ^ set(STEPS[name])
    if unnamed:
        raise SystemExit(
            f"The steps of a {name} and their words in scripts/state_diagrams.py differ in {sorted(unnamed)}."
        )
    lines = [f"    [*] --> {state}" for state in BEGINNINGS[name]]
    lines += [f"    {before} --> {after}: {STEPS[name][before, after]}" for before, after in steps]
    lines += [f"    {state} --> [*]" for state, afters in transitions.items() if not afters]
    return "\n".join(
        [f"## {name.capitalize()}", "", LEADS[name], "", "```mermaid", "stateDiagram-v2", *lines, "```", ""]
    )


def _set_up() -> None:
    sys.path.insert(0, str(ROOT))
    from launcher import environment

    os.environ.update({name: text for name, text in environment.for_checks().items() if name not in os.environ})
    import django

    django.setup()


if __name__ == "__main__":
    _set_up()
    sys.exit(main())
