"""However a call set is written, it compares as identical to itself."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest
from small_genomes import Call, write_fasta, write_vcf

from kernels.concordance import ConcordanceRequest, ConcordanceResult, run
from kernels.concordance.alleles import INDEL, SNP

ROUNDS = 60


def compare(folder: Path, reference: str, truth: list[Call], query: list[Call]) -> ConcordanceResult:
    return run(
        ConcordanceRequest(
            truth=write_vcf(folder / "truth.vcf", sorted(truth)),
            query=write_vcf(folder / "query.vcf", sorted(query)),
            reference=write_fasta(folder / "reference.fa", c=reference),
            unmatched=folder / "unmatched.tsv",
        )
    )


def assert_identical(result: ConcordanceResult) -> None:
    for kind in (SNP, INDEL):
        counts = result.counts(kind)
        assert counts.truth_fn.calls == counts.query_fp.calls == 0
    assert result.unmatched is not None
    assert len(result.unmatched.read_text().splitlines()) == 1


def random_genome(source: random.Random) -> tuple[str, list[Call]]:
    """Return a reference with repeats and calls that do not overlap."""
    reference = "".join(source.choice(["A", "C", "G", "T", "AC", "AAAA", "CACACA"]) for _ in range(200))
    calls, at = [], 5
    while at < len(reference) - 20:
        ref = reference[at : at + source.randint(1, 4)]
        alts = sorted({random_allele(source, ref) for _ in range(source.choice([1, 1, 1, 2]))} - {ref})
        if alts:
            genotype = source.choice(["0/1", "1/1", "1|0", "1"]) if len(alts) == 1 else "1/2"
            calls.append(Call(at, ref, ",".join(alts), genotype))
        at += len(ref) + source.randint(1, 12)
    return reference, calls


def random_allele(source: random.Random, ref: str) -> str:
    kind = source.random()
    if kind < 0.4:
        return "".join(source.choice("ACGT") for _ in ref)
    return ref[0] if kind < 0.7 else ref + "".join(source.choice("ACGT") for _ in range(source.randint(1, 5)))


def rewrite(source: random.Random, reference: str, call: Call, limit: int) -> list[Call]:
    ways = [pad, split_alleles, move_right, unphase, swap_alleles, lower_case, spare_allele]
    return source.choice(ways)(reference, call, limit)


def pad(reference: str, call: Call, limit: int) -> list[Call]:
    """Write one more reference base on both ends of every allele."""
    before, after = reference[call.position - 1], reference[call.position + len(call.ref)]
    alts = ",".join(before + alt + after for alt in call.alt.split(","))
    return [call._replace(position=call.position - 1, ref=before + call.ref + after, alt=alts)]


def split_alleles(reference: str, call: Call, limit: int) -> list[Call]:
    alts = call.alt.split(",")
    return [call._replace(alt=alt, genotype="0/1") for alt in alts] if len(alts) > 1 else [call]


def move_right(reference: str, call: Call, limit: int) -> list[Call]:
    """Move an insertion or a deletion of one allele as far to the right as it goes before the next call."""
    if "," in call.alt or call.ref[0] != call.alt[0] or 1 not in (len(call.ref), len(call.alt)):
        return [call]
    position, moved = call.position, call.ref[1:] or call.alt[1:]
    while moved and position + len(call.ref) < limit and reference[position + len(call.ref)] == moved[0]:
        moved, position = moved[1:] + moved[0], position + 1
    anchor = reference[position]
    if len(call.ref) > 1:
        return [call._replace(position=position, ref=anchor + moved, alt=anchor)]
    return [call._replace(position=position, ref=anchor, alt=anchor + moved)]


def unphase(reference: str, call: Call, limit: int) -> list[Call]:
    return [call._replace(genotype=call.genotype.replace("|", "/"))]


def swap_alleles(reference: str, call: Call, limit: int) -> list[Call]:
    """Write the genotype the other way round; a haploid call as a homozygous one."""
    numbers = call.genotype.replace("|", "/").split("/")
    return [call._replace(genotype="/".join((numbers[-1], numbers[0])))]


def lower_case(reference: str, call: Call, limit: int) -> list[Call]:
    return [call._replace(ref=call.ref.lower(), alt=call.alt.lower())]


def spare_allele(reference: str, call: Call, limit: int) -> list[Call]:
    """List an allele that the genotype does not use, and one that stands for a deletion elsewhere."""
    return [call._replace(alt=f"{call.alt},*,<NON_REF>")]


def test_any_rewriting__compares_as_identical(tmp_path: Path) -> None:
    source = random.Random(11)
    for _ in range(ROUNDS):
        reference, calls = random_genome(source)
        limits = [call.position for call in calls[1:]] + [len(reference) - 1]
        rewritten = [
            piece
            for call, limit in zip(calls, limits, strict=True)
            for piece in rewrite(source, reference, call, limit)
        ]
        assert_identical(compare(tmp_path, reference, calls, rewritten))


def test_block_substitution__equals_its_single_bases(tmp_path: Path) -> None:
    reference = "AAGGCCTTAACC"
    truth = [Call(2, "G", "A", "0|1"), Call(3, "G", "T", "0|1"), Call(5, "C", "G", "0|1")]
    assert_identical(compare(tmp_path, reference, truth, [Call(2, "GGCC", "ATCG", "0/1")]))


def test_complex_call__equals_its_parts(tmp_path: Path) -> None:
    reference = "TTACGACGACGTT"
    truth = [Call(1, "TACG", "T", "1/1"), Call(8, "A", "G", "1/1")]
    query = [Call(2, "ACGACGA", "ACGG", "1/1")]
    assert_identical(compare(tmp_path, reference, truth, query))


@pytest.mark.parametrize("genotype", ["./1", "1/.", ".|1"])
def test_half_call__stands_for_a_heterozygous_one(tmp_path: Path, genotype: str) -> None:
    result = compare(tmp_path, "ACGTACGT", [Call(3, "T", "G", "0/1")], [Call(3, "T", "G", genotype)])
    assert_identical(result)


def test_ambiguity_code_in_the_reference__fits_the_bases_it_stands_for(tmp_path: Path) -> None:
    result = compare(tmp_path, "ACGRACGT", [Call(3, "A", "C")], [Call(3, "G", "C")])
    assert_identical(result)


def test_reference_blocks_and_other_calls__do_not_count(tmp_path: Path) -> None:
    blocks = [Call(0, "A", "<NON_REF>", "0/0"), Call(5, "C", ".", "0/0"), Call(6, "G", "<DEL>", "0/1")]
    truth = [Call(3, "T", "G", "0/1")]
    result = compare(tmp_path, "ACGTACGT", truth, [*truth, *blocks])
    assert_identical(result)
    assert result.not_compared["query"]["reference_only"] == 2
    assert result.not_compared["query"]["not_a_sequence"] == 1


def test_giab_truth_after_bcftools_norm__compares_as_identical(shared_data: Path, tmp_path: Path) -> None:
    if shutil.which("bcftools") is None:
        pytest.skip("bcftools is not installed")
    folder = shared_data / "hg002-chr20"
    for name, options in {"split": ["-m", "-any"], "atoms": ["-m", "-any", "--atomize"]}.items():
        rewritten = tmp_path / f"{name}.vcf"
        command = ["bcftools", "norm", *options, "-Ov", "-o", str(rewritten), str(folder / "truth.vcf.gz")]
        subprocess.run(command, check=True, capture_output=True)
        assert len(rewritten.read_text().splitlines()) > 8513
        result = run(
            ConcordanceRequest(
                truth=folder / "truth.vcf.gz",
                query=rewritten,
                reference=folder / "reference.fasta.gz",
                unmatched=tmp_path / "unmatched.tsv",
            )
        )
        assert_identical(result)
