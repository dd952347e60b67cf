"""What the day asks of one person: what went wrong, what waits for a signature, what is under way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Protocol, cast

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lims.choices import FileState, JobState, Role
from lims.exceptions import NotPermitted
from lims.models import DataFile, Job, RunLibrary, User
from lims.models.job import UNFINISHED_STATES
from lims.permissions import Permission
from lims.selectors import contributions

# A failure that nobody took up for so long is history, which the lists of jobs and files keep.
FAILURES_COUNT_FOR = timedelta(days=30)
MOST_ROWS = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits for a person: what, in which state, since when, and where the act is."""

    what: str
    kind: str | Promise
    state: str
    state_label: str | Promise
    since: datetime
    url: str
    act: str | Promise
    detail: str | Promise = ""


class SignatureSource(Protocol):
    """What a module `<app>.selectors.waiting` offers."""

    def signatures_for(self, *, user: User) -> Iterable[Waiting]: ...


def check_has_role(user: User) -> None:
    """Refuse an account without any role: it has no day in this laboratory yet."""
    if not user.roles:
        raise NotPermitted(
            _("Your account holds no role yet. An administrator gives roles."), roles=[Role.ADMINISTRATOR]
        )


def failures_for(*, user: User, on: QuerySet[RunLibrary] | None = None) -> list[Waiting]:
    """Return the failed jobs and rejected files that somebody at the bench must look at, newest first.

    With `on`, only those of these libraries on runs.
    """
    jobs, files = _failed_jobs(user), _rejected_files(user)
    if on is not None:
        jobs, files = jobs.filter(run_library__in=on), files.filter(run_library__in=on)
    found = chain(map(_failed_job, jobs[:MOST_ROWS]), map(_rejected_file, files[:MOST_ROWS]))
    return sorted(found, key=lambda item: item.since, reverse=True)


def signatures_for(*, user: User) -> list[Waiting]:
    """Return what waits for this person's signature, longest waiting first."""
    sources = cast("tuple[SignatureSource, ...]", contributions.modules_named("waiting"))
    found = chain.from_iterable(source.signatures_for(user=user) for source in sources)
    return sorted(found, key=lambda item: item.since)


def unfinished_jobs_for(*, user: User) -> QuerySet[Job]:
    """Return the jobs under way or queued, in the order in which they will run."""
    if Permission.LAB_READ not in user.permissions:
        return Job.objects.none()
    return (
        Job.objects.filter(state__in=UNFINISHED_STATES)
        .select_related("requested_by", "run_library__run", "run_library__library")
        .order_by("-state", "id")
    )


def count_for(*, user: User) -> int:
    """Return how many things wait for this person."""
    return _failed_jobs(user).count() + _rejected_files(user).count() + len(signatures_for(user=user))


def _failed_jobs(user: User) -> QuerySet[Job]:
    """Failed jobs whose work was not asked for again since."""
    if Permission.JOB_START not in user.permissions:
        return Job.objects.none()
    again = Job.objects.filter(fingerprint=OuterRef("fingerprint"), pk__gt=OuterRef("pk"))
    return (
        Job.objects.filter(state=JobState.FAILED, requested_at__gte=_horizon())
        .exclude(Exists(again))
        .select_related("run_library__run", "run_library__library")
        .order_by("-id")
    )


def _rejected_files(user: User) -> QuerySet[DataFile]:
    """Rejected files that no usable file of the same name and place has replaced since."""
    if Permission.FILE_WRITE not in user.permissions:
        return DataFile.objects.none()
    same_place = Q(run_library=OuterRef("run_library")) | Q(run_library=None)
    replacement = DataFile.objects.filter(
        same_place, name=OuterRef("name"), pk__gt=OuterRef("pk"), state=FileState.READY
    )
    return (
        DataFile.objects.filter(state=FileState.REJECTED, registered_at__gte=_horizon())
        .exclude(Exists(replacement))
        .select_related("run_library__run", "run_library__library")
        .order_by("-id")
    )


def _horizon() -> datetime:
    return timezone.now() - FAILURES_COUNT_FOR


def _failed_job(job: Job) -> Waiting:
    return Waiting(
        what=_place(job) or job.get_kind_display(),
        kind=job.get_kind_display(),
        state=job.state,
        state_label=job.get_state_display(),
        since=job.finished_at or job.requested_at,
        url=job.get_absolute_url(),
        act=_("See why"),
        detail=job.error_message,
    )


def _rejected_file(file: DataFile) -> Waiting:
    return Waiting(
        what=file.name,
        kind=file.get_kind_display(),
        state=file.state,
        state_label=file.get_state_display(),
        since=file.verified_at or file.registered_at,
        url=file.get_absolute_url(),
        act=_("See why"),
        detail=_place(file),
    )


def _place(record: Job | DataFile) -> str:
    return str(record.run_library) if record.run_library else ""
