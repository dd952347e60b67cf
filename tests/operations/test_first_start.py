"""What the README promises, from a fresh clone: one command, the result, a clean end, a quick second start."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from launcher import processes
from launcher.data_dir import DataDir
from tests.conftest import ROOT
from tests.launcher.conftest import MARK, Launched, clean_environ, eventually

pytestmark = [pytest.mark.stack, pytest.mark.large]

FIRST_START_SECONDS, LATER_START_SECONDS = 900, 180
READY = "Stop it with Ctrl-C"


@dataclass(frozen=True)
class Clone:
    """The project as somebody gets it, with nothing of ours beside it."""

    path: Path
    data_dir: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "run.py", *arguments]
        return subprocess.run(
            command, cwd=self.path, env=clean_environ(), capture_output=True, text=True, check=False, timeout=600
        )

    def demo(self) -> Running:
        return Running(self)


class Running(Launched):
    """The demonstration of a clone."""

    def __init__(self, clone: Clone) -> None:
        self.data_dir, self.mark, self.output = clone.data_dir, os.urandom(8).hex(), ""
        self.port, self.began = processes.free_port(), time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "run.py", "demo", "--port", str(self.port), "--data-dir", str(clone.data_dir)],
            cwd=clone.path,
            env=clean_environ() | {MARK: self.mark, "PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_until_up(self, seconds: float) -> float:
        self.wait_for(READY, seconds)
        return time.monotonic() - self.began

    def readiness(self) -> dict[str, str]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=20) as answer:
            assert answer.status == 200
            return dict(json.load(answer)["parts"])


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone of a repository, so it cannot be cloned")
    folder = tmp_path_factory.mktemp("fresh clone")
    subprocess.run(["git", "clone", "--quiet", ROOT, folder / "exomark"], check=True)
    return Clone(folder / "exomark", folder / "laboratory")


@pytest.fixture(scope="module")
def running(clone: Clone) -> Iterator[Running]:
    demonstration = clone.demo()
    try:
        demonstration.wait_until_up(FIRST_START_SECONDS)
        yield demonstration
    finally:
        demonstration.end(signal.SIGKILL)


def test_demo__from_a_fresh_clone_shows_the_result_and_the_log_ins(running: Running) -> None:
    assert set(running.readiness().values()) == {"ok"}
    table = running.output[running.output.index("Criterion") :]
    assert re.search(r"VS-\d{4}-001 .* Approved", running.output)
    assert table.count(" Met") == 7
    assert "Not met" not in table
    for username in ("wang.fang", "chen.jie", "li.wei", "zhao.min", "admin"):
        assert re.search(rf"{re.escape(username)} +demo-[0-9a-f]+", running.output)


def test_analyse__on_ones_own_files_prints_picards_numbers(running: Running, clone: Clone, shared_data: Path) -> None:
    folder = shared_data / "na12878-chr20"
    names = {"bam": "reads.bam", "targets": "targets.bed", "baits": "baits.bed", "reference": "reference.fasta.gz"}
    names |= {"query-vcf": "query.bcftools.vcf.gz", "truth-vcf": "truth.vcf.gz", "confident": "confident.bed"}
    options = [part for name, file in names.items() for part in (f"--{name}", str(folder / file))]
    done = clone.run("analyse", *options, "--sample", "NA12878", "--data-dir", str(clone.data_dir))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "26,346 / 26,492" in done.stdout  # PCT_TARGET_BASES_20X of Picard 2.27.5 is 0.994489
    assert re.search(r"Mean target coverage +50\.[89]", done.stdout)  # its MEAN_TARGET_COVERAGE is 50.898951
    address = re.search(r"In the browser: (http\S+)", done.stdout)
    assert address is not None
    assert str(running.port) in address[1]


def test_test_command__runs_pytest_on_servers_of_its_own(running: Running, clone: Clone) -> None:
    done = clone.run("test", "-q", "-p", "no:cacheprovider", "tests/lims/test_canonical.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout


def test_second_start__after_a_clean_end_is_quick_and_keeps_the_data(running: Running, clone: Clone) -> None:
    assert running.end(signal.SIGTERM) == 0
    assert eventually(lambda: not running.living()), running.living()
    assert "database system is shut down" in DataDir(clone.data_dir).log("postgres").read_text()
    again = clone.demo()
    try:
        seconds = again.wait_until_up(LATER_START_SECONDS)
        assert "locked packages" not in again.output
        assert seconds < LATER_START_SECONDS
        passwords = re.compile(r"demo-[0-9a-f]+")
        assert passwords.findall(again.output) == passwords.findall(running.output)
    finally:
        again.end(signal.SIGTERM)
    assert eventually(lambda: not again.living()), again.living()
