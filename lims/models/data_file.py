"""Files: what they are, where they lie, what they hash to, and whether they may be used."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lims.choices import FileKind, FileOrigin, FileState


class DataFile(models.Model):
    """One file, by content. Usable only when `ready`; a rejected one is kept in quarantine with its reason."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("file name"), max_length=255)
    kind = models.CharField(_("kind"), max_length=16, choices=FileKind)
    state = models.CharField(_("state"), max_length=16, choices=FileState, default=FileState.RECEIVING)
    origin = models.CharField(_("origin"), max_length=16, choices=FileOrigin)
    location = models.CharField(
        _("location"),
        max_length=1024,
        blank=True,
        help_text=_("Absolute path, or a path relative to the storage folder."),
    )
    size_bytes = models.BigIntegerField(_("size (bytes)"), null=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    genome = models.ForeignKey(
        "lims.ReferenceGenome", models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("build")
    )
    run_library = models.ForeignKey(
        "lims.RunLibrary",
        models.PROTECT,
        related_name="files",
        null=True,
        blank=True,
        verbose_name=_("library on a run"),
    )
    expected_sample_name = models.CharField(_("expected sample name"), max_length=200, blank=True)
    expected_targets = models.ForeignKey(
        "self", models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("targets it must overlap")
    )
    findings = models.JSONField(_("findings"), default=dict, help_text=_("What verification read from the file."))
    rejection_code = models.CharField(_("reason of rejection"), max_length=64, blank=True)
    rejection_where = models.JSONField(default=dict)
    registered_at = models.DateTimeField(_("registered at"), default=timezone.now, editable=False)
    registered_by = models.ForeignKey("lims.User", models.PROTECT, related_name="+", verbose_name=_("registered by"))
    verified_at = models.DateTimeField(_("verified at"), null=True, editable=False)
    made_by = models.ForeignKey(
        "lims.Job", models.PROTECT, related_name="made_files", null=True, editable=False, verbose_name=_("made by job")
    )

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ["-id"]
        indexes = [models.Index(fields=["sha256"], name="lims_datafile_sha256")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=FileState.READY) | (Q(size_bytes__isnull=False) & ~Q(sha256="")),
                name="%(app_label)s_%(class)s_ready_has_checksum",
            ),
            models.CheckConstraint(
                condition=~Q(state=FileState.REJECTED) | ~Q(rejection_code=""),
                name="%(app_label)s_%(class)s_rejected_says_why",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("file-detail", args=[self.public_id])

    @property
    def is_ready(self) -> bool:
        return self.state == FileState.READY


class Upload(models.Model):
    """A resumable upload (tus 1.0) of one file."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    file = models.OneToOneField(DataFile, models.PROTECT, related_name="upload", verbose_name=_("file"))
    length_bytes = models.BigIntegerField(_("length (bytes)"))
    offset_bytes = models.BigIntegerField(_("received (bytes)"), default=0)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    created_by = models.ForeignKey("lims.User", models.PROTECT, related_name="+", verbose_name=_("created by"))
    expires_at = models.DateTimeField(_("expires at"))
    completed_at = models.DateTimeField(_("completed at"), null=True, editable=False)
    terminated_at = models.DateTimeField(_("terminated at"), null=True, editable=False)

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(offset_bytes__gte=0) & Q(offset_bytes__lte=models.F("length_bytes")),
                name="%(app_label)s_%(class)s_offset_within_length",
            )
        ]

    def __str__(self) -> str:
        return str(self.public_id)
