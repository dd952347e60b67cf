"""Waiting for the worker: files to be verified, jobs to end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from django.core.management.base import CommandError
from django.db import close_old_connections

from lims.choices import FileState, JobState
from lims.models import DataFile, Job

POLL_SECONDS = 0.2
Show = Callable[[float, str], None]


def silent(_fraction: float, _stage: str) -> None:
    """Show nothing."""


def for_files(files: Sequence[DataFile], *, seconds: float, show: Show = silent) -> None:
    """Wait until all files are verified.

    Raises
    ------
    CommandError
        One was rejected (with its reason), or the time is over.
    """
    pending = {file.pk: file for file in files}
    for _ in _until(seconds, "The files were not verified in time. Is the worker running?"):
        for file in DataFile.objects.filter(pk__in=pending):
            if file.state == FileState.REJECTED:
                raise CommandError(f"{file.name} was rejected: {_why(file)}")
            if file.state == FileState.READY:
                pending.pop(file.pk)
        show(1 - len(pending) / max(len(files), 1), "verifying files")
        if not pending:
            break
    for file in files:
        file.refresh_from_db()


def for_jobs(jobs: Sequence[Job], *, seconds: float, show: Show = silent) -> None:
    """Wait until all jobs have ended well.

    Raises
    ------
    CommandError
        One failed or was cancelled, or the time is over.
    """
    keys = [job.pk for job in jobs]
    for _ in _until(seconds, "The jobs did not end in time. Their pages say how far they are."):
        found = list(Job.objects.filter(pk__in=keys))
        for job in found:
            if job.state in (JobState.FAILED, JobState.CANCELLED):
                raise CommandError(f"The {job.kind} job {job.public_id} ended as {job.state}: {job.error_message}")
        done = sum(1.0 if job.state == JobState.DONE else job.progress_fraction for job in found)
        show(done / max(len(found), 1), "computing")
        if all(job.state == JobState.DONE for job in found):
            break
    for job in jobs:
        job.refresh_from_db()


def _until(seconds: float, message: str) -> Iterator[None]:
    """Come round at intervals until the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        yield
        if time.monotonic() > deadline:
            raise CommandError(message)
        time.sleep(POLL_SECONDS)
        close_old_connections()


def _why(file: DataFile) -> str:
    return f"{file.rejection_code} {file.rejection_where}"
