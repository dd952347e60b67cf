"""Studies with everything that their pages, their judgement and their signatures speak of."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lims.choices import JobKind, JobState
from lims.exceptions import NotFound
from lims.models import Job, User
from lims.permissions import Permission
from lims.policies import check_has
from validation.choices import StudyState
from validation.models import Criterion, Evaluation, Evidence, Judgement, Study


def list_for(*, user: User) -> QuerySet[Study]:
    """Return the studies, newest first."""
    check_has(user, Permission.STUDY_READ)
    return Study.objects.select_related(
        "assay_version__assay", "created_by", "locked_by", "submitted_by", "decided_by", "supersedes"
    ).order_by("-id")


def get_for(*, user: User, code: str) -> Study:
    """Return one study by its code."""
    study = list_for(user=user).filter(code=code).first()
    if study is None:
        raise NotFound(format_lazy(_("There is no study {code}."), code=code))
    return study


def criteria_of(study: Study) -> list[Criterion]:
    """Return the plan's criteria in their order."""
    return list(study.criteria.select_related("metric").order_by("position"))


def criterion_for(*, study: Study, position: int) -> Criterion:
    """Return one of the plan's criteria."""
    criterion = next((each for each in criteria_of(study) if each.position == position), None)
    if criterion is None:
        raise NotFound(_("There is no such criterion in this plan."))
    return criterion


def evidence_of(study: Study) -> list[Evidence]:
    """Return all evidence, also what was excluded, in the order in which it came."""
    return list(
        study.evidence.select_related(
            "job__result", "job__run_library__run", "job__run_library__library__sample", "added_by", "excluded_by"
        )
        .prefetch_related("job__inputs__file")
        .order_by("id")
    )


def active_evidence_of(study: Study) -> list[Evidence]:
    """Return the evidence that counts."""
    return [item for item in evidence_of(study) if item.excluded_at is None]


def evidence_for(*, study: Study, pk: int) -> Evidence:
    """Return one result of a study's evidence."""
    item = next((each for each in evidence_of(study) if each.pk == pk), None)
    if item is None:
        raise NotFound(_("There is no such evidence in this study."))
    return item


def latest_evaluation(study: Study) -> Evaluation | None:
    """Return the newest evaluation with its judgements, or None before the first."""
    judgements = (
        Judgement.objects.select_related("criterion__metric")
        .prefetch_related("measurements__job", "measurements__run_library__library")
        .order_by("criterion__position")
    )
    return (
        study.evaluations.select_related("evaluated_by")
        .prefetch_related(Prefetch("judgements", queryset=judgements))
        .order_by("-id")
        .first()
    )


def last_approved_before(study: Study) -> Study | None:
    """Return the study of the same assay that was approved last before this one is, or was, decided on."""
    return (
        Study.objects.filter(
            assay_version__assay=study.assay_version.assay_id,
            state__in=[StudyState.APPROVED, StudyState.RETIRED],
            decided_at__lt=study.decided_at or timezone.now(),
        )
        .exclude(pk=study.pk)
        .order_by("-decided_at")
        .first()
    )


def waiting_for_decision(*, user: User) -> list[Study]:
    """Return the submitted studies that this person could decide on."""
    if Permission.STUDY_APPROVE not in user.permissions:
        return []
    waiting = list_for(user=user).filter(state=StudyState.SUBMITTED)
    return list(waiting.exclude(created_by=user).exclude(submitted_by=user))


def waiting_for_lock(*, user: User) -> list[Study]:
    """Return the drafts with criteria that this person could sign as a plan."""
    if Permission.STUDY_LOCK not in user.permissions:
        return []
    drafts = list_for(user=user).filter(state=StudyState.DRAFT, criteria__isnull=False)
    return list(drafts.exclude(created_by=user).distinct())


def collectable_jobs(study: Study) -> QuerySet[Job]:
    """Return the finished results of the assay version that came after the plan and do not count yet."""
    if study.locked_at is None:
        return Job.objects.none()
    counted = study.evidence.filter(excluded_at=None).values("job")
    return (
        Job.objects.filter(
            state=JobState.DONE,
            kind__in=[JobKind.COVERAGE, JobKind.CONCORDANCE],
            finished_at__gte=study.locked_at,
            run_library__run__assay_version=study.assay_version_id,
        )
        .exclude(pk__in=counted)
        .select_related("run_library__run", "run_library__library__sample")
        .order_by("id")
    )
