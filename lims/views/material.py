"""Pages of samples, libraries and runs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from lims import charts, policies
from lims.actions import material as actions
from lims.filters.material import RunFilter, SampleFilter
from lims.forms.material import LibraryForm, LoadForm, RunForm, SampleForm
from lims.models import RunLibrary
from lims.permissions import Permission
from lims.selectors import audit, material, results, today
from lims.tables.material import LibraryTable, RunTable, SampleTable
from lims.views import entry, lists


def _may_write(request: HttpRequest) -> bool:
    return policies.can(policies.check_has, request.user, Permission.MATERIAL_WRITE)


@require_safe
def sample_list(request: HttpRequest) -> HttpResponse:
    return lists.show(
        request,
        rows=material.samples_for(user=request.user),
        filters=SampleFilter,
        table=SampleTable,
        template="lims/sample_list.html",
        context={"may_write": _may_write(request)},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def sample_create(request: HttpRequest) -> HttpResponse:
    policies.check_has(request.user, Permission.MATERIAL_WRITE)

    def act(values: dict[str, Any]) -> entry.Done:
        sample = actions.register_sample(by=request.user, **values)
        return sample.get_absolute_url(), format_lazy(_("Sample {code} is registered."), code=sample.code)

    return entry.enter(request, form=SampleForm(entry.sent(request)), act=act, template="lims/sample_create.html")


@require_safe
def sample_detail(request: HttpRequest, code: str) -> HttpResponse:
    sample = material.sample_for(user=request.user, code=code)
    libraries = LibraryTable(material.libraries_for(user=request.user).filter(sample=sample), exclude=("sample",))
    context = {
        "sample": sample,
        "libraries": libraries,
        "run_libraries": results.summaries_for(
            user=request.user, rows=material.run_libraries_for(user=request.user).filter(library__sample=sample)
        ),
        "entries": audit.entries_of(user=request.user, table="lims_sample", object_id=sample.pk),
        "may_write": _may_write(request),
    }
    return render(request, "lims/sample_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def library_create(request: HttpRequest) -> HttpResponse:
    policies.check_has(request.user, Permission.MATERIAL_WRITE)

    def act(values: dict[str, Any]) -> entry.Done:
        library = actions.register_library(by=request.user, **values)
        return library.get_absolute_url(), format_lazy(_("Library {code} is registered."), code=library.code)

    form = LibraryForm(entry.sent(request), initial={"sample": request.GET.get("sample")})
    return entry.enter(request, form=form, act=act, template="lims/library_create.html")


@require_safe
def library_detail(request: HttpRequest, code: str) -> HttpResponse:
    library = material.library_for(user=request.user, code=code)
    context = {
        "library": library,
        "run_libraries": results.summaries_for(
            user=request.user, rows=material.run_libraries_for(user=request.user).filter(library=library)
        ),
        "entries": audit.entries_of(user=request.user, table="lims_library", object_id=library.pk),
    }
    return render(request, "lims/library_detail.html", context)


@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    return lists.show(
        request,
        rows=material.runs_for(user=request.user),
        filters=RunFilter,
        table=RunTable,
        template="lims/run_list.html",
        context={"may_write": _may_write(request)},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def run_create(request: HttpRequest) -> HttpResponse:
    policies.check_has(request.user, Permission.MATERIAL_WRITE)

    def act(values: dict[str, Any]) -> entry.Done:
        run = actions.register_run(by=request.user, **values)
        return run.get_absolute_url(), format_lazy(_("Run {code} is registered."), code=run.code)

    return entry.enter(request, form=RunForm(entry.sent(request)), act=act, template="lims/run_create.html")


@require_http_methods(["GET", "HEAD", "POST"])
def run_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show a run; a POST puts a library onto it."""
    run = material.run_for(user=request.user, code=code)

    def act(values: dict[str, Any]) -> entry.Done:
        actions.load_library(by=request.user, run=run, **values)
        return run.get_absolute_url(), format_lazy(_("{library} is on the run."), library=values["library"].code)

    rows = material.run_libraries_for(user=request.user).filter(run=run)
    summaries = results.summaries_for(user=request.user, rows=rows)
    context = {
        "run": run,
        "summaries": summaries,
        "covered": sum(summary.has_coverage for summary in summaries),
        "compared": sum(summary.has_agreement for summary in summaries),
        "failures": today.failures_for(user=request.user, on=rows),
        "entries": audit.entries_of(user=request.user, table="lims_run", object_id=run.pk),
        "why_not_load": policies.why_not(policies.check_has, request.user, Permission.MATERIAL_WRITE),
    }
    return entry.enter(
        request, form=LoadForm(entry.sent(request)), act=act, template="lims/run_detail.html", context=context
    )


@require_safe
def run_library_detail(request: HttpRequest, run: str, library: str) -> HttpResponse:
    """Show what was found for one library on one run: files, jobs, metrics, figures."""
    row = material.run_library_for(user=request.user, run=run, library=library)
    context = results.page_of(user=request.user, row=row)
    context["failures"] = today.failures_for(user=request.user, on=RunLibrary.objects.filter(pk=row.pk))
    coverage = context["coverage"]
    depth = row.run.assay_version.callable_depth_reads
    drawn = coverage and [
        charts.cumulative_coverage(coverage.document, callable_depth=depth),
        charts.depth_histogram(coverage.document),
    ]
    context["charts"] = [chart for chart in drawn or [] if chart is not None]
    return render(request, "lims/run_library_detail.html", context)
