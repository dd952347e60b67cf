"""Second factors and keys, as an authenticator app or an instrument would hold them."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from lims.actions import machine_keys
from lims.choices import AccountKind, KeyScope, Role
from lims.models import MachineKey, User
from tests.factories import lims as make


def authenticator(user: User) -> TOTPDevice:
    """A confirmed second factor."""
    return TOTPDevice.objects.create(user=user, name="phone", confirmed=True)


def code_of(device: TOTPDevice, *, steps: int = 0) -> str:
    """The six digits that the app shows now, or `steps` half-minutes later."""
    return f"{totp(device.bin_key, t0=device.t0 - steps * device.step):06d}"


def machine(username: str = "sequencer", **fields: object) -> User:
    """A machine account."""
    return make.person(username, Role.MACHINE, kind=AccountKind.MACHINE, **fields)


def machine_key(
    *, user: User | None = None, scopes: tuple[KeyScope, ...] = (KeyScope.READ,), networks: tuple[str, ...] = ()
) -> tuple[MachineKey, str]:
    """A key and its secret, made by an administrator."""
    return machine_keys.create(
        by=User.objects.filter(username="keeper").first() or make.person("keeper", Role.ADMINISTRATOR),
        user=user or machine(),
        label="key",
        scopes=scopes,
        expires_at=timezone.now() + timedelta(days=30),
        allowed_networks=networks,
    )
