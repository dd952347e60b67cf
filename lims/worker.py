"""What a worker does with a job: claim it, run its kernel in a child, report signs of life, store the outcome once.

Nothing here trusts the queue: a job that is delivered twice, or that a worker holds which was thought lost, is refused
by its row.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from lims import kernel_commands, storage
from lims.actions import files, jobs, people
from lims.actions.jobs import Beat
from lims.exceptions import DomainError, Stale
from lims.kernel_runs import Failure, KernelRun
from lims.models import DataFile, Job, User

log = structlog.get_logger()
R = TypeVar("R")

_LOOK_SECONDS = 0.2
# Often enough that progress moves and cancelling is felt; seldom enough to cost the database nothing.
_BEAT_SECONDS = 2.0
_PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Attempt:
    """A claimed job, its lease and the folder that only this attempt writes to."""

    job: Job
    lease_token: uuid.UUID
    folder: Path
    by: User

    @property
    def lease(self) -> dict[str, Any]:
        return {"by": self.by, "job_id": self.job.pk, "lease_token": self.lease_token}


def compute(job_id: int) -> None:
    """Run a kernel on verified files and store what it finds."""
    _run(job_id, _compute)


def verify_file(job_id: int) -> None:
    """Read a received file from end to end and decide whether it may be used."""
    _run(job_id, _verify)


def _run(job_id: int, work: Callable[[Attempt], None]) -> None:
    by = people.system_account()
    job = jobs.claim(by=by, job_id=job_id)
    if job is None or job.lease_token is None:
        log.info("job_not_waiting", job_id=job_id)
        return
    attempt = Attempt(job, job.lease_token, storage.work_folder(job.public_id, job.lease_token), by)
    with structlog.contextvars.bound_contextvars(job=str(job.public_id), attempt=job.attempts):
        try:
            _work(attempt, work)
            storage.remove_work(job.public_id)
        except Stale:
            log.warning("lease_lost")


def _work(attempt: Attempt, work: Callable[[Attempt], None]) -> None:
    """Do the work; whatever it ends with that is no outcome ends the job with a sentence."""
    try:
        work(attempt)
    except (Stale, OperationalError, InterfaceError):
        raise  # the job is in other hands, or will be when its lease has run out
    except DomainError as error:
        _fail(attempt, Failure(error.code, str(error)))
    except Exception as error:
        log.exception("worker_error")
        _fail(attempt, Failure("worker_error", f"{type(error).__name__}: {error}"))


def _compute(attempt: Attempt) -> None:
    job = attempt.job
    changed = next((row.file for row in job.inputs.select_related("file") if _has_changed(attempt, row.file)), None)
    if changed is not None:
        message = f"{changed.name} changed since it was verified."
        _fail(attempt, Failure("input_changed", message, {"file": changed.name}))
    elif (document := _document(attempt, kernel_commands.arguments_for(job, attempt.folder))) is not None:
        outputs = attempt.folder / kernel_commands.OUTPUTS_NAME
        _persist(lambda: jobs.finish(**attempt.lease, document=document, outputs=outputs))


def _has_changed(attempt: Attempt, file: DataFile) -> bool:
    """A file that was only touched or copied back is read again instead of refused."""
    return files.is_changed(file) and not files.confirm(by=attempt.by, file=file)


def _verify(attempt: Attempt) -> None:
    file = DataFile.objects.select_related("genome__sequence", "expected_targets").get(
        public_id=attempt.job.parameters["file"]
    )
    path = storage.working_path(file)
    if not path.exists():
        _fail(attempt, Failure("file_missing", f"{file.name} is not where it was.", {"file": file.name}))
        return
    stamp = storage.stamp_of(path)
    document = _document(attempt, kernel_commands.verification_arguments(attempt.job, file, attempt.folder))
    if document is not None:
        is_changed = storage.stamp_of(path) != stamp
        _persist(
            lambda: files.conclude_verification(
                **attempt.lease, file=file, document=document, stamp=stamp, is_changed=is_changed
            )
        )


def _document(attempt: Attempt, arguments: list[str]) -> dict[str, Any] | None:
    """Run the kernel to its end; None when the job has ended otherwise, which is then already stored."""
    run = KernelRun(arguments, attempt.folder)
    try:
        if _attend(attempt, run) == Beat.CANCEL:
            run.kill()
            _persist(lambda: jobs.stop_cancelled(**attempt.lease))
            return None
        failure = run.failure()
    finally:
        run.kill()
    if failure is not None:
        _fail(attempt, failure)
        return None
    text = (attempt.folder / kernel_commands.DOCUMENT_NAME).read_text(encoding="utf-8")
    return _without_paths(json.loads(text), attempt.folder)


def _without_paths(document: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Name the files that a kernel wrote without the folder, which is gone when the document is read."""
    return {
        key: Path(value).name if isinstance(value, str) and value.startswith(str(folder)) else value
        for key, value in document.items()
    }


def _attend(attempt: Attempt, run: KernelRun) -> Beat:
    """Report signs of life until the kernel ends, its cancelling is asked for, or the lease is lost."""
    pause = min(settings.JOB_LEASE_SECONDS / 4, _BEAT_SECONDS)
    next_beat = time.monotonic()
    while not run.wait(_LOOK_SECONDS):
        if time.monotonic() < next_beat:
            continue
        beat = _beat(attempt, run.fraction)
        if beat == Beat.LOST:
            raise Stale("The lease is lost.", code="lease_lost")
        if beat == Beat.CANCEL:
            return beat
        next_beat = time.monotonic() + pause
    return Beat.GO_ON


def _beat(attempt: Attempt, fraction: float) -> Beat:
    try:
        return jobs.heartbeat(job_id=attempt.job.pk, lease_token=attempt.lease_token, fraction=fraction)
    except (OperationalError, InterfaceError) as error:
        # The database may be restarting; the next sign of life tells whether the lease is still ours.
        log.warning("heartbeat_failed", error=str(error))
        connection.close()
        return Beat.GO_ON


def _fail(attempt: Attempt, failure: Failure) -> None:
    log.warning("job_failed", code=failure.code, message=failure.message)
    _persist(lambda: jobs.fail(**attempt.lease, code=failure.code, message=failure.message, where=failure.where))


def _persist(write: Callable[[], R]) -> R:
    """Store an outcome even if the database is away for about as long as a lease; it decides whose lease it is."""
    deadline = time.monotonic() + 2 * settings.JOB_LEASE_SECONDS
    while True:
        try:
            return write()
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() > deadline:
                raise
            log.warning("database_away", error=str(error))
            connection.close()
            time.sleep(_PAUSE_SECONDS)
