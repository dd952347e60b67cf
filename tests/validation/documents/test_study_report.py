"""The report as its reader finds it: text of both languages, hash, anchor, and the same bytes every time."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from pypdf import PdfReader

from lims import storage
from lims.actions import laboratory
from lims.exceptions import InvalidInput, InvalidTransition, NotPermitted
from lims.models import AuditEntry, Signature, User
from tests.conftest import PASSWORD
from tests.factories import lims as make
from tests.factories import validation as make_study
from validation.actions import evidence, reports, studies
from validation.choices import Basis
from validation.documents import study_report
from validation.models import Study, StudyReport
from validation.selectors import reports as selectors

# Signing must be committed, so that the audit trail has sealed it before the report names its number and hash.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def decided(technician: User, supervisor: User, director: User, administrator: User) -> Study:
    """Two criteria: one met with 980 of 1000, one not met with 37 of 42 and a limitation."""
    laboratory.describe(by=administrator, name_en="North Laboratory", name_zh="北方实验室", is_demonstration=True)
    breadth = make_study.proportion_metric()
    recall = make.metric("ppa_pass", is_proportion=True, decimals=2, name_en="PPA", name_zh="阳性符合率")
    study = make_study.draft_with(
        by=technician,
        demands=[
            make_study.demand(breadth, "0.95", rationale="SOP-12"),
            make_study.demand(recall, "0.9", variant_type="INDEL", basis=Basis.CONFIDENCE_BOUND),
        ],
    )
    studies.lock(by=supervisor, study=study, password=PASSWORD)
    study.refresh_from_db()
    place = make.run_library(run=make.run(code="RUN-1", assay_version=study.assay_version))
    jobs = [
        make_study.result(place, breadth, counts=(980, 1000)),
        make_study.result(place, recall, counts=(37, 42), variant_type="INDEL", kind="concordance"),
    ]
    evidence.collect(by=technician, study=study, jobs=jobs)
    studies.submit(by=technician, study=study, conclusion="Fit with a limitation.", limitations="Indels: confirm.")
    studies.approve(by=director, study=study, password=PASSWORD, reason="as discussed")
    study.refresh_from_db()
    return study


def issue(study: Study, by: User, language: str) -> tuple[StudyReport, bytes]:
    report = reports.issue(by=by, study=study, language=language)
    return report, storage.path_of(report.file).read_bytes()


def text_of(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


def test_english_report__says_what_was_signed(decided: Study, director: User) -> None:
    report, pdf = issue(decided, director, "en")
    text = text_of(pdf)
    signature = Signature.objects.get(record_type="validation.study")
    anchor = AuditEntry.objects.get(object_type="lims_signature", object_id=str(signature.pk))

    for expected in (
        decided.code,
        "North Laboratory",
        "Demonstration: simulated data, not for diagnostic use.",
        "1 of 2 criteria met",
        "1 not met",
        "980 / 1,000",
        "98.00 %",
        # Clopper-Pearson for 980 of 1000, as scipy.stats.binomtest gives it: 0.96928 to 0.98773
        "96.93–98.77 %",
        # and for 37 of 42: 0.74367 to 0.96019
        "74.37–96.02 %",
        "Confidence bound",
        "Fit with a limitation.",
        "Indels: confirm.",
        "RUN-1",
        "Plan approved and locked",
        "as discussed",
        director.printed_name,
        f"Audit trail: entry {anchor.sequence}, hash",
    ):
        assert expected in text, expected
    squeezed = text.replace(" ", "")
    for digest in (signature.sha256, anchor.hash, decided.assay_version.targets.sha256):
        assert digest in squeezed
    assert (report.content_sha256, report.audit_sequence, report.audit_hash) == (
        signature.sha256,
        anchor.sequence,
        anchor.hash,
    )


def test_chinese_report__says_the_same(decided: Study, director: User) -> None:
    _report, pdf = issue(decided, director, "zh-hans")
    text = text_of(pdf).replace(" ", "")
    for expected in (
        "性能确认报告",
        "北方实验室",
        "演示：模拟数据，不得用于诊断。",
        "2项接受标准中1项符合",
        "980/1,000",
        "96.93–98.77%",
        "Indel阳性符合率",
        "不符合",
        "方案批准并锁定",
        "局限性",
        "审计追踪",
    ):
        assert expected in text, expected


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_report__is_a_pdf_for_archives_with_its_language(decided: Study, director: User, language: str) -> None:
    _report, pdf = issue(decided, director, language)
    reader = PdfReader(io.BytesIO(pdf))
    metadata = reader.root_object["/Metadata"].get_data().decode()
    assert re.search(r'pdfaid:part(>|=")2', metadata)
    assert re.search(r'pdfaid:conformance(>|=")B', metadata)
    assert str(reader.root_object["/Lang"]).lower().startswith(language[:2])
    assert reader.metadata is not None
    assert reader.metadata.title == decided.title
    fonts = {str(font["/FontDescriptor"]["/FontName"]) for font in _fonts(reader)}
    assert fonts
    assert all("+" in font for font in fonts), "every font is embedded as a subset"


def _fonts(reader: PdfReader) -> list[Any]:
    composite = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
    return [each.get_object() for font in composite for each in font.get("/DescendantFonts", [])]


def test_report__is_the_same_bytes_every_time(decided: Study) -> None:
    source = selectors.source_of(decided)
    assert study_report.render(source, language="zh-hans") == study_report.render(source, language="zh-hans")
    assert study_report.render(source, language="zh-hans") != study_report.render(source, language="en")


def test_issue__keeps_one_report_of_a_language(decided: Study, director: User, auditor: User) -> None:
    first, _pdf = issue(decided, director, "en")
    again, _pdf = issue(decided, auditor, "en")
    other, _pdf = issue(decided, director, "zh-hans")
    assert first == again != other
    assert StudyReport.objects.count() == 2
    assert selectors.report_for(user=auditor, study=decided, language="en") == first
    assert AuditEntry.objects.filter(action="reports.issue", object_type="validation_studyreport").count() == 2


def test_issue__is_refused_before_the_decision_and_to_whom_it_is_not_for(
    decided: Study, technician: User, administrator: User, locked: Study
) -> None:
    with pytest.raises(InvalidTransition, match="decided"):
        reports.issue(by=technician, study=locked, language="en")
    with pytest.raises(NotPermitted):
        reports.issue(by=administrator, study=decided, language="en")
    with pytest.raises(InvalidInput) as refused:
        reports.issue(by=technician, study=decided, language="fr")
    assert list(refused.value.fields) == ["language"]
    assert not StudyReport.objects.exists()


def test_rejected_study__has_a_report_that_says_so(submitted: Study, director: User) -> None:
    studies.reject(by=director, study=submitted, password=PASSWORD, reason="too few libraries")
    _report, pdf = issue(submitted, director, "en")
    text = text_of(pdf)
    assert "Rejected" in text
    assert "too few libraries" in text
