"""What a monitoring system may ask: request durations, jobs and files by state, age of the queue, signs of life."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

from django.db.models import Count, Max, Min
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import timezone
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from lims.choices import FileState, JobState
from lims.models import DataFile, Job, WorkerHeartbeat

REGISTRY = CollectorRegistry()
DURATIONS = Histogram(
    "exomark_request_seconds",
    "Time to answer a request.",
    ("method", "route", "status"),
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60),
    registry=REGISTRY,
)


class RequestDurationMiddleware:
    """Measure every answer by its route: never by its address, which names samples."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        labels = (request.method or "", _route(request), str(response.status_code))
        DURATIONS.labels(*labels).observe(time.perf_counter() - began)
        return response


def _route(request: HttpRequest) -> str:
    try:
        return resolve(request.path_info).view_name or "unnamed"
    except Resolver404:
        return "none"


class StateCollector(Collector):
    """Counts that the database holds, asked for when they are asked."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield self._by_state("exomark_jobs", "Jobs by state.", Job, JobState.values)
        yield self._by_state("exomark_files", "Files by state.", DataFile, FileState.values)
        oldest = Job.objects.filter(state=JobState.QUEUED).aggregate(at=Min("requested_at"))["at"]
        yield GaugeMetricFamily(
            "exomark_queue_age_seconds", "Age of the job that has waited longest.", value=_age_seconds(oldest)
        )
        seen = WorkerHeartbeat.objects.aggregate(at=Max("seen_at"))["at"]
        yield GaugeMetricFamily(
            "exomark_worker_silence_seconds", "Time since a worker's last sign of life.", value=_age_seconds(seen)
        )

    def _by_state(self, name: str, words: str, model: type[Job | DataFile], states: list[str]) -> GaugeMetricFamily:
        counted = dict(model.objects.order_by().values_list("state").annotate(Count("pk")))
        family = GaugeMetricFamily(name, words, labels=("state",))
        for state in states:
            family.add_metric((state,), counted.get(state, 0))
        return family


def _age_seconds(at: object) -> float:
    return (timezone.now() - at).total_seconds() if at is not None else float("nan")  # type: ignore[operator]


def exposition() -> bytes:
    """Return everything in the text format of Prometheus, of all web processes where they share a folder."""
    states = CollectorRegistry()
    states.register(StateCollector())
    requests = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        requests = CollectorRegistry()
        MultiProcessCollector(requests)  # type: ignore[no-untyped-call]
    return bytes(generate_latest(requests) + generate_latest(states))
