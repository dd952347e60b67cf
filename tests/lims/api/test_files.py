"""Files and jobs by REST: the same call twice adds nothing, refusals have the one problem shape."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from lims.actions import machine_keys
from lims.choices import AccountKind, FileKind, FileState, JobKind, JobState, KeyScope, Role
from lims.models import AuditEntry, DataFile, Job, JobResult, RunLibrary
from tests.factories import lims as make

pytestmark = pytest.mark.django_db


class Machine:
    """An instrument with a key."""

    def __init__(self, *scopes: KeyScope) -> None:
        administrator = make.person("", Role.ADMINISTRATOR)
        self.user = make.person("", Role.MACHINE, kind=AccountKind.MACHINE)
        _key, secret = machine_keys.create(
            by=administrator,
            user=self.user,
            label="sequencer",
            scopes=scopes,
            expires_at=timezone.now() + timedelta(days=1),
        )
        self._headers = {"Authorization": f"Bearer {secret}"}
        self._client = Client()

    def get(self, address: str, /, **query: Any) -> Any:
        return self._client.get(f"/api/v1/{address}", query, headers=self._headers)

    def post(self, address: str, /, **values: Any) -> Any:
        return self._client.post(f"/api/v1/{address}", values, content_type="application/json", headers=self._headers)


@pytest.fixture
def machine(db: None) -> Machine:
    return Machine(KeyScope.READ, KeyScope.FILES_WRITE)


@pytest.fixture
def put() -> Callable[[str], str]:
    def put(name: str, text: str = "chr1\t1\t2\n") -> str:
        path = Path(settings.FILE_ROOTS[0]) / name
        path.write_text(text)
        return str(path)

    return put


@pytest.fixture
def library(db: None) -> RunLibrary:
    return make.run_library()


def test_register__answers_201_then_200_with_the_same_file(machine: Machine, put: Callable[[str], str]) -> None:
    path = put("targets.bed")
    first, second = machine.post("files/", path=path, kind="bed"), machine.post("files/", path=path, kind="bed")

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert first.json()["state"] == "verifying"
    assert DataFile.objects.count() == 1
    assert AuditEntry.objects.filter(object_type="lims_datafile").get().actor == machine.user.username


def test_register__for_a_library_by_codes(machine: Machine, put: Callable[[str], str], library: RunLibrary) -> None:
    codes = {"run": library.run.code, "library": library.library.code}
    answer = machine.post("files/", path=put("reads.bam"), kind="bam", **codes).json()
    assert (answer["run"], answer["library"]) == (codes["run"], codes["library"])
    assert DataFile.objects.get(name="reads.bam").run_library == library


@pytest.mark.parametrize(
    ("values", "status", "code", "field"),
    [
        ({"path": "/etc/passwd", "kind": "other"}, 422, "invalid", "path"),
        ({"path": "/x", "kind": "novel"}, 400, "invalid", "kind"),
        ({"kind": "bed"}, 400, "invalid", "path"),
        ({"path": "/x", "kind": "bam", "run": "R1"}, 400, "invalid", "library"),
        ({"path": "/x", "kind": "bam", "run": "R-none", "library": "L-none"}, 404, "not_found", None),
        ({"path": "/x", "kind": "bed", "genome": "none"}, 404, "not_found", None),
    ],
)
def test_register__refuses_in_the_one_shape(
    values: dict[str, str], status: int, code: str, field: str | None, machine: Machine
) -> None:
    answer = machine.post("files/", **values)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert set(problem) == {"message", "code", "fields"}
    assert field is None or field in problem["fields"]


def test_register__needs_the_scope(put: Callable[[str], str]) -> None:
    answer = Machine(KeyScope.READ).post("files/", path=put("a.bed"), kind="bed")
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert not DataFile.objects.exists()


def test_list__filters_and_names_natural_keys(machine: Machine, library: RunLibrary) -> None:
    reads = make.data_file(name="reads.bam", kind=FileKind.BAM, run_library=library)
    found = machine.get("files/", run=library.run.code, state="ready").json()["results"]
    assert [row["id"] for row in found] == [str(reads.public_id)]
    assert found[0]["library"] == library.library.code
    assert machine.get("files/", kind="fasta").json()["results"] == []


def test_detail__of_a_rejected_file_says_why_to_machines_too(machine: Machine) -> None:
    file = make.data_file(state=FileState.VERIFYING)
    where = {"file": "a.bam", "expected": "A", "found": "B"}
    DataFile.objects.update(state=FileState.REJECTED, rejection_code="sample_differs", rejection_where=where)
    rejection = machine.get(f"files/{file.public_id}/").json()["rejection"]
    assert rejection["code"] == "sample_differs"
    assert rejection["where"]["found"] == "B"
    assert "a.bam names the sample B" in rejection["message"]


def test_content__is_given_whole_and_by_range(machine: Machine) -> None:
    file = make.data_file(content=b"0123456789", kind=FileKind.OTHER)
    answer = machine.get(f"files/{file.public_id}/content/")
    assert b"".join(answer.streaming_content) == b"0123456789"
    assert AuditEntry.objects.filter(operation="event", actor=machine.user.username).count() == 1


def start(machine: Machine, library: RunLibrary, file: DataFile, **values: Any) -> Any:
    asked = {"kind": "coverage", "run": library.run.code, "library": library.library.code, "file": str(file.public_id)}
    return machine.post("jobs/", **(asked | values))


def test_start__coverage_answers_201_then_200_with_the_same_job(machine: Machine, library: RunLibrary) -> None:
    reads = make.data_file(name="reads.bam", kind=FileKind.BAM, run_library=library)
    first, second = start(machine, library, reads), start(machine, library, reads)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    job = Job.objects.get()
    assert {row["role"]: row["sha256"] for row in first.json()["inputs"]} == {
        row.role: row.sha256 for row in job.inputs.all()
    }
    assert job.parameters["thresholds"] == [1, 10, 20, 30, 50, 100]


def test_start__concordance_takes_the_current_truth_set_of_the_material(machine: Machine) -> None:
    sequence = make.data_file(name="genome.fa", kind=FileKind.FASTA, content=b">chr1\nA\n")
    truth = make.truth_set(genome=make.genome(sequence=sequence))
    library = make.run_library(
        run=make.run(assay_version=make.assay_version(genome=truth.genome)),
        library=make.library(sample=make.sample(reference_material=truth.material)),
    )
    calls = make.data_file(name="calls.vcf.gz", kind=FileKind.VCF, run_library=library)
    answer = start(machine, library, calls, kind="concordance")
    assert answer.status_code == 201
    assert {row["role"] for row in answer.json()["inputs"]} == {"truth", "confident", "query", "targets", "reference"}


def test_start__refuses_what_does_not_fit(machine: Machine, library: RunLibrary) -> None:
    other = make.data_file(name="reads.bam", kind=FileKind.BAM)
    calls = make.data_file(name="calls.vcf.gz", kind=FileKind.VCF, run_library=library)
    waiting = make.data_file(name="b.bam", kind=FileKind.BAM, run_library=library, state=FileState.VERIFYING)

    assert start(machine, library, other).status_code == 422
    assert "alignment" in start(machine, library, calls).json()["fields"]
    assert start(machine, library, waiting).status_code == 409
    refusal = start(machine, library, calls, kind="concordance")
    assert (refusal.status_code, list(refusal.json()["fields"])) == (422, ["truth_set"])
    assert not Job.objects.exists()


def test_detail__shows_progress_then_result(machine: Machine) -> None:
    job = make.job(state=JobState.RUNNING)
    Job.objects.update(progress_fraction=0.25)
    answer = machine.get(f"jobs/{job.public_id}/").json()
    assert (answer["state"], answer["progress_fraction"], answer["result"]) == ("running", 0.25, None)

    Job.objects.update(state=JobState.DONE)
    JobResult.objects.create(job=job, kernel="coverage", kernel_version="1", document={"mean": 3}, sha256="ab" * 32)
    answer = machine.get(f"jobs/{job.public_id}/").json()
    assert answer["result"] == {"sha256": "ab" * 32, "document": {"mean": 3}}


def test_detail__of_a_failed_job_says_why(machine: Machine) -> None:
    job = make.job(state=JobState.FAILED)
    Job.objects.update(error_code="deadline", error_where={"seconds": 9})
    error = machine.get(f"jobs/{job.public_id}/").json()["error"]
    assert (error["code"], error["message"]) == ("deadline", "The computation did not end within 9 seconds.")


def test_cancel__needs_a_reason(machine: Machine) -> None:
    job = make.job(kind=JobKind.COVERAGE)
    assert machine.post(f"jobs/{job.public_id}/cancel/").status_code == 400
    assert machine.post(f"jobs/{job.public_id}/cancel/", reason="wrong file").json()["state"] == "cancelled"
    assert machine.post(f"jobs/{job.public_id}/cancel/", reason="again").status_code == 409
