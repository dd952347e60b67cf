"""Independent: an explicit loop over resampled samples, variance of the ratio by hand, one-way ANOVA of 0/1 outcomes by
the variance-component kernel's own tested formulas, and the coverage of the intervals on simulated genomes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from kernels.errors import KernelError
from kernels.statistics.cluster_bootstrap import cluster_bootstrap, design_effect
from kernels.statistics.precision import variance_components
from kernels.statistics.proportions import Proportion

GENOMES = [
    Proportion(*pair)
    for pair in [(980, 1000), (1190, 1200), (840, 900), (995, 1000), (1085, 1100), (940, 950), (1010, 1030), (870, 880)]
]


def test_percentile_interval__equals_an_explicit_loop():
    random = np.random.default_rng(99)
    ratios = []
    for _ in range(20_000):
        drawn = random.integers(0, len(GENOMES), len(GENOMES))
        ratios.append(sum(GENOMES[i].numerator for i in drawn) / sum(GENOMES[i].denominator for i in drawn))
    result = cluster_bootstrap(GENOMES, seed=1, resamples=20_000)
    assert (result.percentile.lower, result.percentile.upper) == pytest.approx(
        tuple(np.quantile(ratios, [0.025, 0.975])), abs=8e-4
    )
    assert result.standard_error == pytest.approx(np.std(ratios, ddof=1), rel=0.03)


def test_linearized_interval__is_the_ratio_estimator():
    result = cluster_bootstrap(GENOMES, seed=1, resamples=1000)
    x, m = (np.array([getattr(g, name) for g in GENOMES], float) for name in ("numerator", "denominator"))
    p, k = x.sum() / m.sum(), len(GENOMES)
    error = np.sqrt(np.var(x - p * m, ddof=1) / k) / m.mean()
    assert result.linearized_standard_error == pytest.approx(error)
    assert result.linearized.lower == pytest.approx(p - stats.t.ppf(0.975, k - 1) * error)
    assert result.standard_error == pytest.approx(error, rel=0.15)


def test_one_seed__gives_one_interval():
    assert cluster_bootstrap(GENOMES, seed=7) == cluster_bootstrap(GENOMES, seed=7)
    assert cluster_bootstrap(GENOMES, seed=7).percentile != cluster_bootstrap(GENOMES, seed=8).percentile


def test_clusters_that_do_not_vary__give_no_interval_rather_than_a_point():
    result = cluster_bootstrap([Proportion(50, 50), Proportion(80, 80), Proportion(30, 30)], seed=1)
    assert result.is_degenerate
    assert (result.percentile.lower, result.percentile.upper, result.linearized.lower) == (None, None, None)


def test_few_clusters__are_pointed_out():
    assert cluster_bootstrap(GENOMES, seed=1).has_few_clusters
    assert not cluster_bootstrap([*GENOMES, *GENOMES[:2]], seed=1).has_few_clusters


def test_intraclass_correlation__is_the_anova_of_zeros_and_ones():
    clusters = [Proportion(3, 5), Proportion(7, 8), Proportion(1, 6), Proportion(4, 4)]
    values, groups = [], []
    for index, cluster in enumerate(clusters):
        values += [1.0] * cluster.numerator + [0.0] * (cluster.denominator - cluster.numerator)
        groups += [(str(index),)] * cluster.denominator
    between, within = variance_components(values, groups, ["genome"]).components
    result = design_effect(clusters)
    assert result.intraclass_correlation == pytest.approx(between.estimate / (between.estimate + within.estimate))
    size = sum(c.denominator**2 for c in clusters) / 23
    assert result.design_effect == pytest.approx(1 + (size - 1) * result.intraclass_correlation)
    assert result.effective_trials == pytest.approx(23 / result.design_effect)


def test_effective_interval__is_clopper_pearson_at_the_effective_size():
    result = design_effect(GENOMES)
    n = result.effective_trials
    x = n * result.pooled.value
    assert (result.interval.lower, result.interval.upper) == pytest.approx(
        (stats.beta.ppf(0.025, x, n - x + 1), stats.beta.ppf(0.975, x + 1, n - x))
    )
    naive = stats.binomtest(result.pooled.numerator, result.pooled.denominator).proportion_ci()
    assert result.interval.lower < naive.low


def test_negative_correlation__is_reported_and_costs_nothing():
    result = design_effect([Proportion(5, 10), Proportion(5, 10), Proportion(5, 10)])
    assert result.intraclass_correlation < 0
    assert (result.is_truncated, result.design_effect, result.effective_trials) == (True, 1.0, 30.0)


def test_outcomes_that_never_vary__have_no_design_effect():
    result = design_effect([Proportion(10, 10), Proportion(20, 20)])
    assert (result.intraclass_correlation, result.effective_trials, result.interval.lower) == (None, None, None)


def test_intervals__cover_where_the_naive_one_does_not():
    """24 genomes whose true sensitivity scatters: the binomial interval of pooled variants is far too short."""
    random = np.random.default_rng(12)
    covered = {"bootstrap": 0, "naive": 0}
    for trial in range(300):
        rates = random.beta(95, 5, 24)
        clusters = [Proportion(int(random.binomial(400, rate)), 400) for rate in rates]
        interval = cluster_bootstrap(clusters, seed=trial, resamples=400).percentile
        covered["bootstrap"] += interval.lower <= 0.95 <= interval.upper
        naive = stats.binomtest(sum(c.numerator for c in clusters), 9600).proportion_ci(method="wilson")
        covered["naive"] += naive.low <= 0.95 <= naive.high
    assert covered["bootstrap"] / 300 > 0.88
    assert covered["naive"] / 300 < 0.70


@pytest.mark.parametrize(
    ("clusters", "arguments", "code"),
    [
        (GENOMES[:1], {"seed": 1}, "clusters_too_few"),
        ([GENOMES[0], Proportion(0, 0)], {"seed": 1}, "cluster_empty"),
        (GENOMES, {"seed": 1, "resamples": 10}, "resamples_too_few"),
        (GENOMES, {"seed": -1}, "seed_invalid"),
    ],
)
def test_clusters_that_say_nothing__are_refused(clusters, arguments, code):
    with pytest.raises(KernelError) as refusal:
        cluster_bootstrap(clusters, **arguments)
    assert refusal.value.code == code
