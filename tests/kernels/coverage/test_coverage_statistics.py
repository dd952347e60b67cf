"""The arithmetic after the pass, against NumPy, SciPy, simulation or numbers worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from kernels.coverage import histograms
from kernels.coverage.adapters import FIVE_PRIME, adapter_words, begins_with_adapter
from kernels.coverage.het_sensitivity import het_snp_sensitivity
from kernels.coverage.insert_size import insert_sizes
from kernels.coverage.library import hs_penalty, library_size
from kernels.coverage.mates import NAME_LENGTH, find, hash_name, new_mates, put, remove
from kernels.coverage.reduction import find_gaps, summarise_rows
from kernels.coverage.sequence import dropouts, gc_fractions, measure_composition
from kernels.coverage.sex import TargetDepths, infer_sex
from kernels.coverage.tallies import MAX_INSERT_BP

VALUES = st.lists(st.integers(0, 60), min_size=1, max_size=60)
X_GRCH38 = 156_040_895


@given(VALUES)
def test_histogram_statistics__equal_those_of_the_observations(values):
    counts = np.bincount(values)
    assert histograms.mean(counts) == pytest.approx(np.mean(values))
    assert histograms.median(counts) == np.median(values)
    assert histograms.median_absolute_deviation(counts) == np.median(np.abs(values - np.median(values)))
    assert histograms.quantile(counts, 0.2) == np.quantile(values, 0.2, method="inverted_cdf")
    if len(values) > 1:
        assert histograms.standard_deviation(counts) == pytest.approx(np.std(values, ddof=1))


def test_histogram_statistics__of_nothing_are_undefined():
    nothing = np.zeros(5, dtype=np.int64)
    functions = (
        histograms.mean,
        histograms.median,
        histograms.median_absolute_deviation,
        histograms.standard_deviation,
    )
    assert [function(nothing) for function in functions] == [None] * 4
    assert histograms.quantile(nothing, 0.2) is None


# The first call compiles: no deadline.
@settings(deadline=None)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=200), st.data())
def test_summarise_rows__equals_numpy(values, draw):
    depth = np.array(values, dtype=np.uint32)
    start = draw.draw(st.integers(0, len(values) - 1))
    length = draw.draw(st.integers(1, len(values) - start))
    rows = summarise_rows(depth, np.array([start]), np.array([length]), np.array([1, 20]), True, True)
    part = depth[start : start + length]
    assert (rows.sums[0], rows.minima[0], rows.maxima[0]) == (part.sum(), part.min(), part.max())
    assert rows.medians[0] == np.median(part)
    assert rows.means[0] == pytest.approx(part.mean())
    assert rows.at_least[0].tolist() == [(part >= 1).sum(), (part >= 20).sum()]


def test_summarise_rows__finds_the_median_of_depths_far_apart():
    depth = np.array([0, 10, 1_000_000], dtype=np.uint32)
    assert summarise_rows(depth, np.array([0]), np.array([3]), np.array([1]), True, False).medians[0] == 10


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=60), st.integers(1, 3), st.data())
def test_find_gaps__are_the_runs_below_a_depth(values, threshold, draw):
    cut = draw.draw(st.integers(1, len(values) - 1))
    depth, starts = np.array(values, dtype=np.uint32), np.array([100, 500])
    gaps = find_gaps(depth, starts, np.array([0, cut, len(values)]), threshold)
    low = {start + n for start, part in zip((100, 500), (values[:cut], values[cut:]), strict=True)
           for n, value in enumerate(part) if value < threshold}  # fmt: skip
    assert {position for start, end, _, _ in gaps.tolist() for position in range(start, end)} == low
    # Runs are as long as they can be: no two touch.
    assert all(left[1] < right[0] for left, right in zip(gaps.tolist(), gaps.tolist()[1:], strict=False))
    assert gaps[:, 2].sum() == sum(value for value in values if value < threshold)


def test_library_size__is_lander_and_waterman():
    # A library of 1,000,000 molecules gives 1e6 (1 - exp(-0.5)) different pairs in 500,000.
    unique = round(1e6 * (1 - np.exp(-0.5)))
    assert library_size(500_000, unique) == pytest.approx(1_000_000, rel=1e-4)


@pytest.mark.parametrize("pairs", [(0, 0), (10, 10), (10, 0)])
def test_library_size__without_duplicates_is_undefined(pairs):
    assert library_size(*pairs) is None


def test_hs_penalty__says_when_a_goal_is_out_of_reach():
    # 100 molecules cannot give 1000 times the unique pairs of 50.
    assert hs_penalty(100, 100, 60, 50, 0.1, 0.5, 1.0) == -1.0
    assert hs_penalty(100, None, 60, 60, 0.1, 0.5, 1.0) == 0.0


def test_het_sensitivity__at_one_depth_and_quality_is_a_binomial_tail():
    # Depth 20, every quality 30: called when 30 m >= 10 (20 log10 2 + 3), that is from m = 4 alternative reads on.
    depths, qualities = np.zeros(21, dtype=np.int64), np.zeros(128, dtype=np.int64)
    depths[20], qualities[30] = 7, 140
    expected = stats.binom.sf(3, 20, 0.5)
    assert het_snp_sensitivity(depths, qualities, 200) == pytest.approx(expected, abs=1e-12)


def test_het_sensitivity__sampled_and_exact_agree():
    dice = np.random.default_rng(1)
    depths, qualities = np.bincount(dice.poisson(12, 5000)), np.bincount(dice.choice([3, 12, 25, 37], 5000))
    exact = het_snp_sensitivity(depths, qualities, 200)
    sampled = het_snp_sensitivity(depths, qualities, 200, sample_size=10_000)
    assert exact == pytest.approx(sampled, abs=2e-3)
    assert 0.3 < exact < 0.99


def test_het_sensitivity__without_bases_is_undefined():
    assert het_snp_sensitivity(np.array([10]), np.zeros(128, dtype=np.int64), 200) is None


def test_insert_sizes__leave_the_far_tail_out_of_mean_and_deviation():
    counts = np.zeros((3, MAX_INSERT_BP + 1), dtype=np.int64)
    counts[0, [190, 200, 210]] = [10, 20, 10]
    counts[0, 40_000] = 1
    counts[1, 50] = 3
    found = insert_sizes(counts, np.array([40_000, 50, 0]))
    assert (found.pair_orientation, found.read_pairs, found.median, found.mode) == ("FR", 41, 200, 200)
    assert found.mean == 200
    assert found.maximum == 40_000
    assert found.pairs_by_orientation == {"FR": 41, "RF": 3, "TANDEM": 0}


def test_dropouts__are_the_share_that_is_missing():
    # Targets of 30 % and 70 % GC of one size; the first has a quarter of the reads instead of a half.
    at, gc = dropouts(np.array([0.3, 0.7]), np.array([100, 100]), np.array([25, 75]))
    assert (at, gc) == (25.0, 0.0)


def test_dropouts__of_the_middle_bin_count_for_both():
    at, gc = dropouts(np.array([0.5, 0.7]), np.array([100, 100]), np.array([25, 75]))
    assert (at, gc) == (25.0, 25.0)


def sequence_of(text):
    return np.frombuffer(text.encode(), dtype=np.uint8)


@pytest.mark.parametrize(
    ("text", "low"),
    [
        ("ACGTTGCA" * 4, 0),
        ("CG" + "A" * 7 + "TC", 0),
        ("CG" + "A" * 8 + "TC", 8),
        ("GG" + "CA" * 5 + "TT", 0),
        ("GG" + "CA" * 6 + "TT", 12),
        ("gg" + "ca" * 6 + "tt", 12),
        ("TT" + "ACG" * 4 + "TT", 12),
        ("N" * 30, 0),
        ("TTC" + "ACGGTA" * 2 + "CC", 0),
        ("TTC" + "ACGGTA" * 3 + "CC", 18),
    ],
)
def test_low_complexity__is_a_faultless_tandem_repeat(text, low):
    _, _, found = measure_composition(sequence_of(text), np.array([0]), np.array([len(text)]))
    assert found[0] == low


def test_composition__counts_gc_in_both_cases_and_unknown_bases():
    sequence = sequence_of("ACGTNacgtnRR")
    gc, unknown, _ = measure_composition(sequence, np.array([0, 0]), np.array([12, 4]))
    assert (gc.tolist(), unknown.tolist()) == ([4, 2], [4, 0])
    assert gc_fractions(sequence, np.array([0]), np.array([10])).tolist() == [0.4]


def packed(text):
    codes = [{"A": 1, "C": 2, "G": 4, "T": 8, "N": 15}[base] for base in text] + [0]
    return np.array([codes[n] << 4 | codes[n + 1] for n in range(0, len(codes) - 1, 2)], dtype=np.uint8)


@pytest.mark.parametrize(
    ("text", "is_reverse", "expected"),
    [
        (FIVE_PRIME[:20], False, True),
        ("T" + FIVE_PRIME[1:20], False, True),
        ("TT" + FIVE_PRIME[2:20], False, False),
        ("ACGTACGTA" + FIVE_PRIME[-16:], True, True),
        ("ACGTACGTA" + FIVE_PRIME[-16:], False, False),
        (FIVE_PRIME[:15], False, False),
    ],
)
def test_begins_with_adapter__allows_one_mismatch_where_the_machine_began(text, is_reverse, expected):
    assert begins_with_adapter(packed(text), 0, len(text), is_reverse, adapter_words()) == expected


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=120))
def test_mates__behave_like_a_dictionary(steps):
    mates, expected = new_mates(64, 1 << 12), {}
    for is_put, number in steps:
        name = np.frombuffer(f"name{number}".encode(), dtype=np.uint8)
        value = hash_name(name, 0, len(name)) & 7  # few homes, so that runs form and are closed again
        slot, is_known = find(mates, value, name, 0, len(name))
        assert is_known == (number in expected)
        if is_put:
            mates.row[NAME_LENGTH] = len(name)
            put(mates, slot, is_known, value, name, 0, 0, mates.row)
            expected[number] = True
        elif is_known:
            remove(mates, slot)
            del expected[number]
    assert mates.used[0] == len(expected)


def sex_of(x_depth, y_depth, *, count=60, spread=0.3, x_length=X_GRCH38, par=False):
    dice = np.random.default_rng(7)
    parts = [("1", 100.0, 300), ("X", x_depth, count), ("Y", y_depth, count)]
    contigs = np.concatenate([np.full(n, name) for name, _, n in parts])
    depths = np.concatenate([depth * dice.lognormal(0, spread, n) for _, depth, n in parts])
    starts = np.full(len(contigs), 1_000_000 if par else 20_000_000)
    return infer_sex(TargetDepths(contigs, starts, starts + 100, depths, x_length))


@pytest.mark.parametrize(
    ("x_depth", "y_depth", "expected"),
    [(100, 0.5, "female"), (50, 50, "male"), (100, 50, "atypical"), (50, 0, "atypical")],
)
def test_sex__follows_the_depth_of_x_and_y(x_depth, y_depth, expected):
    found = sex_of(x_depth, y_depth)
    assert found.inferred == expected
    assert found.x_ratio == pytest.approx(x_depth / 100, abs=0.1)


def test_sex__is_sure_only_with_reason():
    assert sex_of(100, 0.5).confidence > 0.999999
    assert sex_of(50, 50).confidence > 0.999999


@pytest.mark.parametrize(
    ("options", "reason"),
    [({"x_length": 99}, "build_unknown"), ({"count": 5}, "sex_targets_few"), ({"par": True}, "sex_targets_few")],
)
def test_sex__is_undetermined_without_evidence(options, reason):
    found = sex_of(100, 0.5, **options)
    assert (found.inferred, found.confidence, found.reason) == ("undetermined", None, reason)
