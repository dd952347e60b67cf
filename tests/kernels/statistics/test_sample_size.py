"""Expected values: the success-run tables of the project's standards notes, and SciPy's binomial distribution."""

from __future__ import annotations

import pytest
from scipy import stats

from kernels.errors import KernelError
from kernels.statistics.sample_size import powered_size, size_for_half_width, success_run_size

ZERO_FAILURES = {
    0.90: (22, 29, 44),
    0.95: (45, 59, 90),
    0.97: (76, 99, 152),
    0.98: (114, 149, 228),
    0.99: (230, 299, 459),
    0.995: (460, 598, 919),
    0.999: (2302, 2995, 4603),
}


@pytest.mark.parametrize("reliability", ZERO_FAILURES)
def test_success_run__equals_the_table(reliability):
    sizes = tuple(success_run_size(reliability=reliability, confidence=c) for c in (0.90, 0.95, 0.99))
    assert sizes == ZERO_FAILURES[reliability]


@pytest.mark.parametrize(
    ("reliability", "sizes"), [(0.90, (29, 46, 61)), (0.95, (59, 93, 124)), (0.99, (299, 473, 628))]
)
def test_success_run__with_failures_allowed(reliability, sizes):
    assert sizes == tuple(
        success_run_size(reliability=reliability, confidence=0.95, allowed_failures=k) for k in range(3)
    )


def test_success_run__on_the_boundary_needs_no_extra_sample():
    """0.9³ = 0.729 = 1 - 0.271 exactly; in floating point 0.9**3 > 1 - 0.271 would ask for a fourth sample."""
    assert 0.9**3 > 1 - 0.271
    assert success_run_size(reliability=0.9, confidence=0.271) == 3


@pytest.mark.parametrize("arguments", [{"reliability": 1, "confidence": 0.95}, {"reliability": 0.9, "confidence": 0}])
def test_success_run__refuses_certainty(arguments):
    with pytest.raises(KernelError) as refusal:
        success_run_size(**arguments)
    assert refusal.value.code == "probability_out_of_range"


def test_success_run__refuses_absurd_sizes():
    with pytest.raises(KernelError) as refusal:
        success_run_size(reliability=0.9999999, confidence=0.95)
    assert refusal.value.code == "sample_size_too_large"
    assert success_run_size(reliability=0.9999, confidence=0.95) == 29956, "ln(0.05) / ln(0.9999) = 29955.8"


def _first_n_with_power(expected: float, limit: float, power: float) -> int:
    n = 1
    while True:
        accepted = [x for x in range(n + 1) if x and stats.beta.ppf(0.05, x, n - x + 1) >= limit]
        if accepted and stats.binom.sf(min(accepted) - 1, n, expected) >= power:
            return n
        n += 1


@pytest.mark.parametrize(("expected", "limit", "power"), [(0.99, 0.95, 0.8), (0.95, 0.85, 0.9), (0.999, 0.9, 0.8)])
def test_powered_size__equals_a_search_with_scipy(expected, limit, power):
    assert powered_size(expected=expected, limit=limit, power=power).samples == _first_n_with_power(
        expected, limit, power
    )


def test_powered_size__refuses_an_expectation_below_the_limit():
    with pytest.raises(KernelError) as refusal:
        powered_size(expected=0.9, limit=0.95)
    assert refusal.value.code == "expected_not_above_limit"


def test_half_width__is_the_textbook_formula():
    """Any introductory text: p = 0.5, d = 0.05, 95 % needs 385."""
    assert size_for_half_width(expected=0.5, half_width=0.05) == 385
