"""Jobs: asked for once, run under a lease, finished exactly once, whatever happens to workers, broker or database."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kernels.document import sha256_of
from kernels.versions import KERNEL_VERSIONS
from lims import background, canonical, storage
from lims.actions import results
from lims.audit import action
from lims.choices import FileKind, FileOrigin, FileState, JobKind, JobState
from lims.exceptions import InvalidInput, InvalidTransition, Stale
from lims.models import DataFile, Job, JobInput, JobResult, RunLibrary, User
from lims.permissions import Permission
from lims.policies import check_can_cancel, check_can_use, check_has

TASKS = {
    JobKind.VERIFY_FILE: "lims.verify_file",
    JobKind.COVERAGE: "lims.compute",
    JobKind.CONCORDANCE: "lims.compute",
}
STALE_BATCH = 100


class Beat(Enum):
    """What a worker learns when it reports a sign of life."""

    GO_ON = "go_on"
    CANCEL = "cancel"
    LOST = "lost"  # the lease is somebody else's by now: stop and write nothing


@action
def request(
    *,
    by: User,
    kind: JobKind,
    kernel: str,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, DataFile],
    run_library: RunLibrary | None = None,
    max_attempts: int | None = None,
) -> tuple[Job, bool]:
    """Ask for work on verified files; the same work gives the job that exists.

    Returns
    -------
    job : Job
    created : bool
        False where the work was already asked for or done.
    """
    check_has(by, Permission.JOB_START)
    for file in inputs.values():
        check_can_use(file)
    return ask_for(
        by=by,
        kind=kind,
        kernel=kernel,
        parameters=parameters,
        inputs=inputs,
        run_library=run_library,
        max_attempts=max_attempts,
    )


def ask_for(
    *,
    by: User,
    kind: JobKind,
    kernel: str,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, DataFile],
    run_library: RunLibrary | None = None,
    max_attempts: int | None = None,
) -> tuple[Job, bool]:
    """Like `request`, for actions that have checked who asks."""
    kernel_version = KERNEL_VERSIONS[kernel]
    fingerprint = fingerprint_of(kernel, kernel_version, parameters, inputs, run_library)
    stored = _same_work(fingerprint)
    if stored is not None:
        return stored, False
    try:
        with transaction.atomic():
            job = Job.objects.create(
                kind=kind,
                kernel=kernel,
                kernel_version=kernel_version,
                parameters=dict(parameters),
                fingerprint=fingerprint,
                run_library=run_library,
                requested_by=by,
                max_attempts=max_attempts or settings.JOB_MAX_ATTEMPTS,
                lease_expires_at=_announce_again_at(),
            )
    except IntegrityError:
        # Somebody asked for the same work in the meantime.
        stored = _same_work(fingerprint)
        if stored is None:
            raise
        return stored, False
    JobInput.objects.bulk_create(
        JobInput(job=job, role=role, file=file, sha256=file.sha256) for role, file in inputs.items()
    )
    background.enqueue(TASKS[JobKind(job.kind)], job.pk)
    return job, True


@action
def retry(*, by: User, job: Job) -> tuple[Job, bool]:
    """Ask again for the work of a job that failed or was cancelled."""
    check_has(by, Permission.JOB_START)
    if job.state not in (JobState.FAILED, JobState.CANCELLED):
        raise InvalidTransition(_("Only a job that failed or was cancelled is run again."))
    inputs = {row.role: row.file for row in job.inputs.select_related("file")}
    for file in inputs.values():
        check_can_use(file)
    return ask_for(
        by=by,
        kind=JobKind(job.kind),
        kernel=job.kernel,
        parameters=job.parameters,
        inputs=inputs,
        run_library=job.run_library,
        max_attempts=job.max_attempts,
    )


@action
def cancel(*, by: User, job: Job, reason: str) -> None:
    """Cancel a waiting job at once; tell the worker of a running one to stop."""
    check_has(by, Permission.JOB_CANCEL)
    if not reason.strip():
        raise InvalidInput(_("Say why the job is cancelled."), fields={"reason": _("A reason is needed.")})
    job = Job.objects.select_for_update().get(pk=job.pk)
    check_can_cancel(by, job)
    job.cancel_requested_at, job.cancel_requested_by = timezone.now(), by
    job.save(update_fields=["cancel_requested_at", "cancel_requested_by"])
    if job.state == JobState.QUEUED:
        _end(job, JobState.CANCELLED)


@action
def claim(*, by: User, job_id: int) -> Job | None:
    """Take a waiting job under a lease; None when it is not waiting, so that a second delivery does nothing."""
    job = Job.objects.select_for_update(skip_locked=True).filter(pk=job_id, state=JobState.QUEUED).first()
    if job is None:
        return None
    now = timezone.now()
    job.state, job.attempts, job.lease_token = JobState.RUNNING, job.attempts + 1, uuid.uuid4()
    job.started_at = job.started_at or now
    job.heartbeat_at, job.lease_expires_at = now, now + _lease()
    job.progress_fraction, job.progress_stage = 0.0, ""
    job.save()
    return job


def heartbeat(*, job_id: int, lease_token: uuid.UUID, fraction: float) -> Beat:
    """Extend the lease and note the progress. No act of anybody's: nothing of it stands in the audit trail."""
    now = timezone.now()
    rows = Job.objects.filter(pk=job_id, lease_token=lease_token, state=JobState.RUNNING)
    kept = rows.update(
        heartbeat_at=now, lease_expires_at=now + _lease(), progress_fraction=min(max(fraction, 0.0), 1.0)
    )
    if not kept:
        return Beat.LOST
    return Beat.CANCEL if rows.filter(cancel_requested_at__isnull=False).exists() else Beat.GO_ON


@action
def finish(
    *, by: User, job_id: int, lease_token: uuid.UUID, document: dict[str, Any], outputs: Path | None = None
) -> Job:
    """Store what a job found, its measurements and its files, in one transaction and only under our own lease.

    Raises
    ------
    Stale
        `lease_lost`: another worker has the job, or has finished it.
    InvalidInput
        The document contradicts itself or comes from another kernel version.
    """
    job = _leased(job_id, lease_token)
    _check_kernel(job, document)
    document = canonical.normal(document)
    JobResult.objects.create(
        job=job,
        kernel=document["kernel"]["name"],
        kernel_version=document["kernel"]["version"],
        document=document,
        sha256=canonical.sha256(document),
    )
    results.store(by=by, job=job, document=document)
    if outputs is not None:
        _adopt_files(by, job, outputs)
    job.progress_fraction = 1.0
    _end(job, JobState.DONE)
    return job


@action
def fail(
    *, by: User, job_id: int, lease_token: uuid.UUID, code: str, message: str, where: Mapping[str, Any] | None = None
) -> Job:
    """End a job with the sentence that says why."""
    job = _leased(job_id, lease_token)
    return _fail(job, code, message, where or {})


@action
def stop_cancelled(*, by: User, job_id: int, lease_token: uuid.UUID) -> Job:
    """End a running job whose cancelling was asked for, once its work has stopped."""
    job = _leased(job_id, lease_token)
    _end(job, JobState.CANCELLED)
    return job


@action
def requeue_stale(*, by: User) -> int:
    """Give jobs of lost workers to others and announce waiting jobs again whose announcement was lost.

    Returns
    -------
    int
        Jobs that were taken from lost workers or announced again.
    """
    now = timezone.now()
    stale = Job.objects.select_for_update(skip_locked=True).filter(lease_expires_at__lt=now)
    lost = list(stale.filter(state=JobState.RUNNING)[:STALE_BATCH])
    for job in lost:
        _give_back(job)
    return len(lost) + sum(_announce_again(job) for job in stale.filter(state=JobState.QUEUED)[:STALE_BATCH])


def fingerprint_of(
    kernel: str,
    kernel_version: str,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, DataFile],
    run_library: RunLibrary | None,
) -> str:
    """Return what two requests for the same work share. Equal files of two libraries are two pieces of work."""
    work = {
        "kernel": kernel,
        "version": kernel_version,
        "parameters": parameters,
        "inputs": {role: file.sha256 for role, file in inputs.items()},
        "run_library": run_library.pk if run_library else None,
    }
    return hashlib.sha256(canonical.text(work).encode()).hexdigest()


def _same_work(fingerprint: str) -> Job | None:
    live = (JobState.QUEUED, JobState.RUNNING, JobState.DONE)
    return Job.objects.filter(fingerprint=fingerprint, state__in=live).first()


def _leased(job_id: int, lease_token: uuid.UUID) -> Job:
    job = (
        Job.objects.select_for_update(of=("self",))
        .select_related("run_library")
        .filter(pk=job_id, lease_token=lease_token, state=JobState.RUNNING)
        .first()
    )
    if job is None:
        raise Stale(_("Another worker has this job by now."), code="lease_lost")
    return job


def _check_kernel(job: Job, document: Mapping[str, Any]) -> None:
    kernel = document.get("kernel") or {}
    if (kernel.get("name"), kernel.get("version")) != (job.kernel, job.kernel_version):
        raise InvalidInput(
            _("The worker runs another version of the kernel than the job asks for. Start the job again."),
            code="kernel_version_differs",
        )


def _give_back(job: Job) -> None:
    if job.cancel_requested_at is not None:
        _end(job, JobState.CANCELLED)
    elif job.attempts >= job.max_attempts:
        _fail(job, "worker_lost", "The worker was lost in every attempt.", {"attempts": job.attempts})
    else:
        job.state, job.lease_token, job.lease_expires_at = JobState.QUEUED, None, _announce_again_at()
        job.save(update_fields=["state", "lease_token", "lease_expires_at"])
        background.enqueue(TASKS[JobKind(job.kind)], job.pk)


def _announce_again(job: Job) -> bool:
    """Announce a waiting job again, but only into an empty queue: a long queue is no sign of a lost announcement."""
    task = TASKS[JobKind(job.kind)]
    if background.waiting_messages(background.queue_of(task)) != 0:
        return False
    job.lease_expires_at = _announce_again_at()
    job.save(update_fields=["lease_expires_at"])
    background.enqueue(task, job.pk)
    return True


def _fail(job: Job, code: str, message: str, where: Mapping[str, Any]) -> Job:
    job.error_code, job.error_message, job.error_where = code, message, dict(where)
    job.save(update_fields=["error_code", "error_message", "error_where"])
    _end(job, JobState.FAILED)
    return job


def _end(job: Job, state: JobState) -> None:
    job.state, job.finished_at = state, timezone.now()
    job.lease_token = job.lease_expires_at = None
    job.save(update_fields=["state", "finished_at", "lease_token", "lease_expires_at", "progress_fraction"])


def _adopt_files(by: User, job: Job, outputs: Path) -> None:
    DataFile.objects.bulk_create(
        DataFile(
            name=path.name,
            kind=FileKind.RESULT,
            state=FileState.READY,
            origin=FileOrigin.COMPUTED,
            location=location,
            size_bytes=path.stat().st_size,
            sha256=sha256_of(path),
            run_library=job.run_library,
            registered_by=by,
            verified_at=timezone.now(),
            made_by=job,
        )
        for location, path in storage.adopt_results(job.public_id, outputs)
    )


def _lease() -> timedelta:
    return timedelta(seconds=settings.JOB_LEASE_SECONDS)


def _announce_again_at() -> Any:
    # While a job waits, its lease belongs to nobody; the column then says when its announcement counts as lost.
    return timezone.now() + _lease()
