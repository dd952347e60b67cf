"""Is it still this person? Password, and the one-time code where enrolled, asked again before an act that binds."""

from __future__ import annotations

from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.models import TOTPDevice

from lims.audit import acting, record_event, request_facts
from lims.choices import AccountKind, SignatureMethod
from lims.exceptions import LockedOut, NotPermitted, ReauthenticationFailed
from lims.models import User

_LOCAL_ADDRESS = "127.0.0.1"


def confirm(*, by: User, password: str, one_time_code: str = "", asks_code: bool = True) -> SignatureMethod:
    """Check that `by` is at the keyboard, and return how it was shown. Call it inside an action.

    Raises
    ------
    NotPermitted
        A machine, or an account that is switched off.
    LockedOut
        Too many failed tries, at log-in or here.
    ReauthenticationFailed
        The password or the code is wrong; the failure counts towards the lock-out of the log-in.
    """
    if by.kind != AccountKind.PERSON or not by.is_active:
        raise NotPermitted(_("Only a person with an active account can do this."))
    _check_password(by, password)
    device = TOTPDevice.objects.select_for_update().filter(user=by, confirmed=True).first()
    if device is None or not asks_code:
        return SignatureMethod.PASSWORD
    _check_code(by, device, one_time_code)
    return SignatureMethod.PASSWORD_TOTP


def _check_password(by: User, password: str) -> None:
    credentials = {"username": by.username}
    if not AxesProxyHandler.is_allowed(_request(), credentials):
        raise LockedOut(_("Too many failed tries: the account is locked for a quarter of an hour."))
    if authenticate(_request(), password=password, **credentials) != by:
        raise _failure(by, "password", _("The password is not right."))


def _check_code(by: User, device: TOTPDevice, code: str) -> None:
    if not device.verify_is_allowed()[0]:
        raise LockedOut(_("Too many wrong one-time codes. Wait a little, then use a new code."))
    if not device.verify_token(code.replace(" ", "")):
        sentence = _("The one-time code is not right, or was used already. Wait for the next one.")
        raise _failure(by, "one_time_code", sentence)


def _failure(by: User, field: str, sentence: str | Promise) -> ReauthenticationFailed:
    def note() -> None:
        with acting(by=by, action="reauthentication.fail"):
            _count(by, field)

    return ReauthenticationFailed(sentence, fields={field: sentence}, note=note)


def _count(by: User, field: str) -> None:
    """Count the failure where the log-in counts its own, and slow down the guessing of codes."""
    request = _request()
    user_login_failed.send(__name__, credentials={"username": by.username}, request=request)
    if field == "one_time_code":
        for device in TOTPDevice.objects.select_for_update().filter(user=by, confirmed=True):
            device.throttle_increment()
    is_locked = bool(getattr(request, "axes_locked_out", False))
    record_event("lims_user", str(by.pk), {"wrong": field, "locked_out": is_locked})


def _request() -> HttpRequest:
    """What the lock-out looks at; actions know no request, only the address from which it came."""
    request = HttpRequest()
    request.path = "/reauthentication"
    request.META["REMOTE_ADDR"] = request_facts.get().client_address or _LOCAL_ADDRESS
    return request
