"""The kernel against rtg-tools vcfeval: its own test cases, and its results on real GIAB calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernels.concordance import ConcordanceParams, ConcordanceRequest, ConcordanceResult, run
from kernels.concordance.alleles import INDEL, SNP
from kernels.errors import KernelError

Key = tuple[str, str, str, str]

# Samples of the multi-sample cases, as in rtg-tools' tests.
SAMPLES = {
    "avoid_overlap": ("BASE", "QUERY"),
    "vcfeval_combine2": ("sample1", "sample2"),
    "vcfeval_small": ("sample1", "sample1"),
    "vcfeval_small_samples": ("sample2", "sample1"),
    "vcfeval_split": ("sample1", "sample1"),
}


def totals(result: ConcordanceResult) -> dict[str, int]:
    parts = [result.counts(kind) for kind in (SNP, INDEL)]
    return {
        "truth_tp": sum(part.truth_tp.calls for part in parts),
        "query_tp": sum(part.query_tp.calls for part in parts),
        "fp": sum(part.query_fp.calls for part in parts),
        "fn": sum(part.truth_fn.calls for part in parts),
    }


def unmatched(path: Path, decision: str) -> list[Key]:
    rows = [line.split("\t") for line in path.read_text().splitlines()[1:]]
    return sorted((row[0], row[1], row[2], row[3]) for row in rows if row[8] == decision)


def expected_list(path: Path) -> list[Key]:
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    return sorted((row[0], row[1], row[2], row[3]) for row in rows)


def test_hg002_chr20__has_the_missed_and_extra_records_of_vcfeval(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "hg002-chr20"
    result = run(
        ConcordanceRequest(
            truth=folder / "truth.vcf.gz",
            query=folder / "query.vcf.gz",
            reference=folder / "reference.fasta.gz",
            confident=folder / "confident.bed",
            unmatched=tmp_path / "unmatched.tsv",
        )
    )
    expected = json.loads((folder / "expected/vcfeval.json").read_text())["ref_overlap"]
    assert totals(result) == expected
    for decision, name in (("FN", "fn"), ("FP", "fp")):
        listed = expected_list(folder / f"expected/vcfeval-ref-overlap.{name}.tsv")
        assert unmatched(tmp_path / "unmatched.tsv", decision) == listed


@pytest.mark.parametrize("caller", ["bcftools", "freebayes"])
def test_na12878_chr20__has_the_counts_of_vcfeval(shared_data: Path, caller: str) -> None:
    folder = shared_data / "na12878-chr20"
    result = run(
        ConcordanceRequest(
            truth=folder / "truth.vcf.gz",
            query=folder / f"query.{caller}.vcf.gz",
            reference=folder / "reference.fasta.gz",
            confident=folder / "confident.bed",
            params=ConcordanceParams(uses_filtered_truth=True),
        )
    )
    assert totals(result) == json.loads((folder / "expected/vcfeval.json").read_text())[f"query.{caller}"]


def run_case(shared_data: Path, tmp_path: Path, name: str) -> tuple[ConcordanceResult, Path]:
    folder = shared_data / "vcfeval-micro" / name
    sample_truth, sample_query = SAMPLES.get(name, (None, None))
    annotated = tmp_path / "annotated.vcf"
    request = ConcordanceRequest(
        truth=folder / f"{name}_in_baseline.vcf",
        query=folder / f"{name}_in_calls.vcf",
        reference=folder / f"{name}_in_template.fa",
        sample_truth=sample_truth,
        sample_query=sample_query,
        annotated=annotated,
    )
    return run(request), folder


def records(path: Path) -> Iterator[list[str]]:
    for line in path.read_text().splitlines():
        if not line.startswith("#"):
            yield line.split("\t")


def decisions(path: Path) -> dict[str, list[tuple[str, str, str]]]:
    """Return contig, position and decision of the compared calls of either side of our annotated VCF."""
    found: dict[str, list[tuple[str, str, str]]] = {"BASE": [], "CALL": []}
    for row in records(path):
        for side, cell in zip(("BASE", "CALL"), row[9:11], strict=True):
            decision = cell.split(":")[1]
            if decision in ("TP", "FN", "FP"):
                found[side].append((row[0], row[1], decision))
    return {side: sorted(rows) for side, rows in found.items()}


def stated(path: Path, side: str) -> list[tuple[str, str, str]]:
    """Return the same from the INFO of vcfeval's output; IGN marks what it did not compare."""
    found = []
    for row in records(path):
        fields = dict(field.split("=") for field in row[7].split(";") if "=" in field)
        if fields.get(side, "IGN") != "IGN":
            found.append((row[0], row[1], fields[side]))
    return sorted(found)


@pytest.mark.parametrize("name", ["updel", "updel2", "updel4", "updel5", "vcfeval_annotate"])
def test_vcfeval_case__split_output(shared_data: Path, tmp_path: Path, name: str) -> None:
    _, folder = run_case(shared_data, tmp_path, name)
    ours = decisions(tmp_path / "annotated.vcf")
    assert ours["BASE"] == stated(folder / f"{name}_out_baseline.vcf", "BASE")
    assert ours["CALL"] == stated(folder / f"{name}_out_calls.vcf", "CALL")


@pytest.mark.parametrize("name", ["avoid_overlap", "vcfeval_combine", "vcfeval_combine2"])
def test_vcfeval_case__combined_output(shared_data: Path, tmp_path: Path, name: str) -> None:
    _, folder = run_case(shared_data, tmp_path, name)
    ours = decisions(tmp_path / "annotated.vcf")
    assert ours["BASE"] == stated(folder / f"{name}_out_output.vcf", "BASE")
    assert ours["CALL"] == stated(folder / f"{name}_out_output.vcf", "CALL")


def test_vcfeval_case__ga4gh_output(shared_data: Path, tmp_path: Path) -> None:
    _, folder = run_case(shared_data, tmp_path, "vcfeval_ga4gh")

    def verdicts(path: Path) -> list[tuple[str, ...]]:
        found = []
        for row in records(path):
            for side, cell in zip(("TRUTH", "QUERY"), row[9:11], strict=True):
                parts = cell.split(":")
                if len(parts) > 2 and parts[1] != ".":
                    found.append((row[0], row[1], side, *parts[1:3]))
        return sorted(found)

    theirs = verdicts(folder / "vcfeval_ga4gh_out_output.vcf")
    assert verdicts(tmp_path / "annotated.vcf") == theirs
    assert ("15", "17", "TRUTH", "FN", "am") in theirs


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # total_tp_baseline, false positives, tp_calls and false negatives of the last line of weighted_roc.tsv
        ("vcfeval_small", (4, 1, 4, 0)),
        ("vcfeval_small_samples", (2, 2, 2, 4)),
        ("vcfeval_small_tricky", (5, 0, 3, 0)),
        ("vcfeval_small_tricky4", (3, 0, 1, 0)),
        ("vcfeval_split", (4, 0, 4, 0)),
    ],
)
def test_vcfeval_case__counts(shared_data: Path, tmp_path: Path, name: str, expected: tuple[int, ...]) -> None:
    folder = shared_data / "vcfeval-micro" / name
    roc = folder / f"{name}_out_weighted_roc.tsv"
    if roc.is_file():
        last = [float(value) for value in roc.read_text().splitlines()[-1].split("\t")]
        assert tuple(last[1:5]) == expected
    result, _ = run_case(shared_data, tmp_path, name)
    found = totals(result)
    extra = found["fp"]
    # vcfeval leaves out filtered calls there; here they count among ALL.
    if name == "vcfeval_small":
        parts = [result.counts(kind, filter_name="PASS") for kind in (SNP, INDEL)]
        extra = sum(part.query_fp.calls for part in parts)
    assert (found["truth_tp"], extra, found["query_tp"], found["fn"]) == expected


def test_roc__follows_vcfeval(shared_data: Path, tmp_path: Path) -> None:
    result, folder = run_case(shared_data, tmp_path, "vcfeval_small_samples")
    lines = (folder / "vcfeval_small_samples_out_weighted_roc.tsv").read_text().splitlines()
    expected = [tuple(float(value) for value in line.split("\t")[:6]) for line in lines if not line.startswith("#")]
    ours = [
        (point.threshold, point.tp, point.fp, point.query_tp, point.fn, round(point.precision or 0, 4))
        for point in result.roc
    ]
    assert ours == expected


def test_vcfeval_too_complex__is_solved(shared_data: Path, tmp_path: Path) -> None:
    """vcfeval gives this place up; the truth call there is found, and nothing had to be given up."""
    result, _ = run_case(shared_data, tmp_path, "vcfeval_too_complex_end")
    assert result.limited == ()
    assert ("11", "3795", "TP") in decisions(tmp_path / "annotated.vcf")["BASE"]


def test_vcfeval_case__three_alleles_are_refused(shared_data: Path, tmp_path: Path) -> None:
    with pytest.raises(KernelError) as refusal:
        run_case(shared_data, tmp_path, "small")
    assert refusal.value.code == "record_ploidy"
    assert "chr01-1:65" in refusal.value.message
    assert not (tmp_path / "annotated.vcf").exists()


def test_swapping_truth_and_query__swaps_missed_and_extra(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "hg002-chr20"
    results = {}
    for name, (truth, query) in {"forward": ("truth", "query"), "backward": ("query", "truth")}.items():
        request = ConcordanceRequest(
            truth=folder / f"{truth}.vcf.gz",
            query=folder / f"{query}.vcf.gz",
            reference=folder / "reference.fasta.gz",
            targets=folder / "confident.bed",
            unmatched=tmp_path / f"{name}.tsv",
        )
        results[name] = totals(run(request))
    assert unmatched(tmp_path / "forward.tsv", "FN") == unmatched(tmp_path / "backward.tsv", "FP")
    assert unmatched(tmp_path / "forward.tsv", "FP") == unmatched(tmp_path / "backward.tsv", "FN")
    assert results["forward"]["fn"] == results["backward"]["fp"] > 0
