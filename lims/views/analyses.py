"""Starting the analyses of a library on a run."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from lims.actions import analyses
from lims.exceptions import InvalidInput, NotFound
from lims.models import DataFile, Job, RunLibrary
from lims.permissions import Permission
from lims.policies import check_has
from lims.selectors import material, results


@require_POST
def coverage_create(request: HttpRequest, run: str, library: str) -> HttpResponse:
    """Start the coverage of one of the library's alignments."""
    check_has(request.user, Permission.JOB_START)
    row = material.run_library_for(user=request.user, run=run, library=library)
    job, is_new = analyses.start_coverage(by=request.user, run_library=row, alignment=_file(request, row))
    return _to_job(request, job, is_new)


@require_POST
def concordance_create(request: HttpRequest, run: str, library: str) -> HttpResponse:
    """Start the comparison of one of the library's call sets with the truth set of its reference material."""
    check_has(request.user, Permission.JOB_START)
    row = material.run_library_for(user=request.user, run=run, library=library)
    truth_set = results.truth_set_of(row)
    if truth_set is None:
        raise InvalidInput(_("The sample is no reference material with a truth set on this build."))
    job, is_new = analyses.start_concordance(
        by=request.user, run_library=row, query=_file(request, row), truth_set=truth_set
    )
    return _to_job(request, job, is_new)


def _file(request: HttpRequest, row: RunLibrary) -> DataFile:
    chosen = request.POST.get("file", "")
    file = next((each for each in row.files.all() if str(each.public_id) == chosen), None)
    if file is None:
        raise NotFound(_("There is no such file of this library."))
    return file


def _to_job(request: HttpRequest, job: Job, is_new: bool) -> HttpResponse:
    said: str | Promise = _("The job is queued.") if is_new else _("The same work was done before: this is its result.")
    messages.success(request, said)
    return HttpResponseRedirect(reverse("job-detail", args=[job.public_id]))
