"""The alignments: every fragment's two reads, placed where they truly belong, with flags as an aligner sets them."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from kernels.simulation.cigars import Placement, placements
from kernels.simulation.design import CaptureDesign, Interval
from kernels.simulation.fragments import READ_LENGTH, UNMAPPED_FRACTION, Fate, Fragments, inside
from kernels.simulation.genome import Codes
from kernels.simulation.haplotypes import NOT_ON_REFERENCE, Haplotypes
from kernels.simulation.sequencer import ADAPTER, qualities, with_errors

Booleans = npt.NDArray[np.bool_]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

PAIRED, PROPER, UNMAPPED, MATE_UNMAPPED = 0x1, 0x2, 0x4, 0x8
REVERSE, MATE_REVERSE, FIRST, SECOND = 0x10, 0x20, 0x40, 0x80
SECONDARY, QC_FAIL, DUPLICATE, SUPPLEMENTARY = 0x100, 0x200, 0x400, 0x800

CHIMERIC_PREFIX = 60
SECONDARY_ALIGNMENTS = 60
LOW_QUALITY_FRACTION = 0.02
BEST_MAPPING_QUALITY = 60
AMBIGUOUS_FRACTION = 0.92  # of the reads inside the duplicated segment; the others are anchored by their mates
ANCHORED_MAPPING_QUALITY = 27


@dataclass(frozen=True)
class Reads:
    """Alignment records, columns of equal length.

    Attributes
    ----------
    fragment : int64 array
        Which fragment, so which name.
    contig : int32 array
        -1 where the read has no place.
    flag : uint16 array
    mapping_quality : uint8 array
    bases, quality : uint8 arrays, shape (n, READ_LENGTH)
    reference_positions : int32 array, shape (n, READ_LENGTH)
        Place of each base, -1 where it has none.
    mate : int64 array
        Row of the mate's primary record.
    """

    fragment: I64
    contig: I32
    flag: npt.NDArray[np.uint16]
    mapping_quality: npt.NDArray[np.uint8]
    bases: Codes
    quality: npt.NDArray[np.uint8]
    reference_positions: I32
    mate: I64

    def __len__(self) -> int:
        return len(self.fragment)

    def rows(self, selection: Booleans | I64) -> Self:
        return type(self)(*(getattr(self, field.name)[selection] for field in fields(self)))

    def joined(self, other: Reads) -> Reads:
        return Reads(*(np.concatenate((getattr(self, f.name), getattr(other, f.name))) for f in fields(self)))

    def has(self, flag: int) -> Booleans:
        """Return which records carry any bit of `flag`."""
        return (self.flag & flag) != 0

    @property
    def is_mapped(self) -> Booleans:
        return ~self.has(UNMAPPED)


def sequence_fragments(
    random: np.random.Generator, fragments: Fragments, haplotypes: Haplotypes, design: CaptureDesign
) -> Reads:
    """Return all records of a sample: two per fragment, unmapped pairs, supplementary and secondary ones."""
    starts = _haplotype_starts(fragments, haplotypes)
    left = _end(fragments, haplotypes, starts, is_right=False)
    right = _end(fragments, haplotypes, starts, is_right=True)
    bases = np.concatenate((left[0], right[0]))
    places = np.concatenate((left[1], right[1]))
    count = len(fragments)
    is_right = np.arange(2 * count) >= count
    quality = qualities(random, is_right)
    reads = Reads(
        fragment=np.tile(np.arange(count), 2),
        contig=np.tile(fragments.contig, 2).astype(np.int32),
        flag=_primary_flags(fragments, is_right),
        mapping_quality=np.full(2 * count, BEST_MAPPING_QUALITY, dtype=np.uint8),
        bases=with_errors(random, bases, quality),
        quality=quality,
        reference_positions=places,
        mate=(np.arange(2 * count) + count) % (2 * count),
    )
    reads = _with_mapping_qualities(random, reads, design)
    reads = _with_discordant_pairs(reads, fragments)
    reads = _with_half_unmapped(reads, fragments)
    reads = _with_unmapped_pairs(random, reads, count)
    reads = _with_supplementary(reads, fragments)
    return _with_secondary(reads, design)


def _haplotype_starts(fragments: Fragments, haplotypes: Haplotypes) -> I64:
    number = fragments.contig * haplotypes.per_contig + fragments.haplotype
    starts = np.zeros(len(fragments), dtype=np.int64)
    for haplotype in np.unique(number):
        members = number == haplotype
        starts[members] = haplotypes.start_of(int(haplotype), fragments.start[members])
    last = haplotypes.offsets[number + 1] - fragments.length - READ_LENGTH
    return np.minimum(starts, last)


def _end(fragments: Fragments, haplotypes: Haplotypes, starts: I64, *, is_right: bool) -> tuple[Codes, I32]:
    """Return bases and places of one end's reads; what lies beyond the fragment is adapter."""
    cycle = np.arange(READ_LENGTH)
    length = fragments.length[:, None]
    within = np.broadcast_to(cycle + (length - READ_LENGTH) * is_right, (len(fragments), READ_LENGTH))
    index = starts[:, None] + within
    bases = haplotypes.bases[index]
    places = haplotypes.reference_positions[index]
    is_beyond = (within < 0) | (within >= length)
    row, column = np.nonzero(is_beyond)
    places[row, column] = NOT_ON_REFERENCE
    beyond = within[row, column]
    overshoot = -1 - beyond if is_right else beyond - fragments.length[row]
    adapter = ADAPTER[overshoot]
    bases[row, column] = 3 - adapter if is_right else adapter
    return bases, places


def _primary_flags(fragments: Fragments, is_right: Booleans) -> npt.NDArray[np.uint16]:
    is_first = is_right == np.tile(fragments.is_flipped, 2)
    flag = np.full(len(is_right), PAIRED | PROPER, dtype=np.uint16)
    flag |= np.where(is_right, REVERSE, MATE_REVERSE).astype(np.uint16)
    flag |= np.where(is_first, FIRST, SECOND).astype(np.uint16)
    flag |= np.where(np.tile(fragments.is_qc_fail, 2), QC_FAIL, 0).astype(np.uint16)
    return flag | np.where(np.tile(fragments.is_duplicate, 2), DUPLICATE, 0).astype(np.uint16)


def _with_mapping_qualities(random: np.random.Generator, reads: Reads, design: CaptureDesign) -> Reads:
    quality = reads.mapping_quality.copy()
    is_low = random.random(len(reads)) < LOW_QUALITY_FRACTION
    quality[is_low] = random.integers(1, 20, int(is_low.sum()))
    is_twofold = _within_any(reads, (design.duplicated, design.copy))
    is_ambiguous = random.random(len(reads)) < AMBIGUOUS_FRACTION
    quality[is_twofold] = np.where(is_ambiguous[is_twofold], 0, ANCHORED_MAPPING_QUALITY)
    return replace(reads, mapping_quality=quality)


def _within_any(reads: Reads, intervals: tuple[Interval, ...]) -> Booleans:
    end = reads.reference_positions.max(axis=1).astype(np.int64) + 1
    start = end - READ_LENGTH
    found = np.zeros(len(reads), dtype=np.bool_)
    for interval in intervals:
        found |= inside(interval, reads.contig.astype(np.int64), start, end)
    return found


def _with_discordant_pairs(reads: Reads, fragments: Fragments) -> Reads:
    """Let pairs of fragments swap their right ends: mates far apart or on two chromosomes."""
    discordant = np.flatnonzero(fragments.fate == Fate.DISCORDANT)
    half = len(discordant) // 2
    one, other = discordant[:half], discordant[half : 2 * half]
    count = len(fragments)
    fragment, mate, flag = reads.fragment.copy(), reads.mate.copy(), reads.flag.copy()
    for left, right in ((one, other), (other, one)):
        fragment[right + count] = left
        mate[left], mate[right + count] = right + count, left
        # The swapped end takes over which of the two was read first, and its fragment's other marks.
        flag[right + count] = (reads.flag[left] ^ (FIRST | SECOND)) & ~np.uint16(MATE_REVERSE) | REVERSE
        flag[left] &= ~np.uint16(PROPER)
        flag[right + count] &= ~np.uint16(PROPER)
    return replace(reads, fragment=fragment, mate=mate, flag=flag)


def _with_half_unmapped(reads: Reads, fragments: Fragments) -> Reads:
    lost = np.flatnonzero(fragments.fate == Fate.HALF_UNMAPPED) + len(fragments)
    flag, quality = reads.flag.copy(), reads.mapping_quality.copy()
    flag[lost] = (flag[lost] | UNMAPPED) & ~np.uint16(PROPER | REVERSE)
    kept = reads.mate[lost]
    flag[kept] = (flag[kept] | MATE_UNMAPPED) & ~np.uint16(PROPER | MATE_REVERSE)
    quality[lost] = 0
    return replace(reads, flag=flag, mapping_quality=quality)


def _with_unmapped_pairs(random: np.random.Generator, reads: Reads, fragment_count: int) -> Reads:
    count = round(fragment_count * UNMAPPED_FRACTION)
    quality = qualities(random, np.zeros(2 * count, dtype=np.bool_))
    bases = random.integers(0, 4, (2 * count, READ_LENGTH)).astype(np.uint8)
    flag = np.full(2 * count, PAIRED | UNMAPPED | MATE_UNMAPPED, dtype=np.uint16)
    flag |= np.repeat([FIRST, SECOND], count).astype(np.uint16)
    unmapped = Reads(
        fragment=fragment_count + np.tile(np.arange(count), 2),
        contig=np.full(2 * count, -1, dtype=np.int32),
        flag=flag,
        mapping_quality=np.zeros(2 * count, dtype=np.uint8),
        bases=with_errors(random, bases, quality),
        quality=quality,
        reference_positions=np.full((2 * count, READ_LENGTH), NOT_ON_REFERENCE, dtype=np.int32),
        mate=len(reads) + (np.arange(2 * count) + count) % max(2 * count, 1),
    )
    return reads.joined(unmapped)


def _with_supplementary(reads: Reads, fragments: Fragments) -> Reads:
    """Let the ends of the chimeric fragments' left reads come from another chimeric fragment's place."""
    chimeric = np.flatnonzero(fragments.fate == Fate.CHIMERIC)
    donors = np.roll(chimeric, 1)
    tail = np.arange(CHIMERIC_PREFIX, READ_LENGTH)
    bases, places = reads.bases.copy(), reads.reference_positions.copy()
    foreign = reads.rows(donors)
    bases[chimeric[:, None], tail] = foreign.bases[:, tail]
    places[chimeric[:, None], tail] = NOT_ON_REFERENCE
    reads = replace(reads, bases=bases, reference_positions=places)
    extra_places = foreign.reference_positions.copy()
    extra_places[:, :CHIMERIC_PREFIX] = NOT_ON_REFERENCE
    primary = reads.rows(chimeric)
    return reads.joined(
        replace(
            primary,
            contig=foreign.contig,
            flag=(primary.flag | np.uint16(SUPPLEMENTARY)) & ~np.uint16(PROPER),
            reference_positions=extra_places,
        )
    )


def _with_secondary(reads: Reads, design: CaptureDesign) -> Reads:
    """Add the second place of some reads of the duplicated segment."""
    is_ambiguous = _within_any(reads, (design.duplicated,)) & (reads.mapping_quality == 0)
    chosen = reads.rows(np.flatnonzero(is_ambiguous & reads.has(PROPER))[:SECONDARY_ALIGNMENTS])
    moved = np.where(
        chosen.reference_positions == NOT_ON_REFERENCE,
        NOT_ON_REFERENCE,
        chosen.reference_positions - design.duplicated[1] + design.copy[1],
    )
    second = replace(
        chosen,
        contig=np.full(len(chosen), design.copy[0], dtype=np.int32),
        flag=(chosen.flag | np.uint16(SECONDARY)) & ~np.uint16(PROPER),
        reference_positions=moved.astype(np.int32),
    )
    return reads.joined(second)


def place(reads: Reads) -> tuple[Placement, I32, I32]:
    """Return CIGARs, and contig and position of each record; an unmapped read stands at its mate."""
    placeable = np.flatnonzero(reads.is_mapped)
    found = placements(reads.reference_positions[placeable])
    count = len(reads)
    cigars = np.zeros((count, found.cigars.shape[1]), dtype=np.uint32)
    cigars[placeable] = found.cigars
    position = np.full(count, -1, dtype=np.int32)
    position[placeable] = found.positions
    lost = np.flatnonzero(~reads.is_mapped & ~reads.has(MATE_UNMAPPED))
    position[lost] = position[reads.mate[lost]]
    contig = reads.contig.copy()
    contig[lost] = contig[reads.mate[lost]]
    cigar_lengths = np.zeros(count, dtype=np.uint8)
    cigar_lengths[placeable] = found.cigar_lengths
    spans = _spread(found.spans, placeable, count)
    indel_bases = _spread(found.indel_bases, placeable, count)
    return Placement(position, spans, cigar_lengths, cigars, indel_bases), contig, position


def _spread(column: I32, rows: I64, count: int) -> I32:
    spread = np.zeros(count, dtype=np.int32)
    spread[rows] = column
    return spread
