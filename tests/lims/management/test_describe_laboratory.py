"""`describe_laboratory`: what reports carry at their head."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from lims.models import AuditEntry, Laboratory

pytestmark = pytest.mark.django_db


def test_describe_laboratory__keeps_one_row_and_notes_the_change() -> None:
    call_command("describe_laboratory", name_en="North Laboratory", name_zh="北方实验室")
    call_command("describe_laboratory", name_en="South Laboratory", name_zh="南方实验室", address_en="1 South Road")

    described = Laboratory.objects.get()
    assert (described.name_en, described.name_zh, described.address_en) == (
        "South Laboratory",
        "南方实验室",
        "1 South Road",
    )
    assert described.is_demonstration is False
    entries = AuditEntry.objects.filter(object_type="lims_laboratory").order_by("id")
    assert [(entry.operation, entry.action) for entry in entries] == [
        ("insert", "laboratory.describe"),
        ("update", "laboratory.describe"),
    ]


def test_describe_laboratory__needs_both_names() -> None:
    with pytest.raises(CommandError, match="--name-zh"):
        call_command("describe_laboratory", "--name-en", "North Laboratory")
    assert not Laboratory.objects.exists()
