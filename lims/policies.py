"""Who may do it, and in which state. `check_can_*` raises a sentence; `can` turns any check into a yes or no.

The same check guards the action, enables the button and writes its tooltip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.functional import Promise, lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lims.choices import AccountKind, FileKind, FileState, JobState, Role
from lims.exceptions import DomainError, InvalidTransition, NotPermitted
from lims.models import DataFile, Job, User
from lims.models.person import SYSTEM_USERNAME
from lims.permissions import Permission, roles_with

FILE_TRANSITIONS: dict[FileState, frozenset[FileState]] = {
    FileState.RECEIVING: frozenset({FileState.VERIFYING, FileState.EXPIRED}),
    FileState.VERIFYING: frozenset({FileState.READY, FileState.REJECTED}),
    FileState.READY: frozenset(),
    FileState.REJECTED: frozenset(),
    FileState.EXPIRED: frozenset(),
}

JOB_TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.CANCELLED, JobState.FAILED}),
    JobState.RUNNING: frozenset({JobState.QUEUED, JobState.DONE, JobState.FAILED, JobState.CANCELLED}),
    JobState.DONE: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
}

_ACTS: dict[Permission, str | Promise] = {
    Permission.LAB_READ: _("read the laboratory's records"),
    Permission.MATERIAL_WRITE: _("register samples, libraries and runs"),
    Permission.REGISTER_WRITE: _("change the registers of assays and reference materials"),
    Permission.FILE_WRITE: _("add files"),
    Permission.FILE_DOWNLOAD: _("download files"),
    Permission.JOB_START: _("start jobs"),
    Permission.JOB_CANCEL: _("cancel jobs"),
    Permission.STUDY_READ: _("read validation studies"),
    Permission.STUDY_WRITE: _("plan and submit validation studies"),
    Permission.STUDY_LOCK: _("sign a validation plan"),
    Permission.STUDY_APPROVE: _("approve or reject a validation study"),
    Permission.REPORT_READ: _("read reports"),
    Permission.AUDIT_READ: _("read the audit trail"),
    Permission.PEOPLE_READ: _("see accounts and roles"),
    Permission.PEOPLE_WRITE: _("manage accounts and roles"),
    Permission.KEY_WRITE: _("manage machine keys"),
    Permission.LABORATORY_WRITE: _("describe the laboratory"),
}


def _join(separator: str, parts: Iterable[str | Promise]) -> str:
    return separator.join(str(part) for part in parts)


lazy_join = lazy(_join, str)


def check_has(user: User, permission: Permission) -> None:
    """Refuse a user whose roles do not hold a permission, and say which roles do."""
    if permission in user.permissions:
        return
    roles = roles_with(permission)
    names = lazy_join(" / ", [Role(role).label for role in roles])
    raise NotPermitted(
        format_lazy(_("You may not {act}. It needs the role: {roles}."), act=_ACTS[permission], roles=names),
        roles=roles,
    )


def can(check: Callable[..., None], *args: Any, **kwargs: Any) -> bool:
    """Return whether a check passes."""
    return why_not(check, *args, **kwargs) is None


def why_not(check: Callable[..., None], *args: Any, **kwargs: Any) -> str | None:
    """Return the sentence with which a check refuses, or None where it passes."""
    try:
        check(*args, **kwargs)
    except DomainError as error:
        return str(error)
    return None


def check_transition(states: dict[Any, frozenset[Any]], before: Any, after: Any) -> None:
    """Refuse a step that the transition map does not have."""
    if after not in states[before]:
        raise InvalidTransition(
            format_lazy(_("What is “{before}” cannot become “{after}”."), before=before.label, after=after.label)
        )


def check_can_download(user: User, file: DataFile) -> None:
    """Refuse the download of a file that is not (yet) whole and verified; a report is for whoever reads reports."""
    check_has(user, Permission.REPORT_READ if file.kind == FileKind.REPORT else Permission.FILE_DOWNLOAD)
    if not file.is_ready:
        raise InvalidTransition(_("Only a verified file can be downloaded."))


def check_can_use(file: DataFile) -> None:
    """Refuse to compute on a file that verification has not passed."""
    if not file.is_ready:
        raise InvalidTransition(
            format_lazy(
                _("{name} is “{state}”. Only a verified file can be used."),
                name=file.name,
                state=FileState(file.state).label,
            )
        )


def check_can_cancel(user: User, job: Job) -> None:
    """Refuse to cancel a job that has ended."""
    check_has(user, Permission.JOB_CANCEL)
    if job.is_finished:
        raise InvalidTransition(_("The job has already ended."))


def check_can_manage(user: User, account: User) -> None:
    """Who may change an account; the one that the worker acts in is nobody's to change."""
    check_has(user, Permission.PEOPLE_WRITE)
    if account.username == SYSTEM_USERNAME:
        raise NotPermitted(_("The worker and the scheduler act in this account. It cannot be changed."))


def check_can_change_roles(user: User, account: User) -> None:
    """Nobody gives roles to themselves or takes them from themselves."""
    check_can_manage(user, account)
    if user.pk == account.pk:
        raise NotPermitted(_("Nobody changes their own roles. Ask another administrator."))


def check_can_deactivate(user: User, account: User) -> None:
    """Whom an administrator may switch off: not themselves, so that one always remains."""
    check_can_manage(user, account)
    if user.pk == account.pk:
        raise NotPermitted(_("Nobody switches off their own account. Ask another administrator."))
    if not account.is_active:
        raise InvalidTransition(_("The account is switched off already."))


def check_can_activate(user: User, account: User) -> None:
    """Whom an administrator may switch on again."""
    check_can_manage(user, account)
    if account.is_active:
        raise InvalidTransition(_("The account is active already."))


def check_can_help_in(user: User, account: User) -> None:
    """Whose password or second factor an administrator may reset: other people's."""
    check_can_manage(user, account)
    if account.kind != AccountKind.PERSON:
        raise InvalidTransition(_("A machine account has keys, not a password."))
    if user.pk == account.pk:
        raise NotPermitted(_("Change your own password and second factor on your own pages."))


def check_can_make_keys(user: User, account: User) -> None:
    """For which accounts keys are made: active machine accounts, except the one that the worker acts in."""
    check_has(user, Permission.KEY_WRITE)
    if account.kind != AccountKind.MACHINE or account.username == SYSTEM_USERNAME:
        raise InvalidTransition(_("Keys belong to machine accounts."))
    if not account.is_active:
        raise InvalidTransition(_("The account is switched off."))
