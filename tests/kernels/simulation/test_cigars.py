"""CIGARs from the places of bases."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.simulation.cigars import operations_of, placements

M, I, D, S = 0, 1, 2, 4  # noqa: E741 - the SAM specification's letters


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([5, 6, 7, 8], [(M, 4)]),
        ([-1, 5, 6, 7], [(S, 1), (M, 3)]),
        ([5, 6, -1, -1], [(M, 2), (S, 2)]),
        ([5, -1, -1, 6], [(M, 1), (I, 2), (M, 1)]),
        ([5, 6, 10, 11], [(M, 2), (D, 3), (M, 2)]),
        ([-1, 5, -1, 8, 9, 11], [(S, 1), (M, 1), (I, 1), (D, 2), (M, 2), (D, 1), (M, 1)]),
    ],
)
def test_operations_of__one_read(places: list[int], expected: list[tuple[int, int]]) -> None:
    assert operations_of(np.array(places, dtype=np.int32)) == expected


def test_placements__plain_and_clipped_reads_together() -> None:
    found = placements(np.array([[3, 4, 5, 6], [-1, 9, 10, 12]], dtype=np.int32))
    assert found.positions.tolist() == [3, 9]
    assert found.spans.tolist() == [4, 4]
    assert found.cigar_lengths.tolist() == [1, 4]
    assert found.cigars[0, 0] == 4 << 4
    assert found.indel_bases.tolist() == [0, 1]
