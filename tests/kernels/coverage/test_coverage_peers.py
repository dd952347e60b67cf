"""Side by side with Debian's Picard, mosdepth and samtools on the same files."""

import gzip
from itertools import pairwise

import numpy as np
import pysam
import pytest

from kernels.coverage.hybrid_selection import FIELDS
from kernels.coverage.mosdepth_text import region_lines, threshold_lines
from tests.kernels.coverage.picard_files import as_number, histogram, metrics

pytestmark = pytest.mark.peers

NAMED_OTHERWISE = {"BAIT_SET", "SAMPLE", "LIBRARY", "READ_GROUP"}
PICARD_OPTIONS = {
    "min_mapping_quality": "MINIMUM_MAPPING_QUALITY",
    "min_base_quality": "MINIMUM_BASE_QUALITY",
    "near_distance_bp": "NEAR_DISTANCE",
    "coverage_cap_reads": "COVERAGE_CAP",
    "are_overlaps_clipped": "CLIP_OVERLAPPING_READS",
}


def write_interval_list(path, alignment, bed):
    """Picard reads no BED: give it the same rows, 1-based and closed, under the header of the reads."""
    with pysam.AlignmentFile(str(alignment)) as reads:
        head = "".join(
            f"@SQ\tSN:{name}\tLN:{length}\n" for name, length in zip(reads.references, reads.lengths, strict=True)
        )
    rows = [line.split("\t") for line in bed.read_text().splitlines()]
    body = "".join(f"{row[0]}\t{int(row[1]) + 1}\t{row[2]}\t+\t{row[3]}\n" for row in rows)
    path.write_text(f"@HD\tVN:1.6\n{head}{body}")
    return path


def compare_with_picard(peer, tmp_path, measure, alignment, targets, baits, lists, reference=None, **params):
    """Run both and compare every field to the six decimals that Picard writes."""
    options = [f"{PICARD_OPTIONS[name]}={str(value).lower()}" for name, value in params.items()]
    per_target = tmp_path / "targets.txt"
    if reference is not None:
        options += [f"REFERENCE_SEQUENCE={reference}", f"PER_TARGET_COVERAGE={per_target}"]
    peer(
        "PicardCommandLine", "CollectHsMetrics", f"INPUT={alignment}", f"OUTPUT={tmp_path / 'hs.txt'}",
        f"TARGET_INTERVALS={lists[0]}", f"BAIT_INTERVALS={lists[1]}", "VALIDATION_STRINGENCY=SILENT", *options,
    )  # fmt: skip
    result = measure(
        alignment,
        targets,
        baits=baits,
        reference=reference,
        is_median_capped=True,
        is_sensitivity_sampled=True,
        **params,
    )
    expected, found = metrics(tmp_path / "hs.txt"), result.hybrid_selection
    skipped = NAMED_OTHERWISE | ({"AT_DROPOUT", "GC_DROPOUT"} if reference is None else set())
    differing = {
        name: (found[name], expected[name])
        for name in FIELDS
        if name not in skipped and not _agrees(found[name], as_number(expected[name]))
    }
    assert differing == {}
    return result, per_target


def _agrees(own, theirs):
    if own is None or theirs is None:
        return own is theirs or (own is None and theirs in (0.0, float("inf"), -1.0))
    return own == pytest.approx(theirs, abs=5.1e-7)


def picard_inputs(folder, tmp_path, name, intervals):
    bam = tmp_path / f"{name}.bam"
    pysam.sort("-o", str(bam), str(folder / f"{name}.sam"))
    return bam, folder / intervals


@pytest.mark.parametrize(
    ("name", "intervals", "params"),
    [
        ("overlapping", "chrM.interval_list", {}),
        ("overlapping", "chrM.interval_list", {"are_overlaps_clipped": False}),
        ("lowbaseq", "chrM.interval_list", {}),
        ("lowmapq", "chrM.interval_list", {"min_mapping_quality": 0, "min_base_quality": 0}),
        ("someLowbaseq", "chrM_100bp.interval_list", {"min_base_quality": 2}),
        ("single-short-read", "two-small.interval_list", {}),
    ],
)
def test_hybrid_selection__equals_picard_on_its_own_inputs(
    peer, shared_data, tmp_path, measure, name, intervals, params
):
    bam, regions = picard_inputs(shared_data / "picard-hsmetrics", tmp_path, name, intervals)
    compare_with_picard(peer, tmp_path, measure, bam, regions, regions, (regions, regions), **params)


@pytest.fixture
def exome(shared_data, tmp_path):
    """Return the reads whose mates lie on chr20 too, with a header of chr20 only: Picard checks the reference."""
    folder, own = shared_data / "na12878-chr20", tmp_path / "exome"
    own.mkdir()
    for suffix in ("", ".fai", ".gzi"):
        (own / f"reference.fasta.gz{suffix}").symlink_to(folder / f"reference.fasta.gz{suffix}")
    sam = own / "reads.sam"
    with pysam.AlignmentFile(str(folder / "reads.bam")) as reads:
        head = "@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:chr20\tLN:63025520\n@RG\tID:NA12878\tSM:NA12878\n"
        kept = (read.to_string() for read in reads if read.next_reference_name in ("chr20", None))
        sam.write_text(head + "\n".join(kept) + "\n")
    pysam.view("-b", "-o", str(own / "reads.bam"), str(sam), catch_stdout=False)
    pysam.index(str(own / "reads.bam"))
    for name in ("targets", "baits"):
        (own / f"{name}.bed").symlink_to(folder / f"{name}.bed")
        write_interval_list(own / f"{name}.interval_list", own / "reads.bam", folder / f"{name}.bed")
    return own


def of_exome(exome):
    lists = (exome / "targets.interval_list", exome / "baits.interval_list")
    return exome / "reads.bam", exome / "targets.bed", exome / "baits.bed", lists


@pytest.mark.parametrize(
    "params",
    [
        {"min_mapping_quality": 40, "near_distance_bp": 10, "are_overlaps_clipped": False},
        {"min_base_quality": 30, "coverage_cap_reads": 40},
    ],
)
def test_hybrid_selection__equals_picard_with_other_parameters(peer, exome, tmp_path, measure, params):
    compare_with_picard(peer, tmp_path, measure, *of_exome(exome), **params)


def test_hybrid_selection__equals_picard_on_overlapping_regions(peer, exome, tmp_path, measure):
    rows = [line.split("\t") for line in (exome / "targets.bed").read_text().splitlines()]
    wide = exome / "wide.bed"
    wide.write_text("".join(f"{row[0]}\t{int(row[1]) - 2000}\t{row[2]}\t{row[3]}\n" for row in rows))
    listed = write_interval_list(exome / "wide.interval_list", exome / "reads.bam", wide)
    compare_with_picard(peer, tmp_path, measure, exome / "reads.bam", wide, wide, (listed, listed))


def test_dropout_and_targets__equal_picard_with_a_reference(peer, exome, tmp_path, measure):
    fasta = exome / "reference.fasta"
    with gzip.open(exome / "reference.fasta.gz", "rb") as stream:
        fasta.write_bytes(stream.read())
    pysam.faidx(str(fasta))
    peer("PicardCommandLine", "CreateSequenceDictionary", f"REFERENCE={fasta}")
    result, per_target = compare_with_picard(peer, tmp_path, measure, *of_exome(exome), reference=fasta)
    rows = [line.split("\t") for line in per_target.read_text().splitlines()[1:]]
    table, gc = result.targets, result.targets.composition.gc
    own = [
        [start + 1, end, round(share, 6), round(mean, 6), low, high, reads]
        for start, end, share, mean, low, high, reads in zip(
            table.starts.tolist(), table.ends.tolist(), (gc / table.lengths).tolist(),
            (table.usable.sums / table.lengths).tolist(), table.usable.minima.tolist(),
            table.usable.maxima.tolist(), table.reads.tolist(), strict=True,
        )
    ]  # fmt: skip
    theirs = [
        [int(row[1]), int(row[2]), float(row[5]), float(row[6]), float(row[10]), float(row[11]), int(row[13])]
        for row in rows
    ]
    assert own == [pytest.approx(row, abs=1.1e-6) for row in theirs]


def test_insert_sizes__equal_picard(peer, shared_data, tmp_path, measure):
    folder = shared_data / "na12878-chr20"
    out = tmp_path / "inserts.txt"
    peer(
        "PicardCommandLine", "CollectInsertSizeMetrics", f"INPUT={folder / 'reads.bam'}", f"OUTPUT={out}",
        f"HISTOGRAM_FILE={tmp_path / 'plot.pdf'}", "VALIDATION_STRINGENCY=SILENT", "MINIMUM_PCT=0",
    )  # fmt: skip
    found, expected = measure(folder / "reads.bam", folder / "targets.bed").insert_sizes, metrics(out)
    assert found.pair_orientation == expected["PAIR_ORIENTATION"]
    names = {
        "MEDIAN_INSERT_SIZE": found.median, "MODE_INSERT_SIZE": found.mode, "READ_PAIRS": found.read_pairs,
        "MEDIAN_ABSOLUTE_DEVIATION": found.median_absolute_deviation, "MIN_INSERT_SIZE": found.minimum,
        "MAX_INSERT_SIZE": found.maximum, "MEAN_INSERT_SIZE": found.mean,
        "STANDARD_DEVIATION": found.standard_deviation,
    }  # fmt: skip
    assert {name: as_number(expected[name]) for name in names} == pytest.approx(names, abs=1e-6)
    for row in histogram(out):
        assert found.histogram[int(row[0])] == int(row[1])


ALIGNMENTS = ("ovl", "overlapping-pairs", "full-fragment-pairs", "nanopore", "empty-tids", "big")


def covered_windows(bam, count=60, width=37):
    """Return windows over the covered stretches of a file, side by side and apart."""
    rows = []
    with pysam.AlignmentFile(str(bam)) as reads:
        lengths = dict(zip(reads.references, reads.lengths, strict=True))
        for contig in reads.references:
            positions = [read.reference_start for read in reads.fetch(contig)]
            if positions:
                steps = np.linspace(max(min(positions) - 50, 0), max(positions) + 300, count).astype(int).tolist()
                rows += [(contig, at, min(at + width, lengths[contig])) for at in steps if at + 1 < lengths[contig]]
    kept = [row for row, following in pairwise([*rows, ("", 0, 0)]) if row != following]
    return kept or [(contig, 0, min(length, 500)) for contig, length in list(lengths.items())[:1]]


@pytest.mark.parametrize("is_fast", [False, True])
@pytest.mark.parametrize("name", ALIGNMENTS)
def test_fragment_depth__equals_mosdepth_on_its_own_inputs(
    peer, shared_data, tmp_path, measure, make_bed, name, is_fast
):
    bam = shared_data / "mosdepth-bams" / f"{name}.bam"
    bed = make_bed(*covered_windows(bam))
    mode = ["--fast-mode"] if is_fast else []
    peer("mosdepth", "-n", *mode, "--by", bed, "-T", "1,2,5", tmp_path / "peer", bam)
    result = measure(bam, bed, is_depth_only=True, is_fast_depth=is_fast, thresholds_reads=(1, 2, 5))
    for kind, lines in (("regions", region_lines(result)), ("thresholds", threshold_lines(result))):
        with gzip.open(tmp_path / f"peer.{kind}.bed.gz", "rt") as stream:
            assert "".join(lines) == stream.read()


@pytest.mark.parametrize("name", [*(f"mosdepth-bams/{name}.bam" for name in ALIGNMENTS), "panel-hg19/reads.bam"])
def test_flags__equal_flagstat_on_every_file(peer, shared_data, measure, make_bed, name):
    bam = shared_data / name
    lines = peer("samtools", "flagstat", bam).splitlines()
    expected = [(int(line.split()[0]), int(line.split()[2])) for line in lines]
    with pysam.AlignmentFile(str(bam)) as reads:
        bed = make_bed((reads.references[0], 0, 10))
    flags = measure(bam, bed, is_depth_only=True).flags
    assert [(counts["passed"], counts["failed"]) for counts in flags.values()] == expected


def test_usable_depth__equals_samtools_depth(peer, shared_data, measure, tmp_path):
    """With mates counted twice, the usable depth is what samtools counts base by base."""
    folder = shared_data / "na12878-chr20"
    text = peer("samtools", "depth", "-a", "-b", folder / "targets.bed", "-q", "20", "-Q", "20", folder / "reads.bam")
    counts = np.bincount([int(line.split("\t")[2]) for line in text.splitlines()])
    result = measure(folder / "reads.bam", folder / "targets.bed", are_overlaps_clipped=False)
    assert result.usable_histogram.tolist() == counts.tolist()
