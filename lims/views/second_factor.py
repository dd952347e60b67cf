"""The pages of one's own second factor."""

from __future__ import annotations

import base64
from typing import Any, cast

import zxingcpp
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_otp import login as keep_device
from django_otp.plugins.otp_totp.models import TOTPDevice

from lims.actions import second_factor
from lims.exceptions import DomainError, InvalidInput, LockedOut
from lims.forms.session import CodeForm, ReauthenticationForm
from lims.models import User
from lims.selectors import people
from lims.views import entry

FORM_METHODS = ["GET", "HEAD", "POST"]


@require_safe
def second_factor_detail(request: HttpRequest) -> HttpResponse:
    """Show whether a second factor is enrolled, and how many recovery codes are left."""
    user = cast("User", request.user)
    context = {
        "has_second_factor": people.has_second_factor(user),
        "recovery_codes_left": people.recovery_codes_left(user),
    }
    return render(request, "lims/second_factor_detail.html", context)


@require_POST
def second_factor_create(request: HttpRequest) -> HttpResponse:
    """Make a secret; the next page shows it."""
    second_factor.begin(by=cast("User", request.user))
    return redirect("second-factor-confirm")


@never_cache
@require_http_methods(FORM_METHODS)
def second_factor_confirm(request: HttpRequest) -> HttpResponse:
    """Show the secret as a QR code; a code of the app enrols it."""
    user = cast("User", request.user)
    device = people.unconfirmed_second_factor(user)
    if device is None:
        return redirect("second-factor-detail")
    form = CodeForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            codes = second_factor.confirm(by=user, **form.cleaned_data)
        except InvalidInput as error:
            entry.add_errors(form, error)
        else:
            return _enrolled(request, user, codes)
    context = {"form": form, "picture": _picture(device.config_url), "secret": _grouped(device)}
    return render(request, "lims/second_factor_confirm.html", context, status=422 if form.is_bound else 200)


def _enrolled(request: HttpRequest, user: User, codes: list[str]) -> HttpResponse:
    device = TOTPDevice.objects.get(user=user, confirmed=True)
    keep_device(request, device)
    return render(request, "lims/recovery_codes.html", {"codes": codes})


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(FORM_METHODS)
def recovery_codes_create(request: HttpRequest) -> HttpResponse:
    """Replace the recovery codes."""

    def act(**values: Any) -> HttpResponse:
        codes = second_factor.renew_recovery_codes(by=cast("User", request.user), **values)
        return render(request, "lims/recovery_codes.html", {"codes": codes})

    return _reauthenticated(request, act, "lims/recovery_codes_create.html")


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(FORM_METHODS)
def second_factor_delete(request: HttpRequest) -> HttpResponse:
    """Give up one's own second factor."""

    def act(**values: Any) -> HttpResponse:
        second_factor.remove(by=cast("User", request.user), **values)
        messages.success(request, _("The second factor is removed."))
        return redirect("second-factor-detail")

    return _reauthenticated(request, act, "lims/second_factor_delete.html")


def _reauthenticated(request: HttpRequest, act: Any, template: str) -> HttpResponse:
    """Ask for password and code, then act."""
    form = ReauthenticationForm(request.POST or None)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            return cast("HttpResponse", act(**form.cleaned_data))
        except (InvalidInput, LockedOut) as error:
            _add(form, error)
            status = error.status
    return render(request, template, {"form": form}, status=status)


def _add(form: ReauthenticationForm, error: DomainError) -> None:
    for name, sentence in error.fields.items() or {"": str(error)}.items():
        form.add_error(name or None, str(sentence))


def _picture(address: str) -> str:
    """Draw the QR code as an image that the page carries; the strict policy allows data: for images only."""
    barcode = zxingcpp.create_barcode(address, zxingcpp.BarcodeFormat.QRCode)
    drawing = zxingcpp.write_barcode_to_svg(barcode, scale=5, add_quiet_zones=True)
    return "data:image/svg+xml;base64," + base64.b64encode(drawing.encode()).decode()


def _grouped(device: TOTPDevice) -> str:
    secret = base64.b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
