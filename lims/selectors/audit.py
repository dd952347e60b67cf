"""The audit trail for readers: one record's story, the whole trail in pages, and how far the chain is verified."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import Model, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lims.models import AuditEntry, AuditHead, User
from lims.permissions import Permission
from lims.policies import check_has

PAGE_LENGTH = 50
_STORY_LENGTH = 50
_OWN_APPS = frozenset({"lims", "validation", "iqc", "sharing"})
# Tables of libraries that are audited, in our words.
_WORDS_FOR_OTHERS: dict[str, str | Promise] = {
    "otp_totp_totpdevice": _("second factor"),
    "otp_static_staticdevice": _("recovery codes"),
    "otp_static_statictoken": _("recovery code"),
}
_ABOUT_PEOPLE = frozenset(
    {
        "lims_user",
        "lims_roleassignment",
        "lims_machinekey",
        "otp_totp_totpdevice",
        "otp_static_staticdevice",
        "otp_static_statictoken",
    }
)


@dataclass(frozen=True, slots=True)
class Change:
    """One column of a row before and after."""

    label: str | Promise
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class TrailPage:
    """One page of the trail, newest first; a page is found by its edge, so that no page counts the whole trail."""

    entries: list[AuditEntry]
    newer_than: int | None
    older_than: int | None


@dataclass(frozen=True, slots=True)
class Verification:
    """What the latest verification found."""

    sequence: int
    hash: str
    fault: str | None
    verified_at: datetime
    verified_by: str

    @property
    def is_intact(self) -> bool:
        return self.fault is None


def entries_for(*, user: User) -> QuerySet[AuditEntry]:
    """Return the whole trail, newest first."""
    check_has(user, Permission.AUDIT_READ)
    return AuditEntry.objects.order_by("-id")


def entries_of(*, user: User, table: str, object_id: object) -> list[AuditEntry]:
    """Return the latest entries about one record for its page; nothing for a person who may not read them."""
    needed = Permission.PEOPLE_READ if table in _ABOUT_PEOPLE else Permission.LAB_READ
    if not user.permissions & {needed, Permission.AUDIT_READ}:
        return []
    return list(AuditEntry.objects.filter(object_type=table, object_id=str(object_id)).order_by("-id")[:_STORY_LENGTH])


def entries_of_account(*, user: User, account: User) -> list[AuditEntry]:
    """Return the latest entries about an account, its roles and its keys for its page."""
    if not user.permissions & {Permission.PEOPLE_READ, Permission.AUDIT_READ}:
        return []
    rows = {
        "lims_user": [account.pk],
        "lims_roleassignment": account.role_assignments.values_list("pk", flat=True),
        "lims_machinekey": account.machine_keys.values_list("pk", flat=True),
    }
    about = Q()
    for table, ids in rows.items():
        about |= Q(object_type=table, object_id__in=[str(pk) for pk in ids])
    return list(AuditEntry.objects.filter(about).order_by("-id")[:_STORY_LENGTH])


def page_of(
    entries: QuerySet[AuditEntry], *, older_than: int | None = None, newer_than: int | None = None
) -> TrailPage:
    """Return the page of `entries` beside an edge: an entry's id that stands on the page before or after."""
    if newer_than is not None:
        found = list(entries.filter(id__gt=newer_than).order_by("id")[: PAGE_LENGTH + 1])
        has_newer, has_older = len(found) > PAGE_LENGTH, True
        shown = found[:PAGE_LENGTH][::-1]
    else:
        rows = entries if older_than is None else entries.filter(id__lt=older_than)
        found = list(rows.order_by("-id")[: PAGE_LENGTH + 1])
        has_newer, has_older = older_than is not None, len(found) > PAGE_LENGTH
        shown = found[:PAGE_LENGTH]
    return TrailPage(
        entries=shown,
        newer_than=shown[0].pk if shown and has_newer else None,
        older_than=shown[-1].pk if shown and has_older else None,
    )


def head() -> AuditHead | None:
    """Return the end of the chain: the number and the hash that reports print."""
    return AuditHead.objects.first()


def last_verification() -> Verification | None:
    """Return what the latest verification wrote into the trail."""
    entry = AuditEntry.objects.filter(object_type="audit_head", operation="event").order_by("-id").first()
    if entry is None or entry.after is None:
        return None
    facts = entry.after
    return Verification(
        facts["sequence"], facts["hash"], facts["fault"], entry.recorded_at, entry.actor_name or entry.actor
    )


def changes_of(entry: AuditEntry) -> list[Change]:
    """Return what an entry changed, column by column, in the order of the record's fields."""
    before, after = entry.before or {}, entry.after or {}
    names = list(dict.fromkeys([*before, *after]))
    order = {name: place for place, name in enumerate(_columns(entry.object_type))}
    names.sort(key=lambda name: order.get(name, len(order)))
    return [Change(_label(entry.object_type, name), before.get(name), after.get(name)) for name in names]


def kind_label(table: str) -> str | Promise:
    """Return the name of a kind of record, as people say it."""
    model = _models().get(table)
    own_words = model._meta.verbose_name or table if model else table
    return _WORDS_FOR_OTHERS.get(table, own_words)


def kinds() -> Iterator[tuple[str, str | Promise]]:
    """Return each table that the trail tells of, with the name of its kind of record."""
    told = {table for table, model in _models().items() if model._meta.app_label in _OWN_APPS}
    return ((table, kind_label(table)) for table in sorted(told | set(_WORDS_FOR_OTHERS)))


@cache
def _models() -> dict[str, type[Model]]:
    return {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}


@cache
def _columns(table: str) -> dict[str, str | Promise]:
    model = _models().get(table)
    fields = model._meta.concrete_fields if model else ()
    return {field.column or field.name: field.verbose_name for field in fields}


def _label(table: str, column: str) -> str | Promise:
    return _columns(table).get(column, column)
