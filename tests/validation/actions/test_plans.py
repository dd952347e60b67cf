"""Planning: scope, criteria, and what a plan supersedes."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from lims.exceptions import InvalidInput, InvalidTransition, NotFound, NotPermitted
from lims.models import AuditEntry, Metric, Signature, User
from tests.conftest import PASSWORD
from tests.factories import lims as make
from tests.factories import validation as make_study
from validation.actions import criteria, studies
from validation.choices import Basis, Comparator, StudyState
from validation.models import Criterion, Study
from validation.selectors import studies as selectors

pytestmark = pytest.mark.django_db


def entries(action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action).order_by("id"))


def test_plan__is_a_draft_that_the_trail_names(technician: User) -> None:
    study = make_study.draft(by=technician)
    assert (study.state, study.created_by) == (StudyState.DRAFT, technician)
    (entry,) = entries("studies.plan")
    assert (entry.actor, entry.operation, entry.object_id) == ("technician", "insert", str(study.pk))


def test_plan__after_the_999th_of_a_year_goes_on(technician: User) -> None:
    year = timezone.localdate().year
    for code in (f"VS-{year}-999", f"VS-{year}-1000", f"VS-{year - 1}-2000"):
        first = make_study.draft(by=technician)
        Study.objects.filter(pk=first.pk).update(code=code)
    assert make_study.draft(by=technician).code == f"VS-{year}-1001"


def test_plan__supersedes_only_an_approved_study_of_the_same_assay(technician: User, approved: Study) -> None:
    version = make.assay_version(assay=approved.assay_version.assay, version="v2")
    for supersedes, assay_version in (
        (approved, make.assay_version()),  # of another assay
        (make_study.draft(by=technician, assay_version=version), version),  # not approved
    ):
        with pytest.raises(InvalidInput, match="Only an approved study of the same assay") as refused:
            make_study.draft(by=technician, supersedes=supersedes, assay_version=assay_version)
        assert list(refused.value.fields) == ["supersedes"]
    assert make_study.draft(by=technician, supersedes=approved, assay_version=version).supersedes == approved


def test_edit__changes_a_draft_and_keeps_it_valid(draft: Study, technician: User) -> None:
    studies.edit(by=technician, study=draft, fields={"title": "Another title"})
    draft.refresh_from_db()
    assert draft.title == "Another title"
    (entry,) = entries("studies.edit")
    assert entry.after["title"] == "Another title"
    with pytest.raises(InvalidInput) as refused:
        studies.edit(by=technician, study=draft, fields={"title": "x" * 201})
    assert list(refused.value.fields) == ["title"]
    with pytest.raises(InvalidInput, match="cannot be edited: state"):
        studies.edit(by=technician, study=draft, fields={"state": "approved"})


def test_edit__is_refused_to_readers_and_after_the_lock(draft: Study, auditor: User, supervisor: User) -> None:
    with pytest.raises(NotPermitted):
        studies.edit(by=auditor, study=draft, fields={"title": "Another"})
    studies.lock(by=supervisor, study=draft, password=PASSWORD)
    with pytest.raises(InvalidTransition, match="is locked"):
        studies.edit(by=supervisor, study=draft, fields={"title": "Another"})


def test_criteria__are_numbered_in_order_and_may_leave(draft: Study, technician: User, metric: Metric) -> None:
    other, third = make.metric("b"), make.metric("c")
    for each in (other, third):
        criteria.add(by=technician, study=draft, demand=make_study.demand(each, "10"))
    criteria.remove(by=technician, study=draft, criterion=selectors.criterion_for(study=draft, position=2))
    criteria.add(by=technician, study=draft, demand=make_study.demand(other, "20"))

    assert [(each.position, each.metric) for each in selectors.criteria_of(draft)] == [
        (1, metric),
        (3, third),
        (4, other),
    ]
    assert [entry.operation for entry in entries("criteria.remove")] == ["delete"]
    with pytest.raises(NotFound):
        selectors.criterion_for(study=draft, position=2)


def test_criterion__asked_twice_is_refused(draft: Study, technician: User, metric: Metric) -> None:
    with pytest.raises(InvalidInput):
        criteria.add(by=technician, study=draft, demand=make_study.demand(metric, "0.5"))
    criteria.add(by=technician, study=draft, demand=make_study.demand(metric, "0.5", variant_type="SNP"))
    assert Criterion.objects.count() == 2


@pytest.mark.parametrize(
    ("demand", "field"),
    [
        ({"limit": "95"}, "limit"),
        ({"limit": "-0.1"}, "limit"),
        ({"limit": "0.5", "confidence": Decimal("0.4")}, "confidence"),
        ({"limit": "0.5", "confidence": Decimal("0.9999")}, "confidence"),
        ({"limit": "0.1234567"}, "limit"),
    ],
)
def test_criterion__that_cannot_be_judged_is_refused_at_its_field(
    technician: User, demand: dict[str, object], field: str
) -> None:
    study = make_study.draft(by=technician)
    with pytest.raises(InvalidInput) as refused:
        criteria.add(by=technician, study=study, demand=make_study.demand(make_study.proportion_metric(), **demand))
    assert list(refused.value.fields) == [field]


def test_criterion__of_a_depth_has_no_bound(technician: User) -> None:
    study = make_study.draft(by=technician)
    with pytest.raises(InvalidInput, match="is not a proportion") as refused:
        criteria.add(
            by=technician, study=study, demand=make_study.demand(make.metric(), "100", basis=Basis.CONFIDENCE_BOUND)
        )
    assert list(refused.value.fields) == ["basis"]


def test_criterion__is_refused_to_readers(draft: Study, auditor: User) -> None:
    with pytest.raises(NotPermitted):
        criteria.add(by=auditor, study=draft, demand=make_study.demand(make.metric(), "1"))
    with pytest.raises(NotPermitted):
        criteria.remove(by=auditor, study=draft, criterion=draft.criteria.get())
    assert draft.criteria.count() == 1


def test_lock__that_fails_half_way_signs_nothing(
    draft: Study, supervisor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Study, "save", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        studies.lock(by=supervisor, study=draft, password=PASSWORD)
    assert not Signature.objects.exists()
    assert entries("studies.lock") == []


def test_lock__seals_comparator_and_limit_as_they_were_written(
    draft: Study, supervisor: User, technician: User
) -> None:
    criteria.add(
        by=technician,
        study=draft,
        demand=make_study.demand(make.metric("dup"), "0.200000", comparator=Comparator.AT_MOST),
    )
    signature = studies.lock(by=supervisor, study=draft, password=PASSWORD)
    signed = json.loads(signature.canonical_text)["criteria"]
    assert [(each["comparator"], each["limit"]) for each in signed] == [("ge", "0.95"), ("le", "0.2")]
