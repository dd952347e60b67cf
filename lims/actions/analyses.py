"""Analyses of a library on a run, with what its assay version fixes: targets, baits, build, callable depth."""

from __future__ import annotations

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lims.actions import jobs
from lims.audit import action
from lims.choices import FileKind, JobKind
from lims.exceptions import InvalidInput, Sentence
from lims.models import DataFile, Job, RunLibrary, TruthSet, User
from lims.permissions import Permission
from lims.policies import check_has

DEPTHS = (1, 10, 20, 30, 50, 100)
MIN_MAPPING_QUALITY = 20
MIN_BASE_QUALITY = 20


@action
def start_coverage(*, by: User, run_library: RunLibrary, alignment: DataFile) -> tuple[Job, bool]:
    """Ask for the coverage of a library's reads over the targets of its assay."""
    check_has(by, Permission.JOB_START)
    _check_belongs("alignment", alignment, run_library, (FileKind.BAM, FileKind.CRAM))
    version = run_library.run.assay_version
    inputs = {
        "alignment": alignment,
        "targets": version.targets,
        "baits": version.baits,
        "reference": version.genome.sequence,
    }
    return jobs.request(
        by=by,
        kind=JobKind.COVERAGE,
        kernel="coverage",
        parameters={
            "min_mapping_quality": MIN_MAPPING_QUALITY,
            "min_base_quality": MIN_BASE_QUALITY,
            "clip_overlaps": True,
            "thresholds": sorted({*DEPTHS, version.callable_depth_reads}),
            "callable_depth_reads": version.callable_depth_reads,
        },
        inputs={role: file for role, file in inputs.items() if file is not None},
        run_library=run_library,
    )


@action
def start_concordance(*, by: User, run_library: RunLibrary, query: DataFile, truth_set: TruthSet) -> tuple[Job, bool]:
    """Ask how a library's calls agree with what is known of its reference material."""
    check_has(by, Permission.JOB_START)
    _check_belongs("query", query, run_library, (FileKind.VCF,))
    _check_truth_set(truth_set, run_library)
    version = run_library.run.assay_version
    if version.genome.sequence is None:
        raise _refused("query", format_lazy(_("The build {genome} has no sequence yet."), genome=version.genome.code))
    return jobs.request(
        by=by,
        kind=JobKind.CONCORDANCE,
        kernel="concordance",
        parameters={
            "sample_truth": truth_set.sample_name,
            "sample_query": _sample_of(query),
            "match": "genotype",
            "truth_set": f"{truth_set.material.code} {truth_set.version}",
        },
        inputs={
            "truth": truth_set.variants,
            "confident": truth_set.confident_regions,
            "query": query,
            "targets": version.targets,
            "reference": version.genome.sequence,
        },
        run_library=run_library,
    )


def _check_belongs(field: str, file: DataFile, run_library: RunLibrary, kinds: tuple[FileKind, ...]) -> None:
    if file.kind not in kinds:
        names = " / ".join(str(kind.label) for kind in kinds)
        raise _refused(field, format_lazy(_("{name} is not {kinds}."), name=file.name, kinds=names))
    if file.run_library_id != run_library.pk:
        raise _refused(field, format_lazy(_("{name} does not belong to this library on this run."), name=file.name))


def _check_truth_set(truth_set: TruthSet, run_library: RunLibrary) -> None:
    sample = run_library.library.sample
    if truth_set.retired_at is not None:
        raise _refused("truth_set", _("This truth set is retired. Choose the current one."))
    if sample.reference_material_id != truth_set.material_id:
        raise _refused(
            "truth_set",
            format_lazy(
                _("The sample {sample} is not the reference material {material}."),
                sample=sample.code,
                material=truth_set.material.code,
            ),
        )
    if truth_set.genome_id != run_library.run.assay_version.genome_id:
        raise _refused(
            "truth_set",
            format_lazy(
                _("The truth set is on the build {found}, the assay on {expected}."),
                found=truth_set.genome.code,
                expected=run_library.run.assay_version.genome.code,
            ),
        )


def _sample_of(file: DataFile) -> str:
    samples = file.findings.get("samples") or []
    return str(samples[0]) if len(samples) == 1 else file.expected_sample_name


def _refused(field: str, message: Sentence) -> InvalidInput:
    return InvalidInput(message, fields={field: message})
