"""Pages of jobs: the list, one job with inputs, progress and result, cancelling and running again."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from lims import policies
from lims.actions import jobs as actions
from lims.choices import JobState
from lims.filters.jobs import JobFilter
from lims.forms.jobs import CancelForm
from lims.models import DataFile, Job
from lims.permissions import Permission
from lims.selectors import audit, jobs
from lims.tables.jobs import JobTable
from lims.views import lists


@require_safe
def job_list(request: HttpRequest) -> HttpResponse:
    return lists.show(
        request,
        rows=jobs.list_for(user=request.user),
        filters=JobFilter,
        table=JobTable,
        template="lims/job_list.html",
    )


@require_safe
def job_detail(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    job = jobs.get_for(user=request.user, public_id=public_id)
    return _page(request, job, CancelForm())


@require_safe
def job_progress(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Answer the progress part alone; once the job has ended the whole page is asked for anew."""
    job = jobs.get_for(user=request.user, public_id=public_id)
    response = render(request, "_components/progress.html", _progress(request, job))
    if job.is_finished:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def job_cancel(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    job = jobs.get_for(user=request.user, public_id=public_id)
    form = CancelForm(request.POST)
    policies.check_can_cancel(request.user, job)
    if not form.is_valid():
        return _page(request, job, form, status=422)
    actions.cancel(by=request.user, job=job, reason=form.cleaned_data["reason"])
    messages.success(request, _("The job is being cancelled."))
    return HttpResponseRedirect(job.get_absolute_url())


@require_POST
def job_retry(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    job = jobs.get_for(user=request.user, public_id=public_id)
    again, is_new = actions.retry(by=request.user, job=job)
    said: str | Promise = _("The job is queued.") if is_new else _("The same work was done before: this is its result.")
    messages.success(request, said)
    return HttpResponseRedirect(again.get_absolute_url())


def _progress(request: HttpRequest, job: Job) -> dict[str, object]:
    may_cancel = policies.can(policies.check_can_cancel, request.user, job)
    return {
        "job": job,
        "url": reverse("job-progress", args=[job.public_id]),
        "cancel_dialog": "cancel-job" if may_cancel and job.cancel_requested_at is None else "",
    }


def _page(request: HttpRequest, job: Job, form: CancelForm, status: int = 200) -> HttpResponse:
    has_ended_badly = job.state in (JobState.FAILED, JobState.CANCELLED)
    context = {
        **_progress(request, job),
        "form": form,
        "why_failed": jobs.why_failed(job),
        "inputs": job.inputs.select_related("file"),
        "parameters": sorted(job.parameters.items()) if job.kernel != "verify" else [],
        "verified_file": jobs.verified_file(job),
        "result": jobs.result_of(job),
        "measurements": jobs.measurements_of(job).prefetch_related("job__inputs__file"),
        "made_files": DataFile.objects.filter(made_by=job).order_by("id"),
        "entries": audit.entries_of(user=request.user, table="lims_job", object_id=job.pk),
        "may_retry": has_ended_badly and policies.can(policies.check_has, request.user, Permission.JOB_START),
    }
    return render(request, "lims/job_detail.html", context, status=status)
