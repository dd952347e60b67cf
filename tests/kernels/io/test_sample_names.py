"""The samples of an alignment file, from its header."""

from __future__ import annotations

from pathlib import Path

import pysam
import pytest

from kernels.errors import KernelError
from kernels.io.sample_names import sample_names


def written(path: Path, samples: list[str | None]) -> Path:
    groups = [{"ID": str(n)} | ({"SM": sample} if sample else {}) for n, sample in enumerate(samples)]
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "chr1", "LN": 100}], "RG": groups}
    with pysam.AlignmentFile(str(path), "wb", header=header):
        pass
    return path


@pytest.mark.parametrize(
    ("samples", "expected"),
    [(["A"], ["A"]), (["B", "A", "B"], ["B", "A"]), ([None], []), ([], [])],
)
def test_sample_names__are_each_named_once_in_order(
    samples: list[str | None], expected: list[str], tmp_path: Path
) -> None:
    assert sample_names(written(tmp_path / "reads.bam", samples)) == expected


def test_sample_names__of_a_cram_need_no_reference(shared_data: Path) -> None:
    folder = shared_data / "na12878-chr20"
    assert sample_names(folder / "reads.cram") == sample_names(folder / "reads.bam") == ["NA12878"]


def test_sample_names__of_another_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no alignment\n")
    with pytest.raises(KernelError, match="neither BAM nor CRAM"):
        sample_names(path)
