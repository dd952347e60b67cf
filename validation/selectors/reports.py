"""What a report is made of, and the reports that were issued."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from lims.choices import AuditOperation
from lims.exceptions import InvalidTransition, NotFound
from lims.models import AuditEntry, Laboratory, Signature, User
from lims.permissions import Permission
from lims.policies import check_has
from lims.selectors.signatures import SignatureState, current_state
from validation.documents.study_report import ReportSource
from validation.models import Study, StudyReport
from validation.selectors import content, studies


def source_of(study: Study) -> ReportSource:
    """Return the rows that the report of a decided study is made of.

    Raises
    ------
    InvalidTransition
        The study has not been decided on.
    """
    signatures = signatures_of(study)
    decision = next((each for each in reversed(signatures) if each.record_type == content.STUDY_RECORD), None)
    evaluation = studies.latest_evaluation(study)
    if study.decided_at is None or decision is None or evaluation is None:
        raise InvalidTransition(_("A report is issued once the study has been decided on."))
    anchor = _anchor_of(decision)
    return ReportSource(
        study=study,
        laboratory=Laboratory.objects.first(),
        evaluation=evaluation,
        evidence=studies.evidence_of(study),
        signatures=signatures,
        anchor=anchor,
        content_sha256=decision.sha256,
    )


def _anchor_of(decision: Signature) -> AuditEntry:
    """Return the entry of the audit trail that holds a decision's signature."""
    inserted = AuditEntry.objects.filter(object_type="lims_signature", operation=AuditOperation.INSERT)
    return inserted.get(object_id=str(decision.pk))


def signatures_of(study: Study) -> list[Signature]:
    """Return the signatures under a study's plan and under the study, in their order."""
    records = [content.PLAN_RECORD, content.STUDY_RECORD]
    return list(Signature.objects.filter(record_type__in=records, record_id=study.code).order_by("id"))


def signature_states_of(study: Study) -> list[tuple[Signature, SignatureState | None]]:
    """Return the signatures with whether what was signed still stands.

    An earlier decision was made on an earlier state of the study, which went on from there: it is not compared.
    """
    signatures = signatures_of(study)
    decisions = [each for each in signatures if each.record_type == content.STUDY_RECORD]
    last = decisions[-1] if decisions and study.decided_at else None
    return [
        (each, current_state(each) if each == last or each.record_type == content.PLAN_RECORD else None)
        for each in signatures
    ]


def reports_of(*, user: User, study: Study) -> QuerySet[StudyReport]:
    """Return the reports of a study, newest first."""
    check_has(user, Permission.REPORT_READ)
    return study.reports.select_related("file", "issued_by").order_by("-id")


def report_for(*, user: User, study: Study, language: str) -> StudyReport:
    """Return the newest report of a study in a language."""
    report = reports_of(user=user, study=study).filter(language=language).first()
    if report is None:
        raise NotFound(_("There is no report in this language yet."))
    return report
