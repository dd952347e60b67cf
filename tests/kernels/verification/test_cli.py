"""Each faulty file gets its own code; sound files pass with what samtools counts in them."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pysam
import pytest

from kernels.__main__ import main
from kernels.document import sha256_of
from kernels.simulation.bad_files import BadFiles, write_bad_files

# What the simulator planted -> the code that the verification must give. None: the fault lies outside its question.
CODES = {
    "truncated.bam": "bgzf_truncated",
    "missing_end_block.bam": "end_marker_missing",
    "wrong_checksum.bam": "bgzf_corrupt",
    "gzip_not_bgzf.bam": "gzip_not_bgzf",
    "random_bytes.bam": "wrong_kind",
    "zero_bytes.bam": "file_empty",
    "unsorted.bam": "unsorted",
    "unsorted_says_sorted.bam": "unsorted",
    "unknown_contigs.bam": "build_contig_unknown",
    "wrong_contig_lengths.bam": "build_contig_length",
    "other_sample.bam": "sample_differs",
    "several_samples.bam": "samples_several",
    "no_read_groups.bam": "no_read_group",
    "zero_reads.bam": "no_reads",
    "single_end.bam": None,
    "truncated.vcf.gz": "bgzf_truncated",
    "gzip_not_bgzf.vcf.gz": None,  # readable from end to end; only its index is missing
    "zero_bytes.vcf.gz": "file_empty",
    "no_genotypes.vcf.gz": "vcf_no_samples",
    "unsorted.vcf.gz": "record_unsorted",
    "reference_mismatch.vcf.gz": None,  # the comparison sees the reference, the verification does not
    "other_sample.vcf.gz": "sample_differs",
    "two_samples.vcf.gz": "samples_several",
    "unknown_contigs.vcf.gz": "build_contig_unknown",
    "no_records.vcf.gz": "no_calls_on_targets",
    "zero_bytes.bed": "file_empty",
    "inverted.bed": "region_inverted",
    "text_coordinates.bed": "region_coordinate",
    "negative_start.bed": "region_coordinate",
    "two_columns.bed": "region_columns",
    "beyond_contig_end.bed": "interval_beyond_contig",
    "other_naming.bed": "contig_naming",
    "empty.bed": "regions_empty",
    "no_overlap.bed": None,  # sound by itself; reads are asked to lie on it
}


@pytest.fixture(scope="session")
def bad_files(tmp_path_factory: pytest.TempPathFactory) -> BadFiles:
    return write_bad_files(tmp_path_factory.mktemp("bad"))


@pytest.fixture(scope="session")
def contigs(bad_files: BadFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pysam.FastaFile(str(bad_files.good.reference)) as fasta:
        listed = [[name, fasta.get_reference_length(name)] for name in fasta.references]
    path = tmp_path_factory.mktemp("build") / "contigs.json"
    path.write_text(json.dumps(listed))
    return path


def kind_of(name: str) -> str:
    return {"bam": "bam", "gz": "vcf", "bed": "bed"}[name.rpartition(".")[2]]


def verify(path: Path, kind: str, *options: object) -> dict[str, Any]:
    target = path.with_name(f"{path.name}.json")
    assert main(["verify", str(path), "--kind", kind, "--json", str(target), *map(str, options)]) == 0
    document: dict[str, Any] = json.loads(target.read_text())
    target.unlink()
    return document


def registered(kind: str, bad_files: BadFiles, contigs: Path) -> list[object]:
    options: list[object] = ["--contigs", contigs]
    if kind in ("bam", "vcf"):
        options += ["--sample", "SIM001", "--targets", bad_files.good.targets]
    return options


def test_every_planted_fault__is_listed_here(bad_files: BadFiles) -> None:
    assert set(bad_files.faults) == set(CODES)


@pytest.mark.parametrize("name", sorted(CODES))
def test_a_faulty_file__is_refused_with_its_own_code(name: str, bad_files: BadFiles, contigs: Path) -> None:
    kind = kind_of(name)
    document = verify(bad_files.path(name), kind, *registered(kind, bad_files, contigs))

    assert (document["rejection"] or {}).get("code") == CODES[name]
    if CODES[name]:
        assert document["rejection"]["where"]["file"] == name
        assert name in document["rejection"]["message"]


@pytest.mark.parametrize(("attribute", "kind"), [("reads", "bam"), ("truth_variants", "vcf"), ("targets", "bed")])
def test_the_sound_file__passes_the_same_questions(
    attribute: str, kind: str, bad_files: BadFiles, contigs: Path
) -> None:
    path = getattr(bad_files.good, attribute)
    document = verify(path, kind, *registered(kind, bad_files, contigs))

    assert document["rejection"] is None
    assert document["inputs"]["file"]["sha256"] == sha256_of(path)


def test_reads_that_lie_on_no_target__are_refused(bad_files: BadFiles, contigs: Path, tmp_path: Path) -> None:
    reads = shutil.copy(bad_files.good.reads, tmp_path)
    document = verify(Path(reads), "bam", "--targets", bad_files.path("no_overlap.bed"), "--index")

    assert document["rejection"]["code"] == "no_reads_on_targets"


def test_contigs_without_chr__are_told_apart(bad_files: BadFiles, contigs: Path, tmp_path: Path) -> None:
    short = tmp_path / "contigs.json"
    short.write_text(contigs.read_text().replace("chr", ""))

    assert verify(bad_files.good.reads, "bam", "--contigs", short)["rejection"]["code"] == "build_contig_naming"


def test_another_kind_than_registered__is_named(bad_files: BadFiles) -> None:
    rejection = verify(bad_files.good.truth_variants, "bed")["rejection"]

    assert rejection["code"] == "wrong_kind"
    assert (rejection["where"]["expected"], rejection["where"]["found"]) == ("BED", "VCF")


def test_another_checksum_than_given__is_refused(bad_files: BadFiles) -> None:
    right = sha256_of(bad_files.good.targets)

    assert verify(bad_files.good.targets, "bed", "--sha256", right.upper())["rejection"] is None
    assert verify(bad_files.good.targets, "bed", "--sha256", "0" * 64)["rejection"]["code"] == "checksum_differs"


def test_sequences__of_plain_gzip_cannot_be_read_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "reference.fa.gz"
    path.write_bytes(gzip.compress(b">chr1\nACGT\n"))

    assert verify(path, "fasta", "--index")["rejection"]["code"] == "fasta_plain_gzip"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ACGT\n", "wrong_kind"),
        (">chr1\nAC!T\n", "fasta_letter"),
        (">chr1\nACGT\n>chr1\nAC\n", "fasta_contig_name"),
        (">chr1\n>chr2\nAC\n", "fasta_empty_contig"),
        (">chr1\nACGT\nAC\nACGT\n", "not_indexable"),
    ],
)
def test_bad_sequences__have_their_own_codes(text: str, code: str, tmp_path: Path) -> None:
    path = tmp_path / "reference.fa"
    path.write_text(text)

    assert verify(path, "fasta", "--index")["rejection"]["code"] == code


def test_sequences__get_an_index_and_tell_their_contigs(tmp_path: Path) -> None:
    path = tmp_path / "reference.fa"
    path.write_text(">chr1 first\nACGTN\nAC\n>chr2\nAC\n")
    document = verify(path, "fasta", "--index")

    assert document["rejection"] is None
    assert document["findings"]["contigs"] == [["chr1", 7], ["chr2", 2]]
    assert (tmp_path / "reference.fa.fai").read_text().split()[:2] == ["chr1", "7"]


def test_a_command_that_cannot_be_read__leaves_its_code_for_machines(tmp_path: Path, bad_files: BadFiles) -> None:
    errors = tmp_path / "error.json"
    arguments = ["verify", str(bad_files.good.reads), "--kind", "bam", "--targets", str(bad_files.path("empty.bed"))]

    assert main(["--error-json", str(errors), *arguments]) == 2
    assert json.loads(errors.read_text())["code"] == "expectation_unusable"


@pytest.fixture
def real_reads(shared_data: Path, tmp_path: Path) -> Path:
    folder = shared_data / "na12878-chr20"
    for name in ("reads.bam", "reads.cram", "reference.fasta.gz", "truth.vcf.gz"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    return tmp_path


def test_real_reads__are_counted_as_samtools_counts_them(real_reads: Path, shared_data: Path) -> None:
    """Expected counts: samtools 1.16 flagstat on the same file."""
    flagstat = (shared_data / "na12878-chr20" / "expected" / "samtools-1.16.flagstat.txt").read_text()
    expected = {line.split(" + 0 ", 1)[1].split(" (")[0]: int(line.split(" ", 1)[0]) for line in flagstat.splitlines()}
    reference = real_reads / "reference.fasta.gz"

    for name, kind in (("reads.bam", "bam"), ("reads.cram", "cram")):
        document = verify(real_reads / name, kind, "--sample", "NA12878", "--index", "--reference", reference)
        found = document["findings"]
        assert document["rejection"] is None
        assert (found["reads"], found["mapped"], found["paired"], found["duplicates"]) == (
            expected["in total"],
            expected["mapped"],
            expected["paired in sequencing"],
            expected["primary duplicates"],
        )


def test_index_of_real_reads__finds_the_reads_that_the_publishers_index_finds(
    real_reads: Path, shared_data: Path
) -> None:
    theirs = pysam.idxstats(str(shared_data / "na12878-chr20" / "reads.bam"))
    verify(real_reads / "reads.bam", "bam", "--index")

    assert (real_reads / "reads.bam.bai").is_file()
    assert pysam.idxstats(str(real_reads / "reads.bam")) == theirs


def test_cram__needs_the_sequence_and_its_end(real_reads: Path) -> None:
    cut = real_reads / "cut.cram"
    cut.write_bytes((real_reads / "reads.cram").read_bytes()[:200_000])

    assert verify(real_reads / "reads.cram", "cram")["rejection"]["code"] == "reference_missing"
    assert verify(cut, "cram")["rejection"]["code"] == "cram_truncated"


def test_a_flipped_bit_anywhere__is_found_or_harmless(bad_files: BadFiles, tmp_path: Path) -> None:
    """Damage is found by CRC, length or structure; only bytes of a block's gzip header may change without harm."""
    whole = bad_files.good.reads.read_bytes()
    sound = verify(bad_files.good.reads, "bam")["findings"]
    path = tmp_path / "reads.bam"
    refused = 0
    for at in range(0, len(whole) - 28, len(whole) // 60):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        document = verify(path, "bam")
        refused += document["rejection"] is not None
        assert document["rejection"] is not None or document["findings"] == sound

    assert refused >= 55
