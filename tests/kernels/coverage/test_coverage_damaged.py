"""Damaged files end in a clear error: never in a crash, a hang, or an access outside an array."""

import os
import subprocess
import sys
from pathlib import Path

import pysam
import pytest

from kernels.errors import KernelError
from tests.kernels.coverage.conftest import read

ROOT = Path(__file__).parents[3]


@pytest.fixture
def whole(make_bam):
    lines = [read(f"r{n}", 99, 101 + n // 50, mate="=", mate_position=106 + n // 50, insert=15) for n in range(4000)]
    return make_bam(lines)


def test_cut_file__is_refused_at_every_length(whole, make_bed, measure, tmp_path):
    content, bed = whole.read_bytes(), make_bed(("chr1", 100, 200))
    cut = tmp_path / "cut.bam"
    for length in sorted({*range(0, len(content), max(len(content) // 25, 1)), len(content) - 1, len(content) - 28}):
        cut.write_bytes(content[:length])
        with pytest.raises(KernelError) as caught:
            measure(cut, bed)
        assert caught.value.code in {"bgzf_truncated", "alignment_format", "bam_truncated"}


def test_wrong_checksum__is_refused(whole, make_bed, measure, tmp_path):
    content = bytearray(whole.read_bytes())
    size = int.from_bytes(content[16:18], "little") + 1
    content[size - 8] ^= 1
    broken = tmp_path / "broken.bam"
    broken.write_bytes(content)
    with pytest.raises(KernelError) as caught:
        measure(broken, make_bed(("chr1", 100, 200)))
    assert caught.value.code == "bgzf_corrupt"


def test_one_name_for_all__is_no_loop(make_bam, make_bed, measure):
    lines = [read("same", 99, 101 + n // 50, mate="=", mate_position=106 + n // 50, insert=15) for n in range(3000)]
    result = measure(make_bam(lines), make_bed(("chr1", 100, 200)))
    assert result.flags["total"]["passed"] == 3000


@pytest.mark.large
def test_damage_at_random__gives_a_result_or_a_clear_error(shared_data, tmp_path):
    """The same program, run for an hour with other seeds, is how new damage is looked for."""
    folder = shared_data / "na12878-chr20"
    few = tmp_path / "few.bam"
    pysam.view("-b", "-o", str(few), str(folder / "reads.bam"), "chr20:10001001-10002000", catch_stdout=False)
    bed = tmp_path / "few.bed"
    bed.write_text("".join((folder / "targets.bed").read_text().splitlines(keepends=True)[:2]))
    done = subprocess.run(
        [sys.executable, "-m", "tests.kernels.coverage.fuzz_coverage", str(few), str(bed), "150", "3"],
        env=os.environ | {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path.parent.parent / "bounds-checked")},
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    for code in ("bgzf_corrupt", "bam_record_corrupt", "result"):
        assert f"'{code}'" in done.stdout
