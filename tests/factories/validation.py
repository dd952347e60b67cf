"""Valid, minimal rows of validation studies."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any

from django.utils import timezone

from lims.choices import JobKind, JobState
from lims.models import Job, JobResult, Measurement, Metric, RunLibrary
from tests.factories import lims as make
from validation.actions import criteria, studies
from validation.actions.criteria import Demand
from validation.models import Study


def draft(*, by: Any, **fields: Any) -> Study:
    """A draft by `by` without criteria."""
    fields.setdefault("title", "Exome v3 on NovaSeq X")
    fields.setdefault("intended_use", "Germline SNVs and small indels in constitutional DNA.")
    if "assay_version" not in fields:
        fields["assay_version"] = make.assay_version()
    return studies.plan(by=by, **fields)


def proportion_metric(code: str = "target_fraction_20x") -> Metric:
    existing = Metric.objects.filter(code=code).first()
    return existing or make.metric(code, is_proportion=True, name_en="Targets at ≥ 20×", name_zh="≥20× 覆盖度")


def demand(metric: Metric, limit: str, **fields: Any) -> Demand:
    return Demand(metric=metric, limit=Decimal(limit), **fields)


def draft_with(*, by: Any, demands: list[Demand], **fields: Any) -> Study:
    """A draft by `by` with these criteria."""
    study = draft(by=by, **fields)
    for each in demands:
        criteria.add(by=by, study=study, demand=each)
    return study


def locked(*, by: Any, locker: Any, password: str, demands: list[Demand], **fields: Any) -> Study:
    """A study of `by` whose plan `locker` has signed."""
    study = draft_with(by=by, demands=demands, **fields)
    studies.lock(by=locker, study=study, password=password)
    study.refresh_from_db()
    return study


def result(
    place: RunLibrary,
    metric: Metric,
    *,
    counts: tuple[int, int] | None = None,
    value: float | None = None,
    document: dict[str, Any] | None = None,
    **fields: Any,
) -> Job:
    """A finished coverage job now, with one measurement."""
    job = make.job(state=JobState.DONE, kind=fields.pop("kind", JobKind.COVERAGE), run_library=place)
    job.finished_at = timezone.now()
    job.save(update_fields=["finished_at"])
    document = document or {"numerator": counts and counts[0], "value": value, "job": job.pk}
    JobResult.objects.create(
        job=job,
        kernel=job.kernel,
        kernel_version=job.kernel_version,
        document=document,
        sha256=hashlib.sha256(json.dumps(document).encode()).hexdigest(),
    )
    Measurement.objects.create(
        metric=metric,
        run_library=place,
        job=job,
        source="computed",
        value=counts[0] / counts[1] if counts and counts[1] else value,
        numerator=counts[0] if counts else None,
        denominator=counts[1] if counts else None,
        recorded_by=make.somebody(),
        **fields,
    )
    return job
