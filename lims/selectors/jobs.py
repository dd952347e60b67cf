"""Jobs, for those who may read the laboratory's records."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from lims import rejections
from lims.choices import JobKind, JobState
from lims.exceptions import NotFound
from lims.models import DataFile, Job, JobResult, Measurement, User
from lims.permissions import Permission
from lims.policies import check_has


def list_for(*, user: User) -> QuerySet[Job]:
    """Return the jobs, newest first."""
    check_has(user, Permission.LAB_READ)
    return Job.objects.select_related("requested_by", "run_library__run", "run_library__library").order_by("-id")


def get_for(*, user: User, public_id: uuid.UUID) -> Job:
    """Return one job."""
    job = list_for(user=user).select_related("cancel_requested_by").filter(public_id=public_id).first()
    if job is None:
        raise NotFound(_("There is no such job."))
    return job


def result_of(job: Job) -> JobResult | None:
    """Return what a job found."""
    return JobResult.objects.filter(job=job).first()


def measurements_of(job: Job) -> QuerySet[Measurement]:
    """Return the measurements that a job's result gave, in the order of the catalogue."""
    return job.measurements.select_related("metric", "recorded_by").order_by(
        "metric__stage", "metric__code", "variant_type"
    )


def verified_file(job: Job) -> DataFile | None:
    """Return the file that a verification job is about."""
    if job.kind != JobKind.VERIFY_FILE:
        return None
    return DataFile.objects.filter(public_id=job.parameters["file"]).first()


def why_failed(job: Job) -> str:
    """Return the sentence that says why a job failed; nothing for another one."""
    if job.state != JobState.FAILED:
        return ""
    return rejections.sentence(job.error_code, job.error_where, job.error_message)
