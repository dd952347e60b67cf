"""The life of a study: planned, locked, submitted, decided. Every step is signed or named in the trail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lims.actions import registers, signatures
from lims.audit import action
from lims.choices import SignatureMeaning
from lims.exceptions import InvalidInput, Stale
from lims.models import AssayVersion, Signature, User
from lims.saving import change_valid, check_reason, save_valid
from validation import policies
from validation.actions import evaluations
from validation.choices import StudyKind, StudyState, StudyTrigger, Verdict
from validation.exceptions import PlanIncomplete
from validation.models import Study
from validation.selectors import content, studies

_CODE_LOCK = 0x5653  # "VS": one number at a time
EDITABLE = ("title", "kind", "trigger", "assay_version", "intended_use", "design", "supersedes")


@action
def plan(
    *,
    by: User,
    title: str,
    assay_version: AssayVersion,
    intended_use: str,
    kind: StudyKind = StudyKind.VALIDATION,
    trigger: StudyTrigger = StudyTrigger.NEW_ASSAY,
    design: str = "",
    supersedes: Study | None = None,
) -> Study:
    """Begin a study as a draft under the next code of the year."""
    policies.check_can_plan(by)
    _check_supersedes(supersedes, assay_version)
    return save_valid(
        Study(
            code=_next_code(),
            title=title,
            kind=kind,
            trigger=trigger,
            assay_version=assay_version,
            intended_use=intended_use,
            design=design,
            supersedes=supersedes,
            created_by=by,
        )
    )


@action
def edit(*, by: User, study: Study, fields: dict[str, Any]) -> Study:
    """Change the scope or design of a draft."""
    study = _locked(study)
    policies.check_can_edit_plan(by, study)
    unknown = set(fields) - set(EDITABLE)
    if unknown:
        raise InvalidInput(format_lazy(_("These fields cannot be edited: {names}."), names=", ".join(sorted(unknown))))
    for name, value in fields.items():
        setattr(study, name, value)
    _check_supersedes(study.supersedes, study.assay_version)
    return change_valid(study, list(fields))


@action
def lock(*, by: User, study: Study, password: str, one_time_code: str = "", reason: str = "") -> Signature:
    """Sign the plan; from here on no criterion moves, and only later results count."""
    study = _locked(study)
    policies.check_can_lock(by, study)
    if not study.criteria.exists():
        raise PlanIncomplete(_("The plan has no criterion yet. Add at least one before it is locked."))
    signature = signatures.sign(
        by=by,
        record_type=content.PLAN_RECORD,
        record_id=study.code,
        content=content.plan_content(study),
        meaning=SignatureMeaning.PLAN_APPROVED,
        password=password,
        one_time_code=one_time_code,
        reason=reason,
        author_ids=[study.created_by_id],
    )
    study.state, study.locked_at, study.locked_by = StudyState.LOCKED, timezone.now(), by
    study.save(update_fields=["state", "locked_at", "locked_by"])
    return signature


@action
def submit(*, by: User, study: Study, conclusion: str, limitations: str = "") -> Study:
    """Judge the evidence afresh and hand the study to the director."""
    study = _locked(study)
    policies.check_can_submit(by, study)
    if not conclusion.strip():
        raise InvalidInput(_("Write the conclusion."), fields={"conclusion": _("A conclusion is needed.")})
    if not studies.active_evidence_of(study):
        raise InvalidInput(_("The study has no evidence yet. Collect results before it is submitted."))
    evaluations.evaluate(by=by, study=study)
    study.state, study.submitted_at, study.submitted_by = StudyState.SUBMITTED, timezone.now(), by
    study.conclusion, study.limitations = conclusion, limitations
    study.save(update_fields=["state", "submitted_at", "submitted_by", "conclusion", "limitations"])
    return study


@action
def approve(
    *, by: User, study: Study, password: str, one_time_code: str = "", reason: str = "", expected_sha256: str = ""
) -> Signature:
    """Sign the study; its assay version becomes effective, and the study that it supersedes is retired.

    Raises
    ------
    InvalidInput
        A criterion is not met or not evaluated and the study states no limitation.
    Stale
        The evidence, or the content that the director saw (`expected_sha256`), has changed.
    """
    study = _locked(study)
    policies.check_can_decide(by, study)
    _check_is_approvable(study)
    signature = _sign_decision(by, study, SignatureMeaning.APPROVED, password, one_time_code, reason, expected_sha256)
    _decide(by, study, StudyState.APPROVED)
    _retire(study.supersedes_id)
    registers.make_effective(by=by, version=study.assay_version)
    return signature


@action
def reject(*, by: User, study: Study, password: str, reason: str, one_time_code: str = "") -> Signature:
    """Refuse the study with a reason, under signature."""
    study = _locked(study)
    policies.check_can_decide(by, study)
    check_reason(reason, _("Say why the study is rejected."))
    signature = _sign_decision(by, study, SignatureMeaning.REJECTED, password, one_time_code, reason, "")
    _decide(by, study, StudyState.REJECTED)
    return signature


@action
def reopen(*, by: User, study: Study, reason: str) -> Study:
    """Take a rejected study back to the collection of evidence; its plan stays as signed."""
    study = _locked(study)
    policies.check_can_reopen(by, study)
    check_reason(reason, _("Say what will be done."))
    study.state = StudyState.LOCKED
    study.submitted_at = study.submitted_by = study.decided_at = study.decided_by = None
    study.save(update_fields=["state", "submitted_at", "submitted_by", "decided_at", "decided_by"])
    return study


@action
def withdraw(*, by: User, study: Study, reason: str) -> Study:
    """Give a study up; it stays readable."""
    study = _locked(study)
    policies.check_can_withdraw(by, study)
    check_reason(reason, _("Say why the study is withdrawn."))
    study.state = StudyState.WITHDRAWN
    study.save(update_fields=["state"])
    return study


def _locked(study: Study) -> Study:
    # The row is locked alone: joined rows are nullable, and nothing else of them changes here.
    return Study.objects.select_for_update(of=("self",)).get(pk=study.pk)


def _next_code() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CODE_LOCK])
    prefix = f"VS-{timezone.localdate().year}-"
    # The longest first: after VS-2026-999 comes VS-2026-1000.
    codes = Study.objects.filter(code__startswith=prefix).order_by(Length("code").desc(), "-code")
    last = codes.values_list("code", flat=True).first()
    return f"{prefix}{int(last.removeprefix(prefix)) + 1 if last else 1:03d}"


def _check_supersedes(earlier: Study | None, assay_version: AssayVersion) -> None:
    if earlier is None or (earlier.state == StudyState.APPROVED and _assay_of(earlier) == assay_version.assay_id):
        return
    message = _("Only an approved study of the same assay can be superseded.")
    raise InvalidInput(message, fields={"supersedes": message})


def _assay_of(study: Study) -> int:
    return study.assay_version.assay_id


def _retire(superseded: int | None) -> None:
    if superseded is None:
        return
    for study in Study.objects.select_for_update(of=("self",)).filter(pk=superseded, state=StudyState.APPROVED):
        study.state = StudyState.RETIRED
        study.save(update_fields=["state"])


def _check_is_approvable(study: Study) -> None:
    evaluation = studies.latest_evaluation(study)
    if evaluation is None or evaluation.evidence_sha256 != content.evidence_sha256(study):
        raise Stale(_("The evidence has changed since it was judged. Reject the study so that it is judged again."))
    unmet = [judgement for judgement in evaluation.judgements.all() if judgement.verdict != Verdict.MET]
    if unmet and not study.limitations.strip():
        raise InvalidInput(
            format_lazy(
                _(
                    "{count} criteria are not met or not evaluated. The study can only be approved with a stated "
                    "limitation: reject it, and let it be submitted with one."
                ),
                count=len(unmet),
            ),
            code="criteria_not_met",
        )


def _sign_decision(
    by: User,
    study: Study,
    meaning: SignatureMeaning,
    password: str,
    one_time_code: str,
    reason: str,
    expected_sha256: str,
) -> Signature:
    signature = signatures.sign(
        by=by,
        record_type=content.STUDY_RECORD,
        record_id=study.code,
        content=content.study_content(study),
        meaning=meaning,
        password=password,
        one_time_code=one_time_code,
        reason=reason,
        author_ids=_authors(study),
    )
    if expected_sha256 and signature.sha256 != expected_sha256:
        raise Stale(_("The study has changed since you opened it. Read it again before you sign."))
    return signature


def _authors(study: Study) -> Sequence[int]:
    return [pk for pk in (study.created_by_id, study.submitted_by_id) if pk is not None]


def _decide(by: User, study: Study, state: StudyState) -> None:
    study.state, study.decided_at, study.decided_by = state, timezone.now(), by
    study.save(update_fields=["state", "decided_at", "decided_by"])
