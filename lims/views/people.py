"""Pages of accounts and roles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from lims import policies
from lims.actions import people as actions
from lims.actions import second_factor
from lims.choices import AccountKind, Role
from lims.exceptions import InvalidInput, NotFound
from lims.filters.people import PersonFilter
from lims.forms.people import MachineForm, PersonForm, ReasonForm, RoleForm
from lims.models import User
from lims.permissions import Permission
from lims.selectors import audit, people
from lims.tables.people import PersonTable
from lims.views import entry, lists

FORM_METHODS = ["GET", "HEAD", "POST"]


@require_safe
def person_list(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    return lists.show(
        request,
        rows=people.people_for(user=user),
        filters=PersonFilter,
        table=PersonTable,
        template="lims/person_list.html",
        context={"may_write": policies.can(policies.check_has, user, Permission.PEOPLE_WRITE)},
    )


@require_safe
def person_detail(request: HttpRequest, username: str) -> HttpResponse:
    """Show an account: its roles and where they came from, its keys, its story, and what may be done with it."""
    user = _user(request)
    account = people.person_for(user=user, username=username)
    context = {
        "account": account,
        "is_machine": account.kind == AccountKind.MACHINE,
        "assignments": people.role_history_of(account),
        "keys": people.keys_of(account),
        "has_second_factor": people.has_second_factor(account),
        "entries": audit.entries_of_account(user=user, account=account),
        "may_deactivate": policies.can(policies.check_can_deactivate, user, account),
        "may_activate": policies.can(policies.check_can_activate, user, account),
        "may_change_roles": policies.can(policies.check_can_change_roles, user, account),
        "may_help_in": policies.can(policies.check_can_help_in, user, account),
        "may_make_keys": policies.can(policies.check_can_make_keys, user, account),
    }
    return render(request, "lims/person_detail.html", context)


@never_cache
@require_http_methods(FORM_METHODS)
def person_create(request: HttpRequest) -> HttpResponse:
    """Make an account for a person; the answer shows the one-time password, once."""
    user = _user(request)
    policies.check_has(user, Permission.PEOPLE_WRITE)
    form = PersonForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            account, password = actions.create_person(by=user, **form.cleaned_data)
        except InvalidInput as error:
            entry.add_errors(form, error)
        else:
            return _show_password(request, account, password)
    return render(request, "lims/person_create.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(FORM_METHODS)
def machine_create(request: HttpRequest) -> HttpResponse:
    """Make an account for an instrument or a pipeline."""
    policies.check_has(_user(request), Permission.PEOPLE_WRITE)

    def act(values: dict[str, Any]) -> entry.Done:
        account = actions.create_machine(by=_user(request), **values)
        return _url(account), format_lazy(_("{name} has an account. Now make a key for it."), name=account.printed_name)

    return entry.enter(request, form=MachineForm(request.POST or None), act=act, template="lims/machine_create.html")


@require_http_methods(FORM_METHODS)
def person_deactivate(request: HttpRequest, username: str) -> HttpResponse:
    account = people.person_for(user=_user(request), username=username)
    policies.check_can_deactivate(_user(request), account)
    return _act(
        request,
        account,
        lambda reason: actions.deactivate(by=_user(request), user=account, reason=reason),
        heading=_("Switch the account off"),
        lead=_("Its sessions and keys end at once. What the account has done keeps its name."),
        done=_("The account is switched off."),
        is_dangerous=True,
    )


@require_http_methods(FORM_METHODS)
def person_activate(request: HttpRequest, username: str) -> HttpResponse:
    account = people.person_for(user=_user(request), username=username)
    policies.check_can_activate(_user(request), account)
    return _act(
        request,
        account,
        lambda reason: actions.activate(by=_user(request), user=account, reason=reason),
        heading=_("Switch the account on again"),
        lead=_("It gets back the roles and the keys that it had."),
        done=_("The account is active again."),
    )


@require_http_methods(FORM_METHODS)
def role_create(request: HttpRequest, username: str) -> HttpResponse:
    """Give an account a role."""
    account = people.person_for(user=_user(request), username=username)
    policies.check_can_change_roles(_user(request), account)

    def act(values: dict[str, Any]) -> entry.Done:
        role = Role(values["role"])
        actions.grant_role(by=_user(request), user=account, role=role, reason=values["reason"])
        return _url(account), format_lazy(_("{name} is now {role}."), name=account.printed_name, role=role.label)

    context = {"account": account}
    return entry.enter(
        request, form=RoleForm(request.POST or None), act=act, template="lims/role_create.html", context=context
    )


@require_http_methods(FORM_METHODS)
def role_delete(request: HttpRequest, username: str, role: str) -> HttpResponse:
    """Take a role from an account."""
    account = people.person_for(user=_user(request), username=username)
    policies.check_can_change_roles(_user(request), account)
    if role not in Role or Role(role) not in account.roles:
        raise NotFound(_("The account does not hold this role."))
    return _act(
        request,
        account,
        lambda reason: actions.revoke_role(by=_user(request), user=account, role=Role(role), reason=reason),
        heading=format_lazy(_("Take the role “{role}”"), role=Role(role).label),
        lead=_("It ends at once. That it was held stays recorded."),
        done=_("The role is taken."),
        is_dangerous=True,
    )


@never_cache
@require_http_methods(FORM_METHODS)
def password_reset(request: HttpRequest, username: str) -> HttpResponse:
    """Give a person who cannot log in a one-time password, shown once."""
    user = _user(request)
    account = people.person_for(user=user, username=username)
    policies.check_can_help_in(user, account)
    form = ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid():
        password = actions.reset_password(by=user, user=account, **form.cleaned_data)
        return _show_password(request, account, password)
    context = {
        "form": form,
        "account": account,
        "heading": _("Give a new password"),
        "lead": _("Make sure that you know who asks. Open sessions end; the password is changed at the next log-in."),
    }
    return render(request, "lims/person_act.html", context, status=422 if form.is_bound else 200)


@require_http_methods(FORM_METHODS)
def second_factor_reset(request: HttpRequest, username: str) -> HttpResponse:
    account = people.person_for(user=_user(request), username=username)
    policies.check_can_help_in(_user(request), account)
    return _act(
        request,
        account,
        lambda reason: second_factor.reset(by=_user(request), user=account, reason=reason),
        heading=_("Remove the second factor"),
        lead=_("Make sure that you know who asks. Until a new one is enrolled, the password alone opens the account."),
        done=_("The second factor is removed."),
        is_dangerous=True,
    )


def _act(
    request: HttpRequest,
    account: User,
    act: Callable[[str], object],
    *,
    heading: str | Promise,
    lead: str | Promise,
    done: str | Promise,
    is_dangerous: bool = False,
) -> HttpResponse:
    """Ask for the reason, then do it."""
    form = ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid():
        act(form.cleaned_data["reason"])
        messages.success(request, done)
        return HttpResponseRedirect(_url(account))
    context = {"form": form, "account": account, "heading": heading, "lead": lead, "is_dangerous": is_dangerous}
    return render(request, "lims/person_act.html", context, status=422 if form.is_bound else 200)


def _show_password(request: HttpRequest, account: User, password: str) -> HttpResponse:
    return render(request, "lims/one_time_password.html", {"account": account, "password": password})


def _url(account: User) -> str:
    return reverse("person-detail", args=[account.username])


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)
