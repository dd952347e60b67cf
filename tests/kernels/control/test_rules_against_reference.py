"""The rule engine against a slow reference that was written from the rule table alone.

The reference keeps no state: at every run it looks back over the raw table and asks each rule's sentence anew.
`python tests/kernels/control/test_rules_against_reference.py 100000` compares that many random series.
"""

from __future__ import annotations

import itertools
import random
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.control.rules import (
    ControlRun,
    ExcludedPoints,
    RangeMode,
    Rule,
    RuleOptions,
    Streaks,
    evaluate,
)

STREAKS = [("4-1s", 4, 1), ("6x", 6, 0), ("8x", 8, 0), ("9x", 9, 0), ("10x", 10, 0), ("12x", 12, 0)]


def usable(run: ControlRun, level: str) -> bool:
    return level not in run.excluded and run.z[level] is not None


def history(runs, last, options, level=None):
    """Points (run index, level, z) up to and with run `last`, newest first, as far back as the history goes."""
    points = []
    for i in range(last, -1, -1):
        for name in reversed(list(runs[i].z)):
            if level is not None and name != level:
                continue
            if name in runs[i].excluded and options.excluded is ExcludedPoints.BREAK:
                return points
            if usable(runs[i], name):
                points.append((i, name, runs[i].z[name]))
        if runs[i].is_reset:
            return points
    return points


def ends_in_run(points, index):
    """Every way to cut the newest points of run `index` off, so that a window ends at each of its points."""
    while points and points[0][0] == index:
        yield points
        points = points[1:]


def same_side(window, beyond):
    return all(z > beyond for _, _, z in window) or all(z < -beyond for _, _, z in window)


def reference(runs, rules, options):
    found = set()
    for index, run in enumerate(runs):
        present = [(index, level, run.z[level]) for level in run.z if usable(run, level)]
        fired = [*single_points(present), *neighbours_in_run(present), *spread_in_run(present, options)]
        for _, level, _ in present:
            fired += along_level(history(runs, index, options, level), options)
        if options.streaks is Streaks.POOLED:
            fired += through_levels(pooled_history(runs, index, options), index)
        found |= {described(runs, run, rule, points) for rule, points in fired if Rule(rule) in rules}
    return found


def described(runs, run, rule, points):
    ordered = sorted(points, key=lambda p: (p[0], list(runs[p[0]].z).index(p[1])))
    of_runs, of_levels = {p[0] for p in points}, {p[1] for p in points}
    scope = "within_run" if len(of_runs) == 1 else "across_runs" if len(of_levels) == 1 else "across_levels"
    return (rule, run.id, scope, tuple((runs[i].id, level) for i, level, _ in ordered))


def single_points(present):
    yield from (("1-2s", [point]) for point in present if abs(point[2]) > 2)
    yield from (("1-3s", [point]) for point in present if abs(point[2]) > 3)


def neighbours_in_run(present):
    yield from (("2-2s", pair) for pair in itertools.pairwise(present) if same_side(pair, 2))
    for triple in zip(present, present[1:], present[2:], strict=False):
        yield from three(triple)


def three(triple):
    if same_side(triple, 1):
        yield "3-1s", triple
    for chosen in ([p for p in triple if p[2] > 2], [p for p in triple if p[2] < -2]):
        if len(chosen) >= 2:
            yield "2of3-2s", chosen


def spread_in_run(present, options):
    if len(present) >= 2:
        top, bottom = max(present, key=lambda p: p[2]), min(present, key=lambda p: p[2])
        wide = round((top[2] - bottom[2]) * 100) > 400  # the scores here have at most two decimals
        opposite = top[2] > 2 and bottom[2] < -2
        if wide if options.r4s is RangeMode.RANGE_4S else opposite:
            yield "R-4s", [top, bottom]


def along_level(past, options):
    if len(past) >= 2 and same_side(past[:2], 2):
        yield "2-2s", past[:2]
    if len(past) >= 3:
        yield from three(past[:3])
    if len(past) >= 7:
        steps = [new[2] - old[2] for new, old in itertools.pairwise(past[:7])]
        if all(step > 0 for step in steps) or all(step < 0 for step in steps):
            yield "7T", past[:7]
    if options.streaks is Streaks.LEVEL:
        for rule, length, beyond in STREAKS:
            if len(past) >= length and same_side(past[:length], beyond):
                yield rule, past[:length]


def through_levels(past, index):
    for rule, length, beyond in STREAKS:
        windows = [cut_at_break(tail)[:length] for tail in ends_in_run(past, index)]
        full = [window for window in windows if len(window) == length and same_side(window, beyond)]
        yield from ((rule, window) for window in full[:1])
    for tail in ends_in_run(past, index):
        pair = cut_at_break(tail)[:2]
        if len(pair) == 2 and same_side(pair, 2):
            yield "2-2s", pair


def pooled_history(runs, last, options):
    """All levels, newest first, with a mark where an excluded point breaks: windows may end on either side of it."""
    points = []
    for i in range(last, -1, -1):
        for name in reversed(list(runs[i].z)):
            if name in runs[i].excluded:
                if options.excluded is ExcludedPoints.BREAK:
                    points.append((i, None, None))
            elif runs[i].z[name] is not None:
                points.append((i, name, runs[i].z[name]))
        if runs[i].is_reset:
            break
    return points


def cut_at_break(points):
    return list(itertools.takewhile(lambda p: p[1] is not None, points))


def engine(runs, rules, options):
    return {(v.rule.value, v.run, v.scope.value, v.points) for v in evaluate(runs, rules, options)}


ALL_OPTIONS = [RuleOptions(*choice) for choice in itertools.product(RangeMode, Streaks, ExcludedPoints)]


def random_series(source: random.Random) -> tuple[list[ControlRun], RuleOptions]:
    """Series with lasting shifts, ties, points on limits, gaps, exclusions and resets, so that every rule has work."""
    levels = [f"L{i + 1}" for i in range(source.choice([1, 2, 2, 3, 4]))]
    shift, drift = source.choice([0, 0, 0.5, -0.7, 1.3, -1.6]), source.choice([0, 0, 0.15, -0.2, 0.6, -0.6])
    spread = source.choice([0.3, 1, 1, 2.2])
    digits = source.choice([0, 1, 2])
    runs = []
    for i in range(source.randint(1, 22)):
        z: dict[str, float | None] = {}
        for level in levels:
            missing = source.random() < 0.05
            z[level] = None if missing else round(source.gauss(shift + drift * i, spread), digits) + 0.0
        excluded = frozenset(level for level in levels if source.random() < 0.06)
        runs.append(ControlRun(f"r{i}", z, excluded, source.random() < 0.04))
    return runs, source.choice(ALL_OPTIONS)


def compare(count: int, seed: int) -> dict[str, int]:
    """Compare both over random series; return how often each rule fired in them."""
    source = random.Random(seed)
    tally = dict.fromkeys((rule.value for rule in Rule), 0)
    for _ in range(count):
        runs, options = random_series(source)
        theirs, ours = reference(runs, set(Rule), options), engine(runs, tuple(Rule), options)
        assert ours == theirs, (options, runs, ours ^ theirs)
        for violation in ours:
            tally[violation[0]] += 1
    return tally


def test_random_series__give_what_the_reference_gives():
    tally = compare(1000, seed=20240601)
    assert min(tally.values()) >= 50, f"a rule that hardly fires was hardly tested: {tally}"


scores = st.one_of(st.none(), st.integers(-35, 35).map(lambda tenths: tenths / 10))


@st.composite
def control_runs(draw):
    levels = ["L1", "L2", "L3"][: draw(st.integers(1, 3))]
    size = draw(st.integers(0, 16))
    return [
        ControlRun(
            f"r{i}",
            {level: draw(scores) for level in levels},
            frozenset(draw(st.sets(st.sampled_from(levels), max_size=1))),
            draw(st.integers(0, 9)) == 0,
        )
        for i in range(size)
    ]


@given(control_runs(), st.sampled_from(ALL_OPTIONS), st.sets(st.sampled_from(list(Rule)), min_size=1))
@settings(deadline=None, max_examples=100)
def test_any_series__gives_what_the_reference_gives(runs, options, rules):
    assert engine(runs, tuple(rules), options) == reference(runs, rules, options)


@given(control_runs(), st.sampled_from(ALL_OPTIONS))
@settings(deadline=None, max_examples=60)
def test_later_runs__never_change_the_verdict_on_earlier_ones(runs, options):
    whole = engine(runs, tuple(Rule), options)
    for end in range(len(runs)):
        kept = {run.id for run in runs[:end]}
        assert engine(runs[:end], tuple(Rule), options) == {v for v in whole if v[1] in kept}


if __name__ == "__main__":
    print(compare(int(sys.argv[1]), seed=1))
