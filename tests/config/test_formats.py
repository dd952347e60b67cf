"""Dates and numbers look the same in both languages; no reader has to guess which is the month."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import formats, timezone, translation


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_dates_and_numbers__are_the_same_in_both_languages(language: str) -> None:
    moment = timezone.localtime(datetime(2026, 3, 1, 0, 5, tzinfo=UTC))
    with translation.override(language):
        assert formats.date_format(moment, "SHORT_DATETIME_FORMAT") == "2026-03-01 08:05"
        assert formats.date_format(moment, "DATE_FORMAT") == "2026-03-01"
        assert formats.number_format(1234567.5) == "1,234,567.5"
