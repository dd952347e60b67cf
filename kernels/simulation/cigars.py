"""CIGARs of reads whose every base knows its place on the reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kernels.simulation.haplotypes import NOT_ON_REFERENCE

MATCH, INSERTION, DELETION, SOFT_CLIP = 0, 1, 2, 4

Operations = list[tuple[int, int]]


@dataclass(frozen=True)
class Placement:
    """Where reads lie.

    Attributes
    ----------
    positions, spans : int32 arrays, shape (n,)
        Leftmost reference position and covered length.
    cigar_lengths : uint8 array, shape (n,)
    cigars : uint32 array, shape (n, longest CIGAR)
        BAM's packed operations.
    indel_bases : int32 array, shape (n,)
        Inserted and deleted bases: what NM counts beside mismatches.
    """

    positions: npt.NDArray[np.int32]
    spans: npt.NDArray[np.int32]
    cigar_lengths: npt.NDArray[np.uint8]
    cigars: npt.NDArray[np.uint32]
    indel_bases: npt.NDArray[np.int32]


def placements(reference_positions: npt.NDArray[np.int32]) -> Placement:
    """Return positions and CIGARs of reads from the places of their bases, shape (n, read length)."""
    count, length = reference_positions.shape
    is_plain = (reference_positions.min(axis=1) >= 0) & (
        reference_positions[:, -1] - reference_positions[:, 0] == length - 1
    )
    operations = {int(row): operations_of(reference_positions[row]) for row in np.flatnonzero(~is_plain)}
    longest = max((len(item) for item in operations.values()), default=1)
    cigars = np.zeros((count, longest), dtype=np.uint32)
    cigars[:, 0] = length << 4 | MATCH
    cigar_lengths = np.ones(count, dtype=np.uint8)
    indel_bases = np.zeros(count, dtype=np.int32)
    for row, listed in operations.items():
        cigars[row, : len(listed)] = [size << 4 | operation for operation, size in listed]
        cigar_lengths[row] = len(listed)
        indel_bases[row] = sum(size for operation, size in listed if operation in (INSERTION, DELETION))
    first = reference_positions[np.arange(count), np.argmax(reference_positions >= 0, axis=1)]
    spans = reference_positions.max(axis=1) - first + 1
    return Placement(first, spans, cigar_lengths, cigars, indel_bases)


def operations_of(reference_positions: npt.NDArray[np.int32]) -> Operations:
    """Return (operation, length) pairs of one read; unplaced bases at an end are soft-clipped."""
    placed = np.flatnonzero(reference_positions != NOT_ON_REFERENCE)
    first, last = int(placed[0]), int(placed[-1])
    operations: Operations = [(SOFT_CLIP, first)] if first else []
    previous = placed[:-1]
    following = placed[1:]
    run_start = first
    breaks = (following - previous > 1) | (reference_positions[following] - reference_positions[previous] > 1)
    for before, after in zip(previous[breaks], following[breaks], strict=True):
        inserted = int(after - before) - 1
        deleted = int(reference_positions[after] - reference_positions[before]) - 1
        operations.append((MATCH, int(before) - run_start + 1))
        operations += [(INSERTION, inserted)] if inserted else []
        operations += [(DELETION, deleted)] if deleted else []
        run_start = int(after)
    operations.append((MATCH, last - run_start + 1))
    clipped = len(reference_positions) - 1 - last
    return [*operations, (SOFT_CLIP, clipped)] if clipped else operations
