"""Where an interval bar's parts stand: checked by order and proportion, which any right placing must keep."""

from __future__ import annotations

import pytest

from lims.interval_geometry import MARGIN, WIDTH, interval_geometry


def test_geometry__keeps_the_order_of_the_numbers() -> None:
    bar = interval_geometry(value=0.881, lower=0.744, upper=0.960, limit=0.9, is_floor=True, is_proportion=True)
    assert MARGIN < bar.lower < bar.value < bar.limit < bar.upper < WIDTH - MARGIN


def test_geometry__is_linear() -> None:
    bar = interval_geometry(value=20, lower=10, upper=30, limit=25, is_floor=True, is_proportion=False)
    assert bar.upper - bar.value == pytest.approx(bar.value - bar.lower, abs=0.2)
    assert bar.limit - bar.value == pytest.approx((bar.upper - bar.value) / 2, abs=0.2)


def test_geometry__shades_the_allowed_side_to_the_edge() -> None:
    numbers = {"value": 1.0, "lower": None, "upper": None, "limit": 2.0, "is_proportion": False}
    floor = interval_geometry(**numbers, is_floor=True)
    ceiling = interval_geometry(**numbers, is_floor=False)
    assert (floor.allowed_from, floor.allowed_from + floor.allowed_width) == (floor.limit, WIDTH)
    assert (ceiling.allowed_from, ceiling.allowed_width) == (0.0, ceiling.limit)


def test_geometry__of_a_proportion_ends_at_one() -> None:
    bar = interval_geometry(value=1.0, lower=0.98, upper=1.0, limit=0.95, is_floor=True, is_proportion=True)
    assert bar.value == bar.upper == WIDTH - MARGIN


@pytest.mark.parametrize("number", [0.0, 1.0, 20.0])
def test_geometry__when_the_value_is_the_limit(number: float) -> None:
    bar = interval_geometry(
        value=number, lower=None, upper=None, limit=number, is_floor=True, is_proportion=number <= 1
    )
    assert bar.value == bar.limit
    assert 0 <= bar.value <= WIDTH
