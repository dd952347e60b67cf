"""Large alignment files for benchmarks: millions of reads on GRCh38's contigs, without a reference sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from kernels.io.alignment_writer import AlignmentColumns, AlignmentWriter, ReadGroup, header_text, index_alignments
from kernels.io.interval_writer import write_bed
from kernels.simulation.fragments import READ_LENGTH
from kernels.simulation.grch38 import analysis_set
from kernels.simulation.large_pairs import Reads, sorted_reads
from kernels.simulation.large_plan import AlignmentsPlan, ContigTargets, draw_targets
from kernels.simulation.plan import random_stream
from kernels.simulation.reads import DUPLICATE, REVERSE, UNMAPPED
from kernels.simulation.records import NIBBLES, PROGRAM_LINE, lanes_and_names, read_groups, run_name, tags
from kernels.simulation.sequencer import qualities

U8 = npt.NDArray[np.uint8]

# The genome is a stretch of random bases that repeats far beyond what a compressor sees at once.
GENOME_PERIOD_BP = 1 << 24
CONTIG_STRIDE_BP = 1_000_003
QUALITY_ROWS = 1 << 15
ERROR_RATE = 0.002
BATCH_RECORDS = 1 << 16
FAST_COMPRESSION = 1


@dataclass(frozen=True)
class SimulatedAlignments:
    """What was written."""

    records: int
    duplicates: int
    unmapped: int
    targets: int


class _Sequencer:
    """Makes bases, qualities, names and tags of reads, by looking them up in tables."""

    def __init__(self, random: np.random.Generator, groups: Sequence[ReadGroup], run: str) -> None:
        codes = NIBBLES[random.integers(0, 4, GENOME_PERIOD_BP + 2 * READ_LENGTH)]
        # BAM packs two bases to a byte: one table for reads at even places, one for odd.
        self._packed = [
            sliding_window_view(codes[odd:-1:2] << np.uint8(4) | codes[odd + 1 :: 2], READ_LENGTH // 2)
            for odd in (0, 1)
        ]
        is_reverse = np.arange(2 * QUALITY_ROWS) >= QUALITY_ROWS
        self._qualities = qualities(random, is_reverse)
        self._random = random
        self._group_names = [group.identifier for group in groups]
        self._run = run

    def columns(self, reads: Reads) -> AlignmentColumns:
        lane, names = lanes_and_names(reads["fragment"], self._run)
        quality_row = self._random.integers(0, QUALITY_ROWS, len(reads))
        quality_row += np.where(reads["flag"] & REVERSE, QUALITY_ROWS, 0)
        sequences, errors = self._bases(reads)
        return AlignmentColumns(
            contig=reads["contig"],
            position=reads["position"],
            mapping_quality=reads["mapping_quality"],
            flag=reads["flag"],
            mate_contig=reads["mate_contig"],
            mate_position=reads["mate_position"],
            template_length=reads["template_length"],
            names=names,
            cigar_lengths=reads["operations"],
            cigars=reads["cigar"],
            reference_spans=reads["span"],
            sequences=sequences,
            qualities=self._qualities[quality_row],
            tags=tags(self._group_names, lane, errors),
        )

    def _bases(self, reads: Reads) -> tuple[U8, npt.NDArray[np.int64]]:
        first = reads["position"].astype(np.int64) - reads["leading_clip"]
        is_unplaced = reads["contig"] < 0
        first[is_unplaced] = self._random.integers(0, GENOME_PERIOD_BP, int(is_unplaced.sum()))
        place = (first + reads["contig"].astype(np.int64) * CONTIG_STRIDE_BP) % GENOME_PERIOD_BP
        sequences = np.empty((len(reads), READ_LENGTH // 2), dtype=np.uint8)
        for odd in (0, 1):
            rows = place % 2 == odd
            sequences[rows] = self._packed[odd][place[rows] // 2]
        return sequences, self._plant_errors(sequences)

    def _plant_errors(self, sequences: U8) -> npt.NDArray[np.int64]:
        count = self._random.poisson(ERROR_RATE * READ_LENGTH * len(sequences))
        row = self._random.integers(0, len(sequences), count) if len(sequences) else np.zeros(0, np.int64)
        column = self._random.integers(0, sequences.shape[1], len(row))
        other = NIBBLES[self._random.integers(0, 4, len(row))]
        sequences[row, column] = (sequences[row, column] & np.uint8(0x0F)) | other << np.uint8(4)
        return np.bincount(row, minlength=len(sequences))


def simulate_alignments(plan: AlignmentsPlan, output: Path, targets_output: Path) -> SimulatedAlignments:
    """Write a large coordinate-sorted, indexed BAM and its targets.

    Parameters
    ----------
    plan : AlignmentsPlan
        What to draw. Equal plans give equal bytes, whatever the number of threads.
    output, targets_output : Path
        The BAM (its .bai goes beside it) and the BED.

    Returns
    -------
    SimulatedAlignments
        Exact counts of what was written.
    """
    for path in (output, targets_output):
        path.parent.mkdir(parents=True, exist_ok=True)
    contigs = analysis_set(plan.unplaced_contigs)
    targets = draw_targets(plan)
    write_bed(targets_output, _bed_rows(targets))
    run = run_name(plan.seed)
    groups = read_groups(plan.sample, run)
    random = random_stream("fragments", plan.seed)
    sequencer = _Sequencer(random_stream("reads", plan.seed), groups, run)
    text = header_text(contigs, groups, PROGRAM_LINE)
    records = duplicates = unmapped = 0
    with AlignmentWriter(output, text=text, contigs=contigs, level=FAST_COMPRESSION, threads=plan.threads) as writer:
        for window in sorted_reads(random, plan, contigs, targets):
            for start in range(0, len(window), BATCH_RECORDS):
                writer.append(sequencer.columns(window[start : start + BATCH_RECORDS]))
            records += len(window)
            duplicates += int(np.count_nonzero(window["flag"] & DUPLICATE))
            unmapped += int(np.count_nonzero(window["flag"] & UNMAPPED))
    index_alignments(output)
    return SimulatedAlignments(records, duplicates, unmapped, plan.targets_count)


def _bed_rows(targets: dict[str, ContigTargets]) -> list[tuple[str | int, ...]]:
    return [
        (name, int(start), int(end), f"{name}_target{number + 1}")
        for name, drawn in targets.items()
        for number, (start, end) in enumerate(zip(drawn.starts, drawn.ends, strict=True))
    ]
