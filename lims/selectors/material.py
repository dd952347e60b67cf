"""Samples, libraries and runs, for those who may read them."""

from __future__ import annotations

from django.db.models import Count, QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lims.exceptions import NotFound
from lims.models import Library, Run, RunLibrary, Sample, User
from lims.permissions import Permission
from lims.policies import check_has


def samples_for(*, user: User) -> QuerySet[Sample]:
    """Return the samples, newest first, each with its count of libraries."""
    check_has(user, Permission.LAB_READ)
    return (
        Sample.objects.select_related("reference_material", "registered_by")
        .annotate(library_count=Count("libraries"))
        .order_by("-id")
    )


def sample_for(*, user: User, code: str) -> Sample:
    """Return one sample by its code."""
    sample = samples_for(user=user).filter(code=code).first()
    if sample is None:
        raise NotFound(format_lazy(_("There is no sample {code}."), code=code))
    return sample


def libraries_for(*, user: User) -> QuerySet[Library]:
    """Return the libraries, newest first."""
    check_has(user, Permission.LAB_READ)
    return Library.objects.select_related("sample", "sample__reference_material", "registered_by").order_by("-id")


def library_for(*, user: User, code: str) -> Library:
    """Return one library by its code."""
    library = libraries_for(user=user).filter(code=code).first()
    if library is None:
        raise NotFound(format_lazy(_("There is no library {code}."), code=code))
    return library


def runs_for(*, user: User) -> QuerySet[Run]:
    """Return the runs, newest first, each with its count of libraries."""
    check_has(user, Permission.LAB_READ)
    return (
        Run.objects.select_related("assay_version__assay", "registered_by")
        .annotate(library_count=Count("run_libraries"))
        .order_by("-id")
    )


def run_for(*, user: User, code: str) -> Run:
    """Return one run by its code."""
    run = runs_for(user=user).filter(code=code).first()
    if run is None:
        raise NotFound(format_lazy(_("There is no run {code}."), code=code))
    return run


def run_libraries_for(*, user: User) -> QuerySet[RunLibrary]:
    """Return what stands on runs, with everything that a page says of it."""
    check_has(user, Permission.LAB_READ)
    return RunLibrary.objects.select_related(
        "run__assay_version__assay", "run__assay_version__genome", "library__sample__reference_material", "loaded_by"
    ).order_by("id")


def run_library_for(*, user: User, run: str, library: str) -> RunLibrary:
    """Return one library on one run by their codes."""
    row = run_libraries_for(user=user).filter(run__code=run, library__code=library).first()
    if row is None:
        raise NotFound(format_lazy(_("There is no library {library} on run {run}."), library=library, run=run))
    return row
