"""Pages of validation studies: the list, the plan, the study on one page, and each step of its life."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lims import canonical
from lims.permissions import Permission
from lims.policies import check_has, why_not
from lims.selectors import audit, second_factor
from lims.views import entry, lists
from validation import policies
from validation.actions import criteria as criterion_actions
from validation.actions import evidence as evidence_actions
from validation.actions import reports
from validation.actions import studies as actions
from validation.choices import StudyKind, StudyTrigger, Verdict
from validation.filters import StudyFilter
from validation.forms import CriterionForm, EvidenceForm, ReasonForm, SigningForm, StudyForm, SubmitForm
from validation.models import Study
from validation.selectors import content, judgements, studies
from validation.selectors import reports as report_selectors
from validation.tables import StudyTable


@require_safe
def study_list(request: HttpRequest) -> HttpResponse:
    return lists.show(
        request,
        rows=studies.list_for(user=request.user),
        filters=StudyFilter,
        table=StudyTable,
        template="validation/study_list.html",
        context={"why_not_plan": why_not(policies.check_can_plan, request.user)},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def study_create(request: HttpRequest) -> HttpResponse:
    policies.check_can_plan(request.user)

    def act(values: dict[str, Any]) -> entry.Done:
        study = actions.plan(by=request.user, **_scope(values))
        return study.get_absolute_url(), format_lazy(_("Study {code} is begun."), code=study.code)

    return entry.enter(request, form=StudyForm(entry.sent(request)), act=act, template="validation/study_create.html")


@require_http_methods(["GET", "HEAD", "POST"])
def study_update(request: HttpRequest, code: str) -> HttpResponse:
    study = studies.get_for(user=request.user, code=code)
    policies.check_can_edit_plan(request.user, study)

    def act(values: dict[str, Any]) -> entry.Done:
        actions.edit(by=request.user, study=study, fields=_scope(values))
        return study.get_absolute_url(), _("The plan is changed.")

    form = StudyForm(entry.sent(request), initial={name: getattr(study, name) for name in actions.EDITABLE})
    return entry.enter(request, form=form, act=act, template="validation/study_update.html", context={"study": study})


def _scope(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "kind": StudyKind(values["kind"]), "trigger": StudyTrigger(values["trigger"])}


@require_safe
def study_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show a study on one page: exceptions first, then the rest, each number with the way back to its job."""
    study = studies.get_for(user=request.user, code=code)
    evidence = studies.evidence_of(study)
    context = {
        "study": study,
        **_judgement(study),
        "evidence": [item for item in evidence if item.excluded_at is None],
        "excluded": [item for item in evidence if item.excluded_at is not None],
        "collectable": studies.collectable_jobs(study).count(),
        "earlier": studies.last_approved_before(study),
        "signatures": report_selectors.signature_states_of(study),
        "reports": report_selectors.reports_of(user=request.user, study=study) if _may_report(request) else [],
        "may_report": study.decided_at is not None and _may_report(request),
        "entries": audit.entries_of(user=request.user, table="validation_study", object_id=study.pk),
        "refusals": _refusals(request, study),
    }
    return render(request, "validation/study_detail.html", context)


def _judgement(study: Study) -> dict[str, Any]:
    """Sort the criteria by what they ask of the reader."""
    rows = judgements.rows_of(study)
    most = max((row.library_count for row in rows), default=0)
    return {
        "rows": rows,
        "evaluation": studies.latest_evaluation(study),
        "counts": {str(verdict): sum(row.verdict == verdict for row in rows) for verdict in Verdict},
        "exceptions": [row for row in rows if row.verdict != Verdict.MET],
        "met": [row for row in rows if row.verdict == Verdict.MET],
        "uncertain": [row for row in rows if row.is_met_by_estimate_alone],
        "most_libraries": most,
        "on_fewer": _by_library_count([row for row in rows if 0 < row.library_count < most]),
    }


def _by_library_count(rows: list[judgements.JudgementRow]) -> list[tuple[int, str]]:
    counts = sorted({row.library_count for row in rows})
    return [(count, ", ".join(row.name for row in rows if row.library_count == count)) for count in counts]


def _may_report(request: HttpRequest) -> bool:
    return why_not(check_has, request.user, Permission.REPORT_READ) is None


def _refusals(request: HttpRequest, study: Study) -> dict[str, str | None]:
    """Say for each step why this person cannot take it now, or None where it is open."""
    checks: dict[str, Callable[..., None]] = {
        "edit": policies.check_can_edit_plan,
        "lock": policies.check_can_lock,
        "collect": policies.check_can_collect,
        "submit": policies.check_can_submit,
        "decide": policies.check_can_decide,
        "reopen": policies.check_can_reopen,
        "withdraw": policies.check_can_withdraw,
    }
    return {step: why_not(check, request.user, study) for step, check in checks.items()}


@require_http_methods(["GET", "HEAD", "POST"])
def criterion_create(request: HttpRequest, code: str) -> HttpResponse:
    study = studies.get_for(user=request.user, code=code)
    policies.check_can_edit_plan(request.user, study)
    form = CriterionForm(entry.sent(request))

    def act(_values: dict[str, Any]) -> entry.Done:
        criterion_actions.add(by=request.user, study=study, demand=form.demand())
        return reverse("criterion-create", args=[code]), _("The criterion is added.")

    context = {"study": study, "rows": judgements.rows_of(study)}
    return entry.enter(request, form=form, act=act, template="validation/criterion_create.html", context=context)


@require_POST
def criterion_delete(request: HttpRequest, code: str, position: int) -> HttpResponse:
    study = studies.get_for(user=request.user, code=code)
    policies.check_can_edit_plan(request.user, study)
    criterion = studies.criterion_for(study=study, position=position)
    criterion_actions.remove(by=request.user, study=study, criterion=criterion)
    messages.success(request, _("The criterion is removed."))
    return HttpResponseRedirect(study.get_absolute_url())


@require_http_methods(["GET", "HEAD", "POST"])
def study_lock(request: HttpRequest, code: str) -> HttpResponse:
    study = studies.get_for(user=request.user, code=code)
    policies.check_can_lock(request.user, study)

    def act(values: dict[str, Any]) -> entry.Done:
        actions.lock(by=request.user, study=study, **values)
        return study.get_absolute_url(), _("The plan is signed and locked.")

    return _sign(request, study, act, "validation/study_lock.html", content.plan_content(study))


@require_http_methods(["GET", "HEAD", "POST"])
def evidence_create(request: HttpRequest, code: str) -> HttpResponse:
    study = studies.get_for(user=request.user, code=code)
    policies.check_can_collect(request.user, study)
    form = EvidenceForm(entry.sent(request), jobs=studies.collectable_jobs(study))

    def act(values: dict[str, Any]) -> entry.Done:
        evidence_actions.collect(by=request.user, study=study, jobs=list(values["jobs"]))
        return study.get_absolute_url(), _("The results are collected and judged.")

    return entry.enter(
        request, form=form, act=act, template="validation/evidence_create.html", context={"study": study}
    )


@require_http_methods(["GET", "HEAD", "POST"])
def evidence_delete(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Exclude a result with a reason; it stays visible."""
    study = studies.get_for(user=request.user, code=code)
    policies.check_can_collect(request.user, study)
    item = studies.evidence_for(study=study, pk=pk)

    def act(values: dict[str, Any]) -> entry.Done:
        evidence_actions.exclude(by=request.user, study=study, evidence=item, **values)
        return study.get_absolute_url(), _("The result is excluded; the study is judged again.")

    return entry.enter(
        request,
        form=ReasonForm(entry.sent(request)),
        act=act,
        template="validation/evidence_delete.html",
        context={"study": study, "item": item},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def study_submit(request: HttpRequest, code: str) -> HttpResponse:
    study = studies.get_for(user=request.user, code=code)
    policies.check_can_submit(request.user, study)

    def act(values: dict[str, Any]) -> entry.Done:
        actions.submit(by=request.user, study=study, **values)
        return study.get_absolute_url(), _("The study is submitted and waits for the director.")

    context = {"study": study, "rows": judgements.rows_of(study)}
    form = SubmitForm(entry.sent(request), initial={"conclusion": study.conclusion, "limitations": study.limitations})
    return entry.enter(request, form=form, act=act, template="validation/study_submit.html", context=context)


@require_http_methods(["GET", "HEAD", "POST"])
def study_approve(request: HttpRequest, code: str) -> HttpResponse:
    study = studies.get_for(user=request.user, code=code)
    policies.check_can_decide(request.user, study)

    def act(values: dict[str, Any]) -> entry.Done:
        seen = request.POST.get("expected_sha256", "")
        actions.approve(by=request.user, study=study, expected_sha256=seen, **values)
        return study.get_absolute_url(), _("The study is approved and signed. Its report can be issued.")

    return _sign(request, study, act, "validation/study_approve.html", content.study_content(study))


@require_http_methods(["GET", "HEAD", "POST"])
def study_reject(request: HttpRequest, code: str) -> HttpResponse:
    study = studies.get_for(user=request.user, code=code)
    policies.check_can_decide(request.user, study)

    def act(values: dict[str, Any]) -> entry.Done:
        actions.reject(by=request.user, study=study, **values)
        return study.get_absolute_url(), _("The study is rejected.")

    return _sign(request, study, act, "validation/study_reject.html", content.study_content(study), needs_reason=True)


def _sign(
    request: HttpRequest,
    study: Study,
    act: Callable[[dict[str, Any]], entry.Done],
    template: str,
    signed_content: dict[str, Any],
    needs_reason: bool = False,
) -> HttpResponse:
    form = SigningForm(
        entry.sent(request),
        needs_code=second_factor.is_enrolled(request.user),
        needs_reason=needs_reason,
    )
    context = {
        "study": study,
        "rows": judgements.rows_of(study),
        "content_sha256": canonical.sha256(signed_content),
    }
    return entry.enter(request, form=form, act=act, template=template, context=context)


@require_http_methods(["GET", "HEAD", "POST"])
def study_reopen(request: HttpRequest, code: str) -> HttpResponse:
    study = studies.get_for(user=request.user, code=code)
    policies.check_can_reopen(request.user, study)
    return _with_reason(
        request, study, actions.reopen, _("The study is open again for evidence."), "validation/study_reopen.html"
    )


@require_http_methods(["GET", "HEAD", "POST"])
def study_withdraw(request: HttpRequest, code: str) -> HttpResponse:
    study = studies.get_for(user=request.user, code=code)
    policies.check_can_withdraw(request.user, study)
    return _with_reason(
        request, study, actions.withdraw, _("The study is withdrawn."), "validation/study_withdraw.html"
    )


def _with_reason(
    request: HttpRequest, study: Study, step: Callable[..., Any], done: str | Promise, template: str
) -> HttpResponse:
    def act(values: dict[str, Any]) -> entry.Done:
        step(by=request.user, study=study, **values)
        return study.get_absolute_url(), done

    return entry.enter(
        request, form=ReasonForm(entry.sent(request)), act=act, template=template, context={"study": study}
    )


@require_POST
def report_create(request: HttpRequest, code: str) -> HttpResponse:
    """Issue the report in the language asked for, and go to its file."""
    study = studies.get_for(user=request.user, code=code)
    check_has(request.user, Permission.REPORT_READ)
    report = reports.issue(
        by=request.user, study=study, language=request.POST.get("language") or get_language() or "en"
    )
    return HttpResponseRedirect(reverse("file-download", args=[report.file.public_id]))
