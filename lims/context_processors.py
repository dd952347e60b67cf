"""What every page's frame shows: navigation by role, counts of what waits for this person, the version."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from lims.selectors import navigation


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's facts; nothing for the anonymous."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"version": settings.VERSION, "navigation": []}
    return {"version": settings.VERSION, "navigation": navigation.items_for(user=user, path=request.path)}
