"""The demonstration laboratory: its registers, its material and its simulated sequencing files, each made once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError

from demonstration import waiting
from demonstration.people import Staff
from kernels.simulation import ExomePlan, SimulatedExome, simulate_exome
from lims.actions import files, laboratory, material, metrics, people, registers
from lims.choices import FileKind
from lims.models import (
    Assay,
    AssayVersion,
    DataFile,
    Library,
    ReferenceGenome,
    ReferenceMaterial,
    Run,
    RunLibrary,
    Sample,
    TruthSet,
    User,
)

BUILD = "exomark-sim1"
MATERIAL = "SIM001"
ASSAY = "EXOME"
VERIFY_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Batch:
    """One run of replicates of the reference material."""

    run: str
    version: str
    plans: Mapping[str, ExomePlan]


# Replicates share reference, design and truth; reads and calls differ. The second run holds a worse preparation.
BATCHES = (
    Batch(
        run="SIM-RUN-01",
        version="v1",
        plans={
            f"SIM001-L{n}": ExomePlan(sample=MATERIAL, seed=n, missed_calls=1, extra_calls=1, genotype_errors=0)
            for n in (1, 2, 3)
        },
    ),
    Batch(
        run="SIM-RUN-02",
        version="v2",
        plans={
            "SIM001-L4": ExomePlan(sample=MATERIAL, seed=4, missed_calls=2, extra_calls=1, genotype_errors=1),
            "SIM001-L5": ExomePlan(
                sample=MATERIAL,
                seed=5,
                mean_depth=45.0,
                duplicate_fraction=0.3,
                missed_calls=5,
                extra_calls=4,
                genotype_errors=2,
            ),
        },
    ),
)


@dataclass(frozen=True, slots=True)
class Bench:
    """What is ready to be computed on: each library on its run, with its reads and its calls."""

    run_library: RunLibrary
    reads: DataFile
    calls: DataFile


def furnish(staff: Staff, *, show: waiting.Show = waiting.silent) -> dict[str, list[Bench]]:
    """Make what is missing of the laboratory, and return its benches by run."""
    laboratory.describe(
        by=people.system_account(),
        name_en="Exomark Demonstration Laboratory",
        name_zh="外显标记演示实验室",
        is_demonstration=True,
    )
    metrics.load_catalogue(by=staff.supervisor)
    show(0.0, "simulating exomes")
    exomes = {library: _simulated(library, plan) for batch in BATCHES for library, plan in batch.plans.items()}
    first = next(iter(exomes.values()))
    genome = _genome(staff.supervisor, first, show)
    versions = _versions(staff.supervisor, genome, first, show)
    _truth(staff.supervisor, genome, first, show)
    benches = {batch.run: _benches(staff.technician, batch, versions[batch.version], exomes) for batch in BATCHES}
    everything = [file for run in benches.values() for bench in run for file in (bench.reads, bench.calls)]
    _verified(*everything, show=show)
    return benches


def _folder() -> Path:
    if not settings.FILE_ROOTS:
        raise CommandError("EXOMARK_FILE_ROOTS names no folder; the demonstration puts its files into the first one.")
    return Path(settings.FILE_ROOTS[0]) / "demonstration"


def _simulated(library: str, plan: ExomePlan) -> SimulatedExome:
    folder = _folder() / library
    if (folder / "complete").exists():
        return SimulatedExome(folder, {})
    folder.mkdir(parents=True, exist_ok=True)
    exome = simulate_exome(plan, folder)
    (folder / "complete").touch()
    return exome


def _register(by: User, path: Path, kind: FileKind, **options: object) -> DataFile:
    return files.register_path(by=by, path=str(path), kind=kind, **options)[0]  # type: ignore[arg-type]


def _verified(*registered: DataFile, show: waiting.Show) -> None:
    """Wait for many files at once: the worker verifies them side by side."""
    waiting.for_files(registered, seconds=VERIFY_SECONDS, show=show)


def _genome(by: User, exome: SimulatedExome, show: waiting.Show) -> ReferenceGenome:
    found = ReferenceGenome.objects.filter(code=BUILD).first()
    if found is not None:
        return found
    sequence = _register(by, exome.reference, FileKind.FASTA)
    _verified(sequence, show=show)
    contigs = [(str(name), int(length)) for name, length in sequence.findings["contigs"]]
    return registers.register_genome(by=by, code=BUILD, contigs=contigs, sequence=sequence)


def _versions(by: User, genome: ReferenceGenome, exome: SimulatedExome, show: waiting.Show) -> dict[str, AssayVersion]:
    targets = _register(by, exome.targets, FileKind.BED, genome=genome)
    baits = _register(by, exome.baits, FileKind.BED, genome=genome)
    _verified(targets, baits, show=show)
    assay = Assay.objects.filter(code=ASSAY).first() or registers.register_assay(
        by=by,
        code=ASSAY,
        name_en="Clinical whole exome (simulated)",
        name_zh="临床全外显子组（模拟）",
        intended_use="Demonstration on simulated data; not for diagnostic use.",
    )
    return {
        version: assay.versions.filter(version=version).first()
        or registers.register_assay_version(
            by=by,
            assay=assay,
            version=version,
            genome=genome,
            targets=targets,
            baits=baits,
            capture_kit="SimCapture 1",
            instrument_model="Simulator",
            pipeline_version=pipeline,
        )
        for version, pipeline in (("v1", "sim-caller 1.0"), ("v2", "sim-caller 2.0"))
    }


def _truth(by: User, genome: ReferenceGenome, exome: SimulatedExome, show: waiting.Show) -> TruthSet:
    material_row = ReferenceMaterial.objects.filter(code=MATERIAL).first() or registers.register_reference_material(
        by=by, code=MATERIAL, name="Simulated individual SIM001", supplier="Exomark simulator"
    )
    found = TruthSet.objects.filter(material=material_row, genome=genome).first()
    if found is not None:
        return found
    variants = _register(by, exome.truth_variants, FileKind.VCF, genome=genome)
    confident_regions = _register(by, exome.confident, FileKind.BED, genome=genome)
    _verified(variants, confident_regions, show=show)
    return registers.register_truth_set(
        by=by,
        material=material_row,
        genome=genome,
        version="1",
        variants=variants,
        confident_regions=confident_regions,
        source="python -m kernels simulate exome",
        sample_name=MATERIAL,
    )


def _benches(by: User, batch: Batch, version: AssayVersion, exomes: Mapping[str, SimulatedExome]) -> list[Bench]:
    run = Run.objects.filter(code=batch.run).first() or material.register_run(
        by=by, code=batch.run, assay_version=version, instrument="SIM-1", flow_cell=f"{batch.run}-FC"
    )
    return [_bench(by, run, library, exomes[library]) for library in batch.plans]


def _bench(by: User, run: Run, library_code: str, exome: SimulatedExome) -> Bench:
    sample = Sample.objects.filter(code=MATERIAL).first() or material.register_sample(
        by=by, code=MATERIAL, reference_material=ReferenceMaterial.objects.get(code=MATERIAL)
    )
    library = Library.objects.filter(code=library_code).first() or material.register_library(
        by=by, code=library_code, sample=sample
    )
    place = RunLibrary.objects.filter(run=run, library=library).first() or material.load_library(
        by=by, run=run, library=library
    )
    genome = run.assay_version.genome
    return Bench(
        run_library=place,
        reads=_register(by, exome.reads, FileKind.BAM, run_library=place, genome=genome),
        calls=_register(by, exome.query_variants, FileKind.VCF, run_library=place, genome=genome),
    )
