"""Every check of the code, each printed before it runs; all of them run, and the end names what failed."""

import os
import subprocess
import sys
import time

from launcher import bootstrap, environment, screen

_PYTHON = sys.executable
_BIN = bootstrap.PYTHON.parent

CHECKS: dict[str, list[str]] = {
    "format": [f"{_BIN}/ruff", "format", "--check", "--quiet"],
    "style": [f"{_BIN}/ruff", "check", "--quiet"],
    "types": [f"{_BIN}/mypy"],
    "layers": [f"{_BIN}/lint-imports", "--no-logo"],
    "migrations": environment.django("makemigrations", "--check", "--dry-run"),
    "settings": environment.django("check", "--fail-level", "WARNING"),
    "translations": [_PYTHON, "scripts/translations.py", "--check"],
    "requirements": [_PYTHON, "scripts/export_requirements.py", "--check"],
}


def run() -> int:
    environ = environment.for_checks()
    failed = [name for name, command in CHECKS.items() if not _passes(name, command, environ)]
    screen.say(f"\nFailed: {', '.join(failed)}" if failed else "\nAll checks passed.")
    return 1 if failed else 0


def _passes(name: str, command: list[str], environ: dict[str, str]) -> bool:
    shown = (os.path.relpath(part, bootstrap.ROOT) if part.startswith("/") else part for part in command)
    screen.say(f"\n{name}: {' '.join(shown)}")
    began = time.monotonic()
    passed = subprocess.run(command, cwd=bootstrap.ROOT, env=environ, check=False).returncode == 0
    screen.say(f"  {'passed' if passed else 'FAILED'} in {time.monotonic() - began:.1f} s")
    return passed
