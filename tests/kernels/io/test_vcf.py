from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pysam
import pytest

from kernels.io.bgzf_writer import BgzfWriter
from kernels.io.vcf import ABSENT, MISSING, CallSet, read_calls

HEADER = (
    "##fileformat=VCFv4.2\n##contig=<ID=1,length=1000>\n##contig=<ID=2,assembly=x,length=500>\n"
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tA\tB\n"
)
LINES = (
    "1\t10\trs1\tA\tG\t12.5\tPASS\tDP=3\tGT:GQ\t0/1:20\t0|0:9\n"
    "1\t10\t.\tac\tA,acT\t.\tq10\t.\tGQ:GT\t3:.\t8:1|2\n"
    "2\t5\t.\tT\t<DEL>,C\t3e2\t.\tEND=90;AF=0.25,0.5\tGT\t.|2\t1\n"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "calls.vcf"
    path.write_text(HEADER + LINES)
    return path


def rows(calls: CallSet) -> list[tuple[str, int, str, str, str]]:
    found = []
    for run in calls.runs:
        for row in range(run.first, run.last):
            alleles = calls.reference_allele(row), calls.alternative_alleles(row)
            found.append((run.name, int(calls.positions[row]), *alleles, calls.genotype(row)))
    return found


def test_calls__of_the_first_sample(path: Path) -> None:
    calls = read_calls(path, sample="A")
    assert rows(calls) == [("1", 9, "A", "G", "0/1"), ("2", 4, "T", "<DEL>,C", ".|2")]
    assert calls.genotypes.tolist() == [[0, 1], [MISSING, 2]]
    assert calls.no_call_count == 1
    assert calls.scores.tolist() == [12.5, 300.0]
    assert calls.is_passing.tolist() == [True, True]


def test_calls__of_the_second_sample(path: Path) -> None:
    calls = read_calls(path, sample="B", score_field="GQ")
    assert rows(calls) == [("1", 9, "AC", "A,ACT", "1|2"), ("2", 4, "T", "<DEL>,C", "1")]
    assert calls.genotypes.tolist() == [[1, 2], [1, ABSENT]]
    assert calls.is_phased.tolist() == [True, False]
    assert calls.is_passing.tolist() == [False, True]
    assert calls.reference_count == 1
    assert calls.scores[0] == 8
    assert np.isnan(calls.scores[1])


def test_score__of_an_info_list_is_its_first_number(path: Path) -> None:
    assert read_calls(path, sample="B", score_field="INFO.AF").scores.tolist()[1] == 0.25


def test_header__states_contig_lengths(path: Path) -> None:
    assert read_calls(path, sample="A").header.contig_lengths == {"1": 1000, "2": 500}


@pytest.mark.parametrize("compression", ["bgzf", "gzip", "windows", "no_final_line_feed"])
def test_calls__do_not_depend_on_how_the_text_is_stored(path: Path, tmp_path: Path, compression: str) -> None:
    expected = rows(read_calls(path, sample="B"))
    other = tmp_path / "other.vcf.gz"
    text = path.read_bytes()
    if compression == "bgzf":
        with BgzfWriter(other) as stream:
            stream.write(text)
    elif compression == "gzip":
        # Two members, as `cat a.gz b.gz` makes them.
        other.write_bytes(gzip.compress(text[:200]) + gzip.compress(text[200:]))
    elif compression == "windows":
        other.write_bytes(text.replace(b"\n", b"\r\n"))
    else:
        other.write_bytes(text.removesuffix(b"\n"))
    assert rows(read_calls(other, sample="B")) == expected


def test_calls__cross_the_borders_of_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "long.vcf"
    lines = "".join(
        f"1\t{position}\t.\tA\tG\t{position}\tPASS\tX={'y' * (position % 97)}\tGT\t0/1\t0/0\n"
        for position in range(1, 900)
    )
    path.write_text(HEADER + lines)
    monkeypatch.setattr("kernels.io.text_chunks.CHUNK_BYTES", 1000)
    calls = read_calls(path, sample="A")
    assert calls.positions.tolist() == list(range(899))
    assert calls.scores.tolist() == list(range(1, 900))
    assert calls.alternative_alleles(898) == "G"


def test_real_calls__are_those_that_htslib_reads(shared_data: Path) -> None:
    path = shared_data / "na12878-chr20" / "query.freebayes.vcf.gz"
    calls = read_calls(path, score_field="FORMAT.DP")
    expected = []
    with pysam.VariantFile(str(path)) as variants:
        for record in variants:
            sample = record.samples[0]
            if any(allele for allele in sample["GT"]):
                expected.append((record.pos - 1, record.ref, ",".join(record.alts or ()), sample["GT"], sample["DP"]))
    ours = [
        (int(calls.positions[row]), calls.reference_allele(row), calls.alternative_alleles(row),
         tuple(calls.genotypes[row].tolist()), int(calls.scores[row]))
        for row in range(len(calls))
    ]  # fmt: skip
    assert ours == expected
