"""Accounts, their roles and their keys, for those who may see them."""

from __future__ import annotations

from django.db.models import F, Prefetch, QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from lims.exceptions import NotFound
from lims.models import MachineKey, RoleAssignment, User
from lims.permissions import Permission
from lims.policies import check_has


def people_for(*, user: User) -> QuerySet[User]:
    """Return all accounts, each with the roles held now as `held_roles`."""
    check_has(user, Permission.PEOPLE_READ)
    held = RoleAssignment.objects.filter(revoked_at=None).order_by("role")
    accounts = User.objects.prefetch_related(Prefetch("role_assignments", held, to_attr="held_roles"))
    return accounts.order_by("username")


def person_for(*, user: User, username: str) -> User:
    """Return one account by its user name."""
    found = people_for(user=user).filter(username=username).first()
    if found is None:
        raise NotFound(format_lazy(_("There is no account {username}."), username=username))
    return found


def role_history_of(account: User) -> QuerySet[RoleAssignment]:
    """Return every role ever given to an account, those held now first."""
    history = RoleAssignment.objects.filter(user=account).select_related("granted_by", "revoked_by")
    return history.order_by(F("revoked_at").desc(nulls_first=True), "role")


def keys_of(account: User) -> QuerySet[MachineKey]:
    """Return the keys of a machine account, newest first."""
    keys = MachineKey.objects.filter(user=account).select_related("user", "created_by", "revoked_by", "replaced_by")
    return keys.order_by("-created_at", "-id")


def key_for(*, user: User, username: str, prefix: str) -> MachineKey:
    """Return one key of a machine account."""
    account = person_for(user=user, username=username)
    key = keys_of(account).filter(prefix=prefix).first()
    if key is None:
        raise NotFound(_("There is no such key."))
    return key


def has_second_factor(account: User) -> bool:
    """Return whether a one-time code is asked of this person."""
    return bool(TOTPDevice.objects.filter(user=account, confirmed=True).exists())


def unconfirmed_second_factor(account: User) -> TOTPDevice | None:
    """Return the second factor that waits for its first code."""
    return TOTPDevice.objects.filter(user=account, confirmed=False).first()


def recovery_codes_left(account: User) -> int:
    """Return how many recovery codes have not been used."""
    return int(StaticToken.objects.filter(device__user=account).count())
