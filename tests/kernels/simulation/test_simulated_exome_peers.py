"""The tools that the field trusts find in a simulated exome exactly what truth.json states."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pysam
import pytest

from kernels.simulation import SimulatedExome
from tests.kernels.simulation.conftest import Tool

pytestmark = pytest.mark.peers

# samtools flagstat's JSON names -> ours.
FLAGSTAT = {
    "total": "total",
    "primary": "primary",
    "secondary": "secondary",
    "supplementary": "supplementary",
    "duplicates": "duplicates",
    "primary duplicates": "primary_duplicates",
    "mapped": "mapped",
    "primary mapped": "primary_mapped",
    "paired in sequencing": "paired",
    "read1": "read1",
    "read2": "read2",
    "properly paired": "properly_paired",
    "with itself and mate mapped": "with_itself_and_mate_mapped",
    "singletons": "singletons",
    "with mate mapped to a different chr": "mate_on_different_chromosome",
    "with mate mapped to a different chr (mapQ >= 5)": "mate_on_different_chromosome_mapq5",
}
Key = tuple[str, int, str, str]


def test_samtools_flagstat__every_count(exome: SimulatedExome, run_tool: Tool) -> None:
    found = json.loads(run_tool("samtools", "flagstat", "-O", "json", exome.reads))
    for status, ours in (("QC-passed reads", "qc_passed"), ("QC-failed reads", "qc_failed")):
        counted = {FLAGSTAT[name]: value for name, value in found[status].items() if name in FLAGSTAT}
        assert counted == exome.expectations["flagstat"][ours]


def test_mosdepth__mean_of_every_target(exome: SimulatedExome, run_tool: Tool, tmp_path: Path) -> None:
    run_tool("mosdepth", "-n", "--by", exome.targets, tmp_path / "m", exome.reads)
    with gzip.open(tmp_path / "m.regions.bed.gz", "rt") as lines:
        means = {fields[3]: float(fields[4]) for fields in map(str.split, lines)}
    expected = {row["name"]: row["mean_depth"] for row in exome.expectations["targets"]["rows"]}
    assert means == pytest.approx(expected, abs=0.00501)


def test_picard_hs_metrics__every_counted_field(exome: SimulatedExome, run_tool: Tool, tmp_path: Path) -> None:
    lists = {}
    for name in ("targets", "baits"):
        lists[name] = tmp_path / f"{name}.interval_list"
        dictionary = exome.directory / "reference.dict"
        run_tool("PicardCommandLine", "BedToIntervalList", f"I={getattr(exome, name)}", f"O={lists[name]}",
                 f"SD={dictionary}")  # fmt: skip
    run_tool("PicardCommandLine", "CollectHsMetrics", f"I={exome.reads}", f"O={tmp_path / 'hs.txt'}",
             f"TI={lists['targets']}", f"BI={lists['baits']}", f"R={exome.reference}")  # fmt: skip
    lines = (tmp_path / "hs.txt").read_text().splitlines()
    header = next(i for i, line in enumerate(lines) if line.startswith("BAIT_SET"))
    found = dict(zip(lines[header].split("\t"), lines[header + 1].split("\t"), strict=False))
    expected = exome.expectations["hybrid_selection"]
    assert {name: float(found[name]) for name in expected} == pytest.approx(expected, abs=1e-6)


def test_picard_validate__no_error_and_no_warning(exome: SimulatedExome, run_tool: Tool) -> None:
    report = run_tool("PicardCommandLine", "ValidateSamFile", f"I={exome.reads}", f"R={exome.reference}")
    assert "No errors found" in report


def normalised(run_tool: Tool, exome: SimulatedExome, path: Path, output: Path) -> dict[Key, str]:
    """Left-align, split into single changes with bcftools, and return the genotype of each inside the regions."""
    run_tool("bcftools", "norm", "-c", "e", "-a", "-m", "-any", "-f", exome.reference, "-o", output, "-Oz", path)
    run_tool("bcftools", "index", "-t", output)
    regions = [line.split() for line in exome.confident.read_text().splitlines()]
    targets = [line.split() for line in exome.targets.read_text().splitlines()]

    def inside(rows: list[list[str]], record: pysam.VariantRecord) -> bool:
        return any(r[0] == record.contig and int(r[1]) <= record.start < int(r[2]) for r in rows)

    found = {}
    for record in pysam.VariantFile(str(output)):
        # Atomising leaves `*` beside each half of a split multi-allelic record.
        if record.alts[0] != "*" and inside(regions, record) and inside(targets, record):
            genotype = "/".join(str(a) for a in sorted(a or 0 for a in record.samples[0]["GT"]))
            found[record.contig, record.pos, record.ref, record.alts[0]] = genotype
    return found


def test_bcftools_norm__finds_the_planted_numbers_of_matches_and_errors(
    exome: SimulatedExome, run_tool: Tool, tmp_path: Path
) -> None:
    truth = normalised(run_tool, exome, exome.truth_variants, tmp_path / "truth.vcf.gz")
    query = normalised(run_tool, exome, exome.query_variants, tmp_path / "query.vcf.gz")
    expected = exome.expectations["concordance"]["all_calls"]

    def is_snv(key: Key) -> bool:
        return len(key[2]) == len(key[3])

    matched = [key for key, genotype in truth.items() if query.get(key) == genotype]
    # The multi-allelic record counts once in truth.json and twice here.
    assert sum(map(is_snv, matched)) == expected["truth_tp"]["SNV"] + 1
    assert sum(not is_snv(key) for key in matched) == expected["truth_tp"]["INDEL"]
    missing = [key for key in truth if key not in matched]
    assert sum(map(is_snv, missing)) == expected["truth_fn"]["SNV"]
    assert sum(not is_snv(key) for key in missing) == expected["truth_fn"]["INDEL"]
    extra = [key for key in query if key not in matched]
    assert sum(map(is_snv, extra)) == expected["query_fp"]["SNV"]
    assert sum(not is_snv(key) for key in extra) == expected["query_fp"]["INDEL"]
    wrong = [key for key in extra if key in truth]
    assert len(wrong) == expected["genotype_errors"]["SNV"] + expected["genotype_errors"]["INDEL"]


def test_bcftools_call__recovers_the_truth_from_the_reads(
    exome: SimulatedExome, run_tool: Tool, tmp_path: Path
) -> None:
    run_tool("bcftools", "mpileup", "-f", exome.reference, "-q", 20, "-o", tmp_path / "pileup.bcf", exome.reads)
    called = tmp_path / "called.vcf.gz"
    run_tool("bcftools", "call", "-m", "-v", "-o", called, "-Oz", tmp_path / "pileup.bcf")
    truth = normalised(run_tool, exome, exome.truth_variants, tmp_path / "truth.vcf.gz")
    found = normalised(run_tool, exome, called, tmp_path / "found.vcf.gz")
    covered = {key for key in truth if key[0] in ("chr20", "chr21")}
    agreeing = sum(found.get(key) == truth[key] for key in covered)
    assert agreeing / len(covered) > 0.93
    assert len([key for key in found if key not in truth]) <= 6
