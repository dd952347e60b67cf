"""Pages of machine keys: made, rotated, revoked. A secret is shown once, in the answer that made it."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from lims import policies
from lims.actions import machine_keys as actions
from lims.exceptions import InvalidInput
from lims.forms.people import ExpiryForm, KeyForm, ReasonForm, RotationForm
from lims.models import MachineKey, User
from lims.permissions import Permission
from lims.selectors import people
from lims.views import entry

FORM_METHODS = ["GET", "HEAD", "POST"]


@never_cache
@require_http_methods(FORM_METHODS)
def machine_key_create(request: HttpRequest, username: str) -> HttpResponse:
    """Make a key."""
    user = cast("User", request.user)
    account = people.person_for(user=user, username=username)
    policies.check_can_make_keys(user, account)
    form = KeyForm(request.POST or None, initial={"expires_on": ExpiryForm.in_a_year()})
    if form.is_bound and form.is_valid():
        try:
            key, secret = actions.create(by=user, user=account, **form.cleaned_data)
        except InvalidInput as error:
            entry.add_errors(form, error)
        else:
            return _show_secret(request, key, secret)
    context = {"form": form, "account": account}
    return render(request, "lims/machine_key_create.html", context, status=422 if form.is_bound else 200)


@never_cache
@require_http_methods(FORM_METHODS)
def machine_key_rotate(request: HttpRequest, username: str, prefix: str) -> HttpResponse:
    """Make a key's successor; the old one stays valid for a while."""
    user = cast("User", request.user)
    policies.check_has(user, Permission.KEY_WRITE)
    key = people.key_for(user=user, username=username, prefix=prefix)
    form = RotationForm(request.POST or None, initial={"expires_on": ExpiryForm.in_a_year()})
    if form.is_bound and form.is_valid():
        overlap = timedelta(hours=form.cleaned_data["overlap_hours"])
        try:
            successor, secret = actions.rotate(
                by=user, key=key, expires_at=form.cleaned_data["expires_at"], overlap=overlap
            )
        except InvalidInput as error:
            entry.add_errors(form, error)
        else:
            return _show_secret(request, successor, secret)
    context = {"form": form, "account": key.user, "key": key}
    return render(request, "lims/machine_key_rotate.html", context, status=422 if form.is_bound else 200)


@require_http_methods(FORM_METHODS)
def machine_key_revoke(request: HttpRequest, username: str, prefix: str) -> HttpResponse:
    """End a key at once."""
    user = cast("User", request.user)
    policies.check_has(user, Permission.KEY_WRITE)
    key = people.key_for(user=user, username=username, prefix=prefix)
    form = ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            actions.revoke(by=user, key=key, **form.cleaned_data)
        except InvalidInput as error:
            entry.add_errors(form, error)
        else:
            messages.success(request, _("The key is revoked."))
            return redirect("person-detail", key.user.username)
    context = {
        "form": form,
        "account": key.user,
        "heading": format_lazy(_("Revoke the key {prefix}…"), prefix=key.prefix),
        "lead": _("Whatever uses it is refused from now on. It cannot be given back."),
        "is_dangerous": True,
    }
    return render(request, "lims/person_act.html", context, status=422 if form.is_bound else 200)


def _show_secret(request: HttpRequest, key: MachineKey, secret: str) -> HttpResponse:
    return render(request, "lims/machine_key_secret.html", {"account": key.user, "key": key, "secret": secret})
