"""The second factor: enrolled, used, replaced, taken away."""

from __future__ import annotations

from typing import Any

import pytest
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from lims.actions import second_factor
from lims.exceptions import InvalidInput, InvalidTransition, LockedOut, NotPermitted, ReauthenticationFailed
from lims.models import AuditEntry, User
from tests.conftest import PASSWORD
from tests.factories import people as make_people

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> Any:
    time_machine.move_to("2026-11-20T08:00:10Z", tick=False)
    return time_machine


def enrol(user: User) -> list[str]:
    device = second_factor.begin(by=user)
    return second_factor.confirm(by=user, one_time_code=make_people.code_of(device))


def later(clock: Any, seconds: int = 60) -> None:
    clock.shift(seconds)


def test_enrolment__counts_only_after_a_code(technician: User) -> None:
    device = second_factor.begin(by=technician)
    assert not device.confirmed
    codes = second_factor.confirm(by=technician, one_time_code=make_people.code_of(device))
    assert TOTPDevice.objects.get(user=technician).confirmed
    assert len(set(codes)) == 10


def test_enrolment__with_a_wrong_code_stays_open(technician: User) -> None:
    device = second_factor.begin(by=technician)
    wrong = f"{(totp(device.bin_key) + 1) % 10**6:06d}"
    with pytest.raises(InvalidInput):
        second_factor.confirm(by=technician, one_time_code=wrong)
    assert not TOTPDevice.objects.get(user=technician).confirmed
    assert second_factor.confirm(by=technician, one_time_code=make_people.code_of(device))


def test_enrolment__a_second_time_is_refused(technician: User) -> None:
    enrol(technician)
    with pytest.raises(InvalidTransition, match="enrolled already"):
        second_factor.begin(by=technician)


def test_enrolment__is_not_for_machines() -> None:
    with pytest.raises(NotPermitted):
        second_factor.begin(by=make_people.machine())


def test_secrets__stand_neither_in_the_trail_nor_as_codes_in_the_database(technician: User) -> None:
    codes = enrol(technician)
    stored = set(StaticToken.objects.values_list("token", flat=True))
    assert not stored & {code.replace("-", "") for code in codes}
    entries = AuditEntry.objects.filter(object_type="otp_static_statictoken", operation="insert")
    assert {entry.after["token"] for entry in entries} == {"•••"}
    assert AuditEntry.objects.filter(object_type="otp_totp_totpdevice").first().after.get("key", "•••") == "•••"


def test_verify__takes_the_code_once(technician: User, clock: Any) -> None:
    enrol(technician)
    later(clock)
    code = make_people.code_of(TOTPDevice.objects.get())
    assert second_factor.verify(user=technician, code=code)
    with pytest.raises(InvalidInput):
        second_factor.verify(user=technician, code=code)


def test_verify__takes_each_recovery_code_once(technician: User, clock: Any) -> None:
    codes = enrol(technician)
    assert second_factor.verify(user=technician, code=codes[3].upper())
    with pytest.raises(InvalidInput):
        second_factor.verify(user=technician, code=codes[3])
    later(clock)
    assert second_factor.verify(user=technician, code=codes[4])
    entry = AuditEntry.objects.filter(action="second_factor.verify", operation="event").first()
    assert entry.after == {"method": "recovery_code"}


def test_verify__that_fails_is_recorded_and_slows_down(technician: User, clock: Any) -> None:
    enrol(technician)
    later(clock)
    with pytest.raises(InvalidInput):
        second_factor.verify(user=technician, code="000000")
    assert AuditEntry.objects.filter(action="second_factor.refuse").count() == 1
    assert TOTPDevice.objects.get().throttling_failure_count == 1
    with pytest.raises(LockedOut):
        second_factor.verify(user=technician, code=make_people.code_of(TOTPDevice.objects.get()))


def test_recovery_codes__are_replaced_together(technician: User, clock: Any) -> None:
    old = enrol(technician)
    later(clock)
    code = make_people.code_of(TOTPDevice.objects.get())
    new = second_factor.renew_recovery_codes(by=technician, password=PASSWORD, one_time_code=code)
    assert not set(old) & set(new)
    with pytest.raises(InvalidInput):
        second_factor.verify(user=technician, code=old[0])


def test_remove__needs_password_and_code(technician: User, clock: Any) -> None:
    enrol(technician)
    later(clock)
    code = make_people.code_of(TOTPDevice.objects.get())
    with pytest.raises(ReauthenticationFailed):
        second_factor.remove(by=technician, password="wrong", one_time_code=code)
    assert TOTPDevice.objects.exists()
    second_factor.remove(by=technician, password=PASSWORD, one_time_code=code)
    assert not TOTPDevice.objects.exists()
    assert not StaticToken.objects.exists()


def test_reset__is_an_administrators_act_for_others(administrator: User, technician: User, director: User) -> None:
    enrol(technician)
    with pytest.raises(NotPermitted):
        second_factor.reset(by=director, user=technician, reason="lost phone")
    with pytest.raises(InvalidInput):
        second_factor.reset(by=administrator, user=technician, reason="")
    second_factor.reset(by=administrator, user=technician, reason="lost phone")
    assert not TOTPDevice.objects.exists()
    entry = AuditEntry.objects.filter(object_type="otp_totp_totpdevice", operation="delete").first()
    assert (entry.actor, entry.reason) == ("administrator", "lost phone")
    with pytest.raises(InvalidTransition):
        second_factor.reset(by=administrator, user=technician, reason="again")
