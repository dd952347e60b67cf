"""Every faulty file has its fault, seen by pysam or by plain reading, and no other that would hide it."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path

import pysam
import pytest

from kernels.simulation.bad_files import BadFiles, write_bad_files
from kernels.simulation.cli import main
from kernels.simulation.design import LAYOUT

SOUND_AS_BGZF = (
    "unsorted.bam",
    "unsorted_says_sorted.bam",
    "unknown_contigs.bam",
    "wrong_contig_lengths.bam",
    "other_sample.bam",
    "several_samples.bam",
    "no_read_groups.bam",
    "zero_reads.bam",
    "single_end.bam",
)


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> BadFiles:
    return write_bad_files(tmp_path_factory.mktemp("bad"))


def header_of(bad: BadFiles, name: str) -> dict[str, list[dict[str, str]]]:
    with pysam.AlignmentFile(str(bad.path(name))) as bam:
        return bam.header.to_dict()


def records_of(path: Path) -> list[pysam.AlignedSegment]:
    with pysam.AlignmentFile(str(path)) as bam:
        return list(bam.fetch(until_eof=True))


def sample_columns(bad: BadFiles, name: str) -> list[str]:
    with pysam.VariantFile(str(bad.path(name))) as variants:
        return list(variants.header.samples)


def line(bad: BadFiles, name: str, number: int) -> list[str]:
    return bad.path(name).read_text().splitlines()[number].split("\t")


def test_write_bad_files__twice(bad: BadFiles, tmp_path: Path) -> None:
    write_bad_files(tmp_path)
    names = {path.name for path in bad.directory.iterdir() if path.is_file()}
    assert names == {*bad.faults, "faults.json"}
    assert all((tmp_path / name).read_bytes() == (bad.directory / name).read_bytes() for name in names)
    assert json.loads((tmp_path / "faults.json").read_text()) == {"faults": bad.faults}


def test_path__of_a_fault_that_does_not_exist(bad: BadFiles) -> None:
    with pytest.raises(KeyError):
        bad.path("sound.bam")


@pytest.mark.parametrize("name", SOUND_AS_BGZF)
def test_alignments__are_complete_bgzf(bad: BadFiles, name: str) -> None:
    gzip.decompress(bad.path(name).read_bytes())
    assert bad.path(name).read_bytes().endswith(bad.good.reads.read_bytes()[-28:])


def test_good_exome__indexes_and_reads(bad: BadFiles) -> None:
    assert len(records_of(bad.good.reads)) == sum(
        bad.good.expectations["flagstat"][status]["total"] for status in ("qc_passed", "qc_failed")
    )


def test_truncated__ends_inside_a_block(bad: BadFiles) -> None:
    for name in ("truncated.bam", "truncated.vcf.gz"):
        with pytest.raises(EOFError):
            gzip.decompress(bad.path(name).read_bytes())


def test_missing_end_block__but_every_record(bad: BadFiles) -> None:
    content = bad.path("missing_end_block.bam").read_bytes()
    assert content + bad.good.reads.read_bytes()[-28:] == bad.good.reads.read_bytes()
    assert gzip.decompress(content) == gzip.decompress(bad.good.reads.read_bytes())


def test_wrong_checksum__of_one_block(bad: BadFiles) -> None:
    one, other = bad.path("wrong_checksum.bam").read_bytes(), bad.good.reads.read_bytes()
    assert sum(a != b for a, b in zip(one, other, strict=True)) == 1
    with pytest.raises(gzip.BadGzipFile, match="CRC"):
        gzip.decompress(one)


@pytest.mark.parametrize(("name", "order"), [("unsorted.bam", "queryname"), ("unsorted_says_sorted.bam", "coordinate")])
def test_unsorted__cannot_be_indexed(bad: BadFiles, name: str, order: str) -> None:
    assert header_of(bad, name)["HD"]["SO"] == order  # type: ignore[call-overload]
    assert len(records_of(bad.path(name))) == len(records_of(bad.good.reads))
    with pytest.raises(pysam.SamtoolsError):
        pysam.index(str(bad.path(name)))
    assert not Path(f"{bad.path(name)}.bai").exists()


def test_contigs__unknown_or_of_other_lengths(bad: BadFiles) -> None:
    good = {line["SN"]: line["LN"] for line in header_of_good(bad)["SQ"]}
    unknown = {line["SN"] for line in header_of(bad, "unknown_contigs.bam")["SQ"]}
    assert not unknown & set(good)
    lengths = {line["SN"]: line["LN"] for line in header_of(bad, "wrong_contig_lengths.bam")["SQ"]}
    assert set(lengths) == set(good)
    assert all(lengths[name] != good[name] for name in good)


def header_of_good(bad: BadFiles) -> dict[str, list[dict[str, str]]]:
    with pysam.AlignmentFile(str(bad.good.reads)) as bam:
        return bam.header.to_dict()


def test_samples__other_several_or_none(bad: BadFiles) -> None:
    assert {group["SM"] for group in header_of_good(bad)["RG"]} == {"SIM001"}
    assert {group["SM"] for group in header_of(bad, "other_sample.bam")["RG"]} == {"OTHER99"}
    assert {group["SM"] for group in header_of(bad, "several_samples.bam")["RG"]} == {"SIM001", "OTHER99"}
    assert "RG" not in header_of(bad, "no_read_groups.bam")
    records = records_of(bad.path("no_read_groups.bam"))
    assert records
    assert not any(record.has_tag("RG") for record in records)
    assert all(record.has_tag("NM") for record in records)


def test_reads__none_or_single(bad: BadFiles) -> None:
    assert records_of(bad.path("zero_reads.bam")) == []
    single = records_of(bad.path("single_end.bam"))
    assert len(single) > 1000
    assert all(not record.is_paired and record.next_reference_id == -1 for record in single)
    assert len({record.query_name for record in single}) == len(single)


@pytest.mark.parametrize("name", ["gzip_not_bgzf.bam", "gzip_not_bgzf.vcf.gz"])
def test_gzip__without_bgzf_blocks(bad: BadFiles, name: str) -> None:
    content = bad.path(name).read_bytes()
    original = bad.good.reads if name.endswith("bam") else bad.good.truth_variants
    assert gzip.decompress(content) == gzip.decompress(original.read_bytes())
    assert content[3] & 4 == 0  # no extra field, so no block size


def test_random_bytes__are_no_gzip(bad: BadFiles) -> None:
    with pytest.raises((gzip.BadGzipFile, zlib.error)):
        gzip.decompress(bad.path("random_bytes.bam").read_bytes())


@pytest.mark.parametrize("name", ["zero_bytes.bam", "zero_bytes.vcf.gz", "zero_bytes.bed"])
def test_zero_bytes(bad: BadFiles, name: str) -> None:
    assert bad.path(name).stat().st_size == 0


def test_variants__samples_and_records(bad: BadFiles) -> None:
    assert sample_columns(bad, "no_genotypes.vcf.gz") == []
    assert sample_columns(bad, "other_sample.vcf.gz") == ["OTHER99"]
    assert sample_columns(bad, "two_samples.vcf.gz") == ["SIM001", "OTHER99"]
    assert list(pysam.VariantFile(str(bad.path("no_records.vcf.gz")))) == []
    count = bad.good.expectations["concordance"]["truth_records"]
    for name in ("no_genotypes", "unsorted", "reference_mismatch", "other_sample", "two_samples", "unknown_contigs"):
        assert len(list(pysam.VariantFile(str(bad.path(f"{name}.vcf.gz"))))) == count
    assert {r.contig[:8] for r in pysam.VariantFile(str(bad.path("unknown_contigs.vcf.gz")))} == {"scaffold"}


def test_variants__unsorted_cannot_be_indexed(bad: BadFiles) -> None:
    with pytest.raises(OSError, match="index"):
        pysam.tabix_index(str(bad.path("unsorted.vcf.gz")), preset="vcf", force=True)


def test_variants__reference_contradicted_everywhere(bad: BadFiles) -> None:
    reference = pysam.FastaFile(str(bad.good.reference))

    def agreeing(path: Path) -> list[bool]:
        return [
            reference.fetch(record.contig, record.start, record.start + len(record.ref)).upper() == record.ref
            for record in pysam.VariantFile(str(path))
        ]

    assert all(agreeing(bad.good.truth_variants))
    assert not any(agreeing(bad.path("reference_mismatch.vcf.gz")))


def test_intervals__have_their_faults_in_line_six(bad: BadFiles) -> None:
    inverted, text = line(bad, "inverted.bed", 5), line(bad, "text_coordinates.bed", 5)
    assert int(inverted[1]) > int(inverted[2])
    assert not text[1].isdigit()
    assert int(line(bad, "negative_start.bed", 5)[1]) < 0
    assert len(line(bad, "two_columns.bed", 5)) == 2
    beyond = line(bad, "beyond_contig_end.bed", 5)
    assert int(beyond[1]) < LAYOUT[beyond[0]][0] < int(beyond[2])
    good = bad.good.targets.read_text().splitlines()
    for name in ("inverted", "text_coordinates", "negative_start", "two_columns", "beyond_contig_end"):
        lines = bad.path(f"{name}.bed").read_text().splitlines()
        assert [number for number, (a, b) in enumerate(zip(lines, good, strict=True)) if a != b] == [5]


def test_intervals__naming_emptiness_and_overlap(bad: BadFiles) -> None:
    naming = bad.path("other_naming.bed").read_text().splitlines()
    assert ["chr" + row for row in naming] == bad.good.targets.read_text().splitlines()
    assert all(row.startswith("#") for row in bad.path("empty.bed").read_text().splitlines())
    with pysam.AlignmentFile(str(bad.good.reads)) as bam:
        for row in bad.path("no_overlap.bed").read_text().splitlines():
            contig, start, end, _ = row.split("\t")
            assert bam.count(contig, int(start), int(end)) == 0


def test_command_line__lists_the_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bad-files", "--output-dir", str(tmp_path)]) == 0
    assert "unsorted.bam: " in capsys.readouterr().out
