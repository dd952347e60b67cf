"""What is entered of samples, libraries and runs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from lims.exceptions import Sentence
from lims.models import AssayVersion, Library, ReferenceMaterial, Sample
from lims.models.naming import CODE_MAX_LENGTH, code_validator


class CodeField(forms.ModelChoiceField):
    """A record by its code, scanned or typed: there are too many for a list to choose from."""

    widget = forms.TextInput

    def __init__(self, queryset: QuerySet[Any], *, missing: Sentence, **options: Any) -> None:
        super().__init__(queryset, to_field_name="code", **options)
        self.error_messages["invalid_choice"] = missing


class SampleForm(forms.Form):
    """A sample that arrived."""

    code = forms.CharField(label=_("Sample"), max_length=CODE_MAX_LENGTH, validators=[code_validator])
    reference_material = forms.ModelChoiceField(
        ReferenceMaterial.objects.order_by("code"),
        label=_("Reference material"),
        required=False,
        empty_label=_("None: a specimen"),
    )
    sequencing_name = forms.CharField(
        label=_("Name in sequencing files"),
        max_length=200,
        required=False,
        help_text=_("The sample name (SM) that BAM and VCF files carry; the sample's own code when empty."),
    )
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea({"rows": 2}))


class LibraryForm(forms.Form):
    """A library made of a sample."""

    code = forms.CharField(label=_("Library"), max_length=CODE_MAX_LENGTH, validators=[code_validator])
    sample = CodeField(
        Sample.objects.all(), label=_("Sample"), missing=_("There is no such sample. Scan or type the code of one.")
    )
    index_i7 = forms.CharField(label=_("i7 index"), max_length=40, required=False)
    index_i5 = forms.CharField(label=_("i5 index"), max_length=40, required=False)
    input_ng = forms.DecimalField(
        label=_("DNA input (ng)"), required=False, min_value=0, max_digits=10, decimal_places=3
    )
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea({"rows": 2}))


class RunForm(forms.Form):
    """A sequencing run."""

    code = forms.CharField(label=_("Run"), max_length=CODE_MAX_LENGTH, validators=[code_validator])
    assay_version = forms.ModelChoiceField(
        AssayVersion.objects.filter(retired_at=None).select_related("assay"), label=_("Assay version")
    )
    instrument = forms.CharField(label=_("Instrument"), max_length=120, required=False)
    flow_cell = forms.CharField(label=_("Flow cell"), max_length=120, required=False)
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea({"rows": 2}))


class LoadForm(forms.Form):
    """A library that goes onto a run."""

    library = CodeField(
        Library.objects.all(), label=_("Library"), missing=_("There is no such library. Scan or type the code of one.")
    )
    lane = forms.IntegerField(label=_("Lane"), required=False, min_value=1, max_value=16)
