"""The kernel against hap.py: its test cases, its numbers where both count the same thing, and its tables' columns."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from small_genomes import write_fasta

from kernels.concordance import ConcordanceRequest, ConcordanceResult, run
from kernels.concordance.alleles import INDEL, SNP, SUBTYPES
from kernels.errors import KernelError

COUNTS = ("TRUTH.TOTAL", "TRUTH.TP", "TRUTH.FN", "QUERY.TOTAL", "QUERY.FP", "QUERY.UNK", "FP.gt")


def compare(folder: Path, tmp_path: Path, **files: str) -> ConcordanceResult:
    paths = {role: folder / name for role, name in files.items()}
    return run(ConcordanceRequest(**paths, hap_py=tmp_path / "ours", annotated=tmp_path / "ours.vcf"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def counts_of(path: Path, kind: str, filter_name: str = "ALL") -> dict[str, int]:
    (row,) = (row for row in rows(path) if row["Type"] == kind and row["Filter"] == filter_name)
    return {column: int(row[column]) for column in COUNTS}


@pytest.mark.parametrize(
    ("case", "files", "kinds"),
    [
        (
            "numeric_chrs",
            {"truth": "truth.vcf", "query": "query.vcf", "reference": "test.fa", "confident": "fp.bed"},
            ["SNP"],
        ),
        ("pathtraversal", {"truth": "test.vcf", "query": "test2.vcf", "reference": "test.fa"}, ["SNP", "INDEL"]),
    ],
)
def test_hap_py_case__has_its_counts(
    shared_data: Path, tmp_path: Path, case: str, files: dict[str, str], kinds: list[str]
) -> None:
    folder = shared_data / "happy-micro" / case
    compare(folder, tmp_path, **files)
    for kind in kinds:
        for filter_name in ("ALL", "PASS"):
            ours = counts_of(tmp_path / "ours.summary.csv", kind, filter_name)
            assert ours == counts_of(folder / "expected.summary.csv", kind, filter_name)


def test_contig_names__may_differ_between_the_files(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "happy-micro" / "numeric_chrs"
    compare(folder, tmp_path, truth="truth.vcf", query="chrquery.vcf", reference="chrtest.fa", confident="fp.bed")
    assert counts_of(tmp_path / "ours.summary.csv", "SNP") == counts_of(folder / "expected.summary.csv", "SNP")


def test_left_shifting__finds_every_call_as_hap_py_does(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "happy-micro" / "leftshifting_example"
    result = compare(folder, tmp_path, truth="truth.vcf", query="query.vcf", reference="ref.fa")
    expected = {(row["Type"], row["Subtype"]): row for row in rows(folder / "expected.extended.csv")}
    for kind in (SNP, INDEL):
        counts = result.counts(kind)
        assert counts.truth_fn.calls == counts.query_fp.calls == 0
        theirs = expected[("SNP", "INDEL")[kind], "*"]
        assert counts.query_tp.calls == int(theirs["QUERY.TP"])
    # The query has no call of several alleles, so that decomposing it changes nothing: all its size classes agree.
    for subtype, name in enumerate(SUBTYPES):
        if ("INDEL", name) in expected:
            ours = result.counts(INDEL, subtype=subtype)
            assert ours.query_total.calls == int(expected["INDEL", name]["QUERY.TOTAL"])
    # One truth call carries two alleles (2240 AAT>A,AATAT): one call here, an insertion and a deletion for hap.py.
    assert result.counts(INDEL).truth_total.calls == int(expected["INDEL", "*"]["TRUTH.TOTAL"]) - 1


def test_haploid_call__equals_a_homozygous_one(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "happy-micro" / "haploid"
    result = compare(folder, tmp_path, truth="truth.vcf", query="query.vcf", reference="test.fa")
    counts = result.counts(SNP)
    assert (counts.truth_tp.calls, counts.truth_fn.calls, counts.query_fp.calls) == (1, 0, 0)


def test_decomposition__a_block_equals_its_parts(shared_data: Path, tmp_path: Path) -> None:
    """hap.py's case of a 31-base block against a deletion and two single bases; its reference is not in the set."""
    folder = shared_data / "happy-micro" / "decomp"
    block = next(line for line in (folder / "decomp_test.query.vcf").read_text().splitlines() if "\tTTTT" in line)
    _, start, _, ref = block.split("\t")[:4]
    shift = int(start) - 13
    write_fasta(tmp_path / "reference.fa", chr1="G" * 10 + "AT" + ref + "G" * 10)
    for name in ("truth", "query"):
        lines = (folder / f"decomp_test.{name}.vcf").read_text().splitlines()
        moved = []
        for line in lines:
            columns = line.split("\t")
            if not line.startswith("#") and columns[4] != ".":
                moved.append("\t".join((columns[0], str(int(columns[1]) - shift), *columns[2:])))
        heading = next(line for line in lines if line.startswith("#CHROM"))
        (tmp_path / f"{name}.vcf").write_text("\n".join(("##fileformat=VCFv4.2", heading, *moved)) + "\n")
    compare(tmp_path, tmp_path, truth="truth.vcf", query="query.vcf", reference="reference.fa")
    for kind in ("SNP", "INDEL"):
        ours = counts_of(tmp_path / "ours.summary.csv", kind)
        theirs = counts_of(folder / "expected.summary.csv", kind)
        for column in ("TRUTH.TOTAL", "TRUTH.TP", "TRUTH.FN", "QUERY.FP"):
            assert ours[column] == theirs[column]


def test_region_borders__single_bases_as_hap_py_and_insertions_as_vcfeval(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "happy-micro" / "fp_region_accuracy"
    compare(
        folder, tmp_path, truth="truth.vcf", query="query.vcf", reference="test.fa", confident="fp.bed",
        strata="strat.tsv",
    )  # fmt: skip
    lines = [line.split("\t") for line in (tmp_path / "ours.vcf").read_text().splitlines() if line[0] != "#"]
    ours = {(row[1], row[4], "TQ"[side]): row[9 + side].split(":")[1] for row in lines for side in (0, 1)}
    stored = [line.split("\t") for line in (folder / "expected.vcf").read_text().splitlines() if line[0] != "#"]
    expected = {(row[1], row[4]): row[10].split(":")[1] for row in stored}
    for position in ("2", "4", "5", "6", "7"):
        assert ours[position, "T", "Q"] == expected[position, "T"]
    # An insertion after base 100 lies between bases 100 and 101; the region ends at 100: not assessed. hap.py, which
    # first moves it to the left, assesses it.
    assert ours["100", "ATT", "Q"] == "UNK"
    assert ours["100", "ATT", "T"] == "N"
    assert ours["110", "ATT,ATC", "Q"] == "TP"
    assert ours["105", "AAAAAATC", "T"] == ours["110", "ATT", "T"] == "TP"


def test_bad_reference_allele__is_refused_where_hap_py_marks_it(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "happy-micro" / "open_indel"
    with pytest.raises(KernelError) as refusal:
        compare(folder, tmp_path, truth="test.vcf", query="test_q.vcf", reference="test.fa")
    assert refusal.value.code == "record_reference_allele"
    assert not list(tmp_path.iterdir())


def test_summary__has_hap_py_s_columns(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "happy-micro" / "pathtraversal"
    compare(folder, tmp_path, truth="test.vcf", query="test2.vcf", reference="test.fa")
    theirs = (shared_data / "happy-expected" / "expected-qfy.summary.csv").read_text().splitlines()[0].split(",")
    ours = (tmp_path / "ours.summary.csv").read_text().splitlines()
    # The stored file is of a version before FP.al joined the summary.
    assert [column for column in ours[0].split(",") if column != "FP.al"] == theirs
    assert [line.split(",")[:2] for line in ours[1:]] == [
        ["INDEL", "ALL"], ["INDEL", "PASS"], ["SNP", "ALL"], ["SNP", "PASS"],
    ]  # fmt: skip


def test_extended__has_hap_py_s_columns_and_selections(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "happy-micro" / "pathtraversal"
    compare(folder, tmp_path, truth="test.vcf", query="test2.vcf", reference="test.fa")
    stored = rows(shared_data / "happy-expected" / "expected-qfy.extended.csv")
    ours = rows(tmp_path / "ours.extended.csv")
    assert list(ours[0]) == list(stored[0])

    def selections(table: list[dict[str, str]]) -> set[tuple[str, ...]]:
        chosen = (row for row in table if row["Subset"] == "*")
        return {(row["Type"], row["Subtype"], row["Filter"], row["Genotype"]) for row in chosen}

    assert selections(stored) <= selections(ours)


def test_undefined_metric__is_empty_and_recall_of_nothing_found_is_zero(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "happy-micro" / "pathtraversal"
    compare(folder, tmp_path, truth="test.vcf", query="test2.vcf", reference="test.fa")
    (row,) = (row for row in rows(tmp_path / "ours.summary.csv") if row["Type"] == "INDEL" and row["Filter"] == "ALL")
    assert row["METRIC.Recall"] == "0"
    assert row["METRIC.Precision"] == row["METRIC.Frac_NA"] == row["METRIC.F1_Score"] == ""
