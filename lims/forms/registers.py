"""What is entered of genomes, reference materials, truth sets and assays."""

from __future__ import annotations

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lims.choices import FileKind, FileState
from lims.models import DataFile, ReferenceGenome
from lims.models.naming import CODE_MAX_LENGTH, code_validator


class FileChoice(forms.ModelChoiceField):
    """A verified file of one kind, told apart by name and checksum."""

    def __init__(self, kind: FileKind, **options: object) -> None:
        files = DataFile.objects.filter(kind=kind, state=FileState.READY).order_by("-id")
        super().__init__(files, to_field_name="public_id", **options)  # type: ignore[arg-type]

    def label_from_instance(self, file: DataFile) -> str:  # type: ignore[override]
        return f"{file.name} · {file.sha256[:12]}"


class GenomeForm(forms.Form):
    """A genome build."""

    code = forms.CharField(label=_("Build"), max_length=CODE_MAX_LENGTH, validators=[code_validator])
    contigs = forms.CharField(
        label=_("Contigs"),
        widget=forms.Textarea({"rows": 8, "class": "code"}),
        required=False,
        help_text=_(
            "One contig a line: name, blank or tab, length, as in a .fai file. Leave empty to take the contigs "
            "of the sequence."
        ),
    )
    sequence = FileChoice(FileKind.FASTA, label=_("Sequence (FASTA)"), required=False)

    def clean_contigs(self) -> list[tuple[str, int]]:
        """Return (name, length) for each line; each line that cannot be read is named."""
        contigs = []
        for number, line in enumerate(self.cleaned_data["contigs"].splitlines(), start=1):
            parts = line.split()
            if not parts:
                continue
            if len(parts) < 2 or not parts[1].isdigit():
                raise forms.ValidationError(
                    format_lazy(_("Line {number} is not a name and a length: “{line}”."), number=number, line=line)
                )
            contigs.append((parts[0], int(parts[1])))
        return contigs

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        sequence = cleaned.get("sequence")
        if not cleaned.get("contigs") and "contigs" not in self.errors:
            found = sequence.findings.get("contigs") if isinstance(sequence, DataFile) else None
            if not found:
                self.add_error("contigs", _("Enter the contigs, or choose a sequence that has them."))
            cleaned["contigs"] = [(name, int(length)) for name, length in found or []]
        return cleaned


class ReferenceMaterialForm(forms.Form):
    """A reference material."""

    code = forms.CharField(label=_("Code"), max_length=CODE_MAX_LENGTH, validators=[code_validator])
    name = forms.CharField(label=_("Name"), max_length=200)
    supplier = forms.CharField(label=_("Supplier"), max_length=200, required=False)
    catalogue_number = forms.CharField(label=_("Catalogue number"), max_length=100, required=False)


class TruthSetForm(forms.Form):
    """What is known of a reference material on one build."""

    genome = forms.ModelChoiceField(ReferenceGenome.objects.order_by("code"), label=_("Build"), to_field_name="code")
    version = forms.CharField(label=_("Version"), max_length=CODE_MAX_LENGTH)
    variants = FileChoice(FileKind.VCF, label=_("Truth variants (VCF)"))
    confident_regions = FileChoice(FileKind.BED, label=_("Confident regions (BED)"))
    sample_name = forms.CharField(label=_("Sample name in the VCF"), max_length=200, required=False)
    source = forms.CharField(label=_("Source"), max_length=300, required=False)


class RetireForm(forms.Form):
    """Why something is taken out of use."""

    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea({"rows": 2}))


class AssayForm(forms.Form):
    """An assay."""

    code = forms.CharField(label=_("Code"), max_length=CODE_MAX_LENGTH, validators=[code_validator])
    name_zh = forms.CharField(label=_("Name (Chinese)"), max_length=200)
    name_en = forms.CharField(label=_("Name (English)"), max_length=200)
    intended_use = forms.CharField(label=_("Intended use"), required=False, widget=forms.Textarea({"rows": 3}))


class AssayVersionForm(forms.Form):
    """One configuration of an assay."""

    version = forms.CharField(label=_("Version"), max_length=CODE_MAX_LENGTH, validators=[code_validator])
    genome = forms.ModelChoiceField(ReferenceGenome.objects.order_by("code"), label=_("Build"), to_field_name="code")
    targets = FileChoice(FileKind.BED, label=_("Targets (BED)"))
    baits = FileChoice(FileKind.BED, label=_("Baits (BED)"), required=False)
    capture_kit = forms.CharField(label=_("Capture kit"), max_length=200, required=False)
    instrument_model = forms.CharField(label=_("Instrument model"), max_length=200, required=False)
    pipeline_version = forms.CharField(label=_("Pipeline version"), max_length=200, required=False)
    callable_depth_reads = forms.IntegerField(
        label=_("Callable depth (reads)"), initial=20, min_value=1, max_value=10_000
    )
