"""Every page that a role can reach: nothing fails, nobody is shut out, nothing is too wide, all of it is translated."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Enter
from tests.browser.main_job import MainJob
from tests.browser.people import Person
from tests.browser.tour import Findings, names_of_pages, walk
from tests.browser.visitor import Record

# Reached neither by links in this laboratory nor in the main job; each has tests of its own elsewhere.
ELSEWHERE = {
    "evidence-delete": "the study of the main job is decided",
    "machine-key-create": "needs a machine account; tests/browser/test_accounts.py",
    "machine-key-revoke": "answers a dialog",
    "machine-key-rotate": "needs a key",
    "recovery-codes-create": "needs a second factor; tests/browser/test_accounts.py",
    "second-factor-confirm": "needs a second factor; tests/browser/test_accounts.py",
    "second-factor-delete": "needs a second factor",
    "second-factor-reset": "needs somebody with a second factor",
    "session-verify": "needs a second factor",
    "study-reject": "the study of the main job was approved",
    "study-reopen": "needs a rejected study",
    "study-update": "the plan of the main job was never changed",
    "study-withdraw": "the study of the main job was not given up",
}
# Pages that only a form or a record of somebody else leads to.
BEGINNINGS = {
    "technician": ("/search/?q=NA12878",),
    "administrator": ("/people/wang.fang/", "/people/wang.fang/roles/+new/"),
}
# They take a form's answer or a part of a page, or give a file.
NO_PAGES = {
    "audit-export",
    "audit-verify",
    "concordance-create",
    "coverage-create",
    "criterion-delete",
    "file-download",
    "file-verify",
    "healthz",
    "job-cancel",
    "job-progress",
    "job-retry",
    "language-update",
    "metrics",
    "person-activate",
    "person-deactivate",
    "readyz",
    "report-create",
    "role-delete",
    "second-factor-create",
    "session-delete",
    "upload-create",
    "upload-detail",
}


@pytest.fixture(scope="module")
def tour_record() -> Record:
    return Record()


@pytest.fixture(scope="module")
def findings(done: MainJob, enter: Enter, staff: dict[str, Person], tour_record: Record) -> Findings:
    found = Findings()
    for role, person in staff.items():
        wide = enter(person, into=tour_record)
        narrow = enter(person, language="zh-CN", width=390, color_scheme="dark", into=tour_record)
        walk(wide, narrow, ["/", *BEGINNINGS.get(role, ())], found)
        wide.page.context.close()
        narrow.page.context.close()
    return found


def test_pages__of_every_role_answer_without_an_error(findings: Findings, tour_record: Record) -> None:
    assert tour_record.problems == []


def test_pages__put_no_serious_obstacle_in_anybodys_way(findings: Findings) -> None:
    assert findings.obstacles == []


def test_pages__never_scroll_sideways_on_a_phone(findings: Findings) -> None:
    assert findings.wide == []


def test_pages__in_chinese_leave_no_english_in_the_frame(findings: Findings) -> None:
    assert sorted(set(findings.untranslated)) == []


def test_pages__are_all_reached_here_or_named_with_where_they_are_tested(findings: Findings, record: Record) -> None:
    reached = findings.kinds | record.looked_at
    assert names_of_pages() - reached - NO_PAGES - set(ELSEWHERE) == set()
    assert set(ELSEWHERE) | NO_PAGES <= names_of_pages()
