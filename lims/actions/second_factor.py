"""The second factor: an authenticator app's six digits, and recovery codes for the day the phone is lost.

Of a recovery code only 96 bits of its SHA-256 are stored (django-otp would keep the codes themselves); a code carries
80 random bits, so that the stored part does not lead back to it.
"""

from __future__ import annotations

import base64
import hashlib
import secrets

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from lims import policies
from lims.actions import reauthentication
from lims.audit import acting, action, record_event
from lims.choices import AccountKind
from lims.exceptions import InvalidInput, InvalidTransition, LockedOut, NotPermitted
from lims.models import User

RECOVERY_CODE_COUNT = 10
_CODE_BYTES = 10
_STORED_LENGTH = 16
_GROUP_LENGTH = 4


@action
def begin(*, by: User) -> TOTPDevice:
    """Make a new secret for an authenticator app; it counts when a code of it has been entered."""
    if by.kind != AccountKind.PERSON:
        raise NotPermitted(_("Only a person with an active account can do this."))
    if _confirmed(by).exists():
        raise InvalidTransition(_("A second factor is enrolled already. Remove it first."))
    TOTPDevice.objects.filter(user=by, confirmed=False).delete()
    return TOTPDevice.objects.create(user=by, name="authenticator", confirmed=False)


@action
def confirm(*, by: User, one_time_code: str) -> list[str]:
    """Enrol the second factor whose app shows this code; return the recovery codes, once."""
    device = TOTPDevice.objects.select_for_update().filter(user=by, confirmed=False).first()
    if device is None or _confirmed(by).exists():
        raise InvalidTransition(_("There is no second factor to confirm. Begin again."))
    device.throttle_reset(commit=False)  # guessing a code of one's own unconfirmed secret gains nothing
    if not device.verify_token(one_time_code.replace(" ", "")):
        raise _wrong_code(_("The code is not right. Enter the six digits that the app shows now."))
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    return _replace_recovery_codes(by)


@action
def renew_recovery_codes(*, by: User, password: str, one_time_code: str) -> list[str]:
    """Replace all recovery codes; return the new ones, once."""
    if not _confirmed(by).exists():
        raise InvalidTransition(_("No second factor is enrolled."))
    reauthentication.confirm(by=by, password=password, one_time_code=one_time_code)
    return _replace_recovery_codes(by)


@action
def remove(*, by: User, password: str, one_time_code: str) -> None:
    """Give up one's own second factor."""
    if not _confirmed(by).exists():
        raise InvalidTransition(_("No second factor is enrolled."))
    reauthentication.confirm(by=by, password=password, one_time_code=one_time_code)
    _remove(by)


@action
def reset(*, by: User, user: User, reason: str) -> None:
    """Remove the second factor of a person who lost the phone and the recovery codes."""
    policies.check_can_help_in(by, user)
    if not reason.strip():
        raise InvalidInput(_("Say why."), fields={"reason": _("A reason is needed.")})
    if not _confirmed(user).exists():
        raise InvalidTransition(_("No second factor is enrolled."))
    _remove(user)


def verify(*, user: User, code: str) -> Device:
    """Return the device that accepts a code at log-in: the app, or a recovery code, which is used up.

    Not an action: a failure must stay counted, so it writes in a transaction of its own.

    Raises
    ------
    LockedOut
        Too many wrong codes; the wait doubles with each.
    InvalidInput
        The code is wrong, or was used.
    """
    with acting(by=user, action="second_factor.verify"):
        device, found = _matching_device(user, code)
        if found:
            record_event("lims_user", str(user.pk), {"method": _method(device)})
            return device
    with acting(by=user, action="second_factor.refuse"):
        record_event("lims_user", str(user.pk))
    raise _wrong_code(_("The code is not right, or was used already."))


def _matching_device(user: User, code: str) -> tuple[Device, bool]:
    """Try the one device that the code has the form of, so that a wrong code is counted once."""
    plain = code.replace(" ", "").replace("-", "").lower()
    model = TOTPDevice if plain.isdigit() else StaticDevice
    device = model.objects.select_for_update().filter(user=user, confirmed=True).first()
    if device is None:
        raise _wrong_code(_("The code is not right, or was used already."))
    if not device.verify_is_allowed()[0]:
        raise LockedOut(_("Too many wrong one-time codes. Wait a little, then use a new code."))
    return device, device.verify_token(plain if model is TOTPDevice else _stored(plain))


def _method(device: Device) -> str:
    return "one_time_code" if isinstance(device, TOTPDevice) else "recovery_code"


def _confirmed(user: User) -> QuerySet[TOTPDevice]:
    confirmed: QuerySet[TOTPDevice] = TOTPDevice.objects.filter(user=user, confirmed=True)
    return confirmed


def _replace_recovery_codes(user: User) -> list[str]:
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery codes", confirmed=True)
    codes = [
        base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower() for _code in range(RECOVERY_CODE_COUNT)
    ]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=_stored(code)) for code in codes)
    return ["-".join(code[i : i + _GROUP_LENGTH] for i in range(0, len(code), _GROUP_LENGTH)) for code in codes]


def _remove(user: User) -> None:
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()


def _stored(code: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(code.encode()).digest()).decode()[:_STORED_LENGTH]


def _wrong_code(sentence: Promise) -> InvalidInput:
    return InvalidInput(sentence, fields={"one_time_code": sentence}, code="code_invalid")
