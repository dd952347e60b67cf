"""The command line: its JSON contract, its options and its files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pysam
import pytest
from small_genomes import HEADER, Call, write_fasta, write_vcf

from kernels.__main__ import main

REFERENCE = "ACGTACGTACGTACGTACGT" * 10
COUNT_KEYS = {
    "truth_total", "truth_tp", "truth_fn", "query_total", "query_tp", "query_fp", "query_unk", "fp_gt", "fp_al",
    "recall", "precision", "frac_na", "f1", "truth_titv", "query_titv", "truth_het_hom", "query_het_hom",
}  # fmt: skip

TRUTH = [
    Call(4, "A", "G", "0/1"),  # found
    Call(20, "A", "G", "0/1"),  # found with another genotype
    Call(80, "AC", "A", "0/1"),  # found, scored low
    Call(130, "G", "GTT", "1/1"),  # missed, far from any extra call
]
QUERY = [
    Call(4, "A", "G", "0/1", "50"),
    Call(20, "A", "G", "1/1", "40"),
    Call(60, "A", "C", "0/1", "30", "LowQual"),  # extra, filtered
    Call(70, "G", "GAAAAAAA", "0/1", "20"),  # extra
    Call(80, "AC", "A", "0/1", "10"),
]


class Comparison:
    """A small comparison, run through the command line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.truth = write_vcf(folder / "truth.vcf", TRUTH)
        self.query = write_vcf(folder / "query.vcf", QUERY)
        self.reference = write_fasta(folder / "reference.fa", c=REFERENCE)

    def bed(self, name: str, *intervals: tuple[int, int]) -> Path:
        path = self.folder / name
        path.write_text("".join(f"c\t{start}\t{end}\n" for start, end in intervals))
        return path

    def run(self, *options: str | Path) -> dict[str, Any]:
        arguments = ["--truth", self.truth, "--query", self.query, "--reference", self.reference]
        arguments += ["--json", self.folder / "out.json", *options]
        assert main(["concordance", *map(str, arguments)]) == 0
        document: dict[str, Any] = json.loads((self.folder / "out.json").read_text())
        return document


@pytest.fixture
def comparison(tmp_path: Path) -> Comparison:
    return Comparison(tmp_path)


def test_document__has_the_contract_s_members(comparison: Comparison) -> None:
    document = comparison.run()
    assert document["kernel"]["name"] == "concordance"
    assert document["parameters"]["match"] == "genotype"
    assert set(document["inputs"]) == {"truth", "query", "reference"}
    assert len(document["inputs"]["truth"]["sha256"]) == 64
    for kind in ("SNP", "INDEL"):
        for name in ("ALL", "PASS"):
            assert set(document["types"][kind][name]) == COUNT_KEYS
    assert set(document["subtypes"]) == {
        "ti", "tv", "mixed", "D1_5", "D6_15", "D16_PLUS", "I1_5", "I6_15", "I16_PLUS", "C1_5", "C6_15", "C16_PLUS",
    }  # fmt: skip
    assert set(document["genotypes"]) == {"het", "homalt", "hetalt", "halfcall"}
    assert document["unmatched"] == str(comparison.folder / "out.unmatched.tsv")


def test_counts__by_type_subtype_and_genotype(comparison: Comparison) -> None:
    document = comparison.run()
    snp, indel = document["types"]["SNP"]["ALL"], document["types"]["INDEL"]["ALL"]
    assert (snp["truth_tp"], snp["truth_fn"], snp["query_tp"], snp["query_fp"], snp["fp_gt"]) == (1, 1, 1, 2, 1)
    assert (indel["truth_tp"], indel["truth_fn"], indel["query_tp"], indel["query_fp"]) == (1, 1, 1, 1)
    assert snp["recall"] == 0.5
    assert snp["precision"] == pytest.approx(1 / 3)
    assert snp["f1"] == pytest.approx(2 * 0.5 / 3 / (0.5 + 1 / 3))
    assert document["subtypes"]["D1_5"]["ALL"]["truth_tp"] == 1
    assert document["subtypes"]["I1_5"]["ALL"]["truth_fn"] == 1
    assert document["subtypes"]["I6_15"]["ALL"]["query_fp"] == 1
    assert document["subtypes"]["tv"]["ALL"]["query_fp"] == 1
    assert document["genotypes"]["homalt"]["SNP"]["ALL"]["query_fp"] == 1
    assert document["genotypes"]["het"]["SNP"]["ALL"]["truth_total"] == 2
    # Two transitions and no transversion in the truth: no ratio. Two and one in the query.
    assert snp["truth_titv"] is None
    assert snp["query_titv"] == 2
    assert snp["query_het_hom"] == 2


def test_filtered_calls__count_in_all_but_not_in_pass(comparison: Comparison) -> None:
    document = comparison.run()
    assert document["types"]["SNP"]["ALL"]["query_total"] == 3
    assert document["types"]["SNP"]["PASS"]["query_total"] == 2
    assert document["types"]["SNP"]["PASS"]["query_fp"] == 1
    only = comparison.run("--pass-only")
    assert only["types"]["SNP"]["ALL"] == only["types"]["SNP"]["PASS"] == document["types"]["SNP"]["PASS"]
    assert only["not_compared"]["query"]["filtered"] == 1


def test_filtered_truth__is_left_out_unless_asked_for(comparison: Comparison) -> None:
    write_vcf(comparison.truth, [TRUTH[0], TRUTH[1]._replace(filter="LowConf"), *TRUTH[2:]])
    assert comparison.run()["types"]["SNP"]["ALL"]["truth_total"] == 1
    assert comparison.run("--filtered-truth")["types"]["SNP"]["ALL"]["truth_total"] == 2


def test_no_query_calls__recall_is_zero_and_precision_undefined(comparison: Comparison) -> None:
    write_vcf(comparison.query, [])
    counts = comparison.run()["types"]["SNP"]["ALL"]
    assert counts["recall"] == 0.0
    assert counts["precision"] is counts["frac_na"] is counts["f1"] is None


def test_match_allele__accepts_another_zygosity(comparison: Comparison) -> None:
    snp = comparison.run("--match", "allele")["types"]["SNP"]["ALL"]
    assert (snp["truth_tp"], snp["truth_fn"], snp["query_tp"], snp["fp_gt"]) == (2, 0, 2, 0)


def test_confident_regions__make_other_calls_unknown(comparison: Comparison) -> None:
    document = comparison.run("--confident", comparison.bed("confident.bed", (0, 25)))
    snp, indel = document["types"]["SNP"]["ALL"], document["types"]["INDEL"]["ALL"]
    assert (snp["truth_total"], snp["query_fp"], snp["query_unk"]) == (2, 1, 1)
    assert (indel["truth_total"], indel["query_total"], indel["query_unk"]) == (0, 2, 2)
    assert indel["frac_na"] == 1.0
    assert indel["recall"] is None


def test_targets__leave_out_what_lies_outside(comparison: Comparison) -> None:
    document = comparison.run("--targets", comparison.bed("targets.bed", (0, 65)))
    indel = document["types"]["INDEL"]["ALL"]
    assert (indel["truth_total"], indel["query_total"], indel["query_unk"]) == (0, 0, 0)
    assert document["types"]["SNP"]["ALL"]["query_total"] == 3
    assert document["regions"] == {"size_bp": 65, "confident_size_bp": None}


def test_strata__count_their_own_calls(comparison: Comparison) -> None:
    comparison.bed("first.bed", (0, 25))
    comparison.bed("deletion.bed", (81, 82))
    (comparison.folder / "strata.tsv").write_text("first\tfirst.bed\ndeletion\tdeletion.bed\n")
    strata = comparison.run("--strata", comparison.folder / "strata.tsv")["strata"]
    assert strata["first"]["SNP"]["ALL"]["truth_total"] == 2
    assert strata["first"]["INDEL"]["ALL"]["truth_total"] == 0
    assert strata["deletion"]["INDEL"]["ALL"]["truth_tp"] == 1
    assert strata["first"]["size_bp"] == 25


def test_roc__follows_the_chosen_score(comparison: Comparison) -> None:
    points = {
        (point["type"], point["threshold"]): (point["tp"], point["fp"], point["fn"])
        for point in comparison.run()["roc"]
    }
    assert points == {
        ("SNP", 50.0): (1, 0, 1), ("SNP", 40.0): (1, 1, 1), ("SNP", 30.0): (1, 2, 1),
        ("INDEL", 20.0): (0, 1, 2), ("INDEL", 10.0): (1, 1, 1),
    }  # fmt: skip


@pytest.mark.parametrize(("field", "expected"), [("GQ", 7.5), ("FORMAT.GQ", 7.5), ("INFO.VQ", -1250.0)])
def test_score__may_come_from_info_or_format(comparison: Comparison, field: str, expected: float) -> None:
    comparison.query.write_text(HEADER + "c\t5\t.\tA\tG\t9\tPASS\tDB;VQ=-1.25e3;X=1\tGT:DP:GQ\t0/1:30:7.5\n")
    (point,) = comparison.run("--score", field)["roc"]
    assert point["threshold"] == expected


def test_unmatched__lists_each_missed_and_extra_call(comparison: Comparison) -> None:
    comparison.run()
    lines = (comparison.folder / "out.unmatched.tsv").read_text().splitlines()
    heading = lines[0].split("\t")
    rows = [dict(zip(heading, line.split("\t"), strict=True)) for line in lines[1:]]
    assert [(row["position"], row["decision"], row["kind"]) for row in rows] == [
        ("21", "FN", "genotype"), ("21", "FP", "genotype"), ("61", "FP", "extra"), ("71", "FP", "extra"),
        ("131", "FN", "missed"),
    ]  # fmt: skip
    assert rows[4] == {
        "contig": "c", "position": "131", "ref": "G", "alt": "GTT", "genotype": "1/1", "zygosity": "homalt",
        "type": "INDEL", "size_class": "I1_5", "decision": "FN", "kind": "missed", "score": "",
        "superlocus": "c:5-131",
    }  # fmt: skip


def test_other_allele_nearby__is_an_allele_mismatch(comparison: Comparison) -> None:
    write_vcf(comparison.truth, [Call(30, "G", "GTT", "1/1")])
    write_vcf(comparison.query, [Call(30, "G", "GTTTT", "1/1")])
    assert comparison.run()["types"]["INDEL"]["ALL"]["fp_al"] == 1
    kinds = [line.split("\t")[9] for line in (comparison.folder / "out.unmatched.tsv").read_text().splitlines()[1:]]
    assert kinds == ["allele", "allele"]


def test_long_alleles__are_counted_but_not_compared(comparison: Comparison) -> None:
    write_vcf(comparison.query, [*QUERY, Call(92, "A", "A" + "C" * 60, "0/1")])
    document = comparison.run("--max-length", "50")
    assert document["not_compared"]["query"]["too_long"] == 1
    assert document["types"]["INDEL"]["ALL"]["query_total"] == 2


def test_annotated__is_a_valid_indexed_vcf(comparison: Comparison) -> None:
    comparison.run("--annotated", comparison.folder / "annotated.vcf.gz")
    with pysam.VariantFile(str(comparison.folder / "annotated.vcf.gz")) as variants:
        assert list(variants.header.samples) == ["TRUTH", "QUERY"]
        rows = list(variants.fetch("c", 20, 21))
    assert {sample["BD"] for row in rows for sample in row.samples.values()} == {"FN", "FP"}
    assert rows[0].samples["QUERY"]["BK"] == "am"
    assert rows[0].samples["QUERY"]["BVT"] == "SNP"
    assert rows[0].samples["QUERY"]["QQ"] == 40
    assert rows[0].info["BS"] == (5,)


def test_progress__goes_from_nothing_to_all(comparison: Comparison, capsys: pytest.CaptureFixture[str]) -> None:
    comparison.run("--progress")
    words = [line.split() for line in capsys.readouterr().err.splitlines()]
    fractions = [float(number) for word, number in words if word == "progress"]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)


def test_json__goes_to_standard_output_without_a_file(
    comparison: Comparison, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--truth", comparison.truth, "--query", comparison.query, "--reference", comparison.reference]
    assert main(["concordance", *map(str, arguments)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["unmatched"] is None
    assert document["types"]["SNP"]["ALL"]["truth_total"] == 2


def test_threads__do_not_change_the_result(tmp_path: Path) -> None:
    sequences = dict.fromkeys(("one", "two", "three"), REFERENCE)
    truth = [call._replace(contig=name) for name in sequences for call in TRUTH]
    query = [call._replace(contig=name) for name in sequences for call in QUERY]
    documents = []
    for threads in ("1", "3"):
        comparison = Comparison(tmp_path)
        write_vcf(comparison.truth, truth)
        write_vcf(comparison.query, query)
        write_fasta(comparison.reference, **sequences)
        documents.append(comparison.run("--threads", threads))
    assert documents[0] == documents[1]
    assert documents[0]["types"]["SNP"]["ALL"]["truth_total"] == 6
