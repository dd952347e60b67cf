"""The main job on somebody's own files: registers what is missing, computes, leaves all of it in the laboratory."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.core.management.base import CommandError
from django.utils import timezone

from demonstration import waiting
from kernels.document import sha256_of
from kernels.errors import KernelError
from kernels.io.sample_names import sample_names
from lims.actions import analyses, files, material, metrics, people, registers
from lims.choices import FileKind
from lims.models import (
    Assay,
    AssayVersion,
    DataFile,
    Job,
    Library,
    ReferenceGenome,
    ReferenceMaterial,
    Run,
    RunLibrary,
    Sample,
    TruthSet,
    User,
)
from lims.models.naming import CODE_PATTERN

ASSAY = "OWN-FILES"
_IS_CODE = re.compile(CODE_PATTERN)
VERIFY_SECONDS = 24 * 3600.0
COMPUTE_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class OwnFiles:
    """What the command line named; the truth needs query, confident regions and reference too."""

    alignment: Path
    targets: Path
    baits: Path | None = None
    reference: Path | None = None
    query: Path | None = None
    truth: Path | None = None
    confident: Path | None = None

    def check(self) -> None:
        """Refuse a half comparison before anything is registered."""
        compared = {"--query-vcf": self.query, "--truth-vcf": self.truth, "--confident": self.confident}
        missing = [name for name, path in compared.items() if path is None]
        if missing and len(missing) < len(compared):
            raise CommandError(f"To compare calls with a truth, {' and '.join(missing)} is needed too.")
        if self.truth is not None and self.reference is None:
            raise CommandError("To compare calls with a truth, --reference is needed too.")
        for path in (self.alignment, self.targets, self.baits, self.reference, self.query, self.truth, self.confident):
            if path is not None and not path.is_file():
                raise CommandError(f"There is no file at {path}.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where the numbers are."""

    run_library: RunLibrary
    jobs: list[Job]


def analyse(own: OwnFiles, *, sample: str, show: waiting.Show) -> Outcome:
    """Register the files, compute coverage and concordance, and wait.

    The same files give the same records and the stored results: nothing is registered or computed twice.

    Raises
    ------
    CommandError
        A file is missing, rejected by verification, or a job failed; the sentence says why.
    """
    own.check()
    by = people.system_account()
    metrics.load_catalogue(by=by)
    genome = _genome(by, own, show)
    version = _assay_version(by, own, genome, show)
    place = _place(by, own, version, sample)
    jobs = _start(by, own, genome, place, show)
    waiting.for_jobs(jobs, seconds=COMPUTE_SECONDS, show=show)
    return Outcome(place, jobs)


def _register(by: User, path: Path, kind: FileKind, show: waiting.Show, **options: object) -> DataFile:
    file, _created = files.register_path(by=by, path=str(path.absolute()), kind=kind, **options)  # type: ignore[arg-type]
    waiting.for_files([file], seconds=VERIFY_SECONDS, show=show)
    return file


def _alignment_kind(path: Path) -> FileKind:
    return FileKind.CRAM if path.suffix.lower() == ".cram" else FileKind.BAM


def _genome(by: User, own: OwnFiles, show: waiting.Show) -> ReferenceGenome:
    """The registered build with the file's contigs; else a new one, named by them."""
    if own.reference is not None:
        sequence = _register(by, own.reference, FileKind.FASTA, show)
        contigs = _contigs(sequence)
    else:
        sequence = None
        contigs = _contigs(_register(by, own.alignment, _alignment_kind(own.alignment), show))
    for genome in ReferenceGenome.objects.all():
        if [(name, length) for name, length in genome.contigs] == contigs:
            if sequence is not None and genome.sequence_id is None:
                registers.set_genome_sequence(by=by, genome=genome, sequence=sequence)
                genome.refresh_from_db()
            return genome
    return registers.register_genome(by=by, code=f"build-{_short(repr(contigs))}", contigs=contigs, sequence=sequence)


def _contigs(file: DataFile) -> list[tuple[str, int]]:
    return [(str(name), int(length)) for name, length in file.findings["contigs"]]


def _assay_version(by: User, own: OwnFiles, genome: ReferenceGenome, show: waiting.Show) -> AssayVersion:
    """One version for each set of targets, baits and build."""
    targets = _register(by, own.targets, FileKind.BED, show, genome=genome)
    baits = _register(by, own.baits, FileKind.BED, show, genome=genome) if own.baits else None
    assay = Assay.objects.filter(code=ASSAY).first() or registers.register_assay(
        by=by, code=ASSAY, name_en="Own files from the command line", name_zh="命令行分析的文件"
    )
    name = f"t-{_short(f'{genome.code} {targets.sha256} {baits.sha256 if baits else None}')}"
    found = assay.versions.filter(version=name).first()
    return found or registers.register_assay_version(
        by=by, assay=assay, version=name, genome=genome, targets=targets, baits=baits
    )


def _place(by: User, own: OwnFiles, version: AssayVersion, sample_code: str) -> RunLibrary:
    """A sample, a library and a run that are named by what they hold, so that a second call finds them."""
    truth = _truth_material(by, own)
    name = _name_in_files(own)
    code = sample_code or (name if _IS_CODE.fullmatch(name) else own.alignment.name.partition(".")[0])
    sample = Sample.objects.filter(code=code).first() or material.register_sample(
        by=by, code=code, reference_material=truth, sequencing_name=name
    )
    if truth is not None and sample.reference_material_id != truth.pk:
        raise CommandError(f"Sample {code} is registered already, without this truth. Name another one: --sample NAME.")
    library_code = f"{code}-{_short(sha256_of(own.alignment))}"
    library = Library.objects.filter(code=library_code).first() or material.register_library(
        by=by, code=library_code, sample=sample
    )
    run_code = f"OWN-{version.version}"
    run = Run.objects.filter(code=run_code).first() or material.register_run(
        by=by, code=run_code, assay_version=version, started_at=timezone.now()
    )
    found = RunLibrary.objects.filter(run=run, library=library).first()
    return found or material.load_library(by=by, run=run, library=library)


def _name_in_files(own: OwnFiles) -> str:
    """The sample that the reads name; nothing where they name none or several: verification then says what is wrong."""
    try:
        names = sample_names(own.alignment)
    except KernelError as error:
        raise CommandError(error.message) from error
    return names[0] if len(names) == 1 else ""


def _truth_material(by: User, own: OwnFiles) -> ReferenceMaterial | None:
    if own.truth is None:
        return None
    code = f"truth-{_short(sha256_of(own.truth))}"
    found = ReferenceMaterial.objects.filter(code=code).first()
    return found or registers.register_reference_material(by=by, code=code, name=f"Truth of {own.truth.name}")


def _start(by: User, own: OwnFiles, genome: ReferenceGenome, place: RunLibrary, show: waiting.Show) -> list[Job]:
    in_place: Mapping[str, object] = {"run_library": place, "genome": genome}
    alignment = _register(by, own.alignment, _alignment_kind(own.alignment), show, **in_place)
    jobs = [analyses.start_coverage(by=by, run_library=place, alignment=alignment)[0]]
    if own.query is not None:
        query = _register(by, own.query, FileKind.VCF, show, **in_place)
        truth_set = _truth_set(by, own, genome, place, show)
        jobs.append(analyses.start_concordance(by=by, run_library=place, query=query, truth_set=truth_set)[0])
    return jobs


def _truth_set(by: User, own: OwnFiles, genome: ReferenceGenome, place: RunLibrary, show: waiting.Show) -> TruthSet:
    reference_material = place.library.sample.reference_material
    assert reference_material is not None
    assert own.truth is not None
    assert own.confident is not None
    version = _short(sha256_of(own.confident))
    found = TruthSet.objects.filter(material=reference_material, genome=genome, version=version).first()
    return found or registers.register_truth_set(
        by=by,
        material=reference_material,
        genome=genome,
        version=version,
        variants=_register(by, own.truth, FileKind.VCF, show, genome=genome),
        confident_regions=_register(by, own.confident, FileKind.BED, show, genome=genome),
        source=str(own.truth),
    )


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]
