"""Jobs: the row is the truth, the queue is only the messenger."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lims.choices import InputRole, JobKind, JobState

UNFINISHED_STATES = (JobState.QUEUED, JobState.RUNNING)


class Job(models.Model):
    """A piece of work by a kernel on files of known content. The same work is not done twice."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=24, choices=JobKind)
    state = models.CharField(_("state"), max_length=16, choices=JobState, default=JobState.QUEUED)
    kernel = models.CharField(_("kernel"), max_length=64)
    kernel_version = models.CharField(_("kernel version"), max_length=32)
    parameters = models.JSONField(_("parameters"), default=dict)
    fingerprint = models.CharField(
        max_length=64,
        editable=False,
        help_text=_("SHA-256 over kernel, version, parameters and the checksums of the inputs."),
    )
    run_library = models.ForeignKey(
        "lims.RunLibrary", models.PROTECT, related_name="jobs", null=True, verbose_name=_("library on a run")
    )
    requested_at = models.DateTimeField(_("requested at"), default=timezone.now, editable=False)
    requested_by = models.ForeignKey("lims.User", models.PROTECT, related_name="+", verbose_name=_("requested by"))
    started_at = models.DateTimeField(_("started at"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    max_attempts = models.PositiveSmallIntegerField(_("most attempts"), default=3)
    lease_token = models.UUIDField(null=True, editable=False)
    lease_expires_at = models.DateTimeField(null=True, editable=False)
    heartbeat_at = models.DateTimeField(_("last sign of life"), null=True, editable=False)
    progress_stage = models.CharField(_("stage"), max_length=64, blank=True)
    progress_fraction = models.FloatField(_("progress"), default=0.0)
    cancel_requested_at = models.DateTimeField(_("cancel asked at"), null=True, editable=False)
    cancel_requested_by = models.ForeignKey(
        "lims.User", models.PROTECT, related_name="+", null=True, editable=False, verbose_name=_("cancelled by")
    )
    error_code = models.CharField(_("error"), max_length=64, blank=True)
    error_message = models.TextField(_("what went wrong"), blank=True)
    error_where = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-id"]
        constraints = [
            # One live or finished job for the same work; failed and cancelled ones may be tried again.
            models.UniqueConstraint(
                fields=["fingerprint"],
                condition=Q(state__in=["queued", "running", "done"]),
                name="%(app_label)s_%(class)s_same_work_once",
            ),
            models.CheckConstraint(
                condition=Q(progress_fraction__gte=0.0) & Q(progress_fraction__lte=1.0),
                name="%(app_label)s_%(class)s_progress_is_a_fraction",
            ),
            models.CheckConstraint(
                condition=~Q(state=JobState.FAILED) | ~Q(error_code=""), name="%(app_label)s_%(class)s_failed_says_why"
            ),
        ]
        indexes = [models.Index(fields=["state", "lease_expires_at"], name="lims_job_stale")]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"

    def get_absolute_url(self) -> str:
        return reverse("job-detail", args=[self.public_id])

    @property
    def is_finished(self) -> bool:
        return self.state not in UNFINISHED_STATES


class JobInput(models.Model):
    """A file that a job reads, in the part it plays, with the checksum it had."""

    job = models.ForeignKey(Job, models.PROTECT, related_name="inputs", verbose_name=_("job"))
    role = models.CharField(_("part"), max_length=32)
    file = models.ForeignKey("lims.DataFile", models.PROTECT, related_name="job_inputs", verbose_name=_("file"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)

    class Meta:
        verbose_name = _("job input")
        verbose_name_plural = _("job inputs")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["job", "role"], name="%(app_label)s_%(class)s_role_once")]

    def __str__(self) -> str:
        return f"{self.role}: {self.file_id}"

    @property
    def role_label(self) -> str:
        """The part in words."""
        return str(InputRole(self.role).label) if self.role in InputRole else self.role


class JobResult(models.Model):
    """What a job found: the kernel's whole document. Append-only."""

    job = models.OneToOneField(Job, models.PROTECT, related_name="result", verbose_name=_("job"))
    kernel = models.CharField(_("kernel"), max_length=64)
    kernel_version = models.CharField(_("kernel version"), max_length=32)
    document = models.JSONField(_("document"))
    sha256 = models.CharField(_("SHA-256 of the document"), max_length=64)
    computed_at = models.DateTimeField(_("computed at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("result")
        verbose_name_plural = _("results")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kernel} {self.kernel_version}: job {self.job_id}"


class WorkerHeartbeat(models.Model):
    """The last sign of life of each worker, for `/readyz`."""

    worker = models.CharField(_("worker"), max_length=200, unique=True)
    seen_at = models.DateTimeField(_("seen at"))

    class Meta:
        verbose_name = _("worker heartbeat")
        verbose_name_plural = _("worker heartbeats")
        ordering = ["worker"]

    def __str__(self) -> str:
        return f"{self.worker} {self.seen_at:%Y-%m-%d %H:%M:%S}"
