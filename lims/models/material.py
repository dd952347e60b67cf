"""From sample to run. Subjects, extracts and pools join them where the laboratory works with patients."""

from __future__ import annotations

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lims.models.naming import CODE_MAX_LENGTH, code_validator


class Sample(models.Model):
    """What was received: a specimen, or a reference material that stands in for one."""

    code = models.CharField(_("sample"), max_length=CODE_MAX_LENGTH, unique=True, validators=[code_validator])
    reference_material = models.ForeignKey(
        "lims.ReferenceMaterial",
        models.PROTECT,
        related_name="samples",
        null=True,
        blank=True,
        verbose_name=_("reference material"),
    )
    sequencing_name = models.CharField(
        _("name in sequencing files"),
        max_length=200,
        blank=True,
        help_text=_("The sample name (SM) that BAM and VCF files carry; the sample's own code when empty."),
    )
    note = models.TextField(_("note"), blank=True)
    received_at = models.DateTimeField(_("received at"), default=timezone.now)
    registered_at = models.DateTimeField(_("registered at"), default=timezone.now, editable=False)
    registered_by = models.ForeignKey("lims.User", models.PROTECT, related_name="+", verbose_name=_("registered by"))

    class Meta:
        verbose_name = _("sample")
        verbose_name_plural = _("samples")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        return reverse("sample-detail", args=[self.code])

    @property
    def name_in_files(self) -> str:
        return self.sequencing_name or self.code


class Run(models.Model):
    """One sequencing run of one instrument."""

    code = models.CharField(_("run"), max_length=CODE_MAX_LENGTH, unique=True, validators=[code_validator])
    assay_version = models.ForeignKey(
        "lims.AssayVersion", models.PROTECT, related_name="runs", verbose_name=_("assay version")
    )
    instrument = models.CharField(_("instrument"), max_length=120, blank=True)
    flow_cell = models.CharField(_("flow cell"), max_length=120, blank=True)
    started_at = models.DateTimeField(pgettext_lazy("run", "started at"), default=timezone.now)
    note = models.TextField(_("note"), blank=True)
    registered_at = models.DateTimeField(_("registered at"), default=timezone.now, editable=False)
    registered_by = models.ForeignKey("lims.User", models.PROTECT, related_name="+", verbose_name=_("registered by"))

    class Meta:
        verbose_name = pgettext_lazy("sequencing", "run")
        verbose_name_plural = pgettext_lazy("sequencing", "runs")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        return reverse("run-detail", args=[self.code])


class Library(models.Model):
    """A sequencing library made of one sample."""

    code = models.CharField(_("library"), max_length=CODE_MAX_LENGTH, unique=True, validators=[code_validator])
    sample = models.ForeignKey(Sample, models.PROTECT, related_name="libraries", verbose_name=_("sample"))
    index_i7 = models.CharField(_("i7 index"), max_length=40, blank=True)
    index_i5 = models.CharField(_("i5 index"), max_length=40, blank=True)
    input_ng = models.DecimalField(_("DNA input (ng)"), max_digits=10, decimal_places=3, null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    registered_at = models.DateTimeField(_("registered at"), default=timezone.now, editable=False)
    registered_by = models.ForeignKey("lims.User", models.PROTECT, related_name="+", verbose_name=_("registered by"))

    class Meta:
        verbose_name = pgettext_lazy("sequencing", "library")
        verbose_name_plural = pgettext_lazy("sequencing", "libraries")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        return reverse("library-detail", args=[self.code])


class RunLibrary(models.Model):
    """A library on a run: what files, jobs and measurements belong to."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="run_libraries", verbose_name=_("run"))
    library = models.ForeignKey(Library, models.PROTECT, related_name="run_libraries", verbose_name=_("library"))
    lane = models.PositiveSmallIntegerField(
        _("lane"), null=True, blank=True, help_text=_("Empty where the library is on several lanes.")
    )
    loaded_at = models.DateTimeField(_("loaded at"), default=timezone.now, editable=False)
    loaded_by = models.ForeignKey("lims.User", models.PROTECT, related_name="+", verbose_name=_("loaded by"))

    class Meta:
        verbose_name = _("library on a run")
        verbose_name_plural = _("libraries on runs")
        ordering = ["run", "library"]
        constraints = [
            models.UniqueConstraint(fields=["run", "library"], name="%(app_label)s_%(class)s_loaded_once"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id and self.run.code} · {self.library_id and self.library.code}"
