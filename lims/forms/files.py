"""What is said of a file that is added."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lims.actions.files import KINDS_TO_ADD
from lims.models import ReferenceGenome, RunLibrary


class RunLibraryChoice(forms.ModelChoiceField):
    """A library on a run, by both codes."""

    def __init__(self, **options: Any) -> None:
        rows = RunLibrary.objects.select_related("run", "library__sample").order_by("-id")
        super().__init__(rows, **options)

    def label_from_instance(self, row: RunLibrary) -> str:
        return f"{row.run.code} · {row.library.code} ({row.library.sample.code})"


class FileForm(forms.Form):
    """What an added file is and belongs to."""

    kind = forms.ChoiceField(label=_("Kind"), choices=[(kind.value, kind.label) for kind in KINDS_TO_ADD])
    run_library = RunLibraryChoice(
        label=_("Library on a run"),
        required=False,
        empty_label=_("None"),
        help_text=_("For reads and variants: they are then checked against its sample, build and targets."),
    )
    genome = forms.ModelChoiceField(
        ReferenceGenome.objects.order_by("code"),
        label=_("Build"),
        to_field_name="code",
        required=False,
        empty_label=_("Not checked"),
        help_text=_("For files without a library, such as targets and truth variants."),
    )


class PathForm(FileForm):
    """A file that already lies where the worker can read it."""

    path = forms.CharField(label=_("Path"), max_length=1024)
    sha256 = forms.CharField(
        label="SHA-256", max_length=64, required=False, help_text=_("If given, the file must have this checksum.")
    )
    field_order = ["path", "kind", "run_library", "genome", "sha256"]
