"""Studies: the plan that is locked before results, the evidence, the judgement, the report."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lims.choices import VariantType
from validation.choices import Basis, Comparator, IntervalMethod, StudyKind, StudyState, StudyTrigger, Verdict


class Study(models.Model):
    """Is this assay version fit for use? The plan stands before the first result; a signed study is superseded."""

    code = models.CharField(_("study"), max_length=32, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=200)
    kind = models.CharField(_("kind"), max_length=16, choices=StudyKind, default=StudyKind.VALIDATION)
    trigger = models.CharField(_("reason"), max_length=16, choices=StudyTrigger, default=StudyTrigger.NEW_ASSAY)
    assay_version = models.ForeignKey(
        "lims.AssayVersion", models.PROTECT, related_name="studies", verbose_name=_("assay version")
    )
    intended_use = models.TextField(_("intended use"))
    design = models.TextField(_("design"), blank=True, help_text=_("Samples, replicates and why they are enough."))
    supersedes = models.ForeignKey(
        "self", models.PROTECT, related_name="superseded_by", null=True, blank=True, verbose_name=_("supersedes")
    )
    state = models.CharField(_("state"), max_length=16, choices=StudyState, default=StudyState.DRAFT)
    conclusion = models.TextField(_("conclusion"), blank=True)
    limitations = models.TextField(_("limitations"), blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    created_by = models.ForeignKey("lims.User", models.PROTECT, related_name="+", verbose_name=_("author"))
    locked_at = models.DateTimeField(_("plan locked at"), null=True, editable=False)
    locked_by = models.ForeignKey(
        "lims.User", models.PROTECT, related_name="+", null=True, editable=False, verbose_name=_("plan locked by")
    )
    submitted_at = models.DateTimeField(_("submitted at"), null=True, editable=False)
    submitted_by = models.ForeignKey(
        "lims.User", models.PROTECT, related_name="+", null=True, editable=False, verbose_name=_("submitted by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, editable=False)
    decided_by = models.ForeignKey(
        "lims.User", models.PROTECT, related_name="+", null=True, editable=False, verbose_name=_("decided by")
    )

    class Meta:
        verbose_name = _("validation study")
        verbose_name_plural = _("validation studies")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(locked_at=None, locked_by=None) | Q(locked_at__isnull=False, locked_by__isnull=False),
                name="%(app_label)s_%(class)s_locked_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(decided_at=None, decided_by=None) | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="%(app_label)s_%(class)s_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state=StudyState.APPROVED) | Q(submitted_at__isnull=False, decided_at__isnull=False),
                name="%(app_label)s_%(class)s_approved_was_submitted",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        return reverse("study-detail", args=[self.code])


class Criterion(models.Model):
    """One demand of the plan. It cannot change once the plan is locked."""

    study = models.ForeignKey(Study, models.PROTECT, related_name="criteria", verbose_name=_("study"))
    position = models.PositiveSmallIntegerField(_("position"))
    metric = models.ForeignKey("lims.Metric", models.PROTECT, related_name="+", verbose_name=_("metric"))
    variant_type = models.CharField(_("variant type"), max_length=16, blank=True, choices=VariantType)
    stratum = models.CharField(_("stratum"), max_length=120, blank=True)
    comparator = models.CharField(_("comparison"), max_length=2, choices=Comparator, default=Comparator.AT_LEAST)
    limit = models.DecimalField(_("limit"), max_digits=16, decimal_places=6)
    basis = models.CharField(_("what is compared"), max_length=16, choices=Basis, default=Basis.POINT)
    interval_method = models.CharField(
        _("interval"), max_length=24, choices=IntervalMethod, default=IntervalMethod.CLOPPER_PEARSON
    )
    confidence = models.DecimalField(
        _("confidence"),
        max_digits=4,
        decimal_places=3,
        default="0.950",
        validators=[MinValueValidator(0.5), MaxValueValidator(0.999)],
    )
    rationale = models.CharField(_("source of the limit"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        ordering = ["study", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "metric", "variant_type", "stratum"], name="%(app_label)s_%(class)s_asked_once"
            ),
            models.UniqueConstraint(fields=["study", "position"], name="%(app_label)s_%(class)s_position_is_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.metric_id and self.metric.code} {self.comparator} {self.limit}"


class Evidence(models.Model):
    """A job's result that the study rests on; taking it out is recorded with a reason, not deleted."""

    study = models.ForeignKey(Study, models.PROTECT, related_name="evidence", verbose_name=_("study"))
    job = models.ForeignKey("lims.Job", models.PROTECT, related_name="evidence", verbose_name=_("job"))
    added_at = models.DateTimeField(_("added at"), default=timezone.now, editable=False)
    added_by = models.ForeignKey("lims.User", models.PROTECT, related_name="+", verbose_name=_("added by"))
    excluded_at = models.DateTimeField(_("excluded at"), null=True, editable=False)
    excluded_by = models.ForeignKey(
        "lims.User", models.PROTECT, related_name="+", null=True, editable=False, verbose_name=_("excluded by")
    )
    exclusion_reason = models.TextField(_("reason of exclusion"), blank=True)

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering = ["study", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "job"], condition=Q(excluded_at=None), name="%(app_label)s_%(class)s_counted_once"
            ),
            models.CheckConstraint(
                condition=Q(excluded_at=None, excluded_by=None)
                | (Q(excluded_at__isnull=False, excluded_by__isnull=False) & ~Q(exclusion_reason="")),
                name="%(app_label)s_%(class)s_exclusion_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.study_id and self.study.code}: job {self.job_id}"


class Evaluation(models.Model):
    """All criteria judged over the evidence at one moment. Append-only; the newest one counts."""

    study = models.ForeignKey(Study, models.PROTECT, related_name="evaluations", verbose_name=_("study"))
    evaluated_at = models.DateTimeField(_("evaluated at"), default=timezone.now, editable=False)
    evaluated_by = models.ForeignKey("lims.User", models.PROTECT, related_name="+", verbose_name=_("evaluated by"))
    evidence_sha256 = models.CharField(
        _("SHA-256 of the evidence"),
        max_length=64,
        help_text=_("Over the jobs, their results' checksums and exclusions."),
    )

    class Meta:
        verbose_name = _("evaluation")
        verbose_name_plural = _("evaluations")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.study_id and self.study.code} {self.evaluated_at:%Y-%m-%d %H:%M}"


class Judgement(models.Model):
    """One criterion judged: the numbers, their interval and the verdict. Append-only."""

    evaluation = models.ForeignKey(Evaluation, models.PROTECT, related_name="judgements", verbose_name=_("evaluation"))
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="judgements", verbose_name=_("criterion"))
    measurements = models.ManyToManyField("lims.Measurement", related_name="+", verbose_name=_("measurements"))
    library_count = models.PositiveIntegerField(_("libraries"))
    numerator = models.BigIntegerField(_("numerator"), null=True)
    denominator = models.BigIntegerField(_("denominator"), null=True)
    value = models.FloatField(_("value"), null=True)
    lower = models.FloatField(_("lower bound"), null=True)
    upper = models.FloatField(_("upper bound"), null=True)
    verdict = models.CharField(_("verdict"), max_length=16, choices=Verdict)

    class Meta:
        verbose_name = _("judgement")
        verbose_name_plural = _("judgements")
        ordering = ["evaluation", "criterion__position"]
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "criterion"], name="%(app_label)s_%(class)s_judged_once"),
            models.CheckConstraint(
                condition=~Q(value=None) | Q(verdict=Verdict.NOT_EVALUATED),
                name="%(app_label)s_%(class)s_no_verdict_without_value",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.criterion_id}: {self.verdict}"


class StudyReport(models.Model):
    """A report as it was issued: the file, its language and the hash of the content it shows. Append-only."""

    study = models.ForeignKey(Study, models.PROTECT, related_name="reports", verbose_name=_("study"))
    language = models.CharField(_("language"), max_length=10)
    file = models.OneToOneField("lims.DataFile", models.PROTECT, related_name="+", verbose_name=_("file"))
    content_sha256 = models.CharField(_("SHA-256 of the content"), max_length=64)
    audit_sequence = models.BigIntegerField(_("audit trail number"))
    audit_hash = models.CharField(_("audit trail hash"), max_length=64)
    issued_at = models.DateTimeField(_("issued at"), default=timezone.now, editable=False)
    issued_by = models.ForeignKey("lims.User", models.PROTECT, related_name="+", verbose_name=_("issued by"))

    class Meta:
        verbose_name = _("study report")
        verbose_name_plural = _("study reports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.study_id and self.study.code} ({self.language})"
