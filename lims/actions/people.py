"""Accounts: made, switched off and on, given and relieved of roles, and helped back in. Nothing is deleted."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence

from axes.utils import reset as lift_lock_out
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lims import policies
from lims.actions import reauthentication
from lims.audit import acting, action
from lims.choices import AccountKind, Role
from lims.exceptions import InvalidInput, InvalidTransition
from lims.models import RoleAssignment, User
from lims.models.person import SYSTEM_USERNAME
from lims.permissions import Permission

# Without letters and digits that look alike in print.
_LEGIBLE = "abcdefghjkmnpqrstuvwxyz23456789"
_PASSWORD_GROUPS, _GROUP_LENGTH = 4, 5


def system_account() -> User:
    """Return the account in whose name the worker and the scheduler act; make it where it is missing."""
    found = User.objects.filter(username=SYSTEM_USERNAME).first()
    return found or _make_system_account()


@action
def create_first_administrator(*, by: User, username: str, printed_name: str) -> tuple[User, str]:
    """Make the account that makes all others; only while there is no active administrator."""
    if _administrators().exists():
        raise InvalidTransition(_("There is an administrator already. They make further accounts."))
    user, password = _make_person(username=username, printed_name=printed_name, email="", language="")
    RoleAssignment.objects.create(user=user, role=Role.ADMINISTRATOR, granted_by=by)
    return user, password


@action
def create_person(
    *, by: User, username: str, printed_name: str, email: str = "", language: str = "", roles: Iterable[Role] = ()
) -> tuple[User, str]:
    """Make an account for a person; the one-time password is returned once and must be changed at the first log-in."""
    policies.check_has(by, Permission.PEOPLE_WRITE)
    user, password = _make_person(username=username, printed_name=printed_name, email=email, language=language)
    for role in roles:
        _grant(by, user, role)
    return user, password


@action
def create_machine(*, by: User, username: str, printed_name: str) -> User:
    """Make an account for an instrument or a pipeline; it acts by keys and cannot log in."""
    policies.check_has(by, Permission.PEOPLE_WRITE)
    user = User(username=username, printed_name=printed_name, kind=AccountKind.MACHINE)
    user.set_unusable_password()
    _save_new(user)
    _grant(by, user, Role.MACHINE)
    return user


@action
def deactivate(*, by: User, user: User, reason: str) -> User:
    """Switch an account off: its sessions and keys end at once, its name stays on what it did."""
    user = _locked(user)
    policies.check_can_deactivate(by, user)
    _check_reason(reason)
    _check_an_administrator_remains(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    return user


@action
def activate(*, by: User, user: User, reason: str) -> User:
    """Switch an account on again."""
    user = _locked(user)
    policies.check_can_activate(by, user)
    _check_reason(reason)
    user.is_active = True
    user.save(update_fields=["is_active"])
    return user


@action
def grant_role(*, by: User, user: User, role: Role, reason: str) -> RoleAssignment:
    """Give an account a role."""
    user = _locked(user)
    policies.check_can_change_roles(by, user)
    _check_reason(reason)
    return _grant(by, user, role)


@action
def revoke_role(*, by: User, user: User, role: Role, reason: str) -> RoleAssignment:
    """Take a role from an account."""
    user = _locked(user)
    policies.check_can_change_roles(by, user)
    _check_reason(reason)
    assignment = RoleAssignment.objects.filter(user=user, role=role, revoked_at=None).first()
    if assignment is None:
        raise InvalidInput(_("The account does not hold this role."), fields={"role": _("Not held.")})
    if role == Role.ADMINISTRATOR:
        _check_an_administrator_remains(user)
    assignment.revoked_at, assignment.revoked_by = timezone.now(), by
    assignment.save(update_fields=["revoked_at", "revoked_by"])
    return assignment


@action
def reset_password(*, by: User, user: User, reason: str) -> str:
    """Give a person who cannot log in a one-time password, end their sessions and lift a lock-out."""
    user = _locked(user)
    policies.check_can_help_in(by, user)
    _check_reason(reason)
    password = _one_time_password()
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    lift_lock_out(username=user.username)
    return password


@action
def change_password(*, by: User, old_password: str, new_password: str) -> User:
    """Change one's own password; whoever sits at an open session must know the old one."""
    reauthentication.confirm(by=by, password=old_password, asks_code=False)
    user = _locked(by)
    if old_password == new_password:
        raise _refused_password([_("Choose another password than the old one.")])
    try:
        password_validation.validate_password(new_password, user)
    except ValidationError as error:
        raise _refused_password(error.messages) from error
    user.set_password(new_password)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    return user


def _make_system_account() -> User:
    account = User(username=SYSTEM_USERNAME, printed_name="Exomark", kind=AccountKind.MACHINE)
    account.set_unusable_password()
    with acting(by=account, action="people.make_system_account"):
        fields = {"printed_name": account.printed_name, "kind": account.kind, "password": account.password}
        account = User.objects.get_or_create(username=SYSTEM_USERNAME, defaults=fields)[0]
        RoleAssignment.objects.get_or_create(user=account, role=Role.SYSTEM, revoked_at=None)
        return account


def _make_person(*, username: str, printed_name: str, email: str, language: str) -> tuple[User, str]:
    password = _one_time_password()
    user = User(username=username, printed_name=printed_name.strip(), email=email, language=language)
    user.set_password(password)
    user.must_change_password = True
    return _save_new(user), password


def _save_new(user: User) -> User:
    try:
        user.full_clean()
    except ValidationError as error:
        fields = {name: " ".join(messages) for name, messages in error.message_dict.items()}
        raise InvalidInput(_("The account cannot be made like this."), fields=fields) from error
    user.save(force_insert=True)
    return user


def _grant(by: User, user: User, role: Role) -> RoleAssignment:
    if role == Role.SYSTEM or (role == Role.MACHINE) != (user.kind == AccountKind.MACHINE):
        message = format_lazy(_("The role “{role}” is not for this kind of account."), role=Role(role).label)
        raise InvalidInput(message, fields={"role": message})
    if RoleAssignment.objects.filter(user=user, role=role, revoked_at=None).exists():
        raise InvalidInput(_("The account holds this role already."), fields={"role": _("Held already.")})
    return RoleAssignment.objects.create(user=user, role=role, granted_by=by)


def _locked(user: User) -> User:
    # Not against foreign keys: two administrators who change each other name each other in what they write.
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _administrators() -> QuerySet[RoleAssignment]:
    return RoleAssignment.objects.filter(role=Role.ADMINISTRATOR, revoked_at=None, user__is_active=True)


def _check_an_administrator_remains(user: User) -> None:
    """Two administrators may relieve each other at the same moment: the second waits here and then counts anew."""
    roles = RoleAssignment.objects.select_for_update().filter(role=Role.ADMINISTRATOR, revoked_at=None).order_by("pk")
    if user.pk not in [role.user_id for role in roles]:
        return
    if not _administrators().exclude(user=user).exists():
        raise InvalidTransition(_("This is the last administrator. Make another one first."))


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidInput(_("Say why."), fields={"reason": _("A reason is needed.")})


def _refused_password(sentences: Sequence[str | Promise]) -> InvalidInput:
    message = " ".join(str(sentence) for sentence in sentences)
    return InvalidInput(message, fields={"new_password": message})


def _one_time_password() -> str:
    groups = (
        "".join(secrets.choice(_LEGIBLE) for _letter in range(_GROUP_LENGTH)) for _group in range(_PASSWORD_GROUPS)
    )
    return "-".join(groups)
