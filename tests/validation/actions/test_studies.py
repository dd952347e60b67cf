"""The life of a study, step by step, and who is refused at each."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from lims.exceptions import InvalidInput, InvalidTransition, NotPermitted, Stale
from lims.models import AuditEntry, Metric, RunLibrary, Signature, User
from tests.conftest import PASSWORD
from tests.factories import lims as make
from tests.factories import validation as make_study
from validation.actions import criteria, evidence, studies
from validation.choices import Basis, StudyState, Verdict
from validation.exceptions import PlanIncomplete
from validation.models import Study

pytestmark = pytest.mark.django_db


@pytest.fixture
def metric() -> Metric:
    return make_study.proportion_metric()


@pytest.fixture
def locked(technician: User, supervisor: User, metric: Metric) -> Study:
    return make_study.locked(
        by=technician,
        locker=supervisor,
        password=PASSWORD,
        demands=[make_study.demand(metric, "0.95")],
    )


@pytest.fixture
def place(locked: Study) -> RunLibrary:
    return make.run_library(run=make.run(assay_version=locked.assay_version))


@pytest.fixture
def submitted(locked: Study, place: RunLibrary, metric: Metric, technician: User) -> Study:
    job = make_study.result(place, metric, counts=(980, 1000))
    evidence.add(by=technician, study=locked, job=job)
    return studies.submit(by=technician, study=locked, conclusion="Fit for use.")


def judgement_of(study: Study) -> tuple[str, int | None, int | None]:
    judgement = study.evaluations.first().judgements.get()
    return judgement.verdict, judgement.numerator, judgement.denominator


def test_plan__gives_the_next_code_of_the_year(technician: User) -> None:
    first, second = make_study.draft(by=technician), make_study.draft(by=technician)

    assert first.code.startswith("VS-20")
    assert int(second.code[-3:]) == int(first.code[-3:]) + 1


def test_plan__is_refused_to_a_director(director: User) -> None:
    with pytest.raises(NotPermitted, match="Technician"):
        make_study.draft(by=director)


def test_lock__needs_a_criterion(technician: User, supervisor: User) -> None:
    study = make_study.draft(by=technician)
    with pytest.raises(PlanIncomplete):
        studies.lock(by=supervisor, study=study, password=PASSWORD)


def test_lock__is_refused_to_the_author(supervisor: User, metric: Metric) -> None:
    study = make_study.draft(by=supervisor)
    criteria.add(by=supervisor, study=study, demand=make_study.demand(metric, "0.95"))
    with pytest.raises(NotPermitted, match="author"):
        studies.lock(by=supervisor, study=study, password=PASSWORD)


def test_lock__with_a_wrong_password_locks_nothing(technician: User, supervisor: User, metric: Metric) -> None:
    study = make_study.draft(by=technician)
    criteria.add(by=technician, study=study, demand=make_study.demand(metric, "0.95"))
    with pytest.raises(InvalidInput):
        studies.lock(by=supervisor, study=study, password="wrong")

    study.refresh_from_db()
    assert study.state == StudyState.DRAFT
    assert not Signature.objects.exists()


def test_locked_plan__takes_no_criterion(locked: Study, technician: User) -> None:
    with pytest.raises(InvalidTransition, match="locked"):
        criteria.add(by=technician, study=locked, demand=make_study.demand(make.metric(), "0.5"))


def test_locked_plan__is_frozen_in_the_database_too(locked: Study) -> None:
    statements = (
        'UPDATE validation_criterion SET "limit" = 0.1',
        "DELETE FROM validation_criterion",
        "UPDATE validation_study SET title = 'another'",
    )
    for statement in statements:
        with pytest.raises(DatabaseError, match="cannot be"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_evidence__older_than_the_plan_is_refused(technician: User, supervisor: User, metric: Metric) -> None:
    version = make.assay_version()
    early = make_study.result(make.run_library(run=make.run(assay_version=version)), metric, counts=(990, 1000))
    study = make_study.locked(
        by=technician,
        locker=supervisor,
        password=PASSWORD,
        demands=[make_study.demand(metric, "0.95")],
        assay_version=version,
    )
    with pytest.raises(InvalidInput, match="older than the plan"):
        evidence.add(by=technician, study=study, job=early)


def test_evidence__of_another_assay_version_is_refused(locked: Study, technician: User, metric: Metric) -> None:
    job = make_study.result(make.run_library(), metric, counts=(990, 1000))
    with pytest.raises(InvalidInput, match="another assay version"):
        evidence.add(by=technician, study=locked, job=job)


def test_evidence__counts_a_library_once(locked: Study, place: RunLibrary, technician: User, metric: Metric) -> None:
    evidence.add(by=technician, study=locked, job=make_study.result(place, metric, counts=(980, 1000)))
    with pytest.raises(InvalidInput, match="counted twice"):
        evidence.add(by=technician, study=locked, job=make_study.result(place, metric, counts=(980, 1000)))


def test_submit__pools_the_counts_of_all_libraries(
    locked: Study, place: RunLibrary, technician: User, metric: Metric
) -> None:
    other = make.run_library(run=place.run)
    for where, counts in ((place, (940, 1000)), (other, (2990, 3000))):
        evidence.add(by=technician, study=locked, job=make_study.result(where, metric, counts=counts))
    studies.submit(by=technician, study=locked, conclusion="Fit for use.")

    assert judgement_of(locked) == (Verdict.MET, 3930, 4000)


def test_submit__without_evidence_is_refused(locked: Study, technician: User) -> None:
    with pytest.raises(InvalidInput, match="no evidence"):
        studies.submit(by=technician, study=locked, conclusion="Fit for use.")


def test_judgement__of_nothing_counted_is_not_evaluated(
    locked: Study, place: RunLibrary, technician: User, metric: Metric
) -> None:
    evidence.add(by=technician, study=locked, job=make_study.result(place, metric, counts=(0, 0)))
    studies.submit(by=technician, study=locked, conclusion="Nothing to count.")

    assert judgement_of(locked) == (Verdict.NOT_EVALUATED, 0, 0)


def test_judgement__by_bound_is_stricter_than_by_point(technician: User, supervisor: User, metric: Metric) -> None:
    """19/20 is 0.95, but its exact lower bound is 0.7513 (Clopper-Pearson, two-sided 95 %)."""
    study = make_study.locked(
        by=technician,
        locker=supervisor,
        password=PASSWORD,
        demands=[make_study.demand(metric, "0.95", basis=Basis.CONFIDENCE_BOUND)],
    )
    place = make.run_library(run=make.run(assay_version=study.assay_version))
    evidence.add(by=technician, study=study, job=make_study.result(place, metric, counts=(19, 20)))
    studies.submit(by=technician, study=study, conclusion="Too few.")

    judgement = study.evaluations.first().judgements.get()
    assert judgement.verdict == Verdict.NOT_MET
    assert judgement.lower == pytest.approx(0.7513, abs=5e-5)


def test_judgement__at_exactly_the_limit_is_met(
    locked: Study, place: RunLibrary, technician: User, metric: Metric
) -> None:
    evidence.add(by=technician, study=locked, job=make_study.result(place, metric, counts=(19, 20)))
    studies.submit(by=technician, study=locked, conclusion="At the limit.")

    assert judgement_of(locked)[0] == Verdict.MET


def test_approve__signs_and_makes_the_version_effective(submitted: Study, director: User) -> None:
    signature = studies.approve(by=director, study=submitted, password=PASSWORD)

    submitted.refresh_from_db()
    assert submitted.state == StudyState.APPROVED
    assert submitted.assay_version.effective_from is not None
    assert signature.signer_printed_name == director.printed_name
    assert AuditEntry.objects.filter(object_type="validation_study", action="studies.approve").exists()


def test_approve__retires_the_version_that_it_replaces(submitted: Study, director: User) -> None:
    old = make.assay_version(assay=submitted.assay_version.assay, version="v0")
    old.effective_from = old.registered_at
    old.save()
    studies.approve(by=director, study=submitted, password=PASSWORD)

    old.refresh_from_db()
    assert old.retired_at is not None


def test_approve__is_refused_to_who_may_not_decide(submitted: Study, supervisor: User) -> None:
    with pytest.raises(NotPermitted, match="Laboratory director"):
        studies.approve(by=supervisor, study=submitted, password=PASSWORD)


def test_approve__of_what_changed_since_it_was_read_is_refused(submitted: Study, director: User) -> None:
    with pytest.raises(Stale):
        studies.approve(by=director, study=submitted, password=PASSWORD, expected_sha256="0" * 64)

    submitted.refresh_from_db()
    assert submitted.state == StudyState.SUBMITTED
    assert Signature.objects.count() == 1  # the plan's alone


def test_approve__with_an_unmet_criterion_needs_a_limitation(
    locked: Study, place: RunLibrary, technician: User, director: User, metric: Metric
) -> None:
    evidence.add(by=technician, study=locked, job=make_study.result(place, metric, counts=(900, 1000)))
    studies.submit(by=technician, study=locked, conclusion="Below the limit.")
    with pytest.raises(InvalidInput, match="limitation"):
        studies.approve(by=director, study=locked, password=PASSWORD)

    studies.reject(by=director, study=locked, password=PASSWORD, reason="State the limitation.")
    studies.reopen(by=technician, study=locked, reason="Limitation added.")
    studies.submit(by=technician, study=locked, conclusion="Below.", limitations="Not for exon 3 of SIMG4.")
    studies.approve(by=director, study=locked, password=PASSWORD)
    locked.refresh_from_db()
    assert locked.state == StudyState.APPROVED


def test_approved_study__changes_no_more_in_the_database_either(submitted: Study, director: User) -> None:
    studies.approve(by=director, study=submitted, password=PASSWORD)
    for statement in (
        "UPDATE validation_study SET conclusion = 'better'",
        "DELETE FROM validation_evidence",
        "UPDATE validation_judgement SET value = 1",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_evidence__added_twice_in_one_collection_adds_nothing(
    locked: Study, place: RunLibrary, technician: User, metric: Metric
) -> None:
    job = make_study.result(place, metric, counts=(980, 1000))
    with pytest.raises(InvalidInput, match="counted twice"), transaction.atomic():
        evidence.collect(by=technician, study=locked, jobs=[job, job])

    assert not locked.evidence.exists()


def test_criterion__of_a_proportion_must_be_a_fraction(technician: User, metric: Metric) -> None:
    study = make_study.draft(by=technician)
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        criteria.add(by=technician, study=study, demand=make_study.demand(metric, str(Decimal(99))))
