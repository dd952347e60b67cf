"""Jobs: the same work once, one lease at a time, one outcome whatever arrives twice or late."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from lims import background, storage
from lims.actions import jobs, people
from lims.actions.jobs import Beat
from lims.choices import FileState, JobKind, JobState
from lims.exceptions import InvalidInput, InvalidTransition, NotPermitted, Stale
from lims.models import AuditEntry, DataFile, Job, JobResult, User
from tests.factories import lims as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def system(db: None) -> User:
    return people.system_account()


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What was announced to the queue, at the moment of asking."""
    seen: list[tuple[str, int]] = []
    monkeypatch.setattr(background, "enqueue", lambda name, *args: seen.append((name, *args)))
    return seen


def ask(by: User, **changes: Any) -> tuple[Job, bool]:
    asked: dict[str, Any] = {
        "kind": JobKind.COVERAGE,
        "kernel": "coverage",
        "parameters": {"thresholds": [1, 20]},
        "inputs": {"alignment": changes.pop("alignment", None) or make.data_file(name="reads.bam", kind="bam")},
    }
    return jobs.request(by=by, **(asked | changes))


def document_of(job: Job, **parts: Any) -> dict[str, Any]:
    return {"kernel": {"name": job.kernel, "version": job.kernel_version}, **parts}


def claimed(system: User, job: Job) -> Job:
    found = jobs.claim(by=system, job_id=job.pk)
    assert found is not None
    return found


def lease(system: User, job: Job) -> dict[str, Any]:
    return {"by": system, "job_id": job.pk, "lease_token": job.lease_token}


def expire_lease(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))


def test_request__queues_the_job_with_its_inputs_checksums_and_announces_it(
    technician: User, announced: list[tuple[str, int]]
) -> None:
    file = make.data_file(name="reads.bam", kind="bam")
    job, created = ask(technician, alignment=file)

    assert created
    assert (job.state, job.attempts, job.requested_by) == (JobState.QUEUED, 0, technician)
    assert list(job.inputs.values_list("role", "file", "sha256")) == [("alignment", file.pk, file.sha256)]
    assert announced == [("lims.compute", job.pk)]
    entry = AuditEntry.objects.filter(object_type="lims_job", operation="insert").get()
    assert (entry.action, entry.actor) == ("jobs.request", "technician")


def test_request__for_the_same_work_gives_the_stored_job(technician: User, announced: list[tuple[str, int]]) -> None:
    file = make.data_file(name="reads.bam", kind="bam")
    first, _created = ask(technician, alignment=file)
    second, created = ask(technician, alignment=make.data_file(name="copy.bam", kind="bam"))  # equal bytes

    assert (second, created) == (first, False)
    assert len(announced) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"parameters": {"thresholds": [1, 30]}},
        {"kernel": "concordance", "kind": JobKind.CONCORDANCE},
        {"inputs": "other content"},
        {"run_library": "another library"},
    ],
)
def test_request__for_other_work_makes_another_job(changes: dict[str, Any], technician: User) -> None:
    file = make.data_file(name="reads.bam", kind="bam")
    first, _created = ask(technician, alignment=file)
    if "inputs" in changes:
        changes = {"alignment": make.data_file(name="reads.bam", kind="bam", content=b"other")}
    elif "run_library" in changes:
        changes = {"alignment": file, "run_library": make.run_library()}
    else:
        changes = {"alignment": file, **changes}
    second, created = ask(technician, **changes)

    assert created
    assert second != first


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
def test_request__after_a_failure_makes_a_new_job(state: JobState, technician: User) -> None:
    file = make.data_file(name="reads.bam", kind="bam")
    first, _created = ask(technician, alignment=file)
    Job.objects.filter(pk=first.pk).update(state=state, error_code="kernel_crashed")
    second, created = ask(technician, alignment=file)

    assert created
    assert second != first


def test_request__is_refused_to_a_person_who_may_not_start_jobs(technician: User, auditor: User) -> None:
    with pytest.raises(NotPermitted):
        ask(auditor)
    assert ask(technician)[1]


def test_request__is_refused_on_a_file_that_is_not_verified(technician: User) -> None:
    waiting = make.data_file(name="reads.bam", kind="bam", state=FileState.VERIFYING)
    with pytest.raises(InvalidTransition, match=r"reads\.bam is “Verifying”"):
        ask(technician, alignment=waiting)
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_request__at_the_same_moment_makes_one_job(technician: User) -> None:
    file = make.data_file(name="reads.bam", kind="bam")
    barrier, answers = threading.Barrier(4), []

    def ask_at_once() -> None:
        barrier.wait()
        try:
            answers.append(ask(technician, alignment=file))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask_at_once) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert len(answers) == 4
    assert sorted(created for _job, created in answers) == [False, False, False, True]
    assert Job.objects.count() == 1


def test_claim__gives_the_lease_to_one_and_nothing_to_the_next(technician: User, system: User) -> None:
    job, _created = ask(technician)
    first = claimed(system, job)

    assert (first.state, first.attempts) == (JobState.RUNNING, 1)
    assert first.lease_token is not None
    assert first.lease_expires_at > timezone.now()
    assert jobs.claim(by=system, job_id=job.pk) is None


@pytest.mark.django_db(transaction=True)
def test_claim__at_the_same_moment_gives_one_lease(technician: User) -> None:
    system = people.system_account()
    job, _created = ask(technician)
    barrier, leases = threading.Barrier(4), []

    def claim_at_once() -> None:
        barrier.wait()
        try:
            leases.append(jobs.claim(by=system, job_id=job.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=claim_at_once) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert len(leases) == 4
    assert sum(found is not None for found in leases) == 1
    assert Job.objects.get(pk=job.pk).attempts == 1


def test_heartbeat__extends_the_lease_and_leaves_no_trace_in_the_audit_trail(technician: User, system: User) -> None:
    job = claimed(system, ask(technician)[0])
    expire_lease(job)
    entries = AuditEntry.objects.count()

    assert jobs.heartbeat(job_id=job.pk, lease_token=job.lease_token, fraction=0.4) == Beat.GO_ON
    job.refresh_from_db()
    assert job.progress_fraction == 0.4
    assert job.lease_expires_at > timezone.now()
    assert AuditEntry.objects.count() == entries


def test_heartbeat__tells_of_cancelling_and_of_a_lost_lease(technician: User, system: User) -> None:
    job = claimed(system, ask(technician)[0])
    jobs.cancel(by=technician, job=job, reason="wrong file")

    assert jobs.heartbeat(job_id=job.pk, lease_token=job.lease_token, fraction=0.1) == Beat.CANCEL
    assert jobs.heartbeat(job_id=job.pk, lease_token=uuid.uuid4(), fraction=0.1) == Beat.LOST


def test_finish__stores_result_and_files_and_ends_the_job(technician: User, system: User) -> None:
    library = make.run_library()
    job = claimed(system, ask(technician, run_library=library)[0])
    folder = storage.work_folder(job.public_id, job.lease_token) / "outputs"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "gaps.bed").write_bytes(b"chr1\t1\t2\n")
    jobs.finish(**lease(system, job), document=document_of(job, depth={"mean": 12.5}), outputs=folder)

    job.refresh_from_db()
    assert (job.state, job.progress_fraction, job.lease_token) == (JobState.DONE, 1.0, None)
    result = JobResult.objects.get(job=job)
    assert result.document["depth"] == {"mean": 12.5}
    assert len(result.sha256) == 64
    file = DataFile.objects.get(made_by=job)
    assert (file.name, file.state, file.run_library) == ("gaps.bed", FileState.READY, library)
    assert storage.path_of(file).read_bytes() == b"chr1\t1\t2\n"


def test_finish__under_a_lost_lease_writes_nothing(technician: User, system: User) -> None:
    job = claimed(system, ask(technician)[0])
    old = lease(system, job)
    expire_lease(job)
    jobs.requeue_stale(by=system)
    new = claimed(system, job)

    with pytest.raises(Stale):
        jobs.finish(**old, document=document_of(job))
    assert not JobResult.objects.exists()
    jobs.finish(**lease(system, new), document=document_of(job))
    with pytest.raises(Stale):
        jobs.finish(**lease(system, new), document=document_of(job))
    assert JobResult.objects.filter(job=job).count() == 1


def test_finish__of_another_kernel_version_is_refused(technician: User, system: User) -> None:
    job = claimed(system, ask(technician)[0])
    other = {"kernel": {"name": job.kernel, "version": "0"}}
    with pytest.raises(InvalidInput) as refusal:
        jobs.finish(**lease(system, job), document=other)
    assert refusal.value.code == "kernel_version_differs"
    assert not JobResult.objects.exists()


def test_finish__that_loses_its_transaction_can_be_done_again(
    technician: User, system: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files are moved before the commit; the next attempt's take their place."""
    job = claimed(system, ask(technician)[0])

    def outputs(text: bytes) -> Path:
        folder = storage.work_folder(job.public_id, uuid.uuid4()) / "outputs"
        folder.mkdir()
        (folder / "gaps.bed").write_bytes(text)
        return folder

    def broken(*_args: object) -> None:
        raise OSError("no more room")

    with monkeypatch.context() as patched:
        patched.setattr(jobs, "_end", broken)
        with pytest.raises(OSError, match="no more room"):
            jobs.finish(**lease(system, job), document=document_of(job), outputs=outputs(b"first"))
    assert not DataFile.objects.filter(made_by=job).exists()
    jobs.finish(**lease(system, job), document=document_of(job), outputs=outputs(b"second"))
    assert storage.path_of(DataFile.objects.get(made_by=job)).read_bytes() == b"second"


def test_fail__says_why(technician: User, system: User) -> None:
    job = claimed(system, ask(technician)[0])
    jobs.fail(**lease(system, job), code="no_reads", message="reads.bam holds no reads.", where={"file": "reads.bam"})

    job.refresh_from_db()
    assert (job.state, job.error_code, job.error_where) == (JobState.FAILED, "no_reads", {"file": "reads.bam"})


def test_cancel__of_a_waiting_job_ends_it_at_once(technician: User) -> None:
    job, _created = ask(technician)
    jobs.cancel(by=technician, job=job, reason="wrong file")

    job.refresh_from_db()
    assert (job.state, job.cancel_requested_by) == (JobState.CANCELLED, technician)
    entry = AuditEntry.objects.filter(object_type="lims_job", operation="update").first()
    assert (entry.action, entry.reason) == ("jobs.cancel", "wrong file")


def test_cancel__of_a_running_job_waits_for_its_worker(technician: User, system: User) -> None:
    job = claimed(system, ask(technician)[0])
    jobs.cancel(by=technician, job=job, reason="wrong file")
    job.refresh_from_db()
    assert job.state == JobState.RUNNING
    jobs.stop_cancelled(**lease(system, job))
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_cancel__is_refused_without_reason_role_or_work_to_cancel(
    technician: User, auditor: User, system: User
) -> None:
    job, _created = ask(technician)
    with pytest.raises(InvalidInput):
        jobs.cancel(by=technician, job=job, reason="  ")
    with pytest.raises(NotPermitted):
        jobs.cancel(by=auditor, job=job, reason="wrong file")
    jobs.cancel(by=technician, job=job, reason="wrong file")
    with pytest.raises(InvalidTransition):
        jobs.cancel(by=technician, job=job, reason="wrong file")


def test_requeue_stale__gives_a_lost_workers_job_to_others(
    technician: User, system: User, announced: list[tuple[str, int]]
) -> None:
    job = claimed(system, ask(technician)[0])
    assert jobs.requeue_stale(by=system) == 0
    expire_lease(job)
    announced.clear()

    assert jobs.requeue_stale(by=system) == 1
    job.refresh_from_db()
    assert (job.state, job.lease_token, job.attempts) == (JobState.QUEUED, None, 1)
    assert announced == [("lims.compute", job.pk)]


def test_requeue_stale__gives_up_after_the_last_attempt(technician: User, system: User) -> None:
    job, _created = ask(technician, max_attempts=2)
    for _attempt in range(2):
        claimed(system, job)
        expire_lease(job)
        jobs.requeue_stale(by=system)

    job.refresh_from_db()
    assert (job.state, job.error_code, job.attempts) == (JobState.FAILED, "worker_lost", 2)


def test_requeue_stale__cancels_a_lost_workers_job_whose_cancelling_was_asked(technician: User, system: User) -> None:
    job = claimed(system, ask(technician)[0])
    jobs.cancel(by=technician, job=job, reason="wrong file")
    expire_lease(job)
    jobs.requeue_stale(by=system)

    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


@pytest.mark.parametrize(("waiting", "expected"), [(0, 1), (7, 0), (None, 0)])
def test_requeue_stale__announces_a_waiting_job_again_only_into_an_empty_queue(
    waiting: int | None,
    expected: int,
    technician: User,
    system: User,
    announced: list[tuple[str, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job, _created = ask(technician)
    monkeypatch.setattr(background, "waiting_messages", lambda _queue: waiting)
    announced.clear()
    assert jobs.requeue_stale(by=system) == 0  # its first announcement has time left
    expire_lease(job)

    assert jobs.requeue_stale(by=system) == expected
    assert announced == [("lims.compute", job.pk)] * expected


def test_retry__asks_again_for_the_same_work(technician: User, system: User) -> None:
    job, _created = ask(technician)
    with pytest.raises(InvalidTransition):
        jobs.retry(by=technician, job=job)
    jobs.cancel(by=technician, job=job, reason="wrong file")
    job.refresh_from_db()
    again, created = jobs.retry(by=technician, job=job)

    assert created
    assert (again.fingerprint, again.parameters) == (job.fingerprint, job.parameters)
    assert [row.sha256 for row in again.inputs.all()] == [row.sha256 for row in job.inputs.all()]


def test_enqueue__of_a_task_that_does_not_exist_fails_at_once(db: None) -> None:
    with pytest.raises(LookupError, match=r"lims\.nothing"):
        background.enqueue("lims.nothing", 1)


def test_enqueue__finds_the_broker_from_any_thread(settings: Callable[..., Any]) -> None:
    """In threads `current_app` is a nameless fallback unless an app is the default: the Django fixup does it."""
    from celery import current_app

    urls: list[str] = []
    thread = threading.Thread(target=lambda: urls.append(str(current_app.conf.broker_url)))
    thread.start()
    thread.join()
    assert urls == [settings.CELERY_BROKER_URL]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("task", "queue"),
    [("lims.verify_file", "files"), ("lims.compute", "compute"), ("lims.requeue_stale_jobs", "default")],
)
def test_tasks__have_their_queues(task: str, queue: str) -> None:
    assert background.queue_of(task) == queue


@pytest.mark.django_db(transaction=True)
def test_enqueue__with_a_dead_broker_loses_nothing(technician: User, monkeypatch: pytest.MonkeyPatch) -> None:
    from celery import current_app

    monkeypatch.setattr(current_app.conf, "broker_url", "redis://127.0.0.1:9/0")
    monkeypatch.setattr(current_app.conf, "broker_write_url", "redis://127.0.0.1:9/0")
    current_app.amqp._producer_pool = None
    current_app._pool = None
    try:
        job, created = ask(technician)
    finally:
        current_app.amqp._producer_pool = None
        current_app._pool = None

    assert created
    assert Job.objects.get(pk=job.pk).state == JobState.QUEUED
