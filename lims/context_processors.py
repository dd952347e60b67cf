"""What every page's frame shows: navigation by role, counts of what waits for this person, the version."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from lims.selectors import navigation, today


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's facts, asked of the database only by templates that show them; nothing for the anonymous.

    The page of a failed request shows none of them, so that it can be drawn while the database is away.
    """
    waiting_count = SimpleLazyObject(partial(_waiting_count, request))
    return {
        "version": settings.VERSION,
        "waiting_count": waiting_count,
        "navigation": SimpleLazyObject(partial(_navigation, request, waiting_count)),
    }


def _waiting_count(request: HttpRequest) -> int:
    user = getattr(request, "user", None)
    return today.count_for(user=user) if user is not None and user.is_authenticated else 0


def _navigation(request: HttpRequest, waiting_count: int) -> list[navigation.NavigationItem]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    return navigation.items_for(user=user, path=request.path, counts={"today": waiting_count})
