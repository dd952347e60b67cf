"""The registers that results lean on: genomes, reference materials, truth sets, assays and their versions."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lims.audit import action
from lims.choices import FileKind
from lims.exceptions import InvalidInput, InvalidTransition
from lims.models import Assay, AssayVersion, DataFile, ReferenceGenome, ReferenceMaterial, TruthSet, User
from lims.permissions import Permission
from lims.policies import check_can_use, check_has
from lims.saving import check_reason, save_valid


@action
def register_genome(
    *, by: User, code: str, contigs: Sequence[tuple[str, int]], sequence: DataFile | None = None
) -> ReferenceGenome:
    """Register a genome build by its contigs, with its sequence where there is one."""
    check_has(by, Permission.REGISTER_WRITE)
    _check_contigs(contigs)
    if sequence is not None:
        _check_sequence(sequence, contigs)
    return save_valid(
        ReferenceGenome(code=code, contigs=[list(contig) for contig in contigs], sequence=sequence, registered_by=by)
    )


@action
def set_genome_sequence(*, by: User, genome: ReferenceGenome, sequence: DataFile) -> None:
    """Give a genome its sequence; once given it stays, because results name it."""
    check_has(by, Permission.REGISTER_WRITE)
    genome = ReferenceGenome.objects.select_for_update().get(pk=genome.pk)
    if genome.sequence_id is not None:
        raise InvalidTransition(_("This build already has its sequence. Register a new build for another one."))
    _check_sequence(sequence, [(name, length) for name, length in genome.contigs])
    genome.sequence = sequence
    genome.save(update_fields=["sequence"])


@action
def register_reference_material(
    *, by: User, code: str, name: str, supplier: str = "", catalogue_number: str = ""
) -> ReferenceMaterial:
    """Register a material whose genome is known."""
    check_has(by, Permission.REGISTER_WRITE)
    return save_valid(
        ReferenceMaterial(code=code, name=name, supplier=supplier, catalogue_number=catalogue_number, registered_by=by)
    )


@action
def register_truth_set(
    *,
    by: User,
    material: ReferenceMaterial,
    genome: ReferenceGenome,
    version: str,
    variants: DataFile,
    confident_regions: DataFile,
    source: str = "",
    sample_name: str = "",
) -> TruthSet:
    """Register what is known of a reference material on a build."""
    check_has(by, Permission.REGISTER_WRITE)
    _check_file("variants", variants, FileKind.VCF, genome)
    _check_file("confident_regions", confident_regions, FileKind.BED, genome)
    return save_valid(
        TruthSet(
            material=material,
            genome=genome,
            version=version,
            variants=variants,
            confident_regions=confident_regions,
            source=source,
            sample_name=sample_name,
            registered_by=by,
        )
    )


@action
def retire_truth_set(*, by: User, truth_set: TruthSet, reason: str) -> None:
    """Take a truth set out of use; what was computed with it stays."""
    check_has(by, Permission.REGISTER_WRITE)
    check_reason(reason, _("Say why the truth set is retired."))
    truth_set = TruthSet.objects.select_for_update().get(pk=truth_set.pk)
    if truth_set.retired_at is not None:
        raise InvalidTransition(_("The truth set is already retired."))
    truth_set.retired_at, truth_set.retired_by = timezone.now(), by
    truth_set.save(update_fields=["retired_at", "retired_by"])


@action
def register_assay(*, by: User, code: str, name_en: str, name_zh: str, intended_use: str = "") -> Assay:
    """Register an examination that the laboratory offers."""
    check_has(by, Permission.REGISTER_WRITE)
    return save_valid(Assay(code=code, name_en=name_en, name_zh=name_zh, intended_use=intended_use, registered_by=by))


@action
def register_assay_version(
    *,
    by: User,
    assay: Assay,
    version: str,
    genome: ReferenceGenome,
    targets: DataFile,
    baits: DataFile | None = None,
    capture_kit: str = "",
    instrument_model: str = "",
    pipeline_version: str = "",
    callable_depth_reads: int = 20,
) -> AssayVersion:
    """Register one configuration of an assay; it does not change afterwards."""
    check_has(by, Permission.REGISTER_WRITE)
    _check_file("targets", targets, FileKind.BED, genome)
    if baits is not None:
        _check_file("baits", baits, FileKind.BED, genome)
    return save_valid(
        AssayVersion(
            assay=assay,
            version=version,
            genome=genome,
            targets=targets,
            baits=baits,
            capture_kit=capture_kit,
            instrument_model=instrument_model,
            pipeline_version=pipeline_version,
            callable_depth_reads=callable_depth_reads,
            registered_by=by,
        )
    )


def _check_contigs(contigs: Sequence[tuple[str, int]]) -> None:
    names = [name for name, _length in contigs]
    if not contigs:
        message = _("Name at least one contig with its length.")
    elif len(set(names)) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        message = format_lazy(_("These contigs stand twice: {contigs}."), contigs=", ".join(twice))
    elif any(length <= 0 for _name, length in contigs):
        message = _("A contig's length is a whole number above 0.")
    else:
        return
    raise InvalidInput(message, fields={"contigs": message})


def _check_sequence(sequence: DataFile, contigs: Sequence[tuple[str, int]]) -> None:
    _check_file("sequence", sequence, FileKind.FASTA, None)
    found = sequence.findings.get("contigs")
    if found is not None and [list(contig) for contig in found] != [list(contig) for contig in contigs]:
        message = format_lazy(_("The contigs of {name} are not those of the build."), name=sequence.name)
        raise InvalidInput(message, fields={"sequence": message})


def _check_file(field: str, file: DataFile, kind: FileKind, genome: ReferenceGenome | None) -> None:
    check_can_use(file)
    if file.kind != kind:
        message = format_lazy(_("{name} is not a {kind} file."), name=file.name, kind=kind.label)
        raise InvalidInput(message, fields={field: message})
    if genome is not None and file.genome_id not in (None, genome.pk):
        message = format_lazy(_("{name} is of another build than {genome}."), name=file.name, genome=genome.code)
        raise InvalidInput(message, fields={field: message})


@action
def make_effective(*, by: User, version: AssayVersion) -> None:
    """Put an assay version into use, and retire the version that it replaces."""
    check_has(by, Permission.STUDY_APPROVE)
    Assay.objects.select_for_update().get(pk=version.assay_id)  # one version of an assay becomes effective at a time
    version = AssayVersion.objects.select_for_update().get(pk=version.pk)
    if version.retired_at is not None:
        raise InvalidTransition(
            format_lazy(_("{version} is retired and cannot become effective."), version=str(version))
        )
    if version.effective_from is not None:
        return
    now = timezone.now()
    AssayVersion.objects.filter(assay=version.assay_id, effective_from__isnull=False, retired_at=None).update(
        retired_at=now
    )
    version.effective_from = now
    version.save(update_fields=["effective_from"])
