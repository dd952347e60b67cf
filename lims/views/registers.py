"""Pages of the registers: genomes, reference materials and truth sets, assays and versions, metrics."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from lims import policies
from lims.actions import registers as actions
from lims.choices import MetricStage
from lims.forms.registers import (
    AssayForm,
    AssayVersionForm,
    GenomeForm,
    ReferenceMaterialForm,
    RetireForm,
    TruthSetForm,
)
from lims.permissions import Permission
from lims.selectors import registers
from lims.views import entry


def _may_write(request: HttpRequest) -> bool:
    return policies.can(policies.check_has, request.user, Permission.REGISTER_WRITE)


@require_safe
def register_list(request: HttpRequest) -> HttpResponse:
    """Show every register on one page: they are short, and read together."""
    context = {
        "genomes": registers.genomes_for(user=request.user),
        "materials": registers.reference_materials_for(user=request.user),
        "truth_sets": registers.truth_sets_for(user=request.user),
        "versions": registers.assay_versions_for(user=request.user),
        "assays": registers.assays_for(user=request.user),
        "may_write": _may_write(request),
    }
    return render(request, "lims/register_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def genome_create(request: HttpRequest) -> HttpResponse:
    policies.check_has(request.user, Permission.REGISTER_WRITE)

    def act(values: dict[str, Any]) -> entry.Done:
        genome = actions.register_genome(by=request.user, **values)
        return genome.get_absolute_url(), format_lazy(_("Build {code} is registered."), code=genome.code)

    return entry.enter(request, form=GenomeForm(entry.sent(request)), act=act, template="lims/genome_create.html")


@require_safe
def genome_detail(request: HttpRequest, code: str) -> HttpResponse:
    genome = registers.genome_for(user=request.user, code=code)
    return render(request, "lims/genome_detail.html", {"genome": genome})


@require_http_methods(["GET", "HEAD", "POST"])
def reference_material_create(request: HttpRequest) -> HttpResponse:
    policies.check_has(request.user, Permission.REGISTER_WRITE)

    def act(values: dict[str, Any]) -> entry.Done:
        material = actions.register_reference_material(by=request.user, **values)
        return material.get_absolute_url(), format_lazy(
            _("Reference material {code} is registered."), code=material.code
        )

    return entry.enter(
        request,
        form=ReferenceMaterialForm(entry.sent(request)),
        act=act,
        template="lims/reference_material_create.html",
    )


@require_safe
def reference_material_detail(request: HttpRequest, code: str) -> HttpResponse:
    material = registers.reference_material_for(user=request.user, code=code)
    context = {
        "material": material,
        "truth_sets": registers.truth_sets_for(user=request.user).filter(material=material),
        "samples": material.samples.order_by("-id")[:20],
        "may_write": _may_write(request),
    }
    return render(request, "lims/reference_material_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def truth_set_create(request: HttpRequest, code: str) -> HttpResponse:
    material = registers.reference_material_for(user=request.user, code=code)
    policies.check_has(request.user, Permission.REGISTER_WRITE)

    def act(values: dict[str, Any]) -> entry.Done:
        truth_set = actions.register_truth_set(by=request.user, material=material, **values)
        return material.get_absolute_url(), format_lazy(_("Truth set {name} is registered."), name=str(truth_set))

    return entry.enter(
        request,
        form=TruthSetForm(entry.sent(request)),
        act=act,
        template="lims/truth_set_create.html",
        context={"material": material},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def truth_set_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Retire a truth set with a reason."""
    truth_set = registers.truth_set_for(user=request.user, pk=pk)
    policies.check_has(request.user, Permission.REGISTER_WRITE)

    def act(values: dict[str, Any]) -> entry.Done:
        actions.retire_truth_set(by=request.user, truth_set=truth_set, **values)
        return truth_set.material.get_absolute_url(), _("The truth set is retired.")

    return entry.enter(
        request,
        form=RetireForm(entry.sent(request)),
        act=act,
        template="lims/truth_set_delete.html",
        context={"truth_set": truth_set},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def assay_create(request: HttpRequest) -> HttpResponse:
    policies.check_has(request.user, Permission.REGISTER_WRITE)

    def act(values: dict[str, Any]) -> entry.Done:
        assay = actions.register_assay(by=request.user, **values)
        return assay.get_absolute_url(), format_lazy(_("Assay {code} is registered."), code=assay.code)

    return entry.enter(request, form=AssayForm(entry.sent(request)), act=act, template="lims/assay_create.html")


@require_safe
def assay_detail(request: HttpRequest, code: str) -> HttpResponse:
    assay = registers.assay_for(user=request.user, code=code)
    context = {
        "assay": assay,
        "versions": registers.assay_versions_for(user=request.user).filter(assay=assay),
        "may_write": _may_write(request),
    }
    return render(request, "lims/assay_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def assay_version_create(request: HttpRequest, code: str) -> HttpResponse:
    assay = registers.assay_for(user=request.user, code=code)
    policies.check_has(request.user, Permission.REGISTER_WRITE)

    def act(values: dict[str, Any]) -> entry.Done:
        version = actions.register_assay_version(by=request.user, assay=assay, **values)
        return assay.get_absolute_url(), format_lazy(_("Version {version} is registered."), version=version.version)

    return entry.enter(
        request,
        form=AssayVersionForm(entry.sent(request)),
        act=act,
        template="lims/assay_version_create.html",
        context={"assay": assay},
    )


@require_safe
def metric_list(request: HttpRequest) -> HttpResponse:
    metrics = list(registers.metrics_for(user=request.user))
    stages = [(stage.label, [metric for metric in metrics if metric.stage == stage]) for stage in MetricStage]
    return render(request, "lims/metric_list.html", {"stages": [each for each in stages if each[1]]})
