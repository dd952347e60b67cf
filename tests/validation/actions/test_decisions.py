"""Evidence that is taken out, decisions, and what follows them."""

from __future__ import annotations

import pytest
from django.db import transaction

from lims.actions import registers
from lims.exceptions import InvalidInput, InvalidTransition, NotPermitted, Stale
from lims.models import AuditEntry, Metric, RunLibrary, Signature, User
from tests.conftest import PASSWORD
from tests.factories import lims as make
from tests.factories import validation as make_study
from validation.actions import evaluations, evidence, reports, studies
from validation.choices import StudyState, Verdict
from validation.models import Evaluation, Evidence, Study
from validation.selectors import judgements

pytestmark = pytest.mark.django_db


def verdict_of(study: Study) -> tuple[str, int]:
    row = judgements.rows_of(study)[0]
    return row.verdict, row.library_count


def test_collect__takes_all_or_none(locked: Study, place: RunLibrary, metric: Metric, technician: User) -> None:
    good = make_study.result(place, metric, counts=(980, 1000))
    other = make_study.result(make.run_library(), metric, counts=(980, 1000))
    with pytest.raises(InvalidInput, match="another assay version"), transaction.atomic():
        evidence.collect(by=technician, study=locked, jobs=[good, other])
    assert not Evidence.objects.exists()
    assert not Evaluation.objects.exists()


def test_exclude__judges_without_the_result_and_keeps_it_visible(
    locked: Study, place: RunLibrary, metric: Metric, technician: User
) -> None:
    bad = make_study.result(place, metric, counts=(500, 1000))
    good = make_study.result(make.run_library(run=place.run), metric, counts=(990, 1000))
    evidence.collect(by=technician, study=locked, jobs=[bad, good])
    assert verdict_of(locked) == (Verdict.NOT_MET, 2)
    item = locked.evidence.get(job=bad)
    evidence.exclude(by=technician, study=locked, evidence=item, reason="wrong lot")

    assert verdict_of(locked) == (Verdict.MET, 1)
    item.refresh_from_db()
    assert (item.excluded_by, item.exclusion_reason) == (technician, "wrong lot")
    assert AuditEntry.objects.filter(action="evidence.exclude", reason="wrong lot").exists()
    with pytest.raises(InvalidInput, match="already excluded"):
        evidence.exclude(by=technician, study=locked, evidence=item, reason="again")


def test_exclude__needs_a_reason_and_the_right(
    locked: Study, place: RunLibrary, metric: Metric, technician: User, auditor: User
) -> None:
    item = evidence.add(by=technician, study=locked, job=make_study.result(place, metric, counts=(9, 10)))
    with pytest.raises(InvalidInput) as refused:
        evidence.exclude(by=technician, study=locked, evidence=item, reason=" ")
    assert list(refused.value.fields) == ["reason"]
    with pytest.raises(NotPermitted):
        evidence.exclude(by=auditor, study=locked, evidence=item, reason="wrong lot")


def test_excluded_result__may_be_collected_again(
    locked: Study, place: RunLibrary, metric: Metric, technician: User
) -> None:
    job = make_study.result(place, metric, counts=(9, 10))
    item = evidence.add(by=technician, study=locked, job=job)
    evidence.exclude(by=technician, study=locked, evidence=item, reason="by mistake")
    assert evidence.add(by=technician, study=locked, job=job).excluded_at is None


def test_evidence__of_a_study_that_is_submitted_is_refused(submitted: Study, technician: User) -> None:
    item = submitted.evidence.get()
    with pytest.raises(InvalidTransition):
        evidence.exclude(by=technician, study=submitted, evidence=item, reason="too late")
    with pytest.raises(InvalidTransition):
        evaluations.evaluate(by=technician, study=submitted)


def test_judgement__of_a_depth_is_of_the_worst_library(technician: User, supervisor: User) -> None:
    depth = make.metric("mean_target_coverage")
    study = make_study.locked(
        by=technician, locker=supervisor, password=PASSWORD, demands=[make_study.demand(depth, "100")]
    )
    run = make.run(assay_version=study.assay_version)
    jobs = [make_study.result(make.run_library(run=run), depth, value=value) for value in (140.0, 99.9, 120.0)]
    evidence.collect(by=technician, study=study, jobs=jobs)

    (row,) = judgements.rows_of(study)
    assert (row.verdict, row.value, row.library_count, row.denominator) == (Verdict.NOT_MET, 99.9, 3, None)


def test_judgement__of_one_undefined_value_is_not_evaluated(technician: User, supervisor: User) -> None:
    depth = make.metric("mean_target_coverage")
    study = make_study.locked(
        by=technician, locker=supervisor, password=PASSWORD, demands=[make_study.demand(depth, "100")]
    )
    run = make.run(assay_version=study.assay_version)
    jobs = [make_study.result(make.run_library(run=run), depth, value=value) for value in (140.0, None)]
    evidence.collect(by=technician, study=study, jobs=jobs)
    assert verdict_of(study) == (Verdict.NOT_EVALUATED, 2)


def test_reject__says_why_under_signature_and_may_be_reopened(
    submitted: Study, director: User, technician: User
) -> None:
    with pytest.raises(InvalidInput) as refused:
        studies.reject(by=director, study=submitted, password=PASSWORD, reason=" ")
    assert list(refused.value.fields) == ["reason"]
    signature = studies.reject(by=director, study=submitted, password=PASSWORD, reason="too few libraries")

    submitted.refresh_from_db()
    assert (submitted.state, submitted.decided_by, signature.reason) == (
        StudyState.REJECTED,
        director,
        "too few libraries",
    )
    with pytest.raises(NotPermitted):
        studies.reopen(by=director, study=submitted, reason="more libraries")
    with pytest.raises(InvalidInput):
        studies.reopen(by=technician, study=submitted, reason="")
    reopened = studies.reopen(by=technician, study=submitted, reason="more libraries")
    assert (reopened.state, reopened.submitted_at, reopened.decided_at) == (StudyState.LOCKED, None, None)
    assert reopened.locked_at is not None


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"password": PASSWORD, "expected_sha256": "0" * 64}])
def test_approve__that_is_refused_decides_nothing(submitted: Study, director: User, wrong: dict[str, str]) -> None:
    before = AuditEntry.objects.filter(object_type__in=["validation_study", "lims_signature"]).count()
    with pytest.raises((InvalidInput, Stale)):
        studies.approve(by=director, study=submitted, **wrong)

    submitted.refresh_from_db()
    submitted.assay_version.refresh_from_db()
    assert (submitted.state, submitted.assay_version.effective_from) == (StudyState.SUBMITTED, None)
    assert AuditEntry.objects.filter(object_type__in=["validation_study", "lims_signature"]).count() == before


def test_approve__that_fails_at_its_last_step_signs_nothing(
    submitted: Study, director: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_options: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(registers, "make_effective", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        studies.approve(by=director, study=submitted, password=PASSWORD)

    submitted.refresh_from_db()
    assert submitted.state == StudyState.SUBMITTED
    assert not Signature.objects.filter(record_type="validation.study").exists()


def test_approve__retires_the_study_that_it_supersedes(
    approved: Study, technician: User, supervisor: User, director: User, metric: Metric
) -> None:
    version = make.assay_version(assay=approved.assay_version.assay, version="v2")
    successor = make_study.locked(
        by=technician,
        locker=supervisor,
        password=PASSWORD,
        demands=[make_study.demand(metric, "0.95")],
        assay_version=version,
        supersedes=approved,
    )
    place = make.run_library(run=make.run(assay_version=version))
    evidence.collect(by=technician, study=successor, jobs=[make_study.result(place, metric, counts=(960, 1000))])
    studies.submit(by=technician, study=successor, conclusion="Fit.")
    (row,) = judgements.rows_of(successor)
    studies.approve(by=director, study=successor, password=PASSWORD)

    approved.refresh_from_db()
    approved.assay_version.refresh_from_db()
    assert approved.state == StudyState.RETIRED
    assert approved.assay_version.retired_at is not None
    assert row.change == pytest.approx(0.960 - 0.980)


def test_report__before_the_decision_is_sealed_is_refused(approved: Study, director: User) -> None:
    # The trail is sealed when a transaction is committed; this test's never is.
    with pytest.raises(InvalidTransition, match="not sealed in the audit trail yet"):
        reports.issue(by=director, study=approved, language="en")
    assert not approved.reports.exists()


def test_withdraw__needs_a_reason_and_ends_the_study(locked: Study, technician: User, director: User) -> None:
    with pytest.raises(NotPermitted):
        studies.withdraw(by=director, study=locked, reason="no longer offered")
    with pytest.raises(InvalidInput):
        studies.withdraw(by=technician, study=locked, reason="")
    studies.withdraw(by=technician, study=locked, reason="no longer offered")

    locked.refresh_from_db()
    assert locked.state == StudyState.WITHDRAWN
    with pytest.raises(InvalidTransition):
        studies.submit(by=technician, study=locked, conclusion="Fit.")


def test_submit__needs_a_conclusion_and_the_right(
    locked: Study, place: RunLibrary, metric: Metric, technician: User, director: User
) -> None:
    evidence.collect(by=technician, study=locked, jobs=[make_study.result(place, metric, counts=(9, 10))])
    with pytest.raises(InvalidInput) as refused:
        studies.submit(by=technician, study=locked, conclusion=" ")
    assert list(refused.value.fields) == ["conclusion"]
    with pytest.raises(NotPermitted):
        studies.submit(by=director, study=locked, conclusion="Fit.")
    locked.refresh_from_db()
    assert locked.state == StudyState.LOCKED
