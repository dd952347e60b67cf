"""Files, for those who may read the laboratory's records."""

from __future__ import annotations

import uuid

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from lims import rejections
from lims.choices import FileState, JobKind
from lims.exceptions import NotFound
from lims.models import DataFile, Job, User
from lims.permissions import Permission
from lims.policies import check_has


def list_for(*, user: User) -> QuerySet[DataFile]:
    """Return the files, newest first."""
    check_has(user, Permission.LAB_READ)
    return DataFile.objects.select_related(
        "genome", "registered_by", "run_library__run", "run_library__library__sample"
    ).order_by("-id")


def get_for(*, user: User, public_id: uuid.UUID) -> DataFile:
    """Return one file."""
    file = (
        list_for(user=user)
        .select_related("expected_targets", "made_by", "upload", "run_library__run__assay_version__genome")
        .filter(public_id=public_id)
        .first()
    )
    if file is None:
        raise NotFound(_("There is no such file."))
    return file


def jobs_of(file: DataFile) -> QuerySet[Job]:
    """Return the jobs that read a file, and those that verified it, newest first."""
    return (
        Job.objects.select_related("requested_by", "run_library__run", "run_library__library")
        .filter(Q(inputs__file=file) | Q(kind=JobKind.VERIFY_FILE, parameters__file=str(file.public_id)))
        .distinct()
        .order_by("-id")
    )


def verification_of(file: DataFile) -> Job | None:
    """Return the latest verification job of a file."""
    return Job.objects.filter(kind=JobKind.VERIFY_FILE, parameters__file=str(file.public_id)).order_by("-id").first()


def why_rejected(file: DataFile) -> str:
    """Return the sentence with which verification rejected a file; nothing for another one."""
    if file.state != FileState.REJECTED:
        return ""
    return rejections.sentence(file.rejection_code, file.rejection_where, file.rejection_where.get("message", ""))
