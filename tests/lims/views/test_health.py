"""Signs of life: the process, the parts that work stands on, the numbers for monitoring."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from lims.actions.health import record_heartbeat
from lims.choices import JobState
from lims.models import AuditEntry, Job, WorkerHeartbeat
from lims.selectors import health
from tests.factories import lims as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker(db: None) -> None:
    record_heartbeat(worker="worker@host")


def parts(client: Client) -> dict[str, str]:
    return client.get("/readyz").json()["parts"]


def test_healthz__answers_without_touching_anything(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert client.get("/healthz").status_code == 200


def test_readyz__is_ready_when_everything_is_there(client: Client, worker: None) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert set(answer.json()["parts"]) == {"database", "migrations", "broker", "cache", "worker", "storage"}
    assert "no-store" in answer.headers["Cache-Control"]


def test_readyz__names_the_silent_worker(client: Client) -> None:
    assert parts(client)["worker"] == "No worker has given a sign of life yet."
    WorkerHeartbeat.objects.create(worker="worker@host", seen_at=timezone.now() - timedelta(seconds=75))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "for 75 seconds" in answer.json()["parts"]["worker"]
    assert {outcome for name, outcome in answer.json()["parts"].items() if name != "worker"} == {"ok"}


def test_readyz__counts_a_worker_that_computes_as_alive(client: Client) -> None:
    make.job(state=JobState.RUNNING)
    Job.objects.update(heartbeat_at=timezone.now())
    assert parts(client)["worker"] == "ok"


def test_readyz__names_missing_migrations(client: Client, worker: None) -> None:
    latest = MigrationRecorder.Migration.objects.filter(app="lims").order_by("-name").first()
    latest.delete()
    assert f"are not applied (lims.{latest.name}" in parts(client)["migrations"]


def test_readyz__names_a_storage_folder_that_cannot_be_written(
    client: Client, worker: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health.storage, "free_bytes", lambda: 5)
    assert "has 5 bytes of room left" in parts(client)["storage"]
    settings.STORAGE_DIR = tmp_path / "gone"
    assert "cannot be used (FileNotFoundError)" in parts(client)["storage"]


def test_readyz__names_a_dead_broker_and_cache_without_their_addresses(
    client: Client, worker: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from celery import current_app

    monkeypatch.setattr(current_app.conf, "broker_url", "redis://127.0.0.1:9/0")
    monkeypatch.setattr(current_app.conf, "broker_write_url", "redis://127.0.0.1:9/0")
    assert "cannot be used" in parts(client)["broker"]
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/1"}}
    found = parts(client)
    assert "cannot be used (ConnectionError)" in found["cache"]
    assert "127.0.0.1" not in str(found)


def test_readyz__names_a_database_that_does_not_answer(
    client: Client, worker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise DatabaseError("connection to server at 10.1.2.3 failed")

    monkeypatch.setitem(health._CHECKS, "database", away)
    assert parts(client)["database"] == "The database cannot be used (DatabaseError); the log says more."


def test_heartbeats__leave_no_trace_in_the_audit_trail(worker: None) -> None:
    record_heartbeat(worker="worker@host")
    assert WorkerHeartbeat.objects.count() == 1
    assert not AuditEntry.objects.filter(object_type="lims_workerheartbeat").exists()


@pytest.mark.parametrize("offered", ["", "Bearer wrong", "Bearer "])
def test_metrics__are_refused_without_the_key(offered: str, client: Client, settings: Any) -> None:
    settings.METRICS_KEY = "the-key"
    assert client.get("/metrics", headers={"Authorization": offered}).status_code == 401
    settings.METRICS_KEY = ""
    assert client.get("/metrics", headers={"Authorization": offered}).status_code == 401


def test_metrics__count_jobs_and_files_by_state(client: Client, settings: Any) -> None:
    settings.METRICS_KEY = "the-key"
    make.job()
    make.job(state=JobState.RUNNING)
    make.data_file()
    Job.objects.filter(state=JobState.QUEUED).update(requested_at=timezone.now() - timedelta(seconds=90))
    text = client.get("/metrics", headers={"Authorization": "Bearer the-key"}).content.decode()
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))

    assert lines['exomark_jobs{state="queued"}'] == "1.0"
    assert lines['exomark_jobs{state="failed"}'] == "0.0"
    assert lines['exomark_files{state="ready"}'] == "1.0"
    assert 90 <= float(lines["exomark_queue_age_seconds"]) < 100
    assert lines["exomark_worker_silence_seconds"] == "NaN"


def test_metrics__measure_answers_by_route_and_never_by_address(client: Client, settings: Any, technician: Any) -> None:
    settings.METRICS_KEY = "the-key"
    sample = make.sample(code="S-SECRET-7")
    client.force_login(technician, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(sample.get_absolute_url()).status_code == 200
    text = client.get("/metrics", headers={"Authorization": "Bearer the-key"}).content.decode()

    assert 'exomark_request_seconds_count{method="GET",route="sample-detail",status="200"}' in text
    assert "S-SECRET-7" not in text
