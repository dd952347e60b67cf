"""Who may do what with a study, and in which state."""

from __future__ import annotations

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lims.exceptions import InvalidTransition, NotPermitted
from lims.models import User
from lims.permissions import Permission
from lims.policies import check_has, check_transition
from validation.choices import StudyState
from validation.models import Study

STUDY_TRANSITIONS: dict[StudyState, frozenset[StudyState]] = {
    StudyState.DRAFT: frozenset({StudyState.LOCKED, StudyState.WITHDRAWN}),
    StudyState.LOCKED: frozenset({StudyState.SUBMITTED, StudyState.WITHDRAWN}),
    StudyState.SUBMITTED: frozenset({StudyState.APPROVED, StudyState.REJECTED}),
    StudyState.REJECTED: frozenset({StudyState.LOCKED, StudyState.WITHDRAWN}),
    StudyState.APPROVED: frozenset({StudyState.RETIRED}),
    StudyState.WITHDRAWN: frozenset(),
    StudyState.RETIRED: frozenset(),
}


def check_can_plan(user: User) -> None:
    """Who may begin a study."""
    check_has(user, Permission.STUDY_WRITE)


def check_can_edit_plan(user: User, study: Study) -> None:
    """A plan changes only while it is a draft."""
    check_has(user, Permission.STUDY_WRITE)
    if study.state != StudyState.DRAFT:
        raise InvalidTransition(
            format_lazy(
                _("The plan of {study} is locked. A change of criteria needs a new study that supersedes it."),
                study=study.code,
            )
        )


def check_can_lock(user: User, study: Study) -> None:
    """The plan is signed by somebody other than its author, before any result."""
    check_has(user, Permission.STUDY_LOCK)
    check_transition(STUDY_TRANSITIONS, StudyState(study.state), StudyState.LOCKED)
    if study.state != StudyState.DRAFT:
        raise InvalidTransition(_("Only the plan of a draft is locked."))
    _check_is_not_author(user, study)


def check_can_collect(user: User, study: Study) -> None:
    """Evidence is collected after the plan is locked and before the study is submitted."""
    check_has(user, Permission.STUDY_WRITE)
    if study.state != StudyState.LOCKED:
        raise InvalidTransition(_("Evidence is collected while the plan is locked and the study not yet submitted."))


def check_can_submit(user: User, study: Study) -> None:
    """Who may hand the study to the director."""
    check_has(user, Permission.STUDY_WRITE)
    check_transition(STUDY_TRANSITIONS, StudyState(study.state), StudyState.SUBMITTED)


def check_can_decide(user: User, study: Study) -> None:
    """The study is approved or rejected by somebody who neither planned nor submitted it."""
    check_has(user, Permission.STUDY_APPROVE)
    check_transition(STUDY_TRANSITIONS, StudyState(study.state), StudyState.APPROVED)
    _check_is_not_author(user, study)
    if study.submitted_by_id == user.pk:
        raise NotPermitted(_("You submitted this study. Somebody else must decide on it."))


def check_can_reopen(user: User, study: Study) -> None:
    """A rejected study goes back to the collection of evidence; its plan stays."""
    check_has(user, Permission.STUDY_WRITE)
    if study.state != StudyState.REJECTED:
        raise InvalidTransition(_("Only a rejected study is reopened."))


def check_can_withdraw(user: User, study: Study) -> None:
    """Who may give a study up."""
    check_has(user, Permission.STUDY_WRITE)
    check_transition(STUDY_TRANSITIONS, StudyState(study.state), StudyState.WITHDRAWN)


def _check_is_not_author(user: User, study: Study) -> None:
    if study.created_by_id == user.pk:
        raise NotPermitted(_("You are the author of this study. Somebody else must sign it."))
