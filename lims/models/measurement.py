"""The metric catalogue and the append-only measurements."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from lims.choices import ChartTransform, Direction, MeasurementSource, MetricStage, VariantType


class Metric(models.Model):
    """One definition of one number. Look-alikes with other definitions have other codes."""

    code = models.CharField(_("code"), max_length=64, unique=True)
    name_en = models.CharField(_("name (English)"), max_length=200)
    name_zh = models.CharField(_("name (Chinese)"), max_length=200)
    definition_en = models.TextField(_("definition (English)"))
    definition_zh = models.TextField(_("definition (Chinese)"))
    unit = models.CharField(_("unit"), max_length=32, blank=True)
    is_proportion = models.BooleanField(_("is a proportion"), default=False)
    direction = models.CharField(_("direction"), max_length=16, choices=Direction)
    stage = models.CharField(_("stage"), max_length=16, choices=MetricStage)
    chart_transform = models.CharField(
        _("chart transform"), max_length=16, choices=ChartTransform, default=ChartTransform.NONE
    )
    decimals = models.PositiveSmallIntegerField(_("decimals shown"), default=2)
    tool_fields = models.JSONField(_("fields of tools"), default=dict)
    ga4gh_id = models.CharField("GA4GH", max_length=64, blank=True)
    source = models.CharField(_("source"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("metric")
        verbose_name_plural = _("metrics")
        ordering = ["stage", "code"]

    def __str__(self) -> str:
        return self.code

    @property
    def name(self) -> str:
        return self.name_zh if (get_language() or "en").startswith("zh") else self.name_en

    @property
    def definition(self) -> str:
        return self.definition_zh if (get_language() or "en").startswith("zh") else self.definition_en


class Measurement(models.Model):
    """A value of a metric for a library on a run, with the numbers behind it and where it came from. Append-only."""

    metric = models.ForeignKey(Metric, models.PROTECT, related_name="measurements", verbose_name=_("metric"))
    run_library = models.ForeignKey(
        "lims.RunLibrary", models.PROTECT, related_name="measurements", verbose_name=_("library on a run")
    )
    variant_type = models.CharField(_("variant type"), max_length=16, blank=True, choices=VariantType)
    stratum = models.CharField(_("stratum"), max_length=120, blank=True)
    value = models.FloatField(_("value"), null=True, help_text=_("Empty where the metric is undefined."))
    numerator = models.BigIntegerField(_("numerator"), null=True)
    denominator = models.BigIntegerField(_("denominator"), null=True)
    source = models.CharField(_("source"), max_length=16, choices=MeasurementSource)
    job = models.ForeignKey("lims.Job", models.PROTECT, related_name="measurements", null=True, verbose_name=_("job"))
    recorded_at = models.DateTimeField(_("recorded at"), default=timezone.now, editable=False)
    recorded_by = models.ForeignKey("lims.User", models.PROTECT, related_name="+", verbose_name=_("recorded by"))
    supersedes = models.OneToOneField(
        "self", models.PROTECT, related_name="superseded_by", null=True, verbose_name=_("supersedes")
    )
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("measurement")
        verbose_name_plural = _("measurements")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["run_library", "metric", "-id"], name="lims_measurement_latest"),
            models.Index(fields=["metric", "-recorded_at"], name="lims_measurement_by_metric"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(numerator=None, denominator=None)
                | Q(numerator__gte=0, denominator__gte=models.F("numerator")),
                name="%(app_label)s_%(class)s_numerator_within_denominator",
            ),
            models.CheckConstraint(
                condition=~Q(source=MeasurementSource.COMPUTED) | Q(job__isnull=False),
                name="%(app_label)s_%(class)s_computed_names_its_job",
            ),
            models.CheckConstraint(
                condition=Q(supersedes=None) | ~Q(reason=""), name="%(app_label)s_%(class)s_correction_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric_id and self.metric.code} = {self.value}"
