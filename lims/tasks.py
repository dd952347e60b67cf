"""Tasks of the laboratory; each only calls what does the work. The settings route them to queues by what they load."""

from __future__ import annotations

from celery import Task, shared_task

from lims import worker
from lims.actions import audit_trail, health, jobs, people, uploads


@shared_task(name="lims.verify_file")
def verify_file(job_id: int) -> None:
    worker.verify_file(job_id)


@shared_task(name="lims.compute")
def compute(job_id: int) -> None:
    worker.compute(job_id)


@shared_task(name="lims.requeue_stale_jobs")
def requeue_stale_jobs() -> None:
    jobs.requeue_stale(by=people.system_account())


@shared_task(name="lims.expire_uploads")
def expire_uploads() -> None:
    uploads.expire(by=people.system_account())


@shared_task(name="lims.verify_audit")
def verify_audit() -> None:
    audit_trail.verify_whole(by=people.system_account())


@shared_task(name="lims.record_heartbeat", bind=True)
def record_heartbeat(self: Task) -> None:
    health.record_heartbeat(worker=self.request.hostname or "unknown")
