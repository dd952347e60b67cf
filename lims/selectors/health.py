"""Is everything there that the application stands on? Each part says in a sentence what is wrong with it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from datetime import timedelta

import structlog
from celery import current_app
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from lims import storage
from lims.choices import JobState
from lims.models import Job, WorkerHeartbeat

log = structlog.get_logger()

WORKER_SILENCE = timedelta(seconds=60)
LEAST_FREE_BYTES = 1024**3


class NotReady(Exception):
    """Why a part is not ready."""


def readiness() -> dict[str, str]:
    """Return every part with `ok`, or with the sentence that says what is wrong."""
    return {name: _outcome(name, check) for name, check in _CHECKS.items()}


def _outcome(name: str, check: Callable[[], None]) -> str:
    try:
        check()
    except NotReady as error:
        return str(error)
    except (DatabaseError, OperationalError, RedisError, OSError) as error:
        # Anybody may ask, so addresses and account names go to the log alone.
        log.warning("not_ready", part=name, error=str(error))
        return f"The {name} cannot be used ({type(error).__name__}); the log says more."
    return "ok"


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _migrations() -> None:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _backwards in missing[:5])
        raise NotReady(f"{len(missing)} migrations are not applied ({names}). Run manage.py prepare_database.")


def _broker() -> None:
    with current_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, timeout=2, interval_start=0)


def _cache() -> None:
    token = uuid.uuid4().hex
    cache.set("health", token, 30)
    if cache.get("health") is None:
        raise NotReady("The cache does not give back what was put into it.")


def _worker() -> None:
    """A worker that computes is alive too, though its slots may all be taken and the scheduled sign waits."""
    signs = (
        WorkerHeartbeat.objects.aggregate(at=Max("seen_at"))["at"],
        Job.objects.filter(state=JobState.RUNNING).aggregate(at=Max("heartbeat_at"))["at"],
    )
    latest = max((sign for sign in signs if sign is not None), default=None)
    if latest is None:
        raise NotReady("No worker has given a sign of life yet.")
    silence = timezone.now() - latest
    if silence > WORKER_SILENCE:
        raise NotReady(f"No worker has given a sign of life for {int(silence.total_seconds())} seconds.")


def _storage() -> None:
    folder = storage.root()
    probe = folder / f".ready-{os.getpid()}-{uuid.uuid4().hex}"
    probe.write_bytes(b"ready")
    probe.unlink()
    free = storage.free_bytes()
    if free < LEAST_FREE_BYTES:
        raise NotReady(f"The storage folder has {free} bytes of room left; {LEAST_FREE_BYTES} are needed.")


_CHECKS: dict[str, Callable[[], None]] = {
    "database": _database,
    "migrations": _migrations,
    "broker": _broker,
    "cache": _cache,
    "worker": _worker,
    "storage": _storage,
}
