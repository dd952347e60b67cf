"""Signs of life of the workers."""

from __future__ import annotations

from django.utils import timezone

from lims.models import WorkerHeartbeat


def record_heartbeat(*, worker: str) -> None:
    """Note that a worker runs tasks. Nobody acts here, and nothing of it stands in the audit trail."""
    WorkerHeartbeat.objects.update_or_create(worker=worker, defaults={"seen_at": timezone.now()})
