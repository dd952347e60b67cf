"""The files of a simulated exome, read back with pysam and counted anew."""

from __future__ import annotations

import gzip
import json
import struct
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pysam
import pytest

from kernels.errors import KernelError
from kernels.io.alignment_writer import index_bins
from kernels.simulation import ExomePlan, Sex, SimulatedExome, simulate_exome
from kernels.simulation.cli import main

UNCOUNTED = 0x704
SMALL = ExomePlan(mean_depth=10)


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}


def target_row(exome: SimulatedExome, name: str) -> dict[str, object]:
    return next(row for row in exome.expectations["targets"]["rows"] if row["name"] == name)


def depth_of(bam: pysam.AlignmentFile, contig: str, start: int, end: int) -> np.ndarray:
    """Count molecules per base from pysam's aligned pairs: a base under both mates once."""
    seen: set[tuple[str, int]] = set()
    depth = np.zeros(end - start, dtype=int)
    for record in bam.fetch(contig, start, end):
        if record.flag & UNCOUNTED:
            continue
        name = f"{record.query_name}/S" if record.is_supplementary else record.query_name
        for position in record.get_reference_positions():
            if start <= position < end and (name, position) not in seen:
                seen.add((name, position))
                depth[position - start] += 1
    return depth


def test_simulate_exome__twice_with_one_plan(tmp_path: Path) -> None:
    simulate_exome(SMALL, tmp_path / "one")
    simulate_exome(SMALL, tmp_path / "other")
    one, other = contents(tmp_path / "one"), contents(tmp_path / "other")
    assert one == other
    assert len(one) == 15


def test_simulate_exome__replicates_share_reference_and_truth_but_no_read(tmp_path: Path) -> None:
    simulate_exome(SMALL, tmp_path / "one")
    simulate_exome(replace(SMALL, seed=2), tmp_path / "other")
    one, other = contents(tmp_path / "one"), contents(tmp_path / "other")
    same = {name for name in one if one[name] == other[name]}
    assert same == set(one) - {"reads.bam", "reads.bam.bai", "query.vcf.gz", "query.vcf.gz.tbi", "truth.json"}
    reads = [
        {(record.query_sequence, record.query_qualities.tobytes()) for record in pysam.AlignmentFile(str(bam))}
        for bam in (tmp_path / "one" / "reads.bam", tmp_path / "other" / "reads.bam")
    ]
    assert not reads[0] & reads[1]


def test_simulate_exome__another_individual_has_another_truth_on_the_same_reference(tmp_path: Path) -> None:
    simulate_exome(SMALL, tmp_path / "one")
    simulate_exome(replace(SMALL, individual_seed=2, sample="SIM002"), tmp_path / "other")
    one, other = contents(tmp_path / "one"), contents(tmp_path / "other")
    assert one["reference.fa.gz"] == other["reference.fa.gz"]
    assert one["truth.vcf.gz"] != other["truth.vcf.gz"]
    assert list(pysam.VariantFile(str(tmp_path / "other" / "truth.vcf.gz")).header.samples) == ["SIM002"]


def test_truth_document__equals_what_the_call_returned(exome: SimulatedExome) -> None:
    assert json.loads(exome.truth_document.read_text()) == exome.expectations


def test_headers__carry_sample_and_assembly_and_no_trace_of_the_machine(exome: SimulatedExome) -> None:
    header = pysam.AlignmentFile(str(exome.reads)).header.to_dict()
    assert header["HD"]["SO"] == "coordinate"
    assert {group["SM"] for group in header["RG"]} == {"SIM001"}
    assert [line["SN"] for line in header["SQ"]] == ["chr20", "chr21", "chrX", "chrY"]
    assert {line["AS"] for line in header["SQ"]} == {"exomark-sim1"}
    assert [set(line) for line in header["PG"]] == [{"ID", "PN", "VN"}]
    assert exome.reads.read_bytes()[4:8] == b"\0\0\0\0"  # gzip's modification time


def test_reads__are_sorted_and_their_flags_are_counted(exome: SimulatedExome) -> None:
    counts: Counter[str] = Counter()
    places = []
    with pysam.AlignmentFile(str(exome.reads)) as bam:
        for record in bam:
            places.append((record.reference_id % 2**32, record.reference_start))
            kind = "qc_failed" if record.is_qcfail else "qc_passed"
            counts[kind] += 1
            counts["duplicates"] += record.is_duplicate
            counts["unmapped"] += record.is_unmapped
    assert places == sorted(places)
    flags = exome.expectations["flagstat"]
    assert {kind: counts[kind] for kind in flags} == {kind: flags[kind]["total"] for kind in flags}
    assert counts["duplicates"] == sum(flags[kind]["duplicates"] for kind in flags)
    assert counts["duplicates"] == 2 * exome.expectations["fragments"]["duplicates"]
    assert counts["unmapped"] == sum(flags[kind]["total"] - flags[kind]["mapped"] for kind in flags)


def test_reads__mates_point_at_each_other(exome: SimulatedExome) -> None:
    with pysam.AlignmentFile(str(exome.reads)) as bam:
        pairs: dict[str, list[pysam.AlignedSegment]] = {}
        for record in bam:
            if not record.is_secondary and not record.is_supplementary:
                pairs.setdefault(str(record.query_name), []).append(record)
    for one, other in pairs.values():
        assert one.is_read1 != other.is_read1
        for read, mate in ((one, other), (other, one)):
            assert (read.next_reference_id, read.next_reference_start) == (mate.reference_id, mate.reference_start)
            assert read.mate_is_reverse == mate.is_reverse
            assert read.mate_is_unmapped == mate.is_unmapped
        assert one.template_length == -other.template_length


def test_index_bins__equal_those_that_htslib_computes(exome: SimulatedExome) -> None:
    written = written_bins(exome.reads)
    with pysam.AlignmentFile(str(exome.reads)) as bam:
        computed = [record.bin for record in bam]  # htslib ignores what the file says
    assert written == computed
    assert {585, 4680, 4681} <= set(written)  # across a border of bins, unplaced, within a bin


def test_index_bins__of_intervals_of_every_level() -> None:
    random = np.random.default_rng(1)
    starts = random.integers(0, 2**28, 2000).astype(np.int32)
    lengths = (2 ** random.uniform(0, 28, 2000)).astype(np.int32)
    record = pysam.AlignedSegment(pysam.AlignmentHeader.from_references(["one"], [2**29]))
    record.reference_id = 0
    expected = []
    for start, length in zip(starts, lengths, strict=True):
        record.reference_start = int(start)
        record.cigartuples = [(0, int(length))]
        expected.append(record.bin)
    assert index_bins(starts, starts + lengths).tolist() == expected
    assert min(expected) == 0


def written_bins(path: Path) -> list[int]:
    content = gzip.decompress(path.read_bytes())
    offset = 8 + struct.unpack_from("<i", content, 4)[0]
    (contigs,) = struct.unpack_from("<i", content, offset)
    offset += 4
    for _ in range(contigs):
        offset += 8 + struct.unpack_from("<i", content, offset)[0]
    bins = []
    while offset < len(content):
        size, _, _, _, _, bin_number = struct.unpack_from("<iiiBBH", content, offset)
        bins.append(bin_number)
        offset += 4 + size
    return bins


@pytest.mark.parametrize("name", ["SIMG1:exon2", "SIMG3:exon2", "SIMG5:exon3", "SIMG12:exon1", "SIMG16:exon1"])
def test_target_depth__counted_from_the_file(exome: SimulatedExome, name: str) -> None:
    row = target_row(exome, name)
    with pysam.AlignmentFile(str(exome.reads)) as bam:
        depth = depth_of(bam, str(row["contig"]), int(str(row["start"])), int(str(row["end"])))
    assert depth.mean() == pytest.approx(row["mean_depth"], abs=1e-9)


def test_planted_targets__are_as_poor_as_planned(exome: SimulatedExome) -> None:
    targets = exome.expectations["targets"]
    assert targets["zero_coverage"] == [targets["planted_zero_coverage"]]
    assert targets["mean_below_20"] == [targets["planted_zero_coverage"], targets["planted_under_covered"]]
    twofold = target_row(exome, targets["planted_low_mapping_quality"])
    assert float(str(twofold["mean_depth"])) > 40
    assert float(str(twofold["mean_high_quality_depth"])) < 20
    row = target_row(exome, targets["planted_zero_coverage"])
    with pysam.AlignmentFile(str(exome.reads)) as bam:
        assert bam.count(row["contig"], row["start"], row["end"], read_callback="nofilter") == 0


def test_mean_depth__is_near_the_plan(exome: SimulatedExome) -> None:
    rows = [row for row in exome.expectations["targets"]["rows"] if row["contig"] in ("chr20", "chr21")]
    sizes = np.array([row["end"] - row["start"] for row in rows])
    mean = (sizes * [row["mean_depth"] for row in rows]).sum() / sizes.sum()
    assert mean == pytest.approx(80, rel=0.08)


@pytest.mark.parametrize(("sex", "x_ratio", "y_ratio"), [(Sex.MALE, 0.5, 0.5), (Sex.FEMALE, 1.0, 0.0)])
def test_sex__shows_in_the_depth_of_x_and_y(tmp_path: Path, sex: Sex, x_ratio: float, y_ratio: float) -> None:
    found = simulate_exome(replace(SMALL, sex=sex, mean_depth=30), tmp_path).expectations["sex"]
    assert found["x_to_autosome_ratio"] == pytest.approx(x_ratio, rel=0.15)
    assert found["y_to_autosome_ratio"] == pytest.approx(y_ratio, rel=0.15)


def alternate_shares(exome: SimulatedExome, *, min_depth: int) -> dict[str, list[float]]:
    """Return the share of alternate bases at the single-base variants of the autosomes, by truth genotype."""
    shares: dict[str, list[float]] = {"het": [], "hom": []}
    with (
        pysam.AlignmentFile(str(exome.reads)) as bam,
        pysam.VariantFile(str(exome.truth_variants)) as truth,
    ):
        for record in truth.fetch("chr20"):
            genotype = record.samples[0]["GT"]
            if len(record.alts) != 1 or len(record.ref) != 1 or len(record.alts[0]) != 1:
                continue
            counts = bam.count_coverage("chr20", record.start, record.stop, quality_threshold=20)
            depth = sum(base[0] for base in counts)
            if depth >= min_depth:
                kind = "het" if len(set(genotype)) > 1 else "hom"
                shares[kind].append(counts["ACGT".index(record.alts[0])][0] / depth)
    return shares


def test_allele_balance__follows_the_genotype(exome: SimulatedExome) -> None:
    shares = alternate_shares(exome, min_depth=40)
    assert len(shares["het"]) > 20
    assert np.mean(shares["het"]) == pytest.approx(0.5, abs=0.03)
    assert min(shares["het"]) > 0.25
    assert min(shares["hom"]) > 0.97


def test_contamination__lowers_the_share_of_homozygous_alleles(tmp_path: Path) -> None:
    exome = simulate_exome(ExomePlan(contamination_fraction=0.1), tmp_path)
    fragments = exome.expectations["fragments"]
    originals = fragments["total"] - fragments["duplicates"]
    assert fragments["from_contaminant"] / originals == pytest.approx(0.1, abs=0.01)
    assert np.mean(alternate_shares(exome, min_depth=40)["hom"]) == pytest.approx(0.9, abs=0.02)


def test_degraded_sample__has_the_duplicates_and_the_dropouts_asked_for(tmp_path: Path) -> None:
    plan = replace(SMALL, duplicate_fraction=0.6, dropout_targets=3)
    expectations = simulate_exome(plan, tmp_path).expectations
    fragments = expectations["fragments"]
    assert fragments["duplicates"] / fragments["total"] == pytest.approx(0.6, abs=0.001)
    assert len(expectations["targets"]["planted_without_reads"]) == 4
    assert set(expectations["targets"]["planted_without_reads"]) <= set(expectations["targets"]["zero_coverage"])


def test_base_errors__occur_as_often_as_the_qualities_say(exome: SimulatedExome) -> None:
    reference = pysam.FastaFile(str(exome.reference))
    bases = {name: reference.fetch(name).upper() for name in reference.references}
    wrong: Counter[int] = Counter()
    seen: Counter[int] = Counter()
    with pysam.AlignmentFile(str(exome.reads)) as bam:
        for record in bam.fetch("chr21"):
            if record.cigarstring != "100M" or record.is_duplicate:
                continue
            expected = bases["chr21"][record.reference_start : record.reference_end]
            for read, true, quality in zip(record.query_sequence, expected, record.query_qualities, strict=True):
                seen[quality] += 1
                wrong[quality] += read != true
    assert set(seen) == {37, 23, 12, 2}
    assert wrong[12] / seen[12] == pytest.approx(10**-1.2, rel=0.15)
    assert wrong[2] / seen[2] == pytest.approx(0.7 * 10**-0.2 + 0.3, rel=0.1)
    assert wrong[37] / seen[37] < 0.01  # true variants are among them


def test_qualities__fall_along_the_read_on_both_strands(exome: SimulatedExome) -> None:
    sums = {False: np.zeros(100), True: np.zeros(100)}
    with pysam.AlignmentFile(str(exome.reads)) as bam:
        for record in bam.fetch("chr20"):
            sums[record.is_reverse] += record.get_forward_qualities()
    for by_cycle in sums.values():
        assert by_cycle[:20].mean() > 1.02 * by_cycle[-20:].mean()


def test_short_fragments__run_into_the_adapter_on_both_strands(exome: SimulatedExome) -> None:
    clipped = {False: Counter[str](), True: Counter[str]()}
    with pysam.AlignmentFile(str(exome.reads)) as bam:
        for record in bam:
            if record.is_proper_pair and not record.is_supplementary and 70 <= abs(record.template_length) <= 92:
                forward = record.get_forward_sequence()
                clipped[record.is_reverse][forward[abs(record.template_length) :][:8]] += 1
    for tails in clipped.values():
        assert tails.total() > 50
        # Illumina's TruSeq adapter, read in the direction of sequencing on either strand.
        assert tails["AGATCGGA"] / tails.total() > 0.8


def test_unflagged_pairs__do_not_share_both_ends(exome: SimulatedExome) -> None:
    starts: dict[str | None, int] = {}
    ends: Counter[tuple[int, int, int]] = Counter()
    with pysam.AlignmentFile(str(exome.reads)) as bam:
        records = [r for r in bam if r.is_proper_pair and not r.is_duplicate and not r.is_supplementary]
    for record in records:
        if not record.is_reverse:
            starts[record.query_name] = record.reference_start
    for record in records:
        if record.is_reverse and record.query_name in starts:
            ends[record.reference_id, starts[record.query_name], record.reference_end] += 1
    # Indels can bring two different pairs to one place; by chance alone a thousandth would meet.
    assert sum(count - 1 for count in ends.values()) / ends.total() < 0.0003


def applied(reference: str, records: list[tuple[int, str, str]]) -> str:
    """Return a sequence with non-overlapping changes, last first."""
    for position, ref, alt in sorted(records, reverse=True):
        assert reference[position : position + len(ref)].upper() == ref
        reference = reference[:position] + alt + reference[position + len(ref) :]
    return reference


def test_rewritten_calls__make_the_same_haplotype_as_the_truth(exome: SimulatedExome) -> None:
    fasta = pysam.FastaFile(str(exome.reference))
    truth = list(pysam.VariantFile(str(exome.truth_variants)))
    rewritten = [c for c in exome.expectations["planted_calls"] if c["kind"] in ("shifted_indel", "padded_snv")]
    rewritten += [
        c for c in exome.expectations["planted_calls"] if c["kind"] == "merged_pair" and len(c["reference"]) == 2
    ]
    assert Counter(c["kind"] for c in rewritten) == {"shifted_indel": 4, "padded_snv": 2, "merged_pair": 2}
    for call in rewritten:
        start = call["position"] - 1
        near = [r for r in truth if r.contig == call["contig"] and start - 60 < r.start < start + 2]
        near = near[-2:] if call["kind"] == "merged_pair" else near[-1:]
        sequence = fasta.fetch(call["contig"]).upper()
        by_truth = applied(sequence, [(r.start, r.ref, r.alts[0]) for r in near])
        by_call = applied(sequence, [(start, call["reference"], call["alternates"][0])])
        assert by_truth == by_call
        assert by_truth != sequence
        assert all((r.start, r.ref) != (start, call["reference"]) for r in near)


@pytest.mark.parametrize(
    "change",
    [{"mean_depth": 0.0}, {"duplicate_fraction": 0.95}, {"dropout_targets": -1}, {"sample": "a\tb"}, {"seed": -1}],
)
def test_plan__out_of_range(change: dict[str, object]) -> None:
    with pytest.raises(KernelError):
        ExomePlan(**change)  # type: ignore[arg-type]


def test_command_line__writes_the_plan_that_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["exome", "--output-dir", str(tmp_path), "--seed", "3", "--mean-depth", "10", "--sex", "female"]
    assert main(arguments) == 0
    plan = json.loads((tmp_path / "truth.json").read_text())["plan"]
    assert (plan["seed"], plan["mean_depth"], plan["sex"]) == (3, 10.0, "female")
    assert "reads" in capsys.readouterr().out
