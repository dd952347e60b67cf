"""Numbers, sizes and times on pages. Expected texts are written out by hand from the rules of each format."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
import time_machine
from django.utils import translation

from lims.models import Metric
from lims.templatetags import formats

NOW = datetime(2026, 11, 20, 8, 0, 5, tzinfo=UTC)
FRACTION = Metric(code="f", is_proportion=True, decimals=2)
DEPTH = Metric(code="d", unit="×", decimals=1)


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (None, "—"),
        (0, "0.00 %"),
        (1, "100.00 %"),
        (0.98421, "98.42 %"),
        (0.999_96, "99.996 %"),
        (0.999_999_6, "99.99996 %"),
        (0.000_01, "0.001 %"),
        (0.5, "50.00 %"),
    ],
)
def test_percent__never_rounds_up_to_all_or_down_to_nothing(fraction: float | None, text: str) -> None:
    assert formats.percent(fraction) == text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(None, 1, "—"), (1234567, 0, "1,234,567"), (-3.25, 1, "−3.2"), (Decimal("118.24"), 1, "118.2")],
)
def test_number__has_separators_and_a_true_minus(value: float | None, decimals: int, text: str) -> None:
    assert formats.number(value, decimals) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (None, "—"),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (2_147_483_648, "2.1 GB"),
        (5 * 10**18, "5000.0 PB"),
    ],
)
def test_byte_size__is_decimal(size: int | None, text: str) -> None:
    assert formats.byte_size(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "—"),
        (0.42, "0.4 s"),
        (12.4, "12 s"),
        (59.7, "1 min 0 s"),
        (252, "4 min 12 s"),
        (3599.8, "1 h 0 min"),
        (3840, "1 h 4 min"),
        (2 * 86400 - 20, "2 d 0 h"),
        (timedelta(days=3, hours=5, minutes=29), "3 d 5 h"),
    ],
)
def test_duration__is_written_in_its_two_largest_units(seconds: float | timedelta | None, text: str) -> None:
    assert formats.duration(seconds) == text


def test_duration__in_chinese() -> None:
    with translation.override("zh-hans"):
        assert formats.duration(252) == "4 分 12 秒"


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(hours=47), "47 hours ago"),
        (timedelta(hours=49), "2 days ago"),
    ],
)
@time_machine.travel(NOW, tick=False)
def test_ago__says_how_long(age: timedelta, text: str) -> None:
    assert f">{text}</time>" in formats.ago(NOW - age)


def test_moment__is_in_the_laboratorys_time_zone_and_says_which() -> None:
    shown = formats.moment(NOW)
    assert ">2026-11-20 16:00</time>" in shown
    assert 'title="2026-11-20 16:00:05 CST (UTC+0800)"' in shown
    assert 'datetime="2026-11-20T16:00:05+08:00"' in shown


def test_day__is_that_of_the_laboratory() -> None:
    assert ">2026-11-21</time>" in formats.day(datetime(2026, 11, 20, 16, 30, tzinfo=UTC))


def test_moment_in_zone__keeps_the_signers_zone() -> None:
    assert ">2026-11-20 09:00:05 Europe/Berlin (UTC+0100)</time>" in formats.moment_in_zone(NOW, "Europe/Berlin")


@pytest.mark.parametrize(
    ("limit", "metric", "text"),
    [
        (Decimal("0.900000"), FRACTION, "90 %"),
        (Decimal("0.999500"), FRACTION, "99.95 %"),
        (Decimal("1.000000"), FRACTION, "100 %"),
        (Decimal("20.000000"), DEPTH, "20 ×"),
        (Decimal("1500.500000"), DEPTH, "1,500.5 ×"),
    ],
)
def test_limit_in__is_exact(limit: Decimal, metric: Metric, text: str) -> None:
    assert formats.limit_in(limit, metric) == text


@pytest.mark.parametrize(
    ("value", "limit", "metric", "text"),
    [
        (0.881, 0.9, FRACTION, "88.10 %"),
        (0.899_96, 0.9, FRACTION, "89.996 %"),
        (0.900_04, 0.9, FRACTION, "90.004 %"),
        (0.9, 0.9, FRACTION, "90.00 %"),
        (19.96, 20, DEPTH, "19.96 ×"),
        (None, 20, DEPTH, "—"),
    ],
)
def test_judged_value__never_looks_as_if_it_met_its_limit_when_it_did_not(
    value: float | None, limit: float, metric: Metric, text: str
) -> None:
    assert formats.judged_value(value, limit, metric) == text


def test_judged_interval__shows_on_which_side_of_the_limit_its_ends_lie() -> None:
    assert formats.judged_interval(0.744, 0.960, 0.9, FRACTION) == "74.40–96.00 %"
    assert formats.judged_interval(0.899_96, 0.960, 0.9, FRACTION) == "89.996–96.000 %"


@pytest.mark.parametrize(
    ("change", "metric", "text"),
    [
        (-0.021, FRACTION, "▼ 2.10 pp"),
        (0.003, FRACTION, "▲ 0.30 pp"),
        (0.0, FRACTION, "＝ 0.00 pp"),
        (1.25, DEPTH, "▲ 1.2 ×"),
        (None, DEPTH, "—"),
    ],
)
def test_change_in__names_the_direction(change: float | None, metric: Metric, text: str) -> None:
    assert formats.change_in(change, metric) == text


@time_machine.travel(NOW, tick=False)
def test_time_left__is_extrapolated_from_the_share_done() -> None:
    job = SimpleNamespace(started_at=NOW - timedelta(seconds=60), progress_fraction=0.25)
    assert formats.time_left(job) == "3 min 0 s"


@pytest.mark.parametrize(("started", "fraction"), [(None, 0.5), (NOW, 0.02), (NOW, 1.0)])
def test_time_left__is_silent_where_little_is_known(started: datetime | None, fraction: float) -> None:
    assert formats.time_left(SimpleNamespace(started_at=started, progress_fraction=fraction)) == ""


@pytest.mark.parametrize(("fraction", "whole"), [(0.0, 0), (0.999, 99), (1.0, 100), (0.29, 29), (0.57, 57)])
def test_percent_of_whole__is_rounded_down(fraction: float, whole: int) -> None:
    assert formats.percent_of_whole(fraction) == whole
