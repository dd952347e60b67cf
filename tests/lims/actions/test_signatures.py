"""Signing: who signs, how that is shown, what exactly is signed, and what stays after a failure."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.db import DatabaseError, transaction

from lims.actions import signatures
from lims.audit import acting
from lims.choices import SignatureMeaning
from lims.exceptions import InvalidInput, LockedOut, NotPermitted, ReauthenticationFailed
from lims.models import AuditEntry, Sample, Signature, User
from tests.conftest import PASSWORD
from tests.factories import lims as make
from tests.factories import people as make_people

pytestmark = pytest.mark.django_db
WRONG = "not-the-password"


def sign(by: User, **changes: Any) -> Signature:
    fields = {
        "record_type": "test.record",
        "record_id": "7",
        "content": {"study": "VS-1", "limit": "0.95"},
        "meaning": SignatureMeaning.APPROVED,
        "password": PASSWORD,
        "author_ids": [],
    }
    return signatures.sign(by=by, **{**fields, **changes})


@pytest.fixture
def late_in_the_step(time_machine: Any) -> None:
    """Hold the clock, so that a code cannot go stale between its making and its use."""
    time_machine.move_to("2026-11-20T08:00:10Z", tick=False)


def test_sign__stores_who_what_when_and_the_exact_text(director: User) -> None:
    signature = sign(director, reason="complete")

    assert (signature.signer, signature.signer_printed_name, signature.signer_roles) == (
        director,
        "Director",
        ["director"],
    )
    assert (signature.method, signature.reason, signature.time_zone) == ("password", "complete", "Asia/Shanghai")
    assert signature.canonical_text == '{"limit":"0.95","study":"VS-1"}'
    assert signature.sha256 == hashlib.sha256(b'{"limit":"0.95","study":"VS-1"}').hexdigest()


def test_sign__is_in_the_trail(director: User) -> None:
    signature = sign(director, reason="complete")

    entry = AuditEntry.objects.get(object_type="lims_signature")
    assert (entry.action, entry.actor, entry.reason) == ("signatures.sign", "director", "complete")
    assert (entry.object_id, entry.after["sha256"]) == (str(signature.pk), signature.sha256)


def test_sign__by_an_author_is_refused(director: User) -> None:
    with pytest.raises(NotPermitted, match="author"):
        sign(director, author_ids=[director.pk])
    assert not Signature.objects.exists()


def test_sign__that_rejects_needs_a_reason(director: User) -> None:
    with pytest.raises(InvalidInput, match="why"):
        sign(director, meaning=SignatureMeaning.REJECTED, reason=" ")
    assert sign(director, meaning=SignatureMeaning.REJECTED, reason="bias").meaning == "rejected"


def test_sign__by_a_switched_off_account_is_refused(director: User) -> None:
    director.is_active = False
    with pytest.raises(NotPermitted, match="active account"):
        sign(director)


def test_wrong_password__is_refused_at_its_field(director: User) -> None:
    with pytest.raises(ReauthenticationFailed) as refused:
        sign(director, password=WRONG)
    assert list(refused.value.fields) == ["password"]
    assert not Signature.objects.exists()


def test_wrong_password__is_counted_and_recorded_although_the_act_is_rolled_back(director: User) -> None:
    with pytest.raises(ReauthenticationFailed), acting(by=director, action="studies.approve"):
        make.sample(code="S-1")
        sign(director, password=WRONG)

    assert not Sample.objects.filter(code="S-1").exists()
    assert AccessAttempt.objects.get(username="director").failures_since_start == 1
    entry = AuditEntry.objects.get(action="reauthentication.fail")
    assert (entry.actor, entry.operation, entry.after) == (
        "director",
        "event",
        {"wrong": "password", "locked_out": False},
    )


def test_fifth_wrong_password__locks_even_the_right_one_out(director: User) -> None:
    for _try in range(5):
        with pytest.raises(ReauthenticationFailed):
            sign(director, password=WRONG)

    with pytest.raises(LockedOut):
        sign(director)
    assert AuditEntry.objects.filter(action="reauthentication.fail").first().after["locked_out"] is True


def test_enrolled_second_factor__is_asked_for(director: User, late_in_the_step: None) -> None:
    device = make_people.authenticator(director)
    with pytest.raises(ReauthenticationFailed) as refused:
        sign(director)
    assert list(refused.value.fields) == ["one_time_code"]

    device.throttle_reset()
    assert sign(director, one_time_code=make_people.code_of(device)).method == "password_totp"


def test_one_time_code__cannot_be_used_twice(director: User, late_in_the_step: None) -> None:
    code = make_people.code_of(make_people.authenticator(director))
    sign(director, one_time_code=code)
    with pytest.raises(ReauthenticationFailed, match="used already"):
        sign(director, one_time_code=code)
    assert Signature.objects.count() == 1


def test_unconfirmed_second_factor__is_not_asked_for(director: User) -> None:
    device = make_people.authenticator(director)
    device.confirmed = False
    device.save()
    assert sign(director).method == "password"


def test_wrong_code__slows_down_the_next_try(director: User, late_in_the_step: None) -> None:
    device = make_people.authenticator(director)
    with pytest.raises(ReauthenticationFailed):
        sign(director, one_time_code="000000")
    device.refresh_from_db()
    assert device.throttling_failure_count == 1
    with pytest.raises(LockedOut, match="Wait"):
        sign(director, one_time_code=make_people.code_of(device))


def test_signature__cannot_be_changed_or_removed(director: User) -> None:
    signature = sign(director)
    signature.reason = "another"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        signature.save()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        signature.delete()


def test_inner_failure__is_noted_once(director: User) -> None:
    with (
        pytest.raises(ReauthenticationFailed),
        acting(by=director, action="outer"),
        acting(by=director, action="inner"),
    ):
        sign(director, password=WRONG)
    assert AuditEntry.objects.filter(action="reauthentication.fail").count() == 1
