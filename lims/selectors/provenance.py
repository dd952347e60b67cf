"""Where a number comes from: the way back from a value on a page to files, kernel, parameters and people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lims.models import Job, Measurement


@dataclass(frozen=True, slots=True)
class ProvenanceFile:
    """A file that went in, with the checksum that it had."""

    role: str
    name: str
    sha256: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Everything that made a number; what is not known of it stays empty and is not shown."""

    metric_name: str
    definition: str
    exact_value: str
    source: str
    recorded_by: str
    recorded_at: datetime
    numerator: int | None = None
    denominator: int | None = None
    limit: str = ""
    limit_source: str = ""
    inputs: Sequence[ProvenanceFile] = ()
    kernel: str = ""
    kernel_version: str = ""
    job_url: str = ""
    parameters: Sequence[tuple[str, Any]] = ()
    instrument: str = ""
    reason: str = ""


def of_measurement(measurement: Measurement, *, limit: str = "", limit_source: str = "") -> Provenance:
    """Return the provenance of a measurement; fetch it with `job__inputs__file` to spare queries."""
    metric, job = measurement.metric, measurement.job
    return Provenance(
        metric_name=metric.name,
        definition=metric.definition,
        exact_value="—" if measurement.value is None else f"{measurement.value!r} {metric.unit}".strip(),
        source=str(measurement.get_source_display()),
        recorded_by=str(measurement.recorded_by),
        recorded_at=measurement.recorded_at,
        numerator=measurement.numerator,
        denominator=measurement.denominator,
        limit=limit,
        limit_source=limit_source,
        reason=measurement.reason,
        **(_of_job(job) if job else {}),
    )


def _of_job(job: Job) -> dict[str, Any]:
    return {
        "kernel": job.kernel,
        "kernel_version": job.kernel_version,
        "job_url": job.get_absolute_url(),
        "parameters": sorted(job.parameters.items()),
        "inputs": [
            ProvenanceFile(each.role_label, each.file.name, each.sha256, each.file.get_absolute_url())
            for each in job.inputs.all()
        ],
    }
