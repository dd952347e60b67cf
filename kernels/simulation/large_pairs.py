"""Read pairs of a large file, window by window along the genome, so that memory does not grow with the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kernels.io.alignment_writer import Contig
from kernels.simulation.cigars import DELETION, INSERTION, MATCH, SOFT_CLIP
from kernels.simulation.fragments import (
    FRAGMENT_SPREAD_BP,
    MAX_FRAGMENT_BP,
    MEAN_FRAGMENT_BP,
    MIN_BAIT_OVERLAP_BP,
    READ_LENGTH,
)
from kernels.simulation.large_plan import AlignmentsPlan, ContigTargets
from kernels.simulation.reads import (
    DUPLICATE,
    FIRST,
    MATE_REVERSE,
    MATE_UNMAPPED,
    PAIRED,
    PROPER,
    QC_FAIL,
    REVERSE,
    SECOND,
    UNMAPPED,
)

I64 = npt.NDArray[np.int64]
Reads = npt.NDArray[np.void]

WINDOW_BP = 8_000_000
# No read of a window starts further before it than this.
REACH_BP = 1_000
MIN_FRAGMENT_BP = READ_LENGTH
MITOCHONDRIAL_WEIGHT = 50.0
UNMAPPED_FRACTION = 0.005
HALF_UNMAPPED_FRACTION = 0.003
QC_FAIL_FRACTION = 0.002
MAPPING_QUALITIES = np.array([60, 0, 27, 40, 12, 3], dtype=np.uint8)
MAPPING_QUALITY_SHARES = (0.92, 0.03, 0.02, 0.015, 0.01, 0.005)
CLIPPED_FRACTION = 0.05
DELETED_FRACTION = 0.008
INSERTED_FRACTION = 0.007
LONGEST_CLIP = 50
LONGEST_INDEL = 12

# One read before its bases are made up; small, because a window's reads wait here to be sorted.
READ = np.dtype(
    [
        ("fragment", "i8"),
        ("contig", "i4"),
        ("position", "i4"),
        ("mate_contig", "i4"),
        ("mate_position", "i4"),
        ("template_length", "i4"),
        ("span", "i4"),
        ("flag", "u2"),
        ("leading_clip", "u1"),
        ("mapping_quality", "u1"),
        ("operations", "u1"),
        ("cigar", "u4", (3,)),
    ]
)


@dataclass(frozen=True)
class Window:
    """A stretch of a contig with its targets."""

    contig: int
    start: int
    end: int
    contig_length: int
    targets: ContigTargets


def windows(contigs: Sequence[Contig], targets: dict[str, ContigTargets]) -> list[Window]:
    """Return the windows of all contigs in file order."""
    none = ContigTargets(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    return [
        Window(
            number,
            start,
            min(start + WINDOW_BP, contig.length),
            contig.length,
            targets.get(contig.name, none).between(start, start + WINDOW_BP),
        )
        for number, contig in enumerate(contigs)
        for start in range(0, contig.length, WINDOW_BP)
    ]


def sorted_reads(
    random: np.random.Generator, plan: AlignmentsPlan, contigs: Sequence[Contig], targets: dict[str, ContigTargets]
) -> Iterator[Reads]:
    """Yield all reads in coordinate order, unmapped pairs last, in batches of one window's size."""
    stretches = windows(contigs, targets)
    unmapped = round(plan.reads // 2 * UNMAPPED_FRACTION)
    captured, background = _pair_counts(random, plan, contigs, stretches, plan.reads // 2 - unmapped)
    waiting = np.zeros(0, dtype=READ)
    drawn = 0
    for index, window in enumerate(stretches):
        count = int(captured[index] + background[index])
        reads = _window_reads(random, plan, window, int(captured[index]), int(background[index]), drawn)
        drawn += count
        waiting = np.concatenate((waiting, reads))
        waiting = waiting[np.argsort(waiting["position"], kind="stable")]
        is_last = window.end == window.contig_length
        ready = len(waiting) if is_last else int(np.searchsorted(waiting["position"], window.end - REACH_BP))
        yield waiting[:ready]
        waiting = waiting[ready:]
    yield _unmapped_reads(unmapped, drawn)


def _pair_counts(
    random: np.random.Generator,
    plan: AlignmentsPlan,
    contigs: Sequence[Contig],
    stretches: list[Window],
    pairs: int,
) -> tuple[I64, I64]:
    capture = np.array([window.targets.weights.sum() for window in stretches])
    room = np.array(
        [
            (window.end - window.start) * (MITOCHONDRIAL_WEIGHT if contigs[window.contig].name == "chrM" else 1.0)
            for window in stretches
        ]
    )
    on_target = round(pairs * plan.on_target_fraction)
    return (
        random.multinomial(on_target, capture / capture.sum()),
        random.multinomial(pairs - on_target, room / room.sum()),
    )


def _window_reads(
    random: np.random.Generator, plan: AlignmentsPlan, window: Window, captured: int, background: int, first: int
) -> Reads:
    count = captured + background
    if not count:
        return np.zeros(0, dtype=READ)
    drawn = random.normal(MEAN_FRAGMENT_BP, FRAGMENT_SPREAD_BP, count)
    lengths = np.clip(drawn, MIN_FRAGMENT_BP, MAX_FRAGMENT_BP).astype(np.int64)
    starts = np.concatenate(
        (
            _captured_starts(random, window, lengths[:captured]),
            window.start + random.integers(0, window.end - window.start, background),
        )
    )
    starts = np.clip(starts, LONGEST_INDEL, window.contig_length - lengths - LONGEST_INDEL)
    is_flipped = random.random(count) < 0.5
    copies = random.random(count) < plan.duplicate_fraction
    originals = np.flatnonzero(~copies)
    if len(originals):
        templates = originals[random.integers(0, len(originals), int(copies.sum()))]
        for column in (starts, lengths, is_flipped):
            column[copies] = column[templates]
    copies &= len(originals) > 0
    return _paired_reads(random, window, starts, lengths, is_flipped, copies, first)


def _captured_starts(random: np.random.Generator, window: Window, lengths: I64) -> I64:
    if not len(lengths):
        return lengths
    cumulative = np.cumsum(window.targets.weights)
    chosen = np.searchsorted(cumulative, random.random(len(lengths)) * cumulative[-1])
    first = window.targets.starts[chosen] + MIN_BAIT_OVERLAP_BP - lengths
    span = window.targets.ends[chosen] - MIN_BAIT_OVERLAP_BP - first
    return first + (random.random(len(lengths)) * np.maximum(span, 1)).astype(np.int64)


def _paired_reads(
    random: np.random.Generator,
    window: Window,
    starts: I64,
    lengths: I64,
    is_flipped: npt.NDArray[np.bool_],
    is_duplicate: npt.NDArray[np.bool_],
    first_fragment: int,
) -> Reads:
    count = len(starts)
    reads = np.zeros(2 * count, dtype=READ)
    reads["fragment"] = first_fragment + np.tile(np.arange(count), 2)
    reads["contig"] = reads["mate_contig"] = window.contig
    is_right = np.arange(2 * count) >= count
    reads["position"] = np.concatenate((starts, starts + lengths - READ_LENGTH))
    reads["mapping_quality"] = random.choice(MAPPING_QUALITIES, 2 * count, p=MAPPING_QUALITY_SHARES)
    shared = np.full(count, PAIRED | PROPER, dtype=np.uint16)
    shared[is_duplicate] |= DUPLICATE
    shared[random.random(count) < QC_FAIL_FRACTION] |= QC_FAIL
    is_first = is_right == np.tile(is_flipped, 2)
    strand = np.where(is_right, REVERSE, MATE_REVERSE) | np.where(is_first, FIRST, SECOND)
    reads["flag"] = np.tile(shared, 2) | strand.astype(np.uint16)
    _draw_cigars(random, reads, is_right)
    lost = np.flatnonzero((random.random(count) < HALF_UNMAPPED_FRACTION) & ~is_duplicate)
    _link_mates(reads, count)
    _lose_right_reads(reads, count, lost)
    return reads


def _draw_cigars(random: np.random.Generator, reads: Reads, is_right: npt.NDArray[np.bool_]) -> None:
    """Give most reads a plain match, some a clip or an indel; the fragment's outer ends stay where they are."""
    reads["operations"] = 1
    reads["span"] = READ_LENGTH
    reads["cigar"][:, 0] = READ_LENGTH << 4 | MATCH
    drawn = random.random(len(reads))
    clipped = np.flatnonzero(drawn < CLIPPED_FRACTION)
    _clip(reads, clipped, random.integers(5, LONGEST_CLIP, len(clipped)), is_right[clipped])
    edges = np.cumsum((CLIPPED_FRACTION, DELETED_FRACTION, INSERTED_FRACTION))
    for operation, low, high in ((DELETION, edges[0], edges[1]), (INSERTION, edges[1], edges[2])):
        rows = np.flatnonzero((drawn >= low) & (drawn < high))
        sizes = random.integers(1, LONGEST_INDEL, len(rows))
        _insert_or_delete(reads, rows, sizes, random.integers(15, 70, len(rows)), operation)
        reads["position"][rows] -= np.where(is_right[rows], reads["span"][rows] - READ_LENGTH, 0).astype(np.int32)


def _clip(reads: Reads, rows: I64, sizes: I64, is_right: npt.NDArray[np.bool_]) -> None:
    """Clip the inner end: the left read's right side, the right read's left side."""
    match = (READ_LENGTH - sizes) << 4 | MATCH
    clip = sizes << 4 | SOFT_CLIP
    reads["operations"][rows] = 2
    reads["cigar"][rows, 0] = np.where(is_right, clip, match)
    reads["cigar"][rows, 1] = np.where(is_right, match, clip)
    reads["span"][rows] = READ_LENGTH - sizes
    reads["leading_clip"][rows] = np.where(is_right, sizes, 0)
    reads["position"][rows] += np.where(is_right, sizes, 0).astype(np.int32)


def _insert_or_delete(reads: Reads, rows: I64, sizes: I64, before: I64, operation: int) -> None:
    read_bases = sizes if operation == INSERTION else 0
    reads["operations"][rows] = 3
    reads["cigar"][rows, 0] = before << 4 | MATCH
    reads["cigar"][rows, 1] = sizes << 4 | operation
    reads["cigar"][rows, 2] = (READ_LENGTH - before - read_bases) << 4 | MATCH
    reads["span"][rows] += (sizes if operation == DELETION else -sizes).astype(np.int32)


def _link_mates(reads: Reads, count: int) -> None:
    left, right = reads[:count], reads[count:]
    left["mate_position"] = right["position"]
    right["mate_position"] = left["position"]
    template_length = right["position"] + right["span"] - left["position"]
    left["template_length"] = template_length
    right["template_length"] = -template_length


def _lose_right_reads(reads: Reads, count: int, pairs: I64) -> None:
    """Let the right reads of some pairs be unmapped; they stand at their mates."""
    kept, lost = pairs, pairs + count
    for rows, added, removed in (
        (kept, MATE_UNMAPPED, PROPER | MATE_REVERSE),
        (lost, UNMAPPED, PROPER | REVERSE),
    ):
        reads["flag"][rows] = (reads["flag"][rows] | added) & ~np.uint16(removed)
        reads["template_length"][rows] = 0
    reads["position"][lost] = reads["mate_position"][lost]
    reads["mate_position"][kept] = reads["position"][kept]
    for name in ("mapping_quality", "operations", "span", "leading_clip"):
        reads[name][lost] = 0


def _unmapped_reads(pairs: int, first_fragment: int) -> Reads:
    reads = np.zeros(2 * pairs, dtype=READ)
    reads["fragment"] = first_fragment + np.repeat(np.arange(pairs), 2)
    for name in ("contig", "position", "mate_contig", "mate_position"):
        reads[name] = -1
    reads["flag"] = PAIRED | UNMAPPED | MATE_UNMAPPED | np.where(np.arange(2 * pairs) % 2, SECOND, FIRST)
    return reads
