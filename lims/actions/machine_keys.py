"""Machine keys: made, rotated with overlap, revoked, and checked at every call."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address

from django.core.cache import cache
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lims.audit import acting, action, record_event
from lims.choices import KeyScope
from lims.exceptions import InvalidInput, NotPermitted
from lims.models import MachineKey, User
from lims.permissions import Permission
from lims.policies import check_can_make_keys, check_has

PREFIX_LENGTH = 8
LAST_USE_RESOLUTION = timedelta(minutes=1)
REFUSAL_RESOLUTION = timedelta(minutes=1)


@action
def create(
    *,
    by: User,
    user: User,
    label: str,
    scopes: Sequence[KeyScope],
    expires_at: datetime,
    allowed_networks: Sequence[str] = (),
    replaces: MachineKey | None = None,
) -> tuple[MachineKey, str]:
    """Make a key for a machine account; the secret is returned once and never stored."""
    check_can_make_keys(by, user)
    _check_values(scopes=scopes, expires_at=expires_at, allowed_networks=allowed_networks)
    prefix = secrets.token_hex(PREFIX_LENGTH // 2)
    secret = f"exm_{prefix}_{secrets.token_urlsafe(32)}"
    key = MachineKey.objects.create(
        user=user,
        label=label,
        prefix=prefix,
        sha256=_digest(secret),
        scopes=[scope.value for scope in scopes],
        allowed_networks=list(allowed_networks),
        expires_at=expires_at,
        created_by=by,
        replaces=replaces,
    )
    return key, secret


@action
def rotate(*, by: User, key: MachineKey, expires_at: datetime, overlap: timedelta) -> tuple[MachineKey, str]:
    """Make a successor of a key with the same scopes; the old one stays valid for `overlap` at the most."""
    check_has(by, Permission.KEY_WRITE)
    key = _locked(key)
    if not key.is_usable or hasattr(key, "replaced_by"):
        raise InvalidInput(_("Only a valid key that has no successor yet can be rotated."))
    successor, secret = create(
        by=by,
        user=key.user,
        label=key.label,
        scopes=[KeyScope(scope) for scope in key.scopes],
        expires_at=expires_at,
        allowed_networks=key.allowed_networks,
        replaces=key,
    )
    key.expires_at = min(key.expires_at, timezone.now() + overlap)
    key.save(update_fields=["expires_at"])
    return successor, secret


@action
def revoke(*, by: User, key: MachineKey, reason: str) -> None:
    """End a key at once."""
    check_has(by, Permission.KEY_WRITE)
    key = _locked(key)
    if not reason.strip():
        raise InvalidInput(_("Say why the key is revoked."), fields={"reason": _("A reason is needed.")})
    if key.revoked_at is not None:
        raise InvalidInput(_("The key is already revoked."))
    key.revoked_at, key.revoked_by = timezone.now(), by
    key.save(update_fields=["revoked_at", "revoked_by"])


def authenticate(*, secret: str, address: str) -> MachineKey:
    """Return the valid key that a secret belongs to, and note its use.

    Raises
    ------
    NotPermitted
        The key is unknown, revoked, expired, its account inactive, or the address not on its list. The refusal of a key
        that we know is written into the trail, at most once a minute for each reason.
    """
    key = MachineKey.objects.select_related("user").filter(sha256=_digest(secret)).first()
    if key is None:
        raise NotPermitted(_("This machine key is not known or no longer valid."), code="key_invalid")
    refusal = _refusal_of(key, address)
    if refusal:
        _note_refusal(key, refusal.code, address)
        raise refusal
    _note_use(key, address)
    return key


def _refusal_of(key: MachineKey, address: str) -> NotPermitted | None:
    if key.revoked_at is not None or not key.user.is_active:
        return NotPermitted(_("This machine key is not known or no longer valid."), code="key_invalid")
    if not key.is_usable:
        sentence = format_lazy(_("The machine key {prefix}… has expired. Rotate it."), prefix=key.prefix)
        return NotPermitted(sentence, code="key_expired")
    if not _is_allowed(key.allowed_networks, address):
        sentence = format_lazy(
            _("The machine key {prefix}… may not be used from {address}."), prefix=key.prefix, address=address
        )
        return NotPermitted(sentence, code="key_address")
    return None


def _note_refusal(key: MachineKey, code: str, address: str) -> None:
    if cache.add(f"key-refused:{key.pk}:{code}", True, timeout=REFUSAL_RESOLUTION.total_seconds()):
        with acting(by=key.user, action="machine_keys.refuse"):
            record_event("lims_machinekey", str(key.pk), {"prefix": key.prefix, "code": code, "address": address})


def _locked(key: MachineKey) -> MachineKey:
    return MachineKey.objects.select_for_update(of=("self",)).select_related("user").get(pk=key.pk)


def _note_use(key: MachineKey, address: str) -> None:
    now, caller = timezone.now(), _parsed(address)
    seen_at = str(caller) if caller else None
    if key.last_used_at is None or now - key.last_used_at > LAST_USE_RESOLUTION or key.last_used_address != seen_at:
        MachineKey.objects.filter(pk=key.pk).update(last_used_at=now, last_used_address=seen_at)


def _check_values(*, scopes: Sequence[KeyScope], expires_at: datetime, allowed_networks: Sequence[str]) -> None:
    if not scopes:
        raise InvalidInput(_("Choose at least one scope."), fields={"scopes": _("Choose at least one.")})
    if expires_at <= timezone.now():
        raise InvalidInput(_("The expiry lies in the past."), fields={"expires_at": _("Choose a later time.")})
    for network in allowed_networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError as error:
            message = format_lazy(_("“{network}” is not an address or network."), network=network)
            raise InvalidInput(message, fields={"allowed_networks": message}) from error


def _is_allowed(networks: Sequence[str], address: str) -> bool:
    if not networks:
        return True
    caller = _parsed(address)
    return caller is not None and any(caller in ipaddress.ip_network(network, strict=False) for network in networks)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    """Return an address; an IPv4 address that a server heard through an IPv6 socket is the IPv4 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    return (parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None) or parsed


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
