"""One simulated exome for all tests of the simulator, and the tools that judge it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kernels.simulation import ExomePlan, SimulatedExome, simulate_exome

Tool = Callable[..., str]


@pytest.fixture(scope="session")
def exome(tmp_path_factory: pytest.TempPathFactory) -> SimulatedExome:
    return simulate_exome(ExomePlan(), tmp_path_factory.mktemp("exome"))


@pytest.fixture(scope="session")
def run_tool(tmp_path_factory: pytest.TempPathFactory) -> Tool:
    """Return a runner of a peer's command that gives its standard output; a missing tool skips, but fails in CI."""
    libraries = tmp_path_factory.mktemp("libraries")
    # Debian's mosdepth asks for libhts.so by the name that only the development package has.
    for candidate in Path("/usr/lib").glob("*/libhts.so.3"):
        (libraries / "libhts.so").symlink_to(candidate)
    environment = {**os.environ, "LD_LIBRARY_PATH": str(libraries)}

    def run(name: str, *arguments: object) -> str:
        if shutil.which(name) is None:
            message = f"{name} is not installed"
            if os.environ.get("CI") == "true":
                pytest.fail(message)
            pytest.skip(message)
        command = [name, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
