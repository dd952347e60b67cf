"""The contract of the command line, which the worker relies on, and the limits that it runs under."""

import gzip
import json
import signal
import subprocess
import sys

import pysam
import pytest

from kernels.__main__ import main
from tests.kernels.coverage.conftest import read
from tests.kernels.coverage.picard_files import metrics


@pytest.fixture
def inputs(make_bam, make_bed):
    bed = make_bed(("chr1", 100, 120, "G1:e1"), ("chr2", 100, 120, "G2:e1"))
    return [str(make_bam([read("a", 0, 101), read("b", 0, 101, contig="chr2")])), "--targets", str(bed)]


def test_command__writes_every_file_and_says_how_far_it_is(inputs, tmp_path, capsys):
    outputs = ["--json", tmp_path / "r.json", "--output-dir", tmp_path / "out", "--picard", tmp_path / "hs.txt"]
    assert main(["coverage", *inputs, *map(str, outputs), "--progress", "--thresholds", "1,5"]) == 0
    document = json.loads((tmp_path / "r.json").read_text())
    assert document["kernel"]["name"] == "coverage"
    assert document["inputs"]["targets"].keys() == {"name", "size", "sha256"}
    assert document["inputs"]["alignment"].keys() == {"name", "size"}
    assert document["depth"]["fraction_at"] == {"1": 0.5, "5": 0.0}
    assert metrics(tmp_path / "hs.txt")["ON_TARGET_BASES"] == "20"
    progress = [line.split() for line in capsys.readouterr().err.splitlines()]
    assert {line[0] for line in progress} == {"progress"}
    assert float(progress[-1][1]) == 1.0
    names = {path.name for path in (tmp_path / "out").iterdir() if path.suffix != ".csi"}
    assert names == {
        "coverage.targets.tsv.gz", "coverage.genes.tsv", "coverage.gaps.bed.gz", "coverage.regions.bed.gz",
        "coverage.thresholds.bed.gz", "coverage.mosdepth.summary.txt", "coverage.mosdepth.region.dist.txt",
    }  # fmt: skip


def test_tables__can_be_read_by_region(inputs, tmp_path):
    main(["coverage", *inputs, "--json", str(tmp_path / "r.json"), "--output-dir", str(tmp_path / "out")])
    path = str(tmp_path / "out" / "coverage.targets.tsv.gz")
    with pysam.TabixFile(path, index=f"{path}.csi") as table:
        assert [row.split("\t")[3] for row in table.fetch("chr2", 0, 500)] == ["G2:e1"]
    with gzip.open(tmp_path / "out" / "coverage.gaps.bed.gz", "rt") as stream:
        assert len(stream.read().splitlines()) == 3


def test_command__without_a_file_prints_the_document(inputs, capsys):
    assert main(["coverage", *inputs]) == 0
    assert json.loads(capsys.readouterr().out)["targets"]["count"] == 2


def test_command__checksums_every_input_where_asked(inputs, capsys):
    main(["coverage", *inputs, "--checksums"])
    assert "sha256" in json.loads(capsys.readouterr().out)["inputs"]["alignment"]


def test_command__answers_bad_input_in_a_sentence(inputs, tmp_path, capsys):
    assert main(["coverage", str(tmp_path / "absent.bam"), *inputs[1:], "--json", str(tmp_path / "r.json")]) == 2
    assert capsys.readouterr().err == "absent.bam cannot be opened: No such file or directory.\n"
    assert not (tmp_path / "r.json").exists()


def test_command__refuses_picards_file_of_a_depth_only_run(inputs, tmp_path, capsys):
    assert main(["coverage", *inputs, "--depth-only", "--picard", str(tmp_path / "hs.txt")]) == 2
    assert "--depth-only" in capsys.readouterr().err


def test_command__says_where_it_cannot_write(inputs, tmp_path, capsys):
    (tmp_path / "out").write_text("a file where the folder should be")
    assert main(["coverage", *inputs, "--json", str(tmp_path / "r.json"), "--output-dir", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == "out cannot be written: File exists.\n"


def sandboxed(*arguments):
    command = [sys.executable, "-m", "kernels.sandbox", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_sandbox__passes_the_result_through(inputs):
    done = sandboxed("--memory-bytes", str(8 << 30), "--deadline-seconds", "100", "--", "coverage", *inputs)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["targets"]["count"] == 2


def test_sandbox__ends_a_kernel_at_its_deadline(inputs):
    done = sandboxed("--deadline-seconds", "0.05", "--", "coverage", *inputs)
    assert done.returncode == -signal.SIGALRM


def test_sandbox__stops_a_kernel_that_needs_too_much_memory():
    script = (
        "import kernels.sandbox as s, kernels.__main__ as m\n"
        "s.run_kernel = lambda command: len(bytearray(1 << 32))\n"
        "raise SystemExit(s.main(['--memory-bytes', str(1 << 31), '--', 'coverage']))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert "memory" in done.stderr
