"""The registers that results lean on: reference genomes, reference materials, truth sets, assays and their versions."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lims.models.naming import CODE_MAX_LENGTH, code_validator


class ReferenceGenome(models.Model):
    """A genome build: the contigs that files of this build must have, and its sequence where it is registered."""

    code = models.CharField(_("build"), max_length=CODE_MAX_LENGTH, unique=True, validators=[code_validator])
    contigs = models.JSONField(_("contigs"), help_text=_("Name and length of each contig, in order."))
    sequence = models.ForeignKey(
        "lims.DataFile", models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("sequence (FASTA)")
    )
    registered_at = models.DateTimeField(_("registered at"), default=timezone.now, editable=False)
    registered_by = models.ForeignKey("lims.User", models.PROTECT, related_name="+", verbose_name=_("registered by"))

    class Meta:
        verbose_name = _("reference genome")
        verbose_name_plural = _("reference genomes")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        return reverse("reference-genome-detail", args=[self.code])

    @property
    def contig_lengths(self) -> dict[str, int]:
        return {name: int(length) for name, length in self.contigs}


class ReferenceMaterial(models.Model):
    """A material whose genome is known, such as NA12878."""

    code = models.CharField(_("code"), max_length=CODE_MAX_LENGTH, unique=True, validators=[code_validator])
    name = models.CharField(_("name"), max_length=200)
    supplier = models.CharField(_("supplier"), max_length=200, blank=True)
    catalogue_number = models.CharField(_("catalogue number"), max_length=100, blank=True)
    registered_at = models.DateTimeField(_("registered at"), default=timezone.now, editable=False)
    registered_by = models.ForeignKey("lims.User", models.PROTECT, related_name="+", verbose_name=_("registered by"))

    class Meta:
        verbose_name = _("reference material")
        verbose_name_plural = _("reference materials")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        return reverse("reference-material-detail", args=[self.code])


class TruthSet(models.Model):
    """What is known of a reference material on one build: variants, and the regions in which they are complete."""

    material = models.ForeignKey(
        ReferenceMaterial, models.PROTECT, related_name="truth_sets", verbose_name=_("reference material")
    )
    genome = models.ForeignKey(ReferenceGenome, models.PROTECT, related_name="+", verbose_name=_("build"))
    version = models.CharField(_("version"), max_length=CODE_MAX_LENGTH)
    source = models.CharField(_("source"), max_length=300, blank=True)
    variants = models.ForeignKey(
        "lims.DataFile", models.PROTECT, related_name="+", verbose_name=_("truth variants (VCF)")
    )
    confident_regions = models.ForeignKey(
        "lims.DataFile", models.PROTECT, related_name="+", verbose_name=_("confident regions (BED)")
    )
    sample_name = models.CharField(_("sample name in the VCF"), max_length=200, blank=True)
    registered_at = models.DateTimeField(_("registered at"), default=timezone.now, editable=False)
    registered_by = models.ForeignKey("lims.User", models.PROTECT, related_name="+", verbose_name=_("registered by"))
    retired_at = models.DateTimeField(_("retired at"), null=True, editable=False)
    retired_by = models.ForeignKey(
        "lims.User", models.PROTECT, related_name="+", null=True, editable=False, verbose_name=_("retired by")
    )

    class Meta:
        verbose_name = _("truth set")
        verbose_name_plural = _("truth sets")
        ordering = ["material", "genome", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["material", "genome", "version"], name="%(app_label)s_%(class)s_version_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(retired_at=None, retired_by=None) | Q(retired_at__isnull=False, retired_by__isnull=False),
                name="%(app_label)s_%(class)s_retired_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.material_id and self.material.code} {self.version}"


class Assay(models.Model):
    """An examination that the laboratory offers, such as a clinical exome."""

    code = models.CharField(_("code"), max_length=CODE_MAX_LENGTH, unique=True, validators=[code_validator])
    name_en = models.CharField(_("name (English)"), max_length=200)
    name_zh = models.CharField(_("name (Chinese)"), max_length=200)
    intended_use = models.TextField(_("intended use"), blank=True)
    registered_at = models.DateTimeField(_("registered at"), default=timezone.now, editable=False)
    registered_by = models.ForeignKey("lims.User", models.PROTECT, related_name="+", verbose_name=_("registered by"))

    class Meta:
        verbose_name = _("assay")
        verbose_name_plural = _("assays")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        return reverse("assay-detail", args=[self.code])


class AssayVersion(models.Model):
    """One frozen configuration of an assay: what was captured, on what, called by what, against which build."""

    assay = models.ForeignKey(Assay, models.PROTECT, related_name="versions", verbose_name=_("assay"))
    version = models.CharField(_("version"), max_length=CODE_MAX_LENGTH, validators=[code_validator])
    genome = models.ForeignKey(ReferenceGenome, models.PROTECT, related_name="+", verbose_name=_("build"))
    targets = models.ForeignKey("lims.DataFile", models.PROTECT, related_name="+", verbose_name=_("targets (BED)"))
    baits = models.ForeignKey(
        "lims.DataFile", models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("baits (BED)")
    )
    capture_kit = models.CharField(_("capture kit"), max_length=200, blank=True)
    instrument_model = models.CharField(_("instrument model"), max_length=200, blank=True)
    pipeline_version = models.CharField(_("pipeline version"), max_length=200, blank=True)
    callable_depth_reads = models.PositiveIntegerField(
        _("callable depth (reads)"), default=20, validators=[MinValueValidator(1)]
    )
    registered_at = models.DateTimeField(_("registered at"), default=timezone.now, editable=False)
    registered_by = models.ForeignKey("lims.User", models.PROTECT, related_name="+", verbose_name=_("registered by"))
    effective_from = models.DateTimeField(_("effective from"), null=True, editable=False)
    retired_at = models.DateTimeField(_("retired at"), null=True, editable=False)

    class Meta:
        verbose_name = _("assay version")
        verbose_name_plural = _("assay versions")
        ordering = ["assay", "-registered_at"]
        constraints = [
            models.UniqueConstraint(fields=["assay", "version"], name="%(app_label)s_%(class)s_version_is_unique"),
            models.UniqueConstraint(
                fields=["assay"],
                condition=Q(effective_from__isnull=False, retired_at=None),
                name="%(app_label)s_%(class)s_one_is_effective",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assay_id and self.assay.code} {self.version}"
