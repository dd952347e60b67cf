"""Recall and precision at every threshold of the query's score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.concordance.alleles import FIRST_DELETION, TYPES
from kernels.concordance.contig import ALL, ContigOutcome
from kernels.concordance.decisions import FALSE, TRUE_POSITIVE
from kernels.concordance.tallies import ratio
from kernels.io.vcf import CallSet


class RocPoint(NamedTuple):
    """What remains when query calls with a lower score than the threshold are left out."""

    type: str
    threshold: float
    tp: int
    fp: int
    fn: int
    query_tp: int
    recall: float | None
    precision: float | None


class _Scores(NamedTuple):
    """Scores of the found truth calls, found query calls and extra query calls of one type, in no order."""

    truth_tp: NDArray[np.float64]
    query_tp: NDArray[np.float64]
    query_fp: NDArray[np.float64]
    truth_total: int


def roc_points(outcomes: Sequence[ContigOutcome], query: CallSet, max_points: int) -> list[RocPoint]:
    """Return the curve of each type, from the strictest threshold to the loosest.

    A truth call is found at a threshold while every query call of its match reaches it. Calls without a score never
    reach a threshold.
    """
    points = []
    for kind, name in enumerate(TYPES):
        scores = _collect(outcomes, query, kind)
        points.extend(_curve(name, scores, max_points))
    return points


def _collect(outcomes: Sequence[ContigOutcome], query: CallSet, kind: int) -> _Scores:
    truth_tp, query_tp, query_fp, truth_total = [], [], [], 0
    for outcome in outcomes:
        truth_verdicts, query_verdicts = outcome.truth.verdicts[ALL], outcome.query.verdicts[ALL]
        scores = query.scores[outcome.query.rows]
        of_match = _lowest_scores(query_verdicts.matches, scores, int(truth_verdicts.matches.max(initial=0)))
        truth_rows = (outcome.truth.subtypes >= FIRST_DELETION) == bool(kind)
        query_rows = (outcome.query.subtypes >= FIRST_DELETION) == bool(kind)
        found = truth_rows & (truth_verdicts.decisions == TRUE_POSITIVE)
        truth_tp.append(of_match[truth_verdicts.matches[found]])
        truth_total += int(found.sum() + (truth_rows & (truth_verdicts.decisions == FALSE)).sum())
        query_tp.append(scores[query_rows & (query_verdicts.decisions == TRUE_POSITIVE)])
        query_fp.append(scores[query_rows & (query_verdicts.decisions == FALSE)])
    return _Scores(_joined(truth_tp), _joined(query_tp), _joined(query_fp), truth_total)


def _joined(parts: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.concatenate(parts) if parts else np.empty(0)


def _lowest_scores(matches: NDArray[np.int32], scores: NDArray[np.float64], last_match: int) -> NDArray[np.float64]:
    """Return the lowest score of the query calls of each match; NaN if one of them has none."""
    lowest = np.full(max(int(matches.max(initial=0)), last_match) + 1, np.inf)
    np.minimum.at(lowest, matches, np.where(np.isnan(scores), -np.inf, scores))
    return np.where(np.isfinite(lowest), lowest, np.nan)


def _curve(name: str, scores: _Scores, max_points: int) -> list[RocPoint]:
    every = np.concatenate((scores.query_tp, scores.query_fp))
    thresholds = np.unique(every[~np.isnan(every)])[::-1]
    if len(thresholds) > max_points:
        thresholds = thresholds[np.linspace(0, len(thresholds) - 1, max_points).round().astype(np.intp)]
    found, right, wrong = (_reaching(part, thresholds) for part in (scores.truth_tp, scores.query_tp, scores.query_fp))
    return [
        RocPoint(
            type=name,
            threshold=threshold,
            tp=tp,
            fp=fp,
            fn=scores.truth_total - tp,
            query_tp=query_tp,
            recall=ratio(tp, scores.truth_total),
            precision=ratio(query_tp, query_tp + fp),
        )
        for threshold, tp, query_tp, fp in zip(thresholds.tolist(), found, right, wrong, strict=True)
    ]


def _reaching(scores: NDArray[np.float64], thresholds: NDArray[np.float64]) -> list[int]:
    known = np.sort(scores[~np.isnan(scores)])
    counts: list[int] = (len(known) - np.searchsorted(known, thresholds, side="left")).tolist()
    return counts
