"""Evidence: results that came after the plan, each library counted once; taking one out needs a reason."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lims.audit import action
from lims.choices import JobState
from lims.exceptions import InvalidInput
from lims.models import Job, User
from lims.saving import check_reason, save_valid
from validation import policies
from validation.actions import evaluations
from validation.models import Evidence, Study


@action
def add(*, by: User, study: Study, job: Job) -> Evidence:
    """Add a finished job's result to a locked study.

    Raises
    ------
    InvalidInput
        The job is not done, is older than the plan, is of another assay version, or its library already counts.
    """
    study = Study.objects.select_for_update(of=("self",)).get(pk=study.pk)
    policies.check_can_collect(by, study)
    _check_job(study, job)
    _check_counted_once(study, job)
    return save_valid(Evidence(study=study, job=job, added_by=by))


@action
def collect(*, by: User, study: Study, jobs: Sequence[Job]) -> list[Evidence]:
    """Add several results, all or none, and judge the study with them."""
    added = [add(by=by, study=study, job=job) for job in jobs]
    evaluations.evaluate(by=by, study=study)
    return added


@action
def exclude(*, by: User, study: Study, evidence: Evidence, reason: str) -> Evidence:
    """Stop counting a result, and judge the study without it; it stays visible with the reason."""
    study = Study.objects.select_for_update(of=("self",)).get(pk=study.pk)
    policies.check_can_collect(by, study)
    check_reason(reason, _("Say why the result is excluded."))
    evidence = study.evidence.select_for_update().get(pk=evidence.pk)
    if evidence.excluded_at is not None:
        raise InvalidInput(_("This result is already excluded."))
    evidence.excluded_at, evidence.excluded_by, evidence.exclusion_reason = timezone.now(), by, reason
    evidence.save(update_fields=["excluded_at", "excluded_by", "exclusion_reason"])
    evaluations.evaluate(by=by, study=study)
    return evidence


def _check_job(study: Study, job: Job) -> None:
    if job.state != JobState.DONE or job.finished_at is None:
        raise InvalidInput(_("Only the result of a finished job is evidence."), code="job_not_done")
    if study.locked_at is None or job.finished_at < study.locked_at:
        raise InvalidInput(
            _("This result is older than the plan. Criteria must be locked before results are seen: use newer data."),
            code="result_before_plan",
        )
    if job.run_library is None or job.run_library.run.assay_version_id != study.assay_version_id:
        raise InvalidInput(_("This result is of another assay version than the study."), code="other_assay_version")


def _check_counted_once(study: Study, job: Job) -> None:
    counted = study.evidence.filter(excluded_at=None, job__kind=job.kind, job__run_library=job.run_library_id)
    if job.run_library and counted.exists():
        raise InvalidInput(
            format_lazy(
                _("{library} on {run} already counts in this study. One library is not counted twice."),
                library=job.run_library.library.code,
                run=job.run_library.run.code,
            ),
            code="counted_twice",
        )
