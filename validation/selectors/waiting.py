"""The signatures that studies wait for, shown on the page Today."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lims.models import User
from lims.selectors.today import Waiting
from validation.models import Study
from validation.selectors import studies


def signatures_for(*, user: User) -> Iterable[Waiting]:
    """Return the studies to decide on and the plans to lock that this person may sign."""
    for study in studies.waiting_for_decision(user=user):
        yield _waiting(study, since=study.submitted_at or study.created_at, act=_("Review and sign"))
    for study in studies.waiting_for_lock(user=user):
        yield _waiting(study, since=study.created_at, act=_("Review the plan"))


def _waiting(study: Study, *, since: datetime, act: str | Promise) -> Waiting:
    return Waiting(
        what=study.code,
        kind=study.get_kind_display(),
        state=study.state,
        state_label=study.get_state_display(),
        since=since,
        url=study.get_absolute_url(),
        act=act,
        detail=study.title,
    )
