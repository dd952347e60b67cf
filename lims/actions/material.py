"""Samples, libraries and runs: registered once, under a code that nobody else may take."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lims.audit import action
from lims.exceptions import InvalidInput
from lims.models import AssayVersion, Library, ReferenceMaterial, Run, RunLibrary, Sample, User
from lims.permissions import Permission
from lims.policies import check_has
from lims.saving import save_valid


@action
def register_sample(
    *,
    by: User,
    code: str,
    reference_material: ReferenceMaterial | None = None,
    sequencing_name: str = "",
    received_at: datetime | None = None,
    note: str = "",
) -> Sample:
    """Register a sample that was received."""
    check_has(by, Permission.MATERIAL_WRITE)
    return save_valid(
        Sample(
            code=code,
            reference_material=reference_material,
            sequencing_name=sequencing_name,
            received_at=received_at or timezone.now(),
            note=note,
            registered_by=by,
        )
    )


@action
def register_library(
    *,
    by: User,
    code: str,
    sample: Sample,
    index_i7: str = "",
    index_i5: str = "",
    input_ng: Decimal | None = None,
    note: str = "",
) -> Library:
    """Register a library made of a sample."""
    check_has(by, Permission.MATERIAL_WRITE)
    return save_valid(
        Library(
            code=code,
            sample=sample,
            index_i7=index_i7.upper(),
            index_i5=index_i5.upper(),
            input_ng=input_ng,
            note=note,
            registered_by=by,
        )
    )


@action
def register_run(
    *,
    by: User,
    code: str,
    assay_version: AssayVersion,
    instrument: str = "",
    flow_cell: str = "",
    started_at: datetime | None = None,
    note: str = "",
) -> Run:
    """Register a sequencing run."""
    check_has(by, Permission.MATERIAL_WRITE)
    if assay_version.retired_at is not None:
        message = format_lazy(_("{version} is retired. Choose another assay version."), version=str(assay_version))
        raise InvalidInput(message, fields={"assay_version": message})
    return save_valid(
        Run(
            code=code,
            assay_version=assay_version,
            instrument=instrument,
            flow_cell=flow_cell,
            started_at=started_at or timezone.now(),
            note=note,
            registered_by=by,
        )
    )


@action
def load_library(*, by: User, run: Run, library: Library, lane: int | None = None) -> RunLibrary:
    """Put a library on a run, once; its lane is left out where it has several."""
    check_has(by, Permission.MATERIAL_WRITE)
    if RunLibrary.objects.filter(run=run, library=library).exists():
        message = format_lazy(_("{library} is already on {run}."), library=library.code, run=run.code)
        raise InvalidInput(message, fields={"library": message}, code="already_loaded")
    return save_valid(RunLibrary(run=run, library=library, lane=lane, loaded_by=by))
