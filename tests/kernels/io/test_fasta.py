from __future__ import annotations

import os
from pathlib import Path

import pysam
import pytest

from kernels.errors import KernelError
from kernels.intervals import make
from kernels.io.fasta import NOT_LOADED, open_reference

SEQUENCES = {"one": "ACGTNACGTA" * 13 + "ACG", "two": "ttaacc", "three": "GATTACA" * 20}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "reference.fa"
    with path.open("w") as stream:
        for name, letters in SEQUENCES.items():
            lines = [letters[start : start + 10] for start in range(0, len(letters), 10)]
            stream.write(f">{name} described\n" + "\n".join(lines) + "\n")
    return path


def index(path: Path) -> None:
    pysam.faidx(str(path))


@pytest.mark.parametrize("is_indexed", [False, True])
def test_sequences__with_and_without_an_index(path: Path, is_indexed: bool) -> None:
    if is_indexed:
        index(path)
    reference = open_reference(path)
    assert reference.lengths == {name: len(letters) for name, letters in SEQUENCES.items()}
    assert {name: reference.sequence(name).tobytes().decode() for name in SEQUENCES} == SEQUENCES


def test_sequences__of_a_compressed_file(shared_data: Path) -> None:
    path = shared_data / "hg002-chr20" / "reference.fasta.gz"
    with pysam.FastaFile(str(path)) as fasta:
        assert open_reference(path).sequence("chr20")[1_000_000:1_000_100].tobytes().decode() == fasta.fetch(
            "chr20", 1_000_000, 1_000_100
        )


def test_no_index__is_written_beside_the_file(path: Path) -> None:
    open_reference(path).sequence("one")
    assert [entry.name for entry in path.parent.iterdir()] == ["reference.fa"]


def test_windows__load_what_is_wanted(path: Path) -> None:
    index(path)
    reference = open_reference(path)
    sequence, is_whole = reference.windows("one", make([8, 100, 130], [12, 103, 999]))
    assert not is_whole or sequence.tobytes().decode() == SEQUENCES["one"]
    assert sequence[8:12].tobytes().decode() == SEQUENCES["one"][8:12]
    assert sequence[130:].tobytes().decode() == SEQUENCES["one"][130:]


def test_windows__leave_the_rest_unloaded(tmp_path: Path) -> None:
    path = tmp_path / "long.fa"
    letters = "ACGTTGCA" * 10_000
    path.write_text(f">c\n{letters}\n")
    index(path)
    sequence, is_whole = open_reference(path).windows("c", make([70_000, 10], [70_010, 20]))
    assert not is_whole
    assert sequence[70_000:70_010].tobytes().decode() == letters[70_000:70_010]
    assert sequence[10:20].tobytes().decode() == letters[10:20]
    assert sequence[40_000] == NOT_LOADED


def test_index__that_does_not_fit_is_refused(path: Path) -> None:
    (path.parent / "reference.fa.fai").write_text("one\t133\t15\t10\t12\n")
    with pytest.raises(KernelError) as refusal:
        open_reference(path).sequence("one")
    assert refusal.value.code == "reference_unreadable"


def test_index__that_is_older_is_refused(path: Path) -> None:
    index(path)
    os.utime(f"{path}.fai", (1, 1))
    with pytest.raises(KernelError) as refusal:
        open_reference(path)
    assert refusal.value.code == "index_stale"


def test_text_that_is_no_fasta__is_refused(tmp_path: Path) -> None:
    path = tmp_path / "reference.fa"
    path.write_text("ACGT\n")
    with pytest.raises(KernelError) as refusal:
        open_reference(path)
    assert refusal.value.code == "reference_unreadable"
