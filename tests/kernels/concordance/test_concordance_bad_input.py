"""Every input that cannot be compared: its own code, a sentence that says where, and nothing written."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from small_genomes import HEADER, Call, vcf_text, write_fasta, write_vcf

from kernels.__main__ import main
from kernels.concordance import ConcordanceRequest, run
from kernels.errors import KernelError
from kernels.io.bgzf_writer import BgzfWriter

REFERENCE = "ACGTACGTACGTACGTACGTACGTACGTACGT"
GOOD = [Call(4, "A", "G"), Call(8, "A", "T")]
TWO_SAMPLES = HEADER.replace("SAMPLE", "SAMPLE\tOTHER")


class Files:
    """A comparison that works, to be spoilt in one place."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.truth = write_vcf(folder / "truth.vcf", GOOD)
        self.query = write_vcf(folder / "query.vcf", GOOD)
        self.reference = write_fasta(folder / "reference.fa", c=REFERENCE)
        self.confident: Path | None = None
        self.strata: Path | None = None

    def arguments(self) -> list[str]:
        named = {
            "--truth": self.truth, "--query": self.query, "--reference": self.reference, "--confident": self.confident,
            "--strata": self.strata, "--json": self.folder / "out.json", "--hap-py": self.folder / "out",
            "--annotated": self.folder / "out.vcf",
        }  # fmt: skip
        return [str(part) for name, path in named.items() if path is not None for part in (name, path)]

    def bed(self, *lines: str) -> Path:
        path = self.folder / "regions.bed"
        path.write_text("".join(f"{line}\n" for line in lines))
        return path


def record(*columns: str) -> str:
    return "\t".join(columns) + "\n"


def spoil_reference_allele(files: Files) -> None:
    write_vcf(files.query, [GOOD[0], Call(9, "A", "T")])


def spoil_reference_length(files: Files) -> None:
    write_vcf(files.query, [GOOD[0], Call(31, "TA", "T")])


def spoil_contig(files: Files) -> None:
    write_vcf(files.query, [*GOOD, Call(3, "T", "C", contig="decoy")])


def spoil_build(files: Files) -> None:
    lengths = {"truth": 249250621, "query": 248956422}
    for name, length in lengths.items():
        header = HEADER.replace("##fileformat=VCFv4.2\n", f"##fileformat=VCFv4.2\n##contig=<ID=c,length={length}>\n")
        write_vcf(files.folder / f"{name}.vcf", GOOD, header)


def spoil_build_of_reference(files: Files) -> None:
    header = "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=249250621>\n" + HEADER.split("\n", 1)[1]
    for path in (files.truth, files.query):
        write_vcf(path, GOOD, header)
    index = f"c\t{len(REFERENCE)}\t3\t{len(REFERENCE)}\t{len(REFERENCE) + 1}\nchr1\t248956422\t99\t60\t61\n"
    (files.folder / "reference.fa.fai").write_text(index)


def spoil_order(files: Files) -> None:
    write_vcf(files.query, GOOD[::-1])


def spoil_contig_order(files: Files) -> None:
    write_fasta(files.reference, c=REFERENCE, d=REFERENCE)
    write_vcf(files.query, [GOOD[0], GOOD[0]._replace(contig="d"), GOOD[1]])


def spoil_samples(files: Files) -> None:
    rows = "".join(line + "\t0/1\n" for line in vcf_text(GOOD, "").splitlines())
    files.query.write_text(TWO_SAMPLES + rows)


def spoil_sample_column(files: Files) -> None:
    files.query.write_text(HEADER.replace("\tFORMAT\tSAMPLE", "") + record("c", "5", ".", "A", "G", ".", "PASS", "."))


def spoil_genotype(files: Files) -> None:
    files.query.write_text(HEADER + record("c", "5", ".", "A", "G", ".", "PASS", ".", "DP", "30"))


def spoil_genotype_text(files: Files) -> None:
    write_vcf(files.query, [GOOD[0]._replace(genotype="0/x")])


def spoil_allele_number(files: Files) -> None:
    write_vcf(files.query, [GOOD[0]._replace(genotype="0/2")])


def spoil_ploidy(files: Files) -> None:
    write_vcf(files.query, [GOOD[0]._replace(genotype="0/0/1")])


def spoil_columns(files: Files) -> None:
    files.query.write_text(HEADER + "c\t5\t.\tA\n")


def spoil_position(files: Files) -> None:
    files.query.write_text(HEADER + record("c", "five", ".", "A", "G", ".", "PASS", ".", "GT", "0/1"))


def spoil_header(files: Files) -> None:
    files.query.write_text("chrom\tpos\n1\t2\n")


def spoil_bgzip(files: Files) -> None:
    files.query = files.folder / "query.vcf.gz"
    with BgzfWriter(files.query) as stream:
        stream.write(vcf_text(GOOD * 400, HEADER).encode())
    files.query.write_bytes(files.query.read_bytes()[:-28])


def spoil_bgzip_block(files: Files) -> None:
    spoil_bgzip(files)
    whole = bytearray(files.query.read_bytes())
    whole[40] ^= 0xFF
    files.query.write_bytes(bytes(whole) + bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000"))


def spoil_gzip(files: Files) -> None:
    files.query = files.folder / "query.vcf.gz"
    files.query.write_bytes(gzip.compress(vcf_text(GOOD, HEADER).encode())[:-12])


def spoil_index(files: Files) -> None:
    index = files.folder / "query.vcf.tbi"
    index.write_bytes(b"")
    newer = files.query.stat().st_mtime
    os.utime(index, (newer - 60, newer - 60))


def spoil_reference_index(files: Files) -> None:
    index = files.folder / "reference.fa.fai"
    index.write_text(f"c\t{len(REFERENCE)}\t3\t{len(REFERENCE)}\t{len(REFERENCE) + 1}\n")
    newer = files.reference.stat().st_mtime
    os.utime(index, (newer - 60, newer - 60))


def spoil_bed_contig(files: Files) -> None:
    files.confident = files.bed("c\t0\t10", "other\t0\t10")


def spoil_bed_end(files: Files) -> None:
    files.confident = files.bed("c\t0\t33")


def spoil_truth(files: Files) -> None:
    write_vcf(files.truth, [GOOD[0]._replace(genotype="0/0"), GOOD[1]._replace(genotype="./.")])


def spoil_strata(files: Files) -> None:
    files.strata = files.folder / "strata.tsv"
    files.strata.write_text("coding regions.bed\n")


def spoil_reference(files: Files) -> None:
    files.reference.unlink()


CASES: list[tuple[Callable[[Files], None], str, str]] = [
    (spoil_reference_allele, "reference_contradicted", "query.vcf c:10 has REF A but reference.fa has C"),
    (spoil_reference_length, "position_beyond_contig", "query.vcf c:32 lies beyond the 32 bases"),
    (spoil_contig, "contig_unknown", "'decoy'"),
    (spoil_build, "build_mismatch", "query.vcf declares c with 248956422 bases but truth.vcf with 249250621"),
    (spoil_build_of_reference, "build_mismatch", "truth.vcf declares the contigs of GRCh37"),
    (spoil_order, "record_unsorted", "query.vcf line 4 (c:5) lies before"),
    (spoil_contig_order, "record_unsorted", "records of c stand in two places"),
    (spoil_samples, "sample_ambiguous", "2 samples (SAMPLE, OTHER)"),
    (spoil_sample_column, "vcf_no_samples", "query.vcf has no sample column"),
    (spoil_genotype, "record_no_genotype", "query.vcf line 3 (c:5) has no genotype"),
    (spoil_genotype_text, "record_genotype", "query.vcf line 3 (c:5) has a genotype that cannot be read"),
    (spoil_allele_number, "record_allele_number", "query.vcf line 3 (c:5)"),
    (spoil_ploidy, "record_ploidy", "query.vcf line 3 (c:5) has a genotype of more than two alleles"),
    (spoil_columns, "record_columns", "query.vcf line 3 (c:5)"),
    (spoil_position, "record_position", "query.vcf line 3 (c:five)"),
    (spoil_header, "vcf_header", "query.vcf is not a VCF"),
    (spoil_bgzip, "bgzf_truncated", "query.vcf.gz is cut off"),
    (spoil_bgzip_block, "bgzf_corrupt", "query.vcf.gz is damaged"),
    (spoil_gzip, "gzip_truncated", "query.vcf.gz is cut off"),
    (spoil_index, "index_stale", "query.vcf.tbi is older than query.vcf"),
    (spoil_reference_index, "index_stale", "reference.fa.fai is older than reference.fa"),
    (spoil_bed_contig, "contig_unknown", "regions.bed line 2 names the contig 'other'"),
    (spoil_bed_end, "interval_beyond_contig", "regions.bed line 1 ends at c:33"),
    (spoil_truth, "truth_empty", "truth.vcf has no variant call for sample 'SAMPLE'"),
    (spoil_strata, "strata_line", "strata.tsv line 1"),
    (spoil_reference, "reference_unreadable", "reference.fa"),
]


@pytest.mark.parametrize(("spoil", "code", "sentence"), CASES, ids=[spoil.__name__ for spoil, _, _ in CASES])
def test_bad_input__has_its_own_code_and_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil: Callable[[Files], None], code: str, sentence: str
) -> None:
    files = Files(tmp_path)
    spoil(files)
    before = set(tmp_path.iterdir())
    request = ConcordanceRequest(
        truth=files.truth, query=files.query, reference=files.reference, confident=files.confident, strata=files.strata
    )
    with pytest.raises(KernelError) as refusal:
        run(request)
    assert refusal.value.code == code
    assert sentence in refusal.value.message
    assert refusal.value.message.endswith(".")
    assert main(["concordance", *files.arguments()]) == 2
    assert capsys.readouterr().err.strip() == refusal.value.message
    assert set(tmp_path.iterdir()) == before


def test_unspoilt_files__are_compared(tmp_path: Path) -> None:
    """The refusals above share this set-up: it must work, or they could pass for another reason."""
    files = Files(tmp_path)
    assert main(["concordance", *files.arguments()]) == 0
    assert {path.name for path in tmp_path.iterdir()} >= {
        "out.json", "out.unmatched.tsv", "out.summary.csv", "out.extended.csv", "out.vcf",
    }  # fmt: skip


def test_unknown_sample__lists_the_known_ones(tmp_path: Path) -> None:
    files = Files(tmp_path)
    request = ConcordanceRequest(truth=files.truth, query=files.query, reference=files.reference, sample_query="NA1")
    with pytest.raises(KernelError) as refusal:
        run(request)
    assert refusal.value.code == "sample_unknown"
    assert "'NA1'; it has SAMPLE" in refusal.value.message


def test_score_field__must_name_a_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = Files(tmp_path)
    assert main(["concordance", *files.arguments(), "--score", "VQSLOD"]) == 2
    assert "'VQSLOD' is not a score" in capsys.readouterr().err
