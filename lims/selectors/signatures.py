"""Signatures, and whether what was signed still stands."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from lims import canonical, signing
from lims.exceptions import NotFound
from lims.models import Signature, User
from lims.permissions import Permission
from lims.policies import check_has


@dataclass(frozen=True, slots=True)
class Difference:
    """A place at which the record differs from what was signed; a side that has nothing there is None."""

    path: str
    signed: str | None
    current: str | None


@dataclass(frozen=True, slots=True)
class SignatureState:
    """What became of a signature: has its text still its checksum, and does the record still say that text."""

    is_text_intact: bool
    differences: tuple[Difference, ...]
    is_record_known: bool = True

    @property
    def is_intact(self) -> bool:
        return self.is_text_intact and self.is_record_known and not self.differences


def of_record(*, record_type: str, record_id: str) -> list[Signature]:
    """Return the signatures under a record, in the order of signing; whoever may see the record may see them."""
    found = Signature.objects.filter(record_type=record_type, record_id=record_id)
    return list(found.select_related("signer").order_by("id"))


def get_for(*, user: User, pk: int) -> Signature:
    """Return a signature that the user may see, as the record's own permission says."""
    signature = Signature.objects.select_related("signer").filter(pk=pk).first()
    record = signing.find(signature.record_type) if signature else None
    check_has(user, record.permission if record else Permission.AUDIT_READ)
    if signature is None:
        raise NotFound(_("There is no such signature."))
    return signature


def current_state(signature: Signature) -> SignatureState:
    """Return whether the record that was signed still says what was signed."""
    record = signing.find(signature.record_type)
    try:
        current = record.provider(signature.record_id) if record else None
    except NotFound:
        current = None
    return state_of(signature, current)


def state_of(signature: Signature, current_content: dict[str, Any] | None) -> SignatureState:
    """Return "intact", or where the signed content and the content now differ.

    Parameters
    ----------
    signature : Signature
        Its own text is checked against its own checksum first.
    current_content : dict or None
        The record now; None where it cannot be read any more.
    """
    actual = hashlib.sha256(signature.canonical_text.encode("utf-8")).hexdigest()
    is_text_intact = actual == signature.sha256
    if current_content is None:
        return SignatureState(is_text_intact, (), is_record_known=False)
    signed, current = json.loads(signature.canonical_text), json.loads(canonical.text(current_content))
    return SignatureState(is_text_intact, tuple(_differences(signed, current, "$")))


def _differences(signed: Any, current: Any, path: str) -> Iterator[Difference]:
    if isinstance(signed, dict) and isinstance(current, dict):
        yield from _differences_of_members(signed, current, path)
    elif isinstance(signed, list) and isinstance(current, list):
        yield from _differences_of_members(_by_index(signed), _by_index(current), path)
    elif canonical.text(signed) != canonical.text(current):
        yield Difference(path, canonical.text(signed), canonical.text(current))


def _by_index(items: list[Any]) -> dict[str, Any]:
    return {str(index): item for index, item in enumerate(items)}


def _differences_of_members(signed: dict[str, Any], current: dict[str, Any], path: str) -> Iterator[Difference]:
    for key in dict.fromkeys([*signed, *current]):
        place = f"{path}[{key}]" if key.isdigit() else f"{path}.{key}"
        if key not in current:
            yield Difference(place, canonical.text(signed[key]), None)
        elif key not in signed:
            yield Difference(place, None, canonical.text(current[key]))
        else:
            yield from _differences(signed[key], current[key], place)
