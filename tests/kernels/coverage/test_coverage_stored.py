"""Equality with what other tools wrote about the same real files (Picard 2.27.5, mosdepth 0.3.3, samtools 1.16)."""

import gzip

import pytest

from kernels.coverage.hybrid_selection import FIELDS
from kernels.coverage.mosdepth_text import distribution_lines, region_lines, summary_lines, threshold_lines
from kernels.coverage.picard_text import formatted, picard_text
from tests.kernels.coverage.picard_files import metrics

AS_PICARD_2 = {"is_median_capped": True, "is_sensitivity_sampled": True}
# Not computed the same way on purpose: the bait set is named by its file, and dropout is undefined without a reference.
NAMED_OTHERWISE = {"BAIT_SET", "AT_DROPOUT", "GC_DROPOUT"}


@pytest.fixture
def exome(shared_data):
    return shared_data / "na12878-chr20"


@pytest.fixture
def panel(shared_data):
    return shared_data / "panel-hg19"


def zipped_lines(path):
    with gzip.open(path, "rt") as stream:
        return stream.read().splitlines()


def own_lines(pieces):
    return "".join(pieces).splitlines()


def test_hybrid_selection__equals_picard(exome, measure):
    result = measure(exome / "reads.bam", exome / "targets.bed", baits=exome / "baits.bed", **AS_PICARD_2)
    expected = metrics(exome / "expected" / "picard-2.27.5.hs_metrics.txt")
    assert list(expected) == list(FIELDS)
    found = {name: formatted(value) for name, value in result.hybrid_selection.items()}
    assert {name: found[name] for name in FIELDS if name not in NAMED_OTHERWISE} == {
        name: value for name, value in expected.items() if name not in NAMED_OTHERWISE
    }


def test_picard_text__holds_picards_histogram(exome, measure):
    result = measure(exome / "reads.bam", exome / "targets.bed", baits=exome / "baits.bed", **AS_PICARD_2)
    expected = (exome / "expected" / "picard-2.27.5.hs_metrics.txt").read_text()
    start = "## HISTOGRAM"
    assert picard_text(result).partition(start)[2].strip() == expected.partition(start)[2].strip()


def test_exact_het_sensitivity__is_what_picards_draws_estimate(exome, measure):
    result = measure(exome / "reads.bam", exome / "targets.bed", baits=exome / "baits.bed")
    expected = metrics(exome / "expected" / "picard-2.27.5.hs_metrics.txt")
    found = result.hybrid_selection["HET_SNP_SENSITIVITY"]
    assert found == pytest.approx(float(expected["HET_SNP_SENSITIVITY"]), abs=2e-5)


def test_fragment_depth__equals_mosdepth(exome, measure):
    result = measure(exome / "reads.bam", exome / "targets.bed", thresholds_reads=(1, 10, 20, 50, 100))
    expected = exome / "expected"
    assert own_lines(region_lines(result)) == zipped_lines(expected / "mosdepth-0.3.3.regions.bed.gz")
    assert own_lines(threshold_lines(result)) == zipped_lines(expected / "mosdepth-0.3.3.thresholds.bed.gz")
    distribution = (expected / "mosdepth-0.3.3.mosdepth.region.dist.txt").read_text().splitlines()
    assert own_lines(distribution_lines(result)) == distribution


def test_summary__equals_mosdepth_but_for_its_minimum(exome, measure):
    result = measure(exome / "reads.bam", exome / "targets.bed")
    expected = (exome / "expected" / "mosdepth-0.3.3.mosdepth.summary.txt").read_text().splitlines()
    regions = [line.split("\t") for line in expected if "region" in line]
    found = [line.split("\t") for line in own_lines(summary_lines(result))[1:]]
    assert [row[:4] + row[5:] for row in found] == [row[:4] + row[5:] for row in regions]
    # mosdepth 0.3.3 writes 0 where no target base has less than 8 reads.
    assert {row[4] for row in found} == {"8"}


@pytest.mark.parametrize(("is_fast", "name"), [(False, "mosdepth-0.3.3"), (True, "mosdepth-0.3.3.fast-mode")])
def test_fragment_depth__equals_mosdepth_on_a_panel(panel, measure, is_fast, name):
    result = measure(panel / "reads.bam", panel / "targets.bed", is_fast_depth=is_fast, is_depth_only=True)
    assert own_lines(region_lines(result)) == zipped_lines(panel / "expected" / f"{name}.regions.bed.gz")


def test_thresholds__equal_mosdepth_on_a_panel(panel, measure):
    expected = zipped_lines(panel / "expected" / "mosdepth-0.3.3.thresholds.bed.gz")
    depths = tuple(int(column.rstrip("X")) for column in expected[0].split("\t")[4:])
    result = measure(panel / "reads.bam", panel / "targets.bed", is_depth_only=True, thresholds_reads=depths)
    assert own_lines(threshold_lines(result)) == expected


def test_flags__equal_flagstat(exome, measure):
    result = measure(exome / "reads.bam", exome / "targets.bed")
    lines = (exome / "expected" / "samtools-1.16.flagstat.txt").read_text().splitlines()
    counts = [(int(line.split()[0]), int(line.split()[2])) for line in lines]
    names = (
        "total", "primary", "secondary", "supplementary", "duplicates", "primary_duplicates", "mapped",
        "primary_mapped", "paired_in_sequencing", "read1", "read2", "properly_paired",
        "with_itself_and_mate_mapped", "singletons", "mate_on_other_contig", "mate_on_other_contig_mapq5",
    )  # fmt: skip
    assert [(result.flags[name]["passed"], result.flags[name]["failed"]) for name in names] == counts


def test_missing_qualities__leave_what_needs_them_undefined(panel, measure):
    result = measure(panel / "reads.bam", panel / "targets.bed", baits=panel / "targets.bed")
    metrics_found = result.hybrid_selection
    assert metrics_found["MEAN_TARGET_COVERAGE"] is None
    assert metrics_found["PCT_EXC_BASEQ"] is None
    assert metrics_found["ON_BAIT_BASES"] > 0
    assert "qualities_missing" in {warning.code for warning in result.warnings}


def test_missing_qualities__count_where_none_is_asked_for(panel, measure):
    asked = {"min_base_quality": 0, "min_mapping_quality": 0, "are_overlaps_clipped": False}
    result = measure(panel / "reads.bam", panel / "targets.bed", **asked)
    fast = measure(panel / "reads.bam", panel / "targets.bed", is_depth_only=True)
    # Both mates count in the first, once in the second.
    assert result.hybrid_selection["MEAN_TARGET_COVERAGE"] >= fast.document()["fragment_depth"]["mean"] > 0
    assert result.hybrid_selection["HET_SNP_SENSITIVITY"] is None


def test_threads_and_index__change_nothing(panel, measure, tmp_path):
    alone = tmp_path / "alone.bam"
    alone.symlink_to(panel / "reads.bam")
    documents = [
        measure(path, panel / "targets.bed", baits=panel / "targets.bed", threads=threads).document()
        for path, threads in ((panel / "reads.bam", 1), (panel / "reads.bam", 4), (alone, 4))
    ]
    for document in documents:
        document["inputs"], document["warnings"] = None, None
    assert documents[0] == documents[1] == documents[2]


def test_cram__gives_the_numbers_of_the_bam(exome, measure):
    files = {"baits": exome / "baits.bed", "reference": exome / "reference.fasta.gz"}
    documents = [
        measure(exome / name, exome / "targets.bed", **files).document() for name in ("reads.bam", "reads.cram")
    ]
    for document in documents:
        document["inputs"] = None
    assert documents[0] == documents[1]
