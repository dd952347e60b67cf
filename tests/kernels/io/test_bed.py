import gzip

import pysam
import pytest

from kernels.errors import KernelError
from kernels.io.bed import read_regions

BED = "track name=targets\nbrowser position chr1\n# note\nchr1\t10\t20\tEX 1\nchr1\t15\t30\n\nchr2\t0\t5\tB\t0\t+\n"


def write(folder, text, name="t.bed"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def rows(regions):
    contigs = [regions.contigs[index] for index in regions.contig_index]
    return list(zip(contigs, regions.starts.tolist(), regions.ends.tolist(), regions.names, strict=True))


EXPECTED = [("chr1", 10, 20, "EX 1"), ("chr1", 15, 30, ""), ("chr2", 0, 5, "B")]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_read_regions__keeps_order_and_names_and_skips_headers(tmp_path, ending):
    regions = read_regions(write(tmp_path, BED.replace("\n", ending)))
    assert rows(regions) == EXPECTED
    assert regions.line_numbers.tolist() == [4, 5, 7]


def test_read_regions__gzip_and_bgzf_are_the_same(tmp_path):
    pysam.tabix_compress(str(write(tmp_path, BED)), str(tmp_path / "t.bed.bgz"))
    assert rows(read_regions(tmp_path / "t.bed.bgz")) == EXPECTED
    assert rows(read_regions(write(tmp_path, gzip.compress(BED.encode()), "t.bed.gz"))) == EXPECTED


def test_read_regions__blanks_separate_where_there_are_no_tabs(tmp_path):
    assert rows(read_regions(write(tmp_path, "chr1 10  20 EX1\n"))) == [("chr1", 10, 20, "EX1")]


def test_read_regions__interval_list_is_one_based_and_closed(tmp_path):
    text = "@HD\tVN:1.0\n@SQ\tSN:chr1\tLN:1000\nchr1\t1\t10\t+\tfirst\nchr1\t101\t101\t-\tone base\n"
    regions = read_regions(write(tmp_path, text, "t.interval_list"))
    assert rows(regions) == [("chr1", 0, 10, "first"), ("chr1", 100, 101, "one base")]
    assert regions.declared_lengths == {"chr1": 1000}


def test_read_regions__a_contig_named_like_a_keyword_is_a_region(tmp_path):
    assert rows(read_regions(write(tmp_path, "track1\t0\t5\n"))) == [("track1", 0, 5, "")]


def test_read_regions__empty_intervals_are_counted_and_left_out(tmp_path):
    regions = read_regions(write(tmp_path, "chr1\t5\t5\nchr1\t6\t8\n"))
    assert (regions.empty_count, len(regions)) == (1, 1)


def test_territory__is_merged_per_contig(tmp_path):
    territory = read_regions(write(tmp_path, BED)).territory()
    assert {name: (t.starts.tolist(), t.ends.tolist()) for name, t in territory.items()} == {
        "chr1": ([10], [30]),
        "chr2": ([0], [5]),
    }


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("chr1\t10\t20\nchr1\t30\t20\n", "region_inverted", 2),
        ("chr1\t10\n", "region_columns", 1),
        ("chrom\tstart\tend\n", "region_coordinate", 1),
        ("chr1\t-1\t20\n", "region_coordinate", 1),
        ("chr1\t1.5\t20\n", "region_coordinate", 1),
        ("chr1\t1\t99999999999999999999\n", "region_coordinate", 1),
        ("chr1\t1_0\t20\n", "region_coordinate", 1),
        ("# only a comment\n", "regions_empty", None),
        ("chr1\t4\t4\n", "regions_empty", None),
        (b"\x1f\x8bbroken", "regions_unreadable", None),
        (gzip.compress(b"chr1\t1\t2\n" * 1000)[:-20], "regions_unreadable", None),
        ("@SQ\tSN:chr1\nchr1\t1\t2\t+\ta\n", "region_columns", 1),
        ("@SQ\tSN:chr1\tLN:9\nchr1\t0\t2\t+\ta\n", "region_inverted", 2),
    ],
)
def test_read_regions__says_what_is_wrong_and_where(tmp_path, text, code, line):
    with pytest.raises(KernelError) as caught:
        read_regions(write(tmp_path, text))
    assert caught.value.code == code
    assert caught.value.where.get("line") == line
    assert "t.bed" in caught.value.message


def test_read_regions__missing_file(tmp_path):
    with pytest.raises(KernelError, match="cannot be read"):
        read_regions(tmp_path / "absent.bed")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1\t0\t5\n", "contig_naming"),
        ("chr9\t0\t5\n", "contig_unknown"),
        ("chr1\t0\t5\nchr1\t90\t101\n", "interval_beyond_contig"),
        ("@SQ\tSN:chr1\tLN:99\nchr1\t1\t2\t+\ta\n", "contig_length"),
    ],
)
def test_require_within__refuses_another_build(tmp_path, text, code):
    with pytest.raises(KernelError) as caught:
        read_regions(write(tmp_path, text)).require_within({"chr1": 100}, "reads.bam")
    assert caught.value.code == code
    assert "reads.bam" in caught.value.message


def test_require_within__accepts_the_last_base(tmp_path):
    read_regions(write(tmp_path, "chr1\t0\t100\n")).require_within({"chr1": 100}, "reads.bam")
