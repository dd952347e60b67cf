"""Small files of known content: what is counted where, and what is refused or remarked on."""

import numpy as np
import pysam
import pytest

from kernels.coverage import CoverageParams
from kernels.coverage.outputs import gap_lines, gene_lines, target_lines
from kernels.errors import KernelError
from tests.kernels.coverage.conftest import read

# flag 99: paired, proper, mate reverse, first; 147: its mate.
LEFT, RIGHT = 99, 147


def pair(name, start, mate_start, length=10):
    insert = mate_start + length - start
    mate = {"mate": "=", "cigar": f"{length}M"}
    return [
        (start, read(name, LEFT, start, mate_position=mate_start, insert=insert, **mate)),
        (mate_start, read(name, RIGHT, mate_start, mate_position=start, insert=-insert, **mate)),
    ]


def sorted_lines(*pairs):
    return [line for _, line in sorted((row for rows in pairs for row in rows), key=lambda row: row[0])]


def depths(result):
    """Return usable and fragment histograms as plain lists."""
    return result.usable_histogram.tolist(), result.fragment_histogram.tolist()


def test_overlapping_mates__count_once_in_both_depths(make_bam, make_bed, measure):
    bam = make_bam(sorted_lines(pair("a", 101, 106)))
    result = measure(bam, make_bed(("chr1", 100, 120)))
    assert depths(result) == ([5, 15], [5, 15])


def test_overlapping_mates__count_twice_where_asked(make_bam, make_bed, measure):
    bam = make_bam(sorted_lines(pair("a", 101, 106)))
    result = measure(bam, make_bed(("chr1", 100, 120)), are_overlaps_clipped=False, is_fast_depth=True)
    assert depths(result) == ([5, 10, 5], [5, 10, 5])


@pytest.mark.parametrize(("quality", "expected"), [("5", [0, 10]), ("4", [10])])
def test_usable_depth__needs_base_quality_20(make_bam, make_bed, measure, quality, expected):
    # In SAM, 5 stands for quality 20 and 4 for 19.
    bam = make_bam([read("a", 0, 101, quality=quality)])
    result = measure(bam, make_bed(("chr1", 100, 110)))
    assert depths(result) == (expected, [0, 10])


@pytest.mark.parametrize(("mapping_quality", "expected"), [(20, [0, 10]), (19, [10])])
def test_usable_depth__needs_mapping_quality_20(make_bam, make_bed, measure, mapping_quality, expected):
    bam = make_bam([read("a", 0, 101, mapping_quality=mapping_quality)])
    assert depths(measure(bam, make_bed(("chr1", 100, 110))))[0] == expected


@pytest.mark.parametrize("flag", [0x4, 0x100, 0x200, 0x400])
def test_depths__leave_out_unmapped_secondary_failed_and_duplicate_reads(make_bam, make_bed, measure, flag):
    bam = make_bam([read("a", flag, 101)])
    assert depths(measure(bam, make_bed(("chr1", 100, 110)))) == ([10], [10])


def test_deletions_and_clips__have_no_depth(make_bam, make_bed, measure):
    bam = make_bam([read("a", 0, 101, "3S4M2D3M2S")])
    result = measure(bam, make_bed(("chr1", 95, 115)))
    assert depths(result) == ([13, 7], [13, 7])


def test_overlapping_rows__are_reported_each_but_counted_once(make_bam, make_bed, measure):
    bam = make_bam([read("a", 0, 101)])
    result = measure(bam, make_bed(("chr1", 100, 110), ("chr1", 105, 115), ("chr1", 200, 205)))
    assert result.hybrid_selection["TARGET_TERRITORY"] == 20
    assert result.targets.usable.sums.tolist() == [10, 5, 0]
    assert result.targets.is_overlapping.tolist() == [True, True, False]
    assert result.document()["targets"] == {
        "count": 3, "zero": 1, "below_callable_depth": 3, "overlapping": 2, "duplicated": 0, "low_complexity": None,
    }  # fmt: skip


def test_ambiguous_reads__mark_a_target_as_duplicated(make_bam, make_bed, measure):
    lines = [read(f"a{n}", 0, 101, mapping_quality=0 if n == 0 else 60) for n in range(10)]
    result = measure(make_bam([*lines, read("b", 0, 201)]), make_bed(("chr1", 100, 110), ("chr1", 200, 210)))
    assert result.targets.ambiguous.tolist() == [1, 0]
    assert result.targets.is_duplicated.tolist() == [True, False]


def test_gaps__lie_below_the_callable_depth_and_name_gene_and_exon(make_bam, make_bed, measure):
    lines = [read("a", 0, 101), read("b", 0, 106), read("c", 0, 201)]
    bed = make_bed(("chr1", 100, 120, "BRCA2:exon11"), ("chr1", 200, 212, "TP53:exon2"))
    result = measure(make_bam(lines), bed, callable_depth_reads=2)
    rows = [line.split("\t") for line in "".join(gap_lines(result.assay, result.gaps)).splitlines()[1:]]
    assert rows == [
        ["chr1", "100", "105", "BRCA2", "exon11", "1.00", "1"],
        ["chr1", "110", "120", "BRCA2", "exon11", "0.50", "0"],
        ["chr1", "200", "212", "TP53", "exon2", "0.83", "0"],
    ]


def test_genes__count_bases_outside_the_targets_as_not_callable(make_bam, make_bed, measure):
    lines = [read("a", 0, 101), read("b", 0, 201, contig="chr2")]
    genes = make_bed(
        ("chr1", 90, 110, "G1:e1"), ("chr1", 105, 110, "G1:e2"), ("chr1", 300, 310, "G2"), ("chr2", 200, 210, "G3:e1"),
        name="genes.bed",
    )  # fmt: skip
    result = measure(
        make_bam(lines), make_bed(("chr1", 100, 110), ("chr2", 200, 220)), genes=genes, callable_depth_reads=1
    )
    rows = [line.split("\t") for line in "".join(gene_lines(result.assay, result.genes)).splitlines()[1:]]
    assert rows == [
        ["G1", "chr1", "90", "110", "20", "10", "10", "0.500000", "1.00", "1"],
        ["G2", "chr1", "300", "310", "10", "0", "0", "0.000000", "", ""],
        ["G3", "chr2", "200", "210", "10", "10", "10", "1.000000", "1.00", "1"],
    ]
    assert result.document()["genes"] == {"count": 3, "fully_callable": 1, "without_targets": 1}


def test_regions_without_names__have_no_genes(make_bam, make_bed, measure):
    bam = make_bam([read("a", 0, 101)])
    result = measure(bam, make_bed(("chr1", 100, 110), ("chr2", 100, 110, "G1")), callable_depth_reads=2)
    assert result.genes.names == ("G1",)
    assert "".join(gap_lines(result.assay, result.gaps)).splitlines()[1].split("\t")[3:5] == [".", "."]
    assert measure(bam, make_bed(("chr1", 100, 110))).genes is None


def test_target_table__has_median_minimum_breadth_and_composition(make_bam, make_bed, measure, tmp_path):
    fasta = tmp_path / "reference.fa"
    sequence = "ACGT" * 25 + "AAAAAAAAGG" + "T" + "ACGT" * 223
    fasta.write_text(f">chr1\n{sequence[:1000]}\n>chr2\n{'A' * 1000}\n")
    pysam.faidx(str(fasta))
    bam = make_bam([read("a", 0, 101, "6M"), read("b", 0, 101, "2M")])
    result = measure(bam, make_bed(("chr1", 100, 110, "t")), reference=fasta, thresholds_reads=(1, 2))
    heading, row = ("".join(target_lines(result))).splitlines()
    shown = dict(zip(heading.split("\t"), row.split("\t"), strict=True))
    assert shown == {
        "#contig": "chr1", "start": "100", "end": "110", "name": "t", "length": "10", "mean": "0.80", "median": "1.0",
        "minimum": "0", "maximum": "2", "bases_1x": "6", "bases_2x": "2", "fragment_mean": "0.80", "reads": "2",
        "mapped_reads": "2", "ambiguous_reads": "0", "is_duplicated": "0", "is_overlapping": "0", "gc_bases": "2",
        "unknown_bases": "0", "low_complexity_bases": "8", "is_low_complexity": "1",
    }  # fmt: skip


def test_contigs_with_targets_but_no_reads__have_depth_0(make_bam, make_bed, measure):
    result = measure(make_bam([read("a", 0, 101)]), make_bed(("chr1", 100, 110), ("chr2", 100, 110)))
    assert result.targets.usable.sums.tolist() == [10, 0]
    assert [row["name"] for row in result.document()["chromosomes"]] == ["chr1", "chr2"]


def test_no_reads__leave_ratios_undefined(make_bam, make_bed, measure):
    result = measure(make_bam([]), make_bed(("chr1", 100, 110)), baits=make_bed(("chr1", 90, 120), name="baits.bed"))
    found = result.hybrid_selection
    assert (found["TOTAL_READS"], found["MEAN_TARGET_COVERAGE"]) == (0, 0.0)
    assert found["PCT_PF_READS"] is None
    assert found["FOLD_80_BASE_PENALTY"] is None
    assert found["HET_SNP_SENSITIVITY"] is None
    assert "reads_none" in {warning.code for warning in result.warnings}


def test_no_baits__leave_bait_metrics_undefined(make_bam, make_bed, measure):
    found = measure(make_bam([read("a", 0, 101)]), make_bed(("chr1", 100, 110))).hybrid_selection
    assert {found["PCT_SELECTED_BASES"], found["FOLD_ENRICHMENT"], found["BAIT_TERRITORY"]} == {None}
    assert found["ON_TARGET_BASES"] == 10


@pytest.mark.parametrize(
    ("groups", "codes"),
    [
        ((), {"read_groups_missing", "single_end"}),
        (("@RG\tID:1\tSM:A", "@RG\tID:2\tSM:B"), {"samples_several", "single_end"}),
        (("@RG\tID:1\tSM:A", "@RG\tID:2\tSM:A"), {"single_end"}),
    ],
)
def test_warnings__name_what_the_reader_must_know(make_bam, make_bed, measure, groups, codes):
    result = measure(make_bam([read("a", 0, 101)], read_groups=groups), make_bed(("chr1", 100, 110)))
    assert {warning.code for warning in result.warnings} == codes


def test_many_open_pairs__find_their_mates(make_bam, make_bed, measure):
    """More waiting reads than the first table holds, with names that share their first bytes."""
    pairs = [pair(f"read:with:a:long:common:name:{n}", 101 + n % 3, 106 + n % 3) for n in range(5000)]
    result = measure(make_bam(sorted_lines(*pairs)), make_bed(("chr1", 100, 120)))
    # Each pair covers 15 bases once, wherever it begins.
    assert int(np.arange(len(result.fragment_histogram)) @ result.fragment_histogram) == 15 * 5000


def test_unsorted_file__is_refused(make_bam, make_bed, measure):
    bam = make_bam([read("a", 0, 201), read("b", 0, 101)], order="unsorted")
    with pytest.raises(KernelError) as caught:
        measure(bam, make_bed(("chr1", 100, 110)))
    assert caught.value.code == "alignment_unsorted"


def test_contigs_out_of_order__are_refused(make_bam, make_bed, measure):
    bam = make_bam([read("a", 0, 201, contig="chr2"), read("b", 0, 301)], order="unsorted")
    with pytest.raises(KernelError) as caught:
        measure(bam, make_bed(("chr1", 100, 110)))
    assert caught.value.code == "alignment_unsorted"


def test_index_of_another_file__is_refused(make_bam, make_bed, measure, tmp_path):
    many = [read(f"a{n}", 0, 101 + n % 7 * 0, contig=contig) for contig in ("chr1", "chr2") for n in range(3000)]
    other = make_bam(many, name="other.bam")
    bam = make_bam([read("a", 0, 101), read("b", 0, 101, contig="chr2")])
    (tmp_path / "reads.bam.bai").write_bytes((tmp_path / f"{other.name}.bai").read_bytes())
    with pytest.raises(KernelError) as caught:
        measure(bam, make_bed(("chr1", 100, 110)))
    assert caught.value.code in {"index_unusable", "bam_record_corrupt", "bgzf_corrupt"}


def test_targets_of_another_build__are_refused(make_bam, make_bed, measure):
    with pytest.raises(KernelError, match="another genome build"):
        measure(make_bam([]), make_bed(("chr1", 990, 1010)))


def test_cram_without_reference__is_refused(shared_data, measure):
    folder = shared_data / "na12878-chr20"
    with pytest.raises(KernelError) as caught:
        measure(folder / "reads.cram", folder / "targets.bed")
    assert caught.value.code == "reference_missing"


def test_cram_with_another_reference__is_refused(shared_data, measure, tmp_path):
    folder, fasta = shared_data / "na12878-chr20", tmp_path / "other.fa"
    fasta.write_text(f">chr20\n{'ACGT' * 100}\n")
    pysam.faidx(str(fasta))
    with pytest.raises(KernelError) as caught:
        measure(folder / "reads.cram", folder / "targets.bed", reference=fasta)
    assert caught.value.code in {"alignment_unreadable", "interval_beyond_contig"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"min_base_quality": -1},
        {"coverage_cap_reads": 0},
        {"thresholds_reads": ()},
        {"thresholds_reads": (20, 10)},
        {"near_distance_bp": 10**9},
    ],
)
def test_parameters__out_of_range_are_refused(wrong):
    with pytest.raises(KernelError) as caught:
        CoverageParams(**wrong)
    assert caught.value.code == "parameter_unusable"
