"""What people choose for themselves."""

from __future__ import annotations

import pytest

from lims.actions import preferences
from lims.exceptions import InvalidInput
from lims.models import AuditEntry, User

pytestmark = pytest.mark.django_db


def test_choose_language__is_kept_and_recorded(outsider: User) -> None:
    preferences.choose_language(by=outsider, language="zh-hans")
    assert User.objects.get(pk=outsider.pk).language == "zh-hans"
    entry = AuditEntry.objects.get(action="preferences.choose_language")
    assert (entry.actor, entry.object_type, entry.object_id) == ("outsider", "lims_user", str(outsider.pk))


def test_choose_language__the_same_again_changes_nothing(outsider: User) -> None:
    preferences.choose_language(by=outsider, language="en")
    preferences.choose_language(by=outsider, language="en")
    assert AuditEntry.objects.filter(action="preferences.choose_language").count() == 1


@pytest.mark.parametrize("language", ["", "de", "zh-Hans"])
def test_choose_language__refuses_what_is_not_offered(outsider: User, language: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        preferences.choose_language(by=outsider, language=language)
    assert "language" in refused.value.fields
    assert User.objects.get(pk=outsider.pk).language == ""
