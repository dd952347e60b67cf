"""Insert sizes: Picard's CollectInsertSizeMetrics for the orientation that most pairs have.

References
----------
Picard 3, `picard.analysis.directed.InsertSizeMetricsCollector`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kernels.coverage.histograms import mean, median, median_absolute_deviation, standard_deviation
from kernels.coverage.tallies import MAX_INSERT_BP, IntArray

ORIENTATIONS = ("FR", "RF", "TANDEM")
# Picard leaves out the tail beyond median + 10 deviations before it takes mean and standard deviation.
DEVIATIONS = 10.0


@dataclass(frozen=True)
class InsertSizes:
    """Insert size statistics; None where no pair has one."""

    pair_orientation: str | None
    read_pairs: int
    median: float | None
    median_absolute_deviation: float | None
    mean: float | None
    standard_deviation: float | None
    mode: int | None
    minimum: int | None
    maximum: int | None
    pairs_by_orientation: dict[str, int]
    histogram: IntArray

    def document(self) -> dict[str, Any]:
        names = ("pair_orientation", "read_pairs", "median", "median_absolute_deviation", "mean", "standard_deviation")
        shown = {name: getattr(self, name) for name in (*names, "mode", "minimum", "maximum", "pairs_by_orientation")}
        used = self.histogram.nonzero()[0].tolist()
        shown["histogram"] = {str(size): int(self.histogram[size]) for size in used if size < MAX_INSERT_BP}
        return shown | {"histogram_beyond": int(self.histogram[MAX_INSERT_BP])}


def insert_sizes(counts: IntArray, largest: IntArray) -> InsertSizes:
    """Summarise insert sizes.

    Parameters
    ----------
    counts : int64 array (3, MAX_INSERT_BP + 1)
        Pairs by orientation and insert size; the last place holds everything longer.
    largest : int64 array (3,)
        Largest insert size of each orientation.
    """
    totals = counts.sum(axis=1)
    kind = int(totals.argmax())
    histogram, by_orientation = counts[kind], dict(zip(ORIENTATIONS, totals.tolist(), strict=True))
    if totals[kind] == 0:
        return InsertSizes(None, 0, None, None, None, None, None, None, None, by_orientation, histogram)
    middle, deviation = median(histogram), median_absolute_deviation(histogram)
    assert middle is not None
    assert deviation is not None
    # The places beyond a median that is itself out of range say nothing.
    is_known = middle < MAX_INSERT_BP
    width = int(middle + DEVIATIONS * deviation)
    trimmed = histogram[: min(width, MAX_INSERT_BP - 1) + 1]
    return InsertSizes(
        pair_orientation=ORIENTATIONS[kind],
        read_pairs=int(totals[kind]),
        median=middle if is_known else None,
        median_absolute_deviation=deviation if is_known else None,
        mean=mean(trimmed) if is_known else None,
        standard_deviation=standard_deviation(trimmed) if is_known else None,
        mode=int(histogram.argmax()),
        minimum=int(histogram.nonzero()[0][0]),
        maximum=int(largest[kind]),
        pairs_by_orientation=by_orientation,
        histogram=histogram,
    )
