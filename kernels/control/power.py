"""What a rule set does before it is chosen: false alarms, detection of a shift, run length, by simulation.

The rules run here on many series at once, as arrays; the tests hold this against the rule engine point by point.

References
----------
Westgard JO, Groth T. Power functions for statistical control rules. Clin Chem 1979;25:863-869.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kernels.control.rules import (
    LONGEST_HISTORY,
    POOLABLE,
    RANGE_ROUNDING_SD,
    STREAKS,
    RangeMode,
    Rule,
    RuleOptions,
    Streaks,
)
from kernels.errors import KernelError
from kernels.statistics.proportions import Proportion, ProportionInterval, proportion_interval

MAX_RUNS = 20_000

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RuleSetDesign:
    """Rules that reject, the number of control levels in each run, and the choices of the chart."""

    rules: tuple[Rule, ...]
    levels: int
    options: RuleOptions = field(default_factory=RuleOptions)

    def __post_init__(self) -> None:
        if not self.rules or not 1 <= self.levels <= 6:
            raise KernelError("design_invalid", "Choose at least one rule and 1 to 6 control levels.")


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What goes wrong: a shift of all levels in SD, and a factor on the SD. The default is a process in control."""

    shift_sd: float = 0.0
    sd_ratio: float = 1.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.shift_sd) or not (math.isfinite(self.sd_ratio) and self.sd_ratio > 0.0):
            raise KernelError("disturbance_invalid", "The shift must be a number and the SD ratio above 0.")


@dataclass(frozen=True, slots=True)
class RejectionProbability:
    """Share of simulated series in which a rule, or any rule, fired at the run asked for."""

    share: Proportion
    interval: ProportionInterval


@dataclass(frozen=True, slots=True)
class RejectionProbabilities:
    """By rule and for the set; in control these are the false-alarm probabilities per run."""

    by_rule: Mapping[Rule, RejectionProbability]
    any_rule: RejectionProbability
    seed: int


@dataclass(frozen=True, slots=True)
class RunLength:
    """Runs from the start of the disturbance to the first rejection, that run included.

    `mean` and its standard error are None when some series had not been rejected after `max_runs`.
    """

    series: int
    censored: int
    max_runs: int
    mean: float | None
    standard_error: float | None
    median: float | None
    seed: int


def rejection_probabilities(
    design: RuleSetDesign,
    disturbance: Disturbance | None = None,
    *,
    seed: int,
    disturbed_runs: int = 1,
    series: int = 20_000,
) -> RejectionProbabilities:
    """Estimate the chance that a run is rejected, with a full history of runs in control before the disturbance.

    Parameters
    ----------
    design : RuleSetDesign
    disturbance : Disturbance, optional
    seed : int
        Of NumPy's PCG64 generator.
    disturbed_runs : int
        The run asked for is this many runs into the disturbance, 1 for the first.
    series : int
        Independent series; the intervals are Clopper-Pearson at 95 %.
    """
    change = disturbance or Disturbance()
    random = np.random.default_rng(seed)
    monitor = _Monitor(design, series)
    fired: dict[Rule, Flags] = {}
    runs = LONGEST_HISTORY + max(0, disturbed_runs - 1)
    for run in range(runs):
        z = random.standard_normal((series, design.levels))
        if run >= runs - disturbed_runs:
            z = z * change.sd_ratio + change.shift_sd
        fired = monitor.step(z)
    by_rule = {rule: _share(flags) for rule, flags in fired.items()}
    return RejectionProbabilities(by_rule, _share(_any(fired, series)), seed)


def run_length(
    design: RuleSetDesign,
    disturbance: Disturbance | None = None,
    *,
    seed: int,
    series: int = 2_000,
    max_runs: int = MAX_RUNS,
) -> RunLength:
    """Estimate the average run length, starting with the disturbance and without a history (zero state)."""
    change = disturbance or Disturbance()
    random = np.random.default_rng(seed)
    monitor = _Monitor(design, series)
    lengths: list[int] = []
    for run in range(1, max_runs + 1):
        z = random.standard_normal((series - len(lengths), design.levels)) * change.sd_ratio + change.shift_sd
        rejected = _any(monitor.step(z), len(z))
        lengths += [run] * int(rejected.sum())
        monitor.keep(~rejected)
        if len(lengths) == series:
            break
    return _summarized(lengths, series, max_runs, seed)


def simulate(design: RuleSetDesign, z: Floats) -> dict[Rule, Flags]:
    """Return for each rule at which runs it fires, shape (series, runs), for z of shape (series, runs, levels)."""
    monitor = _Monitor(design, z.shape[0])
    steps = [monitor.step(z[:, run, :]) for run in range(z.shape[1])]
    return {rule: np.stack([step[rule] for step in steps], axis=1) for rule in design.rules}


class _Monitor:
    """The state of every rule in every series, advanced run by run."""

    def __init__(self, design: RuleSetDesign, series: int) -> None:
        self._rules = [_watch(rule, design, series) for rule in design.rules]

    def step(self, z: Floats) -> dict[Rule, Flags]:
        return {watch.rule: watch.step(z) for watch in self._rules}

    def keep(self, kept: Flags) -> None:
        for watch in self._rules:
            watch.keep(kept)


class _Watch:
    """A rule over many series; subclasses keep what they remember in `state`, one row per series."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.state: list[NDArray[np.float64]] = []

    def step(self, z: Floats) -> Flags:
        raise NotImplementedError

    def keep(self, kept: Flags) -> None:
        self.state = [rows[kept] for rows in self.state]


class _LevelStreak(_Watch):
    """Streaks along each level, and for the within-run rules along the levels of the run."""

    def __init__(self, rule: Rule, series: int, levels: int, is_within_run: bool) -> None:
        super().__init__(rule)
        self.length, self.beyond, self.is_within_run = STREAKS[rule].length, STREAKS[rule].beyond, is_within_run
        self.state = [np.zeros((series, levels)), np.zeros((series, levels))]

    def step(self, z: Floats) -> Flags:
        hits = [z > self.beyond, z < -self.beyond]
        self.state = [np.where(hit, count + 1, 0) for hit, count in zip(hits, self.state, strict=True)]
        fired = np.asarray(np.any([(count >= self.length).any(axis=1) for count in self.state], axis=0), dtype=bool)
        if self.is_within_run:
            for hit in hits:
                for start in range(z.shape[1] - self.length + 1):
                    fired |= hit[:, start : start + self.length].all(axis=1)
        return fired


class _PooledStreak(_Watch):
    """One streak through all levels, run after run."""

    def __init__(self, rule: Rule, series: int) -> None:
        super().__init__(rule)
        self.length, self.beyond = STREAKS[rule].length, STREAKS[rule].beyond
        self.state = [np.zeros(series), np.zeros(series)]

    def step(self, z: Floats) -> Flags:
        fired = np.zeros(len(z), dtype=bool)
        for level in range(z.shape[1]):
            hits = (z[:, level] > self.beyond, z[:, level] < -self.beyond)
            self.state = [np.where(hit, count + 1, 0) for hit, count in zip(hits, self.state, strict=True)]
            fired |= (self.state[0] >= self.length) | (self.state[1] >= self.length)
        return fired


class _Range(_Watch):
    def __init__(self, mode: RangeMode) -> None:
        super().__init__(Rule.RANGE_4S)
        self.mode = mode

    def step(self, z: Floats) -> Flags:
        high, low = z.max(axis=1), z.min(axis=1)
        fired: Flags = (
            (high > 2.0) & (low < -2.0) if self.mode is RangeMode.OPPOSITE_2S else high - low > 4.0 + RANGE_ROUNDING_SD
        )
        return fired


class _TwoOfThree(_Watch):
    """Remembers the last two scores of each level; NaN until they exist."""

    def __init__(self, series: int, levels: int) -> None:
        super().__init__(Rule.TWO_OF_THREE_2S)
        self.state = [np.full((series, levels), np.nan), np.full((series, levels), np.nan)]

    def step(self, z: Floats) -> Flags:
        older, old = self.state
        is_full = ~np.isnan(older)
        fired = np.asarray((self._two_beyond(older, old, z) & is_full).any(axis=1), dtype=bool)
        for start in range(z.shape[1] - 2):
            fired |= self._two_beyond(z[:, start], z[:, start + 1], z[:, start + 2])
        self.state = [old, z]
        return fired

    @staticmethod
    def _two_beyond(*scores: Floats) -> Flags:
        above = np.sum([score > 2.0 for score in scores], axis=0)
        below = np.sum([score < -2.0 for score in scores], axis=0)
        return np.asarray((above >= 2) | (below >= 2), dtype=bool)


class _Trend(_Watch):
    """Remembers the last score of each level and how often it has risen or fallen in a row."""

    def __init__(self, series: int, levels: int) -> None:
        super().__init__(Rule.SEVEN_T)
        self.state = [np.full((series, levels), np.nan), np.zeros((series, levels)), np.zeros((series, levels))]

    def step(self, z: Floats) -> Flags:
        last, rises, falls = self.state
        rises, falls = np.where(z > last, rises + 1, 0), np.where(z < last, falls + 1, 0)
        self.state = [z, rises, falls]
        return np.asarray(((rises >= 6) | (falls >= 6)).any(axis=1), dtype=bool)


class _PooledPairs(_Watch):
    """2-2s through the levels as well as along them and within the run."""

    def __init__(self, series: int, levels: int) -> None:
        super().__init__(Rule.TWO_2S)
        self._parts: Sequence[_Watch] = (
            _LevelStreak(Rule.TWO_2S, series, levels, True),
            _PooledStreak(Rule.TWO_2S, series),
        )

    def step(self, z: Floats) -> Flags:
        first, second = (part.step(z) for part in self._parts)
        return first | second

    def keep(self, kept: Flags) -> None:
        for part in self._parts:
            part.keep(kept)


def _watch(rule: Rule, design: RuleSetDesign, series: int) -> _Watch:
    is_pooled = design.options.streaks is Streaks.POOLED
    if rule is Rule.RANGE_4S:
        return _Range(design.options.r4s)
    if rule is Rule.TWO_OF_THREE_2S:
        return _TwoOfThree(series, design.levels)
    if rule is Rule.SEVEN_T:
        return _Trend(series, design.levels)
    if is_pooled and rule is Rule.TWO_2S:
        return _PooledPairs(series, design.levels)
    if is_pooled and rule in POOLABLE:
        return _PooledStreak(rule, series)
    return _LevelStreak(rule, series, design.levels, rule not in POOLABLE)


def _any(fired: Mapping[Rule, Flags], series: int) -> Flags:
    total = np.zeros(series, dtype=bool)
    for flags in fired.values():
        total |= flags
    return total


def _share(flags: Flags) -> RejectionProbability:
    share = Proportion(int(flags.sum()), int(flags.size))
    return RejectionProbability(share, proportion_interval(share))


def _summarized(lengths: list[int], series: int, max_runs: int, seed: int) -> RunLength:
    censored = series - len(lengths)
    middle = (series - 1) // 2
    ordered = sorted(lengths)
    median = float(ordered[middle] + ordered[series // 2]) / 2.0 if series // 2 < len(ordered) else None
    if censored:
        return RunLength(series, censored, max_runs, None, None, median, seed)
    values = np.asarray(lengths, dtype=np.float64)
    error = float(values.std(ddof=1)) / math.sqrt(series) if series > 1 else None
    return RunLength(series, 0, max_runs, float(values.mean()), error, median, seed)
