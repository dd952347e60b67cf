"""A large-mode file in small, read back with pysam."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pysam
import pytest

from kernels.errors import KernelError
from kernels.io.alignment_writer import Contig
from kernels.simulation import large_pairs
from kernels.simulation.alignments import SimulatedAlignments, simulate_alignments
from kernels.simulation.cli import main
from kernels.simulation.large_pairs import sorted_reads
from kernels.simulation.large_plan import MAX_READS, AlignmentsPlan, ContigTargets
from kernels.simulation.records import LANES, NAME_STRIDE, TILE_SIDE, TILES
from tests.kernels.simulation.conftest import Tool

PLAN = AlignmentsPlan(reads=30_000, targets_count=2_000)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, SimulatedAlignments]:
    folder = tmp_path_factory.mktemp("alignments")
    counts = simulate_alignments(PLAN, folder / "a.bam", folder / "a.bed")
    return folder / "a.bam", folder / "a.bed", counts


@pytest.fixture(scope="module")
def records(written: tuple[Path, Path, SimulatedAlignments]) -> list[pysam.AlignedSegment]:
    with pysam.AlignmentFile(str(written[0])) as bam:
        return list(bam)


def test_counts__are_those_of_the_file(
    written: tuple[Path, Path, SimulatedAlignments], records: list[pysam.AlignedSegment]
) -> None:
    counts = written[2]
    assert counts.records == len(records) == PLAN.reads
    assert counts.duplicates == sum(record.is_duplicate for record in records)
    assert counts.unmapped == sum(record.is_unmapped for record in records)
    assert counts.duplicates / counts.records == pytest.approx(PLAN.duplicate_fraction, abs=0.01)


def test_records__are_sorted_and_keep_within_their_contigs(records: list[pysam.AlignedSegment]) -> None:
    places = [(record.reference_id % 2**32, record.reference_start) for record in records]
    assert places == sorted(places)
    for record in records:
        if not record.is_unmapped:
            assert record.reference_start >= 0
            assert record.reference_end <= record.header.get_reference_length(record.reference_name)
            assert record.infer_query_length() == 100


def test_records__form_pairs_with_names_of_their_own(records: list[pysam.AlignedSegment]) -> None:
    pairs: dict[str, list[pysam.AlignedSegment]] = {}
    for record in records:
        pairs.setdefault(str(record.query_name), []).append(record)
    assert len(pairs) == PLAN.reads // 2
    overlapping = 0
    for one, other in pairs.values():
        assert one.is_read1 != other.is_read1
        assert (one.next_reference_id, one.next_reference_start) == (other.reference_id, other.reference_start)
        assert (other.next_reference_id, other.next_reference_start) == (one.reference_id, one.reference_start)
        assert one.template_length == -other.template_length
        assert one.get_tag("RG") == other.get_tag("RG")
        if one.is_proper_pair:
            overlapping += one.get_overlap(other.reference_start, other.reference_end) > 0
    assert 0.1 < overlapping / len(pairs) < 0.6


def test_cigars__hold_clips_and_indels(records: list[pysam.AlignedSegment]) -> None:
    plain = sum(record.cigarstring == "100M" for record in records)
    assert 0.9 < plain / len(records) < 0.96
    assert {"S", "I", "D", "M"} == {letter for r in records for letter in r.cigarstring or "" if letter.isalpha()}


def test_targets__are_sorted_apart_and_as_many_as_asked(written: tuple[Path, Path, SimulatedAlignments]) -> None:
    rows = [line.split("\t") for line in written[1].read_text().splitlines()]
    assert len(rows) == PLAN.targets_count
    assert len({row[0] for row in rows}) == 24
    for one, other in pairwise(rows):
        assert int(one[1]) < int(one[2])
        assert one[0] != other[0] or int(one[2]) < int(other[1])


def test_targets__draw_the_reads(
    written: tuple[Path, Path, SimulatedAlignments], records: list[pysam.AlignedSegment]
) -> None:
    on_target = set()
    with pysam.AlignmentFile(str(written[0])) as bam:
        for line in written[1].read_text().splitlines():
            contig, start, end, _ = line.split("\t")
            on_target |= {record.query_name for record in bam.fetch(contig, int(start), int(end))}
    share = len(on_target) / (PLAN.reads / 2)
    assert share == pytest.approx(PLAN.on_target_fraction, abs=0.15)


def test_duplicates__share_both_outer_ends_with_another_pair(records: list[pysam.AlignedSegment]) -> None:
    starts = {r.query_name: r.reference_start for r in records if r.is_proper_pair and not r.is_reverse}
    ends: dict[bool, set[tuple[int, int, int]]] = {True: set(), False: set()}
    for record in records:
        if record.is_proper_pair and record.is_reverse:
            place = (record.reference_id, starts[record.query_name], record.reference_end)
            ends[record.is_duplicate].add(place)
    # The few others copy a pair that lost a read.
    assert len(ends[True] & ends[False]) / len(ends[True]) > 0.99


def test_sorted_reads__across_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_pairs, "WINDOW_BP", 5_000)
    targets = {"one": ContigTargets(np.array([4_900, 20_000]), np.array([5_100, 20_500]), np.array([1.0, 2.0]))}
    contigs = [Contig("one", 40_000), Contig("two", 7_000)]
    plan = AlignmentsPlan(reads=6_000, targets_count=2)
    batches = list(sorted_reads(np.random.default_rng(1), plan, contigs, targets))
    reads = np.concatenate(batches)
    assert len(reads) == 6_000
    assert len(batches) == 8 + 2 + 1
    places = list(zip(reads["contig"].astype(np.int64) % 2**32, reads["position"], strict=True))
    assert places == sorted(places)


def test_file__does_not_depend_on_threads(written: tuple[Path, Path, SimulatedAlignments], tmp_path: Path) -> None:
    simulate_alignments(replace(PLAN, threads=1), tmp_path / "a.bam", tmp_path / "a.bed")
    assert (tmp_path / "a.bam").read_bytes() == written[0].read_bytes()
    assert (tmp_path / "a.bed").read_bytes() == written[1].read_bytes()


def test_header__has_the_chromosomes_of_grch38_first(written: tuple[Path, Path, SimulatedAlignments]) -> None:
    header = pysam.AlignmentFile(str(written[0])).header
    assert header.nreferences == 125
    assert header.references[:2] == ("chr1", "chr2")
    # The sum that mosdepth gives for GRCh38's 25 chromosomes.
    assert sum(header.lengths[:25]) == 3_088_286_401


def test_names__cannot_repeat_or_overflow() -> None:
    assert math.gcd(NAME_STRIDE, LANES * TILES * TILE_SIDE**2) == 1
    assert np.iinfo(np.int64).max > MAX_READS // 2 * NAME_STRIDE
    assert MAX_READS // 2 < LANES * TILES * TILE_SIDE**2


@pytest.mark.parametrize(("reads", "targets_count"), [(3, 10), (0, 10), (10, 0), (MAX_READS + 2, 10)])
def test_plan__out_of_range(reads: int, targets_count: int) -> None:
    with pytest.raises(KernelError):
        AlignmentsPlan(reads=reads, targets_count=targets_count)


def test_command_line__writes_both_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bam, bed = tmp_path / "new" / "x.bam", tmp_path / "new" / "x.bed"
    arguments = ["--reads", "200", "--targets-count", "30", "--output", str(bam), "--targets-output", str(bed)]
    assert main(["alignments", *arguments]) == 0
    assert "200 reads" in capsys.readouterr().out
    assert pysam.AlignmentFile(str(bam)).count(until_eof=True) == 200
    assert len(bed.read_text().splitlines()) == 30


@pytest.mark.peers
def test_samtools_and_picard__accept_the_file(written: tuple[Path, Path, SimulatedAlignments], run_tool: Tool) -> None:
    run_tool("samtools", "quickcheck", written[0])
    assert "No errors found" in run_tool("PicardCommandLine", "ValidateSamFile", f"I={written[0]}")
