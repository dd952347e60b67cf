"""Jobs under kill -9 of workers, restarts of broker and database, double delivery: each is done exactly once."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator

import pytest
from celery import current_app
from django.db import connection

from lims.actions import files, jobs
from lims.choices import FileKind, FileState, JobState, Role
from lims.models import AuditEntry, DataFile, Job, JobResult, User
from lims.selectors import files as selectors
from tests.factories import lims as make
from tests.integration.stack import Stack, kernels_on, kill_hard, until

pytestmark = [pytest.mark.stack, pytest.mark.large]

# A hole in a file takes no room on the disk, and its checksum some seconds of a kernel's time.
SLOW_BYTES = 3 * 1024**3
WORKER_SECONDS = 60


@pytest.fixture
def technician(in_stack: Stack) -> User:
    return User.objects.filter(username="technician").first() or make.person("technician", Role.TECHNICIAN)


@pytest.fixture
def add(in_stack: Stack, technician: User) -> Callable[[int], tuple[DataFile, Job]]:
    """Register a file of that size; its verification is the job."""

    def register(size_bytes: int) -> tuple[DataFile, Job]:
        path = in_stack.incoming / f"{uuid.uuid4().hex}.bin"
        with path.open("wb") as stream:
            stream.write(b"begin")
            stream.truncate(size_bytes)
        file, _created = files.register_path(by=technician, path=str(path), kind=FileKind.OTHER)
        job = selectors.verification_of(file)
        assert job is not None
        return file, job

    return register


@pytest.fixture
def worker(in_stack: Stack) -> Iterator[subprocess.Popen[bytes]]:
    child = in_stack.worker()
    yield child
    _end(child)


@contextlib.contextmanager
def another_worker(stack: Stack) -> Iterator[subprocess.Popen[bytes]]:
    child = stack.worker()
    try:
        yield child
    finally:
        _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(10)
    if child.poll() is None:
        kill_hard(child)


def state_of(job: Job) -> str:
    """Ask the database, even if it is only just coming back."""
    try:
        return Job.objects.get(pk=job.pk).state
    except Exception:
        connection.close()
        return "unknown"


def wait_for(job: Job, state: JobState, stack: Stack, seconds: float = WORKER_SECONDS) -> Job:
    until(lambda: state_of(job) == state, seconds=seconds, what=f"for {state}:\n{stack.log('worker')[-3000:]}")
    return Job.objects.get(pk=job.pk)


def wait_for_kernel(file: DataFile) -> list[int]:
    until(lambda: kernels_on(file.name), seconds=WORKER_SECONDS, what="for the kernel")
    return kernels_on(file.name)


def require_done_once(file: DataFile, job: Job) -> None:
    """One result, one outcome in the audit trail, one verified file."""
    file.refresh_from_db()
    assert file.state == FileState.READY
    assert JobResult.objects.filter(job=job).count() == 1
    assert job.inputs.count() == 1
    ends = AuditEntry.objects.filter(object_type="lims_job", object_id=str(job.pk), after__state="done")
    assert ends.count() == 1
    assert (
        AuditEntry.objects.filter(object_type="lims_datafile", after__state="ready", object_id=str(file.pk)).count()
        == 1
    )


def test_kill_of_the_whole_worker__ends_its_kernel_and_another_worker_does_the_job(
    in_stack: Stack, worker: subprocess.Popen[bytes], add: Callable[[int], tuple[DataFile, Job]]
) -> None:
    file, job = add(SLOW_BYTES)
    wait_for_kernel(file)
    kill_hard(worker)
    until(lambda: not kernels_on(file.name), seconds=5, what="for the kernel to end with its worker")
    assert state_of(job) == JobState.RUNNING

    with another_worker(in_stack):
        done = wait_for(job, JobState.DONE, in_stack)
    assert done.attempts == 2
    require_done_once(file, done)


def test_kill_of_the_pool_process__is_a_lost_attempt_too(
    in_stack: Stack, worker: subprocess.Popen[bytes], add: Callable[[int], tuple[DataFile, Job]]
) -> None:
    file, job = add(SLOW_BYTES)
    [kernel] = wait_for_kernel(file)
    os.kill(_parent_of(kernel), signal.SIGKILL)
    done = wait_for(job, JobState.DONE, in_stack)
    assert done.attempts == 2
    require_done_once(file, done)


def test_restart_of_the_broker__while_a_job_waits_and_while_one_runs(
    in_stack: Stack, worker: subprocess.Popen[bytes], add: Callable[[int], tuple[DataFile, Job]]
) -> None:
    running_file, running = add(SLOW_BYTES)
    wait_for_kernel(running_file)
    in_stack.broker.kill()
    began = time.monotonic()
    waiting_file, waiting = add(1000)  # asked for while nobody can announce it
    assert time.monotonic() - began < 10
    assert state_of(waiting) == JobState.QUEUED
    in_stack.broker.start()

    require_done_once(running_file, wait_for(running, JobState.DONE, in_stack))
    require_done_once(waiting_file, wait_for(waiting, JobState.DONE, in_stack))


def test_restart_of_the_database__while_a_job_runs(
    in_stack: Stack, worker: subprocess.Popen[bytes], add: Callable[[int], tuple[DataFile, Job]]
) -> None:
    file, job = add(SLOW_BYTES)
    wait_for_kernel(file)
    in_stack.cluster.kill()
    time.sleep(1)
    in_stack.cluster.start(death_signal=signal.SIGQUIT)
    connection.close()

    require_done_once(file, wait_for(job, JobState.DONE, in_stack))


def test_delivery_five_times_over__runs_once(
    in_stack: Stack, worker: subprocess.Popen[bytes], add: Callable[[int], tuple[DataFile, Job]]
) -> None:
    file, job = add(SLOW_BYTES // 4)
    for _time in range(5):
        current_app.tasks["lims.verify_file"].apply_async((job.pk,))
    with another_worker(in_stack):
        done = wait_for(job, JobState.DONE, in_stack)
        _let_the_queue_drain()
    assert Job.objects.get(pk=job.pk).attempts == 1
    require_done_once(file, done)


def test_cancelling__ends_the_kernel_within_seconds(
    in_stack: Stack, worker: subprocess.Popen[bytes], technician: User, add: Callable[[int], tuple[DataFile, Job]]
) -> None:
    file, job = add(4 * SLOW_BYTES)
    wait_for_kernel(file)
    jobs.cancel(by=technician, job=job, reason="wrong file")
    wait_for(job, JobState.CANCELLED, in_stack, seconds=6)
    assert not kernels_on(file.name)
    file.refresh_from_db()
    assert file.state == FileState.VERIFYING


def test_a_worker_that_comes_back_from_the_dead__changes_nothing(
    in_stack: Stack, worker: subprocess.Popen[bytes], add: Callable[[int], tuple[DataFile, Job]]
) -> None:
    """Stopped for longer than its lease, as a suspended machine is, it finds its job in other hands."""
    file, job = add(SLOW_BYTES)
    [kernel] = wait_for_kernel(file)
    os.killpg(worker.pid, signal.SIGSTOP)
    os.kill(kernel, signal.SIGSTOP)
    try:
        with another_worker(in_stack):
            done = wait_for(job, JobState.DONE, in_stack)
    finally:
        os.kill(kernel, signal.SIGCONT)
        os.killpg(worker.pid, signal.SIGCONT)
    until(lambda: not kernels_on(file.name), seconds=WORKER_SECONDS, what="for the late kernel to be ended")
    assert done.attempts == 2
    require_done_once(file, Job.objects.get(pk=job.pk))


def _parent_of(process: int) -> int:
    with open(f"/proc/{process}/stat") as stream:
        return int(stream.read().rpartition(")")[2].split()[1])


def _let_the_queue_drain() -> None:
    from lims import background

    until(lambda: background.waiting_messages("files") == 0, seconds=20, what="for the queue to drain")
    time.sleep(1)
