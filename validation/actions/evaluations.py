"""Judging all criteria of a study over its evidence."""

from __future__ import annotations

from collections.abc import Sequence

from lims.audit import action
from lims.models import Measurement, User
from validation import judging, policies
from validation.models import Criterion, Evaluation, Judgement, Study
from validation.selectors import content, studies


@action
def evaluate(*, by: User, study: Study) -> Evaluation:
    """Judge every criterion over the evidence that counts now, and keep the outcome."""
    study = Study.objects.select_for_update(of=("self",)).get(pk=study.pk)
    policies.check_can_collect(by, study)
    evidence = studies.active_evidence_of(study)
    measurements = _measurements([item.job_id for item in evidence])
    evaluation = Evaluation.objects.create(study=study, evaluated_by=by, evidence_sha256=content.evidence_sha256(study))
    for criterion in studies.criteria_of(study):
        _judge(evaluation, criterion, [each for each in measurements if _answers(each, criterion)])
    return evaluation


def _measurements(jobs: Sequence[int]) -> list[Measurement]:
    return list(Measurement.objects.filter(job__in=jobs, superseded_by=None).order_by("id"))


def _answers(measurement: Measurement, criterion: Criterion) -> bool:
    return (
        measurement.metric_id == criterion.metric_id
        and measurement.variant_type == criterion.variant_type
        and measurement.stratum == criterion.stratum
    )


def _judge(evaluation: Evaluation, criterion: Criterion, measurements: list[Measurement]) -> None:
    finding = judging.judge(criterion, measurements)
    judgement = Judgement.objects.create(
        evaluation=evaluation,
        criterion=criterion,
        verdict=finding.verdict,
        library_count=finding.library_count,
        numerator=finding.numerator,
        denominator=finding.denominator,
        value=finding.value,
        lower=finding.lower,
        upper=finding.upper,
    )
    judgement.measurements.set(measurements)
