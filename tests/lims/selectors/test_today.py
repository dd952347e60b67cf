"""What waits for whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from lims.choices import FileState, JobState
from lims.exceptions import NotPermitted
from lims.models import DataFile, Job, User
from lims.selectors import today
from tests.factories import lims as make
from tests.factories import validation as make_studies

pytestmark = pytest.mark.django_db


def rejected_file(**fields: object) -> DataFile:
    file = make.data_file(state=FileState.RECEIVING, **fields)
    for state, code in ((FileState.VERIFYING, ""), (FileState.REJECTED, "truncated")):
        file.state, file.rejection_code = state, code
        file.save()
    return file


def failed_job(**fields: object) -> Job:
    return make.job(state=JobState.FAILED, **fields)


def test_failures__are_failed_jobs_and_rejected_files(technician: User) -> None:
    make.job()
    make.data_file()
    job, file = failed_job(), rejected_file()
    assert {item.url for item in today.failures_for(user=technician)} == {
        job.get_absolute_url(),
        file.get_absolute_url(),
    }
    assert today.count_for(user=technician) == 2


def test_failures__a_job_asked_for_again_is_taken_up(technician: User) -> None:
    job = failed_job()
    make.job(fingerprint=job.fingerprint)
    assert today.failures_for(user=technician) == []


def test_failures__a_file_that_was_replaced_is_taken_up(technician: User) -> None:
    place = make.run_library()
    rejected_file(name="a.bam", run_library=place)
    elsewhere = rejected_file(name="a.bam", run_library=make.run_library())
    make.data_file(name="a.bam", run_library=place)
    assert [item.url for item in today.failures_for(user=technician)] == [elsewhere.get_absolute_url()]


def test_failures__an_unusable_second_try_takes_nothing_up(technician: User) -> None:
    rejected_file(name="a.bam")
    rejected_file(name="a.bam")
    assert today.count_for(user=technician) == 2


def test_failures__become_history(technician: User) -> None:
    long_ago = timezone.now() - today.FAILURES_COUNT_FOR - timedelta(hours=1)
    failed_job(requested_at=long_ago)
    rejected_file(registered_at=long_ago)
    assert today.count_for(user=technician) == 0


def test_failures__are_not_the_auditors(auditor: User) -> None:
    failed_job()
    rejected_file()
    assert today.failures_for(user=auditor) == []
    assert today.count_for(user=auditor) == 0


def test_signatures__a_plan_waits_for_those_who_may_lock_it_but_not_for_its_author(
    technician: User, supervisor: User, auditor: User
) -> None:
    study = make_studies.draft(by=technician)
    assert today.signatures_for(user=supervisor) == []
    from validation.actions import criteria

    criteria.add(by=technician, study=study, demand=make_studies.demand(make_studies.proportion_metric(), "0.95"))
    assert [item.what for item in today.signatures_for(user=supervisor)] == [study.code]
    assert today.count_for(user=supervisor) == 1
    assert today.signatures_for(user=technician) == []
    assert today.signatures_for(user=auditor) == []


def test_unfinished_jobs__running_first_then_in_the_order_of_the_queue(technician: User) -> None:
    first, second = make.job(), make.job()
    running = make.job(state=JobState.RUNNING)
    make.job(state=JobState.DONE)
    assert list(today.unfinished_jobs_for(user=technician)) == [running, first, second]


def test_unfinished_jobs__are_not_the_administrators(administrator: User) -> None:
    make.job()
    assert list(today.unfinished_jobs_for(user=administrator)) == []


def test_check_has_role__refuses_the_outsider(outsider: User, administrator: User) -> None:
    today.check_has_role(administrator)
    with pytest.raises(NotPermitted) as refused:
        today.check_has_role(outsider)
    assert refused.value.roles == ("administrator",)
