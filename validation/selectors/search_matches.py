"""What the search field finds among studies."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from lims.models import User
from lims.permissions import Permission
from lims.selectors import search
from validation.models import Study


def matches_for(*, user: User, text: str) -> Iterable[search.Match]:
    """Return the studies whose code begins with the text."""
    if Permission.STUDY_READ not in user.permissions:
        return []
    return search.by_code(Study.objects.all(), kind=_("study"), text=text, detail=lambda study: study.title)
