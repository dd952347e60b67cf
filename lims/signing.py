"""Which records can be signed: each app says, when it starts, where the content of its records is read.

The page of a signature compares what was signed with what the provider returns now. Apps register in `AppConfig.ready`,
so that this module knows no app above it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from lims.permissions import Permission

Content = dict[str, Any]
Provider = Callable[[str], Content]


@dataclass(frozen=True, slots=True)
class SignableRecord:
    """A kind of record that people sign.

    Parameters
    ----------
    record_type : str
        Stored with each signature, such as `validation.plan`.
    label : lazy str
        The kind's name on pages.
    provider : callable
        From the record's id to its content now; the same content must give the same canonical JSON.
    permission : Permission
        What a person needs to see its signatures.
    url : callable
        From the record's id to its page.
    """

    record_type: str
    label: str | Promise
    provider: Provider
    permission: Permission
    url: Callable[[str], str]


_records: dict[str, SignableRecord] = {}


def register_record(
    record_type: str,
    provider: Provider,
    *,
    label: str | Promise,
    permission: Permission,
    url: Callable[[str], str],
) -> None:
    """Make the content of a kind of record known, once, at start."""
    if record_type in _records:
        raise ValueError(f"{record_type} is registered already.")
    _records[record_type] = SignableRecord(record_type, label, provider, permission, url)


def find(record_type: str) -> SignableRecord | None:
    """Return what is registered for a kind of record."""
    return _records.get(record_type)


def registered() -> tuple[SignableRecord, ...]:
    """Return all kinds of records that people sign."""
    return tuple(_records.values())
