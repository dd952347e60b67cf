"""The worker with real kernels on a simulated exome: numbers arrive with their provenance, limits are limits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pysam
import pytest
from django.conf import settings
from django.db import connection

from kernels.simulation.exome import SimulatedExome, simulate_exome
from kernels.simulation.plan import ExomePlan
from lims import kernel_commands, worker
from lims.actions import analyses, files, jobs, metrics, people, registers
from lims.choices import FileKind, FileState, JobState
from lims.models import AuditEntry, DataFile, Job, JobResult, Measurement, RunLibrary, TruthSet, User
from lims.selectors import files as file_selectors
from tests.factories import lims as make

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="session")
def exome(tmp_path_factory: pytest.TempPathFactory) -> SimulatedExome:
    return simulate_exome(ExomePlan(mean_depth=20), tmp_path_factory.mktemp("exome"))


@pytest.fixture
def add(technician: User) -> Callable[..., DataFile]:
    """Register a file of the simulation by path and verify it in a child process."""

    def register(source: Path, kind: FileKind, **about: Any) -> DataFile:
        path = Path(settings.FILE_ROOTS[0]) / source.name
        path.write_bytes(source.read_bytes())
        file, _created = files.register_path(by=technician, path=str(path), kind=kind, **about)
        job = file_selectors.verification_of(file)
        assert job is not None
        worker.verify_file(job.pk)
        file.refresh_from_db()
        assert file.state == FileState.READY, file_selectors.why_rejected(file)
        return file

    return register


def ready(source: Path, kind: FileKind) -> DataFile:
    """A file of the simulation as if verified: what is asked here is what the worker does with it."""
    return make.data_file(name=source.name, kind=kind, content=source.read_bytes())


@pytest.fixture
def truth_set(exome: SimulatedExome, supervisor: User) -> TruthSet:
    sequence = ready(exome.reference, FileKind.FASTA)
    with pysam.FastaFile(str(exome.reference)) as fasta:
        contigs = list(zip(fasta.references, fasta.lengths, strict=True))
    genome = registers.register_genome(by=supervisor, code="sim1", contigs=contigs, sequence=sequence)
    return registers.register_truth_set(
        by=supervisor,
        material=make.reference_material(),
        genome=genome,
        version="v1",
        variants=ready(exome.truth_variants, FileKind.VCF),
        confident_regions=ready(exome.confident, FileKind.BED),
    )


@pytest.fixture
def run_library(exome: SimulatedExome, truth_set: TruthSet, supervisor: User) -> RunLibrary:
    metrics.load_catalogue(by=supervisor)
    targets = ready(exome.targets, FileKind.BED)
    version = make.assay_version(genome=truth_set.genome, targets=targets, callable_depth_reads=15)
    sample = make.sample(sequencing_name="SIM001", reference_material=truth_set.material)
    return make.run_library(run=make.run(assay_version=version), library=make.library(sample=sample))


def computed(job: Job) -> Job:
    worker.compute(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.DONE, (job.error_code, job.error_message)
    return job


def test_coverage__arrives_with_counts_files_and_provenance_and_is_not_computed_again(
    exome: SimulatedExome, run_library: RunLibrary, add: Callable[..., DataFile], technician: User
) -> None:
    reads = add(exome.reads, FileKind.BAM, run_library=run_library)
    job, _created = analyses.start_coverage(by=technician, run_library=run_library, alignment=reads)
    computed(job)

    result = JobResult.objects.get(job=job)
    assert (result.kernel, result.kernel_version) == (job.kernel, job.kernel_version)
    mean = Measurement.objects.get(job=job, metric__code="mean_target_coverage")
    assert mean.value == pytest.approx(result.document["hybrid_selection"]["MEAN_TARGET_COVERAGE"])
    assert mean.value == pytest.approx(20, rel=0.3)
    deep = Measurement.objects.get(job=job, metric__code="target_fraction_20x")
    assert deep.denominator == sum(end - start for start, end in _intervals(exome.targets))
    assert deep.value == deep.numerator / deep.denominator
    assert result.document["parameters"]["callable_depth_reads"] == 15
    assert {row.role for row in job.inputs.all()} == {"alignment", "targets", "reference"}
    made = list(DataFile.objects.filter(made_by=job))
    assert "hs_metrics.txt" in {file.name for file in made}
    assert all(file.run_library == run_library and file.sha256 for file in made)
    entry = AuditEntry.objects.filter(object_type="lims_measurement").first()
    assert (entry.action, entry.actor) == ("jobs.finish", "exomark-system")

    assert analyses.start_coverage(by=technician, run_library=run_library, alignment=reads) == (job, False)
    worker.compute(job.pk)
    assert JobResult.objects.filter(job=job).count() == 1
    assert Measurement.objects.filter(job=job, metric__code="mean_target_coverage").count() == 1


def test_concordance__arrives_by_variant_type(
    exome: SimulatedExome,
    run_library: RunLibrary,
    truth_set: TruthSet,
    add: Callable[..., DataFile],
    technician: User,
) -> None:
    calls = add(exome.query_variants, FileKind.VCF, run_library=run_library)
    job, _created = analyses.start_concordance(by=technician, run_library=run_library, query=calls, truth_set=truth_set)
    computed(job)

    document = JobResult.objects.get(job=job).document
    found = {
        (row.metric.code, row.variant_type): (row.numerator, row.denominator)
        for row in Measurement.objects.filter(job=job)
    }
    snp = document["types"]["SNP"]["ALL"]
    assert found["ppa_all", "SNP"] == (snp["truth_tp"], snp["truth_tp"] + snp["truth_fn"])
    assert found["ppa_all", "SNP"][1] > 10
    assert str(settings.STORAGE_DIR) not in str(document)


def _intervals(path: Path) -> list[tuple[int, int]]:
    return [(int(line.split("\t")[1]), int(line.split("\t")[2])) for line in path.read_text().splitlines()]


# A stand-in for a kernel: what a child does when it misbehaves.
def kernel_that(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: str) -> Job:
    package = tmp_path / "kernels"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text(f"import json, os, subprocess, sys, time\n{body}\n")
    monkeypatch.setattr(settings, "BASE_DIR", tmp_path)
    monkeypatch.setattr(kernel_commands, "arguments_for", lambda _job, folder: ["any", str(folder)])
    return make.job(kernel_version="1")


def run(job: Job) -> Job:
    worker.compute(job.pk)
    job.refresh_from_db()
    return job


def test_a_kernel_that_refuses_its_input__fails_the_job_with_its_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    body = """
stated = {"code": "no_reads", "message": "reads.bam holds no reads.", "where": {"file": "reads.bam"}}
json.dump(stated, open(sys.argv[2], "w"))
sys.exit(2)
"""
    job = run(kernel_that(monkeypatch, tmp_path, body))
    assert (job.state, job.error_code, job.error_message) == (JobState.FAILED, "no_reads", "reads.bam holds no reads.")
    assert job.error_where == {"file": "reads.bam"}


def test_a_kernel_that_asks_for_too_much_memory__is_refused_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any
) -> None:
    settings.JOB_MEMORY_BYTES = 300 * 1024**2
    job = run(kernel_that(monkeypatch, tmp_path, "bytearray(400 * 1024**2)"))
    assert (job.state, job.error_code) == (JobState.FAILED, "memory_limit")


def test_a_kernel_past_its_deadline__is_ended_with_all_that_it_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any
) -> None:
    settings.JOB_DEADLINE_SECONDS = 1
    settings.JOB_LEASE_SECONDS = 4
    body = f"""
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open({str(tmp_path / "pids")!r}, "w").write(f"{{os.getpid()}} {{child.pid}}")
time.sleep(60)
"""
    began = time.monotonic()
    job = run(kernel_that(monkeypatch, tmp_path, body))
    assert (job.state, job.error_code) == (JobState.FAILED, "deadline")
    assert time.monotonic() - began < 10
    assert not any(_is_alive(int(pid)) for pid in (tmp_path / "pids").read_text().split())


def test_a_kernel_that_crashes__says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    job = run(kernel_that(monkeypatch, tmp_path, "print('about to crash', file=sys.stderr); os.abort()"))
    assert (job.state, job.error_code) == (JobState.FAILED, "kernel_crashed")
    assert job.error_where == {"status": -6, "last_line": "about to crash"}


def test_an_error_of_the_workers_own__ends_the_job_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    job = run(kernel_that(monkeypatch, tmp_path, "pass"))  # status 0, but no document
    assert (job.state, job.error_code) == (JobState.FAILED, "worker_error")
    assert "document.json" in job.error_message


def test_a_kernel__gets_no_secret_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EXOMARK_SECRET_KEY", "very secret")
    body = "print([name for name in os.environ if name.startswith('EXOMARK')], file=sys.stderr); sys.exit(3)"
    job = run(kernel_that(monkeypatch, tmp_path, body))
    assert job.error_where == {"status": 3, "last_line": "[]"}


@pytest.mark.django_db(transaction=True)
def test_cancelling__ends_the_kernel_within_seconds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any
) -> None:
    settings.JOB_LEASE_SECONDS = 2
    people.system_account()
    body = "print('progress 0.25', file=sys.stderr, flush=True); time.sleep(60)"
    job = kernel_that(monkeypatch, tmp_path, body)
    boss = make.person("boss")
    monkeypatch.setattr(jobs, "check_has", lambda *_args: None)
    monkeypatch.setattr(jobs, "check_can_cancel", lambda *_args: None)

    def cancel_once_it_moves() -> None:
        try:
            while Job.objects.get(pk=job.pk).progress_fraction < 0.25:
                time.sleep(0.1)
            jobs.cancel(by=boss, job=job, reason="wrong file")
        finally:
            connection.close()

    thread = threading.Thread(target=cancel_once_it_moves)
    thread.start()
    began = time.monotonic()
    run(job)
    thread.join()

    assert job.state == JobState.CANCELLED
    assert time.monotonic() - began < 10


def test_a_worker_whose_lease_is_lost__stops_and_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    job = kernel_that(monkeypatch, tmp_path, "time.sleep(60)")
    monkeypatch.setattr(worker.jobs, "heartbeat", lambda **_values: jobs.Beat.LOST)
    began = time.monotonic()
    run(job)

    assert job.state == JobState.RUNNING
    assert not JobResult.objects.exists()
    assert time.monotonic() - began < 10


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
