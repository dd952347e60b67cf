"""What is entered of studies."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lims.choices import VariantType
from lims.models import AssayVersion, Job, Metric
from validation.actions.criteria import Demand
from validation.choices import Basis, Comparator, IntervalMethod, StudyKind, StudyState, StudyTrigger
from validation.models import Study

CONFIDENCES = [(Decimal("0.900"), "90 %"), (Decimal("0.950"), "95 %"), (Decimal("0.990"), "99 %")]


class StudyForm(forms.Form):
    """Scope and design of a study."""

    title = forms.CharField(label=_("Title"), max_length=200)
    assay_version = forms.ModelChoiceField(
        AssayVersion.objects.filter(retired_at=None).select_related("assay"), label=_("Assay version")
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=StudyKind)
    trigger = forms.ChoiceField(label=_("Reason"), choices=StudyTrigger)
    supersedes = forms.ModelChoiceField(
        Study.objects.filter(state=StudyState.APPROVED).order_by("-id"),
        label=_("Supersedes"),
        required=False,
        empty_label=_("No earlier study"),
    )
    intended_use = forms.CharField(label=_("Intended use"), widget=forms.Textarea({"rows": 3}))
    design = forms.CharField(
        label=_("Design"),
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("Samples, replicates and why they are enough."),
    )


class MetricChoice(forms.ModelChoiceField):
    """A metric by its name in the reader's language."""

    def label_from_instance(self, metric: Metric) -> str:  # type: ignore[override]
        return f"{metric.name} · {metric.code}"


class CriterionForm(forms.Form):
    """One demand."""

    metric = MetricChoice(Metric.objects.order_by("id"), label=_("Metric"), to_field_name="code")
    variant_type = forms.ChoiceField(
        label=_("Variant type"), choices=[("", _("Not by type")), *VariantType.choices], required=False
    )
    comparator = forms.ChoiceField(label=_("Comparison"), choices=Comparator)
    limit = forms.DecimalField(
        label=_("Limit"),
        max_digits=16,
        decimal_places=6,
        help_text=_("Proportions between 0 and 1: write 0.99 for 99 %."),
    )
    basis = forms.ChoiceField(label=_("What is compared"), choices=Basis)
    interval_method = forms.ChoiceField(label=_("Interval"), choices=IntervalMethod)
    confidence = forms.TypedChoiceField(
        label=_("Confidence"), choices=CONFIDENCES, coerce=Decimal, initial=Decimal("0.950")
    )
    rationale = forms.CharField(label=_("Source of the limit"), max_length=300, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        metric = cleaned.get("metric")
        by_type = isinstance(metric, Metric) and any("{type}" in str(path) for path in metric.tool_fields.values())
        if by_type and not cleaned.get("variant_type"):
            self.add_error("variant_type", _("This metric is counted by variant type. Choose one."))
        if isinstance(metric, Metric) and not by_type and cleaned.get("variant_type"):
            self.add_error("variant_type", _("This metric is not counted by variant type."))
        return cleaned

    def demand(self) -> Demand:
        """Return the cleaned values as the action takes them."""
        values = self.cleaned_data
        return Demand(
            metric=values["metric"],
            variant_type=values["variant_type"],
            comparator=Comparator(values["comparator"]),
            limit=values["limit"],
            basis=Basis(values["basis"]),
            interval_method=IntervalMethod(values["interval_method"]),
            confidence=values["confidence"],
            rationale=values["rationale"],
        )


class JobChoice(forms.ModelMultipleChoiceField):
    """Results by what they are of."""

    def label_from_instance(self, job: Job) -> str:  # type: ignore[override]
        place = job.run_library
        where = f"{place.run.code} · {place.library.code} · {place.library.sample.code}" if place else ""
        return f"{job.get_kind_display()} · {where}"


class EvidenceForm(forms.Form):
    """Results that become evidence."""

    jobs = JobChoice(
        Job.objects.none(), label=_("Results"), to_field_name="public_id", widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, jobs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["jobs"].queryset = jobs  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea({"rows": 2}))


class SubmitForm(forms.Form):
    """What the study concludes."""

    conclusion = forms.CharField(label=_("Conclusion"), widget=forms.Textarea({"rows": 3}))
    limitations = forms.CharField(
        label=_("Limitations"),
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Needed where a criterion is not met or not evaluated; the report prints them."),
    )


class SigningForm(forms.Form):
    """The password again, and the one-time code where a second factor is enrolled."""

    password = forms.CharField(
        label=_("Password"), widget=forms.PasswordInput({"autocomplete": "current-password"}), strip=False
    )
    one_time_code = forms.CharField(
        label=_("One-time code"),
        required=False,
        max_length=16,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
    reason = forms.CharField(label=_("Remark"), required=False, widget=forms.Textarea({"rows": 2}))

    def __init__(self, *args: Any, needs_code: bool, needs_reason: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not needs_code:
            del self.fields["one_time_code"]
        if needs_reason:
            self.fields["reason"].required = True
            self.fields["reason"].label = _("Reason")
