"""Accounts: made, switched off and on, given and relieved of roles, and helped back in."""

from __future__ import annotations

from lims.audit import acting
from lims.choices import AccountKind
from lims.models import User

SYSTEM_USERNAME = "exomark-system"


def system_account() -> User:
    """Return the account in whose name the worker and the scheduler act; make it where it is missing."""
    found = User.objects.filter(username=SYSTEM_USERNAME).first()
    return found or _make_system_account()


def _make_system_account() -> User:
    account = User(username=SYSTEM_USERNAME, printed_name="Exomark", kind=AccountKind.MACHINE)
    account.set_unusable_password()
    with acting(by=account, action="people.make_system_account"):
        fields = {"printed_name": account.printed_name, "kind": account.kind, "password": account.password}
        return User.objects.get_or_create(username=SYSTEM_USERNAME, defaults=fields)[0]
