"""Log-in, second factor, log-out, and what people keep of themselves: profile, password, authenticator app."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_otp import login as keep_device

from lims.actions import people as people_actions
from lims.actions import second_factor, sessions
from lims.exceptions import InvalidInput, LockedOut
from lims.forms.session import LogInForm, PasswordForm, VerifyForm
from lims.models import User
from lims.selectors import people
from lims.views import entry

FORM_METHODS = ["GET", "HEAD", "POST"]


def locked_out(request: HttpRequest, *_args: object, **_kwargs: object) -> HttpResponse:
    """Say that the account is locked after failed tries, and for how long."""
    return render(request, "errors/locked_out.html", status=429)


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(FORM_METHODS)
def session_create(request: HttpRequest) -> HttpResponse:
    """Log in."""
    if request.user.is_authenticated:
        return redirect("today")
    form = LogInForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            user = sessions.authenticate(request=request, **form.cleaned_data)
        except InvalidInput as error:
            entry.add_errors(form, error)
        else:
            return _begin(request, user)
    return render(request, "lims/session_create.html", {"form": form}, status=422 if form.is_bound else 200)


def _begin(request: HttpRequest, user: User) -> HttpResponse:
    needs_code = people.has_second_factor(user)
    sessions.log_in(request=request, user=user, needs_code=needs_code)
    if not needs_code:
        return HttpResponseRedirect(_next(request))
    return HttpResponseRedirect(f"{reverse('session-verify')}?{urlencode({'next': _next(request)})}")


@never_cache
@require_http_methods(FORM_METHODS)
def session_verify(request: HttpRequest) -> HttpResponse:
    """Enter the one-time code that completes the log-in."""
    if not request.session.get("second_factor_pending"):
        return HttpResponseRedirect(_next(request))
    form = VerifyForm(request.POST or None)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            device = second_factor.verify(user=_user(request), code=form.cleaned_data["one_time_code"])
        except (InvalidInput, LockedOut) as error:
            form.add_error("one_time_code", str(error))
            status = error.status
        else:
            keep_device(request, device)
            request.session["second_factor_pending"] = False
            request.session.cycle_key()
            return HttpResponseRedirect(_next(request))
    return render(request, "lims/session_verify.html", {"form": form}, status=status)


@require_POST
def session_delete(request: HttpRequest) -> HttpResponse:
    """Log out."""
    sessions.log_out(by=_user(request), request=request)
    return redirect("session-create")


@require_safe
def profile_detail(request: HttpRequest) -> HttpResponse:
    """Show one's own account."""
    user = _user(request)
    context = {"has_second_factor": people.has_second_factor(user), "assignments": people.role_history_of(user)}
    return render(request, "lims/profile_detail.html", context)


@never_cache
@sensitive_post_parameters("old_password", "new_password", "repeated")
@require_http_methods(FORM_METHODS)
def password_update(request: HttpRequest) -> HttpResponse:
    """Change one's own password; all other sessions end."""
    form = PasswordForm(request.POST or None)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            user = people_actions.change_password(
                by=_user(request),
                old_password=form.cleaned_data["old_password"],
                new_password=form.cleaned_data["new_password"],
            )
        except (InvalidInput, LockedOut) as error:
            _add(form, error, {"password": "old_password"})
            status = error.status
        else:
            update_session_auth_hash(request, user)
            messages.success(request, _("The password is changed. All other sessions of yours have ended."))
            return redirect("profile-detail")
    return render(request, "lims/password_update.html", {"form": form}, status=status)


def _add(form: Any, error: InvalidInput | LockedOut, names: dict[str, str]) -> None:
    """Put a refusal onto the form, where the action's field has another name."""
    for name, sentence in error.fields.items() or {"": str(error)}.items():
        form.add_error(names.get(name, name) or None, str(sentence))


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if wanted and is_ours else resolve_url("today")
