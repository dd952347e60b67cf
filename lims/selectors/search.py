"""One field finds anything: by exact code or id first, else by the beginning of a code."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol, cast
from uuid import UUID

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lims.models import DataFile, Job, Library, Run, Sample, User
from lims.permissions import Permission
from lims.selectors import contributions
from lims.selectors.today import check_has_role

MOST_PER_KIND = 10
SHORTEST_CHECKSUM = 8
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Match:
    """One record that the text speaks of."""

    kind: str | Promise
    name: str
    url: str
    is_exact: bool
    detail: str = ""


class MatchSource(Protocol):
    """What a module `<app>.selectors.search_matches` offers."""

    def matches_for(self, *, user: User, text: str) -> Iterable[Match]: ...


def matches_for(*, user: User, text: str) -> list[Match]:
    """Return what a scanned or typed text may mean, exact matches first; nothing for an empty text."""
    check_has_role(user)
    text = text.strip()
    if not text:
        return []
    sources = cast("tuple[MatchSource, ...]", contributions.modules_named("search_matches"))
    above = chain.from_iterable(source.matches_for(user=user, text=text) for source in sources)
    return sorted(chain(_records(user, text), above), key=lambda match: not match.is_exact)


def the_one_meant(matches: list[Match]) -> Match | None:
    """Return the record to go to at once: the only exact match, or the only match."""
    exact = [match for match in matches if match.is_exact]
    candidates = exact or matches
    return candidates[0] if len(candidates) == 1 else None


def by_code(rows: QuerySet[Any], *, kind: str | Promise, text: str, detail: Callable[[Any], str]) -> Iterable[Match]:
    """Return the rows whose code is the text, or begins with it, in any case."""
    for row in rows.filter(code__istartswith=text).order_by("code")[:MOST_PER_KIND]:
        yield Match(kind, row.code, row.get_absolute_url(), row.code.lower() == text.lower(), detail(row))


def _records(user: User, text: str) -> Iterable[Match]:
    if Permission.LAB_READ not in user.permissions:
        return
    samples = Sample.objects.select_related("reference_material")
    yield from by_code(samples, kind=_("sample"), text=text, detail=lambda row: str(row.reference_material or ""))
    libraries = Library.objects.select_related("sample")
    yield from by_code(
        libraries, kind=pgettext_lazy("sequencing", "library"), text=text, detail=lambda row: row.sample.code
    )
    runs = Run.objects.select_related("assay_version__assay")
    yield from by_code(
        runs, kind=pgettext_lazy("sequencing", "run"), text=text, detail=lambda row: str(row.assay_version)
    )
    yield from _files(text)
    yield from _by_id(text)


def _files(text: str) -> Iterable[Match]:
    rows = DataFile.objects.filter(name__istartswith=text)
    if len(text) >= SHORTEST_CHECKSUM and set(text.lower()) <= _HEX:
        rows = rows | DataFile.objects.filter(sha256__startswith=text.lower())
    for file in rows.order_by("-id")[:MOST_PER_KIND]:
        is_exact = text.lower() in (file.name.lower(), file.sha256)
        yield Match(_("file"), file.name, file.get_absolute_url(), is_exact, str(file.get_state_display()))


def _by_id(text: str) -> Iterable[Match]:
    try:
        public_id = UUID(text)
    except ValueError:
        return
    for job in Job.objects.filter(public_id=public_id):
        yield Match(_("job"), str(job.public_id), job.get_absolute_url(), True, str(job.get_kind_display()))
    for file in DataFile.objects.filter(public_id=public_id):
        yield Match(_("file"), file.name, file.get_absolute_url(), True, str(file.get_state_display()))
