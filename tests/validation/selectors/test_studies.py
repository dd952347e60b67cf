"""Reading studies: what waits for whom, what may be collected, how criteria are sorted and compared."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lims import canonical
from lims.choices import JobState
from lims.exceptions import NotFound, NotPermitted
from lims.models import Metric, RunLibrary, User
from lims.selectors import today
from tests.conftest import PASSWORD
from tests.factories import lims as make
from tests.factories import validation as make_study
from validation.actions import evidence, studies
from validation.choices import Basis, Comparator, StudyState, Verdict
from validation.models import Criterion, Study
from validation.selectors import content, judgements, reports
from validation.selectors import studies as selectors

pytestmark = pytest.mark.django_db


def test_studies__are_read_by_readers_alone(draft: Study, auditor: User, administrator: User) -> None:
    assert list(selectors.list_for(user=auditor)) == [draft]
    with pytest.raises(NotPermitted):
        selectors.list_for(user=administrator)
    with pytest.raises(NotFound, match="There is no study VS-0"):
        selectors.get_for(user=auditor, code="VS-0")


def test_waiting__is_for_those_who_could_sign_and_are_no_authors(
    draft: Study, technician: User, supervisor: User, director: User, auditor: User
) -> None:
    empty = make_study.draft(by=technician)
    own = make_study.draft_with(by=supervisor, demands=[make_study.demand(make.metric(), "1")])

    def waiting(user: User) -> list[str]:
        return [row.what for row in today.signatures_for(user=user)]

    assert waiting(supervisor) == [draft.code]
    assert waiting(director) == [draft.code, own.code]
    assert empty.code not in waiting(director)
    assert waiting(technician) == waiting(auditor) == []


def test_waiting__for_a_decision_leaves_out_who_submitted(submitted: Study, director: User, supervisor: User) -> None:
    assert [row.what for row in today.signatures_for(user=director)] == [submitted.code]
    assert today.signatures_for(user=supervisor) == []


def test_collectable__is_what_came_after_the_plan_and_does_not_count_yet(
    locked: Study, place: RunLibrary, metric: Metric, technician: User
) -> None:
    good = make_study.result(place, metric, counts=(9, 10))
    make_study.result(make.run_library(), metric, counts=(9, 10))  # of another assay version
    make.job(state=JobState.FAILED, run_library=place)
    assert list(selectors.collectable_jobs(locked)) == [good]
    evidence.add(by=technician, study=locked, job=good)
    assert list(selectors.collectable_jobs(locked)) == []


def test_collectable__of_a_draft_is_nothing(draft: Study, metric: Metric) -> None:
    make_study.result(make.run_library(run=make.run(assay_version=draft.assay_version)), metric, counts=(9, 10))
    assert not selectors.collectable_jobs(draft).exists()


def test_rows__put_first_what_is_not_met(technician: User, supervisor: User) -> None:
    metrics = {name: make_study.proportion_metric(name) for name in ("met", "silent", "unmet")}
    study = make_study.locked(
        by=technician,
        locker=supervisor,
        password=PASSWORD,
        demands=[make_study.demand(metric, "0.9") for metric in metrics.values()],
    )
    place = make.run_library(run=make.run(assay_version=study.assay_version))
    jobs = [
        make_study.result(place, metrics["met"], counts=(95, 100)),
        make_study.result(place, metrics["unmet"], counts=(80, 100), kind="concordance"),
    ]
    evidence.collect(by=technician, study=study, jobs=jobs)

    assert [(row.criterion.metric.code, row.verdict) for row in judgements.rows_of(study)] == [
        ("unmet", Verdict.NOT_MET),
        ("silent", Verdict.NOT_EVALUATED),
        ("met", Verdict.MET),
    ]


@pytest.mark.parametrize(
    ("comparator", "lower", "upper", "verdict", "alone"),
    [
        (Comparator.AT_LEAST, 0.93, 0.99, Verdict.MET, True),
        (Comparator.AT_LEAST, 0.95, 0.99, Verdict.MET, False),
        (Comparator.AT_MOST, 0.90, 0.96, Verdict.MET, True),
        (Comparator.AT_MOST, 0.90, 0.95, Verdict.MET, False),
        (Comparator.AT_LEAST, 0.80, 0.90, Verdict.NOT_MET, False),
        (Comparator.AT_LEAST, None, None, Verdict.MET, False),
    ],
)
def test_row__met_by_its_estimate_alone(
    comparator: Comparator, lower: float | None, upper: float | None, verdict: Verdict, alone: bool
) -> None:
    criterion = Criterion(comparator=comparator, limit=Decimal("0.95"))
    row = judgements.JudgementRow(criterion, verdict, value=0.95, lower=lower, upper=upper)
    assert row.is_met_by_estimate_alone is alone


def test_last_approved__is_the_latest_decision_before_this_one(
    approved: Study, technician: User, supervisor: User
) -> None:
    version = make.assay_version(assay=approved.assay_version.assay, version="v2")
    later = make_study.draft(by=technician, assay_version=version)
    assert selectors.last_approved_before(later) == approved
    assert selectors.last_approved_before(approved) is None
    assert selectors.last_approved_before(make_study.draft(by=technician)) is None


def test_content__is_the_same_text_when_it_is_read_again(submitted: Study) -> None:
    first = canonical.text(content.study_content(submitted))
    again = canonical.text(content.study_content(Study.objects.get(pk=submitted.pk)))
    assert first == again
    plan = content.plan_content(submitted)
    assert plan["criteria"][0]["limit"] == "0.95"
    assert plan["targets_sha256"] == submitted.assay_version.targets.sha256


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, None), (Decimal("0.950000"), "0.95"), (Decimal("100.000000"), "100"), (0.1, "0.1"), (1e-7, "1e-07")],
)
def test_number__is_its_shortest_exact_text(value: float | Decimal | None, text: str | None) -> None:
    assert content.number(value) == text


def test_signatures__of_a_decision_that_was_overtaken_are_not_compared(
    submitted: Study, director: User, technician: User, metric: Metric, place: RunLibrary
) -> None:
    studies.reject(by=director, study=submitted, password=PASSWORD, reason="too few")
    studies.reopen(by=technician, study=submitted, reason="more")
    more = make_study.result(make.run_library(run=place.run), metric, counts=(990, 1000))
    evidence.collect(by=technician, study=submitted, jobs=[more])
    studies.submit(by=technician, study=submitted, conclusion="Fit.")
    studies.approve(by=director, study=submitted, password=PASSWORD)
    submitted.refresh_from_db()

    states = [(each.meaning, state and state.is_intact) for each, state in reports.signature_states_of(submitted)]
    assert states == [("plan_approved", True), ("rejected", None), ("approved", True)]


def test_criterion_with_a_bound__judges_by_the_bound(technician: User, supervisor: User) -> None:
    metric = make_study.proportion_metric("ppa_pass")
    study = make_study.locked(
        by=technician,
        locker=supervisor,
        password=PASSWORD,
        demands=[make_study.demand(metric, "0.95", basis=Basis.CONFIDENCE_BOUND)],
    )
    place = make.run_library(run=make.run(assay_version=study.assay_version))
    # 98 of 100: the estimate meets 95 %, the exact lower bound 0.9296 (scipy.stats.binomtest) does not.
    evidence.collect(by=technician, study=study, jobs=[make_study.result(place, metric, counts=(98, 100))])
    (row,) = judgements.rows_of(study)
    assert (row.verdict, row.value) == (Verdict.NOT_MET, 0.98)
    assert row.lower == pytest.approx(0.9296, abs=5e-5)
    assert study.state == StudyState.LOCKED
