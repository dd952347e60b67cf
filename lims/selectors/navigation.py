"""The side navigation: only what the person's roles may open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lims.models import User
from lims.permissions import Permission


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """One entry: where it leads, its words and icon, whether the page shown lies under it, what waits there."""

    label: str | Promise
    url: str
    icon: str
    is_current: bool
    count: int = 0


# label, route, icon, permission that opens it
_ENTRIES: tuple[tuple[str | Promise, str, str, Permission | None], ...] = (
    (_("Today"), "today", "calendar-check", None),
    (pgettext_lazy("navigation", "Samples"), "sample-list", "droplet-half", Permission.LAB_READ),
    (pgettext_lazy("navigation", "Runs"), "run-list", "hdd-stack", Permission.LAB_READ),
    (pgettext_lazy("navigation", "Files"), "file-list", "file-earmark-binary", Permission.LAB_READ),
    (pgettext_lazy("navigation", "Jobs"), "job-list", "cpu", Permission.LAB_READ),
    (pgettext_lazy("navigation", "Validation"), "study-list", "patch-check", Permission.STUDY_READ),
    (pgettext_lazy("navigation", "Registers"), "register-list", "journal-bookmark", Permission.LAB_READ),
    (pgettext_lazy("navigation", "Audit trail"), "audit-list", "clock-history", Permission.AUDIT_READ),
    (pgettext_lazy("navigation", "People"), "person-list", "people", Permission.PEOPLE_READ),
)


def items_for(*, user: User, path: str, counts: Mapping[str, int]) -> list[NavigationItem]:
    """Return the entries that the user may open, the current one marked; `counts` are by route."""
    items = []
    for label, route, icon, permission in _ENTRIES:
        if permission is not None and permission not in user.permissions:
            continue
        url = reverse(route)
        is_current = path == url if url == "/" else path.startswith(url)
        items.append(NavigationItem(label, url, icon, is_current, counts.get(route, 0)))
    return items
