"""Pages of jobs: progress that ends by itself, cancelling with a reason, running again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from lims.choices import JobState
from lims.models import Job, JobInput, User
from tests.factories import lims as make

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


def address(job: Job, act: str = "") -> str:
    return f"/jobs/{job.public_id}/{act}"


def test_list__filters_by_kind_state_and_run(client_of: ClientOf, technician: User) -> None:
    library = make.run_library()
    running = make.job(state=JobState.RUNNING, run_library=library)
    failed = make.job(state=JobState.FAILED, kind="concordance")
    client = client_of(technician)

    def shown(**query: str) -> list[Job]:
        return [row.record for row in client.get("/jobs/", query).context["table"].rows]

    assert shown() == [failed, running]
    assert shown(state="running") == shown(kind="coverage") == shown(run=library.run.code) == [running]


def test_list__asks_the_database_as_often_for_many_as_for_few(client_of: ClientOf, technician: User) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_of(technician)
    make.job(run_library=make.run_library())
    client.get("/jobs/")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/jobs/").status_code == 200
        return len(captured)

    few = queries()
    for _number in range(10):
        make.job(run_library=make.run_library())
    assert queries() == few


def test_detail__shows_inputs_with_checksums_parameters_and_attempts(client_of: ClientOf, technician: User) -> None:
    job = make.job(parameters={"min_mapping_quality": 20}, attempts=2, run_library=make.run_library())
    file = make.data_file(name="reads.bam")
    JobInput.objects.create(job=job, role="alignment", file=file, sha256="ab" * 32)
    page = client_of(technician).get(address(job)).content.decode()

    assert "ab" * 32 in page
    assert file.get_absolute_url() in page
    assert "min_mapping_quality" in page
    assert "2 / 3" in page


def test_detail__of_a_failed_job_says_why_and_offers_to_run_it_again(
    client_of: ClientOf, technician: User, auditor: User
) -> None:
    job = make.job(state=JobState.FAILED)
    Job.objects.update(error_code="memory_limit", error_where={"limit_bytes": 4096})
    page = client_of(technician).get(address(job)).content.decode()

    assert "needed more than its 4096 bytes of memory" in page
    assert address(job, "retry/") in page
    assert address(job, "retry/") not in client_of(auditor).get(address(job)).content.decode()


def test_progress__asks_again_while_the_job_is_under_way_and_then_for_the_whole_page(
    client_of: ClientOf, technician: User
) -> None:
    running, done = make.job(state=JobState.RUNNING), make.job(state=JobState.DONE)
    Job.objects.filter(pk=running.pk).update(progress_fraction=0.42)
    answer = client_of(technician).get(address(running, "progress/"))

    assert "42 %" in answer.content.decode()
    assert f'hx-get="{address(running, "progress/")}"' in answer.content.decode()
    assert "HX-Refresh" not in answer.headers
    answer = client_of(technician).get(address(done, "progress/"))
    assert "hx-get" not in answer.content.decode()
    assert answer.headers["HX-Refresh"] == "true"


def test_cancel__needs_a_reason_and_keeps_the_page(client_of: ClientOf, technician: User) -> None:
    job = make.job()
    answer = client_of(technician).post(address(job, "cancel/"), {"reason": " "})
    assert answer.status_code == 422
    assert "A reason is needed." in answer.content.decode()
    job.refresh_from_db()
    assert job.state == JobState.QUEUED

    assert client_of(technician).post(address(job, "cancel/"), {"reason": "wrong file"}).status_code == 302
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert client_of(technician).post(address(job, "cancel/"), {"reason": "again"}).status_code == 409


def test_cancel__is_refused_to_whoever_may_not(client_of: ClientOf, auditor: User) -> None:
    job = make.job()
    assert client_of(auditor).post(address(job, "cancel/"), {"reason": "wrong file"}).status_code == 403
    assert "cancel-job" not in client_of(auditor).get(address(job)).content.decode()


def test_retry__goes_to_the_new_job(client_of: ClientOf, technician: User) -> None:
    job = make.job(state=JobState.CANCELLED)
    answer = client_of(technician).post(address(job, "retry/"))
    again = Job.objects.exclude(pk=job.pk).get()
    assert answer.headers["Location"] == again.get_absolute_url()
    assert client_of(technician).post(address(again, "retry/")).status_code == 409
