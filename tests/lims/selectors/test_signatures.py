"""Whether what was signed still stands."""

from __future__ import annotations

import pytest
from django.db import connection

from lims.models import Signature, User
from lims.selectors.signatures import Difference, state_of
from tests.lims.actions.test_signatures import sign

pytestmark = pytest.mark.django_db
CONTENT = {"study": "VS-1", "criteria": [{"limit": "0.95"}, {"limit": "0.90"}], "note": None, "n": 1}


@pytest.fixture
def signature(director: User) -> Signature:
    return sign(director, content=CONTENT)


def test_same_content__is_intact(signature: Signature) -> None:
    state = state_of(signature, {**CONTENT, "n": 1.0})
    assert state.is_intact
    assert state.differences == ()


def test_changed_content__is_named_by_its_path(signature: Signature) -> None:
    changed = {
        "study": "VS-1",
        "criteria": [{"limit": "0.95"}, {"limit": "0.80"}, {"limit": "0.5"}],
        "n": "1",
        "extra": True,
    }
    state = state_of(signature, changed)
    assert not state.is_intact
    assert set(state.differences) == {
        Difference("$.criteria[1].limit", '"0.90"', '"0.80"'),
        Difference("$.criteria[2]", None, '{"limit":"0.5"}'),
        Difference("$.note", "null", None),
        Difference("$.n", "1", '"1"'),
        Difference("$.extra", None, "true"),
    }


def test_record_that_is_gone__is_not_intact(signature: Signature) -> None:
    state = state_of(signature, None)
    assert (state.is_intact, state.is_record_known) == (False, False)


def test_text_altered_behind_the_applications_back__is_not_intact(signature: Signature) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = 'replica'")
        cursor.execute("UPDATE lims_signature SET canonical_text = replace(canonical_text, '0.90', '0.80')")
        cursor.execute("SET session_replication_role = 'origin'")
    signature.refresh_from_db()
    altered = {**CONTENT, "criteria": [{"limit": "0.95"}, {"limit": "0.80"}]}
    state = state_of(signature, altered)
    assert (state.is_text_intact, state.is_intact, state.differences) == (False, False, ())
