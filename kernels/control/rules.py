"""Westgard rules over runs and levels, with every reading of them that a laboratory must choose made explicit.

All comparisons are strict: a point on a limit does not break a rule, a point on the target ends a one-sided streak, and
equal neighbours end a trend. A missing value (None) is passed over. Histories end at a reset.

References
----------
Westgard JO, Barry PL, Hunt MR, Groth T. A multi-rule Shewhart chart for quality control. Clin Chem 1981;27:493-501.
Westgard JO, Groth T. Clin Chem 1981;27:1536-1545 (R-4s within a run only).
CLSI C24-Ed4 (2016).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from kernels.errors import KernelError

# The longest rule looks back this many points of a level; older points cannot change the verdict on the newest run.
LONGEST_HISTORY = 12
# A range is a difference of two rounded scores; what exceeds 4 by less than this is rounding, not range.
RANGE_ROUNDING_SD = 1e-9


class Rule(StrEnum):
    """The rules, in the order in which they are reported."""

    ONE_2S = "1-2s"
    ONE_3S = "1-3s"
    TWO_2S = "2-2s"
    RANGE_4S = "R-4s"
    FOUR_1S = "4-1s"
    TWO_OF_THREE_2S = "2of3-2s"
    THREE_1S = "3-1s"
    SIX_X = "6x"
    EIGHT_X = "8x"
    NINE_X = "9x"
    TEN_X = "10x"
    TWELVE_X = "12x"
    SEVEN_T = "7T"


class Scope(StrEnum):
    """Where the points of a violation lie: in one run, in several runs of one level, or across both."""

    WITHIN_RUN = "within_run"
    ACROSS_RUNS = "across_runs"
    ACROSS_LEVELS = "across_levels"


class RangeMode(StrEnum):
    """R-4s: one point above +2s and one below -2s, or a range above 4s wherever it lies."""

    OPPOSITE_2S = "opposite_2s"
    RANGE_4S = "range_4s"


class Streaks(StrEnum):
    """What the streaks of 4-1s and of the x rules run along: each level alone, or all levels pooled, run by run."""

    LEVEL = "level"
    POOLED = "pooled"


class ExcludedPoints(StrEnum):
    """What an excluded point does to the history of its level: nothing, or end it. It never breaks a rule itself."""

    SKIP = "skip"
    BREAK = "break"


@dataclass(frozen=True, slots=True)
class RuleOptions:
    """The choices of a chart."""

    r4s: RangeMode = RangeMode.OPPOSITE_2S
    streaks: Streaks = Streaks.LEVEL
    excluded: ExcludedPoints = ExcludedPoints.SKIP


@dataclass(frozen=True, slots=True)
class ControlRun:
    """One run.

    Parameters
    ----------
    id : str
        Unique among the runs.
    z : mapping of str to float or None
        Level -> (value - target) / SD by the limit set in force, None where the level was not measured. The order of
        the mapping is the order of the levels within the run.
    excluded : frozenset of str
        Levels whose point is left out with a reason.
    is_reset : bool
        A new history starts with this run: new lot, new limit set, corrective action, calibration.
    """

    id: str
    z: Mapping[str, float | None]
    excluded: frozenset[str] = field(default_factory=frozenset)
    is_reset: bool = False


PointName = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that fired at a run, with the points (run, level) that made it, oldest first."""

    rule: Rule
    run: str
    scope: Scope
    points: tuple[PointName, ...]


@dataclass(frozen=True, slots=True)
class _Point:
    order: int
    run: str
    level: str
    z: float


Track = Sequence[_Point]
Detector = Callable[[Track], Iterator[tuple[_Point, Track]]]


def evaluate(
    runs: Sequence[ControlRun], rules: Sequence[Rule], options: RuleOptions | None = None
) -> tuple[Violation, ...]:
    """Find every run at which a rule fires.

    A rule that still holds at the next run fires there again. What each rule looks at is in `_tracks_of`.

    Parameters
    ----------
    runs : sequence of ControlRun
        In time order.
    rules : sequence of Rule
        The rules to test.
    options : RuleOptions, optional
        The choices of the chart.

    Returns
    -------
    tuple of Violation
        By run, then in the order of `Rule`, then within a run, across runs, across levels.

    Raises
    ------
    KernelError
        `run_repeated` for two runs of one id.
    """
    _check_ids(runs)
    choices = options or RuleOptions()
    tracks = _Tracks(runs, choices.excluded)
    found: dict[tuple[int, Rule, Scope, tuple[PointName, ...]], Violation] = {}
    for rule in set(rules):
        detect = _detector(rule, choices)
        for track in _tracks_of(rule, tracks, choices.streaks):
            for at, points in detect(track):
                violation = Violation(rule, at.run, _scope(points), tuple((p.run, p.level) for p in points))
                found.setdefault((at.order, rule, violation.scope, violation.points), violation)
    rank = {member: index for index, member in enumerate([*Rule, *Scope])}
    return tuple(found[key] for key in sorted(found, key=lambda key: (key[0], rank[key[1]], rank[key[2]], key[3])))


def _check_ids(runs: Sequence[ControlRun]) -> None:
    seen: set[str] = set()
    for run in runs:
        if run.id in seen:
            raise KernelError("run_repeated", f"Run {run.id} appears twice; a run counts once.", run=run.id)
        seen.add(run.id)


def _scope(points: Track) -> Scope:
    if len({point.run for point in points}) == 1:
        return Scope.WITHIN_RUN
    return Scope.ACROSS_RUNS if len({point.level for point in points}) == 1 else Scope.ACROSS_LEVELS


class _Tracks:
    """The sequences of points along which rules look, cut at resets and, by choice, at excluded points."""

    def __init__(self, runs: Sequence[ControlRun], excluded: ExcludedPoints) -> None:
        self.within_run: list[list[_Point]] = []
        self.by_level: list[list[_Point]] = []
        self.pooled: list[list[_Point]] = [[]]
        self._open: dict[str, list[_Point]] = {}
        for order, run in enumerate(runs):
            if run.is_reset:
                self._open.clear()
                self.pooled.append([])
            self.within_run.append([])
            for level, z in run.z.items():
                if level in run.excluded:
                    self._pass_over(level, excluded)
                elif z is not None:
                    self._add(_Point(order, run.id, level, float(z)))

    def _pass_over(self, level: str, excluded: ExcludedPoints) -> None:
        if excluded is ExcludedPoints.BREAK:
            self._open.pop(level, None)
            self.pooled.append([])

    def _add(self, point: _Point) -> None:
        if not math.isfinite(point.z):
            message = f"Level {point.level} of run {point.run} has the z-score {point.z}; give a number or None."
            raise KernelError("z_not_finite", message, run=point.run, level=point.level)
        if point.level not in self._open:
            self._open[point.level] = []
            self.by_level.append(self._open[point.level])
        self._open[point.level].append(point)
        self.pooled[-1].append(point)
        self.within_run[-1].append(point)


@dataclass(frozen=True, slots=True)
class _Streak:
    """`length` neighbours beyond the same side of `beyond` SD."""

    length: int
    beyond: float

    def __call__(self, track: Track) -> Iterator[tuple[_Point, Track]]:
        above = below = 0
        for index, point in enumerate(track):
            above = above + 1 if point.z > self.beyond else 0
            below = below + 1 if point.z < -self.beyond else 0
            if above >= self.length or below >= self.length:
                yield point, track[index + 1 - self.length : index + 1]


def _two_of_three(track: Track) -> Iterator[tuple[_Point, Track]]:
    """At least two of three neighbours beyond the same 2s; the violation names those that are."""
    for end in range(3, len(track) + 1):
        window = track[end - 3 : end]
        for side in (1.0, -1.0):
            beyond = [point for point in window if point.z * side > 2.0]
            if len(beyond) >= 2:
                yield window[-1], beyond


def _seven_trend(track: Track) -> Iterator[tuple[_Point, Track]]:
    """Seven points with six strict rises, or six strict falls."""
    rises = falls = 0
    for index in range(1, len(track)):
        rises = rises + 1 if track[index].z > track[index - 1].z else 0
        falls = falls + 1 if track[index].z < track[index - 1].z else 0
        if rises >= 6 or falls >= 6:
            yield track[index], track[index - 6 : index + 1]


def _opposite_2s(track: Track) -> Iterator[tuple[_Point, Track]]:
    for pair in _extremes(track):
        high, low = max(point.z for point in pair), min(point.z for point in pair)
        if high > 2.0 and low < -2.0:
            yield pair[-1], pair


def _range_4s(track: Track) -> Iterator[tuple[_Point, Track]]:
    for pair in _extremes(track):
        if abs(pair[0].z - pair[1].z) > 4.0 + RANGE_ROUNDING_SD:
            yield pair[-1], pair


def _extremes(track: Track) -> Iterator[Track]:
    """The highest and the lowest point of a run, in level order; none when the run has a single point."""
    if len(track) >= 2:
        ends = {track.index(max(track, key=lambda point: point.z)), track.index(min(track, key=lambda point: point.z))}
        if len(ends) == 2:
            yield [track[index] for index in sorted(ends)]


def _once_per_run(detect: Detector) -> Detector:
    """A pooled streak passes through several points of a run; only its last one there is reported."""

    def detect_last(track: Track) -> Iterator[tuple[_Point, Track]]:
        last: dict[int, tuple[_Point, Track]] = {}
        for at, points in detect(track):
            last[at.order] = (at, points)
        yield from last.values()

    return detect_last


STREAKS: Mapping[Rule, _Streak] = {
    Rule.ONE_2S: _Streak(1, 2.0),
    Rule.ONE_3S: _Streak(1, 3.0),
    Rule.TWO_2S: _Streak(2, 2.0),
    Rule.THREE_1S: _Streak(3, 1.0),
    Rule.FOUR_1S: _Streak(4, 1.0),
    Rule.SIX_X: _Streak(6, 0.0),
    Rule.EIGHT_X: _Streak(8, 0.0),
    Rule.NINE_X: _Streak(9, 0.0),
    Rule.TEN_X: _Streak(10, 0.0),
    Rule.TWELVE_X: _Streak(12, 0.0),
}
POOLABLE = frozenset({Rule.FOUR_1S, Rule.SIX_X, Rule.EIGHT_X, Rule.NINE_X, Rule.TEN_X, Rule.TWELVE_X})


def _detector(rule: Rule, options: RuleOptions) -> Detector:
    if rule is Rule.RANGE_4S:
        return _opposite_2s if options.r4s is RangeMode.OPPOSITE_2S else _range_4s
    if rule is Rule.TWO_OF_THREE_2S:
        return _two_of_three
    if rule is Rule.SEVEN_T:
        return _seven_trend
    is_pooled = options.streaks is Streaks.POOLED and rule in POOLABLE
    return _once_per_run(STREAKS[rule]) if is_pooled else STREAKS[rule]


def _tracks_of(rule: Rule, tracks: _Tracks, streaks: Streaks) -> list[list[_Point]]:
    """Return the tracks of a rule: the table of scopes in docs/methods/control_rules.md."""
    if rule in (Rule.ONE_2S, Rule.ONE_3S, Rule.RANGE_4S):
        return tracks.within_run
    if rule in POOLABLE:
        return tracks.pooled if streaks is Streaks.POOLED else tracks.by_level
    if rule is Rule.SEVEN_T:
        return tracks.by_level
    if rule is Rule.TWO_2S and streaks is Streaks.POOLED:
        return [*tracks.within_run, *tracks.by_level, *tracks.pooled]
    return [*tracks.within_run, *tracks.by_level]
