"""Criteria and outcomes in words: limits exactly as set, values never rounded onto the other side of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import translation

from lims.models import Metric
from validation import wording
from validation.choices import Basis, Comparator, Verdict
from validation.models import Criterion
from validation.selectors.judgements import JudgementRow

RECALL = Metric(code="ppa", name_en="PPA", name_zh="阳性符合率", is_proportion=True, decimals=2)
DEPTH = Metric(code="depth", name_en="Mean depth", name_zh="平均深度", unit="×", decimals=1)


def criterion(metric: Metric, limit: str, **fields: object) -> Criterion:
    return Criterion(metric=metric, limit=Decimal(limit), **fields)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (criterion(RECALL, "0.950000"), "≥ 95 %"),
        (criterion(RECALL, "0.999990"), "≥ 99.999 %"),
        (criterion(RECALL, "0.95", basis=Basis.CONFIDENCE_BOUND), "≥ 95 % (Confidence bound)"),
        (criterion(DEPTH, "100.000000"), "≥ 100 ×"),
        (criterion(DEPTH, "1000.5", comparator=Comparator.AT_MOST), "≤ 1,000.5 ×"),
    ],
)
def test_limit__stands_as_it_was_set(asked: Criterion, words: str) -> None:
    assert wording.limit_words(asked) == words


def test_value__just_below_its_limit_does_not_read_as_the_limit() -> None:
    row = JudgementRow(criterion(RECALL, "0.95"), Verdict.NOT_MET, 1, 94_999, 100_000, 0.94999, 0.9486, 0.9513)
    assert wording.judged_words(row) == "94.999 %"
    assert wording.interval_words(row) == "94.86–95.13 %"
    assert wording.count_words(row) == "94,999 / 100,000"


def test_value__that_is_not_there_is_a_dash_without_an_interval() -> None:
    row = JudgementRow(criterion(DEPTH, "100"), Verdict.NOT_EVALUATED, library_count=2)
    assert wording.judged_words(row) == "—"
    assert wording.interval_words(row) == ""
    assert wording.count_words(row) == "2 libraries"
    assert wording.bar_positions(row) is None


def test_bar__has_its_parts_in_order() -> None:
    row = JudgementRow(criterion(RECALL, "0.90"), Verdict.NOT_MET, 1, 37, 42, 0.881, 0.7437, 0.9602)
    bar = wording.bar_positions(row)
    assert bar is not None
    assert 0 <= bar["lower"] < bar["value"] < bar["limit"] < bar["upper"] <= 1


def test_criterion__is_named_by_type_and_metric_in_the_readers_language() -> None:
    asked = criterion(RECALL, "0.9", variant_type="INDEL")
    assert wording.criterion_words(asked) == "Indel PPA"
    with translation.override("zh-hans"):
        assert wording.criterion_words(asked) == "Indel 阳性符合率"
