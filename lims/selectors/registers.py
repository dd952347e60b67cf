"""The registers, for those who may read them."""

from __future__ import annotations

from django.db.models import F, QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lims.exceptions import NotFound
from lims.models import Assay, AssayVersion, Metric, ReferenceGenome, ReferenceMaterial, TruthSet, User
from lims.permissions import Permission
from lims.policies import check_has


def genomes_for(*, user: User) -> QuerySet[ReferenceGenome]:
    """Return the genome builds."""
    check_has(user, Permission.LAB_READ)
    return ReferenceGenome.objects.select_related("sequence", "registered_by").order_by("code")


def genome_for(*, user: User, code: str) -> ReferenceGenome:
    """Return one genome build."""
    genome = genomes_for(user=user).filter(code=code).first()
    if genome is None:
        raise NotFound(format_lazy(_("There is no genome build {code}."), code=code))
    return genome


def reference_materials_for(*, user: User) -> QuerySet[ReferenceMaterial]:
    """Return the reference materials."""
    check_has(user, Permission.LAB_READ)
    return ReferenceMaterial.objects.select_related("registered_by").order_by("code")


def reference_material_for(*, user: User, code: str) -> ReferenceMaterial:
    """Return one reference material."""
    material = reference_materials_for(user=user).filter(code=code).first()
    if material is None:
        raise NotFound(format_lazy(_("There is no reference material {code}."), code=code))
    return material


def truth_sets_for(*, user: User) -> QuerySet[TruthSet]:
    """Return the truth sets, those in use first."""
    check_has(user, Permission.LAB_READ)
    return TruthSet.objects.select_related(
        "material", "genome", "variants", "confident_regions", "registered_by"
    ).order_by(F("retired_at").desc(nulls_first=True), "material__code", "-registered_at")


def truth_set_for(*, user: User, pk: int) -> TruthSet:
    """Return one truth set."""
    truth_set = truth_sets_for(user=user).filter(pk=pk).first()
    if truth_set is None:
        raise NotFound(_("There is no such truth set."))
    return truth_set


def current_truth_set(*, material: ReferenceMaterial, genome: ReferenceGenome) -> TruthSet | None:
    """Return the newest truth set in use of a material on a build."""
    return (
        TruthSet.objects.select_related("variants", "confident_regions", "material", "genome")
        .filter(material=material, genome=genome, retired_at=None)
        .order_by("-registered_at")
        .first()
    )


def assays_for(*, user: User) -> QuerySet[Assay]:
    """Return the assays."""
    check_has(user, Permission.LAB_READ)
    return Assay.objects.select_related("registered_by").prefetch_related("versions").order_by("code")


def assay_for(*, user: User, code: str) -> Assay:
    """Return one assay."""
    assay = assays_for(user=user).filter(code=code).first()
    if assay is None:
        raise NotFound(format_lazy(_("There is no assay {code}."), code=code))
    return assay


def assay_versions_for(*, user: User) -> QuerySet[AssayVersion]:
    """Return the assay versions, newest first."""
    check_has(user, Permission.LAB_READ)
    return AssayVersion.objects.select_related("assay", "genome", "targets", "baits", "registered_by").order_by(
        "assay__code", "-registered_at"
    )


def assay_version_for(*, user: User, assay: str, version: str) -> AssayVersion:
    """Return one version of an assay."""
    row = assay_versions_for(user=user).filter(assay__code=assay, version=version).first()
    if row is None:
        raise NotFound(format_lazy(_("There is no version {version} of {assay}."), version=version, assay=assay))
    return row


def metrics_for(*, user: User) -> QuerySet[Metric]:
    """Return the metrics in the order of the catalogue."""
    check_has(user, Permission.LAB_READ)
    return Metric.objects.order_by("id")


def metric_for(*, user: User, code: str) -> Metric:
    """Return one metric."""
    metric = metrics_for(user=user).filter(code=code).first()
    if metric is None:
        raise NotFound(format_lazy(_("There is no metric {code}."), code=code))
    return metric
