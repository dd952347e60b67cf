"""The vector of the project's standards notes, recursions written out here, and published run lengths."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest

from kernels.control.cusum import AfterSignal, CusumParams, cusum, siegmund_run_length
from kernels.control.ewma import EwmaParams, ewma
from kernels.errors import KernelError

Z = [0.2, -0.4, 1.1, 0.9, 1.3, 1.6, 0.8, 1.9]


def test_cusum__of_the_vector():
    points = cusum(Z)
    assert [p.upper for p in points] == [0.0, 0.0, 0.6, 1.0, 1.8, 2.9, 3.2, 4.6]
    assert [p.lower for p in points] == [0.0] * 8
    assert [i for i, p in enumerate(points, 1) if p.is_upper_signal] == [8]
    assert not any(p.is_upper_signal for p in cusum(Z, CusumParams(h=5.0)))


def test_cusum__a_sum_on_h_is_no_signal():
    """0.1 + 0.1 + 0.1 is 0.30000000000000004 in floating point."""
    assert 0.1 + 0.1 + 0.1 > 0.3
    assert not cusum([0.6, 0.6, 0.6], CusumParams(h=0.3))[-1].is_upper_signal
    assert cusum([0.6, 0.6, 0.6], CusumParams(h=0.29))[-1].is_upper_signal


def test_cusum__mirrored():
    points = cusum([-z for z in Z])
    assert [p.lower for p in points] == [p.upper for p in cusum(Z)]
    assert points[-1].is_lower_signal
    assert not points[-1].is_upper_signal


@pytest.mark.parametrize(
    ("after", "next_sum"),
    [(AfterSignal.RESET, 0.5), (AfterSignal.FAST_INITIAL_RESPONSE, 2.5), (AfterSignal.CONTINUE, 5.1)],
)
def test_cusum__goes_on_after_a_signal_as_chosen(after, next_sum):
    assert cusum([*Z, 1.0], CusumParams(after_signal=after))[-1].upper == next_sum


def test_cusum__missing_points_and_resets():
    points = cusum([1.5, None, 1.5, 1.5], resets=frozenset({3}))
    assert [p.upper for p in points] == [1.0, None, 2.0, 1.0]


def test_cusum__takes_decimals():
    assert cusum([Decimal("0.8"), Decimal("0.9")])[-1].upper == 0.7


def test_ewma__of_the_vector():
    points = ewma(Z)
    assert [p.average for p in points] == pytest.approx(
        [0.0400, -0.0480, 0.1816, 0.3253, 0.5202, 0.7362, 0.7489, 0.9792], abs=5.1e-5
    )
    assert [p.limit for p in points] == pytest.approx(
        [0.5924, 0.7586, 0.8481, 0.9007, 0.9328, 0.9528, 0.9654, 0.9733], abs=5.1e-5
    )
    assert [i for i, p in enumerate(points, 1) if p.is_signal] == [8]


def test_ewma__missing_points_take_no_time_and_resets_start_anew():
    points = ewma([1.0, None, 1.0, 1.0], resets=frozenset({3}))
    plain = ewma([1.0, 1.0])
    assert (points[1].average, points[1].limit, points[1].is_signal) == (None, None, False)
    assert points[2] == plain[1]
    assert points[3] == plain[0]


@pytest.mark.parametrize("params", [{"weight": 0.0}, {"weight": 1.2}, {"width_sd": 0.0}])
def test_ewma__refuses_senseless_parameters(params):
    with pytest.raises(KernelError) as refusal:
        EwmaParams(**params)
    assert refusal.value.code == "ewma_params_invalid"


@pytest.mark.parametrize("params", [{"k": -0.1}, {"h": 0.0}, {"h": math.nan}])
def test_cusum__refuses_senseless_parameters(params):
    with pytest.raises(KernelError) as refusal:
        CusumParams(**params)
    assert refusal.value.code == "cusum_params_invalid"


@pytest.mark.parametrize(
    ("h", "shift", "length"), [(4.0, 0.0, 169), (4.0, 1.0, 8.3), (5.0, 0.0, 469), (5.0, 1.0, 10.3), (4.77, 0.0, 371)]
)
def test_siegmund__equals_the_notes(h, shift, length):
    assert siegmund_run_length(CusumParams(h=h), shift) == pytest.approx(length, rel=0.01)


def _first_signals(chart, shift: float, series: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    lengths = []
    for _ in range(series):
        signal, start = None, 0
        z: list[float] = []
        while signal is None:
            z += random.normal(shift, 1, 60).round(3).tolist()
            signal = next((i for i, p in enumerate(chart(z)[start:], start + 1) if p), None)
            start = len(z)
        lengths.append(signal)
    return np.array(lengths)


def test_ewma_run_length__at_one_sd_is_the_published_one_or_less():
    """Lucas & Saccucci 1990: 10.5 with steady limits; the narrower first limits used here can only be faster."""
    lengths = _first_signals(lambda z: [p.is_signal for p in ewma(z)], 1.0, 600, seed=5)
    assert 9.0 < lengths.mean() < 10.5


def test_cusum_run_length__at_one_sd_is_the_published_one():
    """Montgomery, table 9.3: k = 0.5, h = 4 takes 8.38 runs."""
    lengths = _first_signals(lambda z: [p.is_upper_signal or p.is_lower_signal for p in cusum(z)], 1.0, 600, seed=5)
    assert lengths.mean() == pytest.approx(8.38, abs=4 * lengths.std(ddof=1) / math.sqrt(lengths.size))
