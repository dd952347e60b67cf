"""What a person chooses for themselves."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from lims.audit import action
from lims.exceptions import InvalidInput
from lims.models import User


@action
def choose_language(*, by: User, language: str) -> User:
    """Keep the language in which this person reads; everybody may choose their own."""
    if language not in dict(settings.LANGUAGES):
        raise InvalidInput(_("This language is not offered."), fields={"language": _("Choose one of the list.")})
    if by.language != language:
        by.language = language
        by.save(update_fields=["language"])
    return by
