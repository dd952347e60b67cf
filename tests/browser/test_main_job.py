"""The main job through the browser: the numbers are the other tools', and nothing went wrong on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pypdf
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.browser.main_job import MainJob
from tests.browser.people import Person
from tests.browser.visitor import Record

# Fields of Picard 2.27.5 that this slice's file without a reference settles; the genome's size is the reference's.
PICARD_FIELDS = """
    BAIT_TERRITORY ON_BAIT_BASES NEAR_BAIT_BASES OFF_BAIT_BASES PCT_SELECTED_BASES MEAN_BAIT_COVERAGE
    HS_LIBRARY_SIZE TARGET_TERRITORY TOTAL_READS PF_UNIQUE_READS PF_UQ_READS_ALIGNED ON_TARGET_BASES
    MEAN_TARGET_COVERAGE MEDIAN_TARGET_COVERAGE MAX_TARGET_COVERAGE MIN_TARGET_COVERAGE ZERO_CVG_TARGETS_PCT
    PCT_EXC_DUPE PCT_EXC_MAPQ PCT_EXC_BASEQ PCT_EXC_OVERLAP PCT_EXC_OFF_TARGET FOLD_80_BASE_PENALTY
    PCT_TARGET_BASES_1X PCT_TARGET_BASES_20X PCT_TARGET_BASES_30X PCT_TARGET_BASES_50X PCT_TARGET_BASES_100X
"""


@pytest.fixture(scope="module")
def expected(shared_data: Path) -> Path:
    return shared_data / "na12878-chr20" / "expected"


def hs_metrics(text: str) -> dict[str, str]:
    """Return the first row of a file in the form of Picard's CollectHsMetrics."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("## METRICS CLASS")) + 1
    return dict(zip(lines[start].split("\t"), lines[start + 1].split("\t"), strict=False))


def pdf_text(path: Path) -> str:
    """Return a report's text without the ends of its lines."""
    return "".join("".join(page.extract_text().split()) for page in pypdf.PdfReader(path).pages)


def test_coverage__equals_picard_field_by_field(done: MainJob, expected: Path) -> None:
    picard = hs_metrics((expected / "picard-2.27.5.hs_metrics.txt").read_text())
    ours = hs_metrics(done.picard_text)
    found = {name: float(ours[name]) for name in PICARD_FIELDS.split()}
    assert found == pytest.approx({name: float(picard[name]) for name in PICARD_FIELDS.split()}, abs=1e-6)


def test_page_of_the_library__shows_picards_numbers(
    done: MainJob, enter: Enter, staff: dict[str, Person], expected: Path
) -> None:
    picard = hs_metrics((expected / "picard-2.27.5.hs_metrics.txt").read_text())
    page = enter(staff["auditor"]).open(done.coverage_page).page
    table = page.get_by_role("region", name="Quality metrics")
    bases = int(picard["TARGET_TERRITORY"])
    covered = round(bases * float(picard["PCT_TARGET_BASES_20X"]))
    row = table.get_by_role("row", name="Targets at ≥ 20×").inner_text()
    assert f"{covered:,} / {bases:,}" in row
    mean = table.get_by_role("row", name="Mean target coverage").inner_text()
    assert f"{float(picard['MEAN_TARGET_COVERAGE']):.1f}" in mean


def test_comparison__counts_what_vcfeval_counts(
    done: MainJob, enter: Enter, staff: dict[str, Person], expected: Path
) -> None:
    """vcfeval was run over all that is confident, so the version of the assay with those targets is asked."""
    vcfeval = json.loads((expected / "vcfeval.json").read_text())["query.bcftools"]
    page = enter(staff["technician"]).open(done.whole_page).page
    rows = page.get_by_role("region", name="Agreement with the truth").locator("tbody tr").all()
    all_calls = [row.locator("td").all_inner_texts() for row in rows if row.locator("td").first.inner_text() == "All"]
    ppa, ppv = ([tuple(map(int, cells[column].split(" / "))) for cells in all_calls] for column in (2, 4))
    found = {
        "truth_tp": sum(right for right, _all in ppa),
        "query_tp": sum(right for right, _all in ppv),
        "fp": sum(whole - right for right, whole in ppv),
        "fn": sum(whole - right for right, whole in ppa),
    }
    assert found == vcfeval


def test_progress__was_seen_before_it_was_done(done: MainJob) -> None:
    assert done.progress_seen & {"Queued", "Running"}


def test_study__judges_against_the_limits_of_its_plan(done: MainJob, enter: Enter, staff: dict[str, Person]) -> None:
    visitor = enter(staff["director"]).open(f"/validation/{done.study}/")
    assert "3 of 4 criteria met" in visitor.page.locator(".verdict-line").inner_text()
    unmet = visitor.page.get_by_role("table", name="Criteria not met or not evaluated").inner_text()
    assert "SNV PPA" in unmet  # 14 of 14: the lower bound is 0.768 (Clopper and Pearson 1934)
    assert "76.8" in unmet


@pytest.mark.parametrize(("language", "words"), [("en", "Criterion"), ("zh-hans", "接受标准")])
def test_report__carries_the_hash_that_was_signed(done: MainJob, language: str, words: str) -> None:
    text = pdf_text(done.reports[language])
    assert done.approved_sha256 in text
    assert done.study in text
    assert words in text
    assert "50.8" in text or "50.9" in text
    assert "LiWei" in text


def test_signature__is_said_to_be_intact(done: MainJob, enter: Enter, staff: dict[str, Person]) -> None:
    visitor = enter(staff["auditor"]).open(f"/validation/{done.study}/")
    hashes = visitor.page.locator(".signature code.digest").all_inner_texts()
    assert hashes[-1] == done.approved_sha256
    visitor.page.locator(".signature a").last.click()
    assert "intact" in visitor.page.locator("main").inner_text()


def test_audit_trail__names_who_did_what_and_verifies(done: MainJob, enter: Enter, staff: dict[str, Person]) -> None:
    visitor = enter(staff["auditor"]).open(f"/validation/{done.study}/")
    visitor.page.locator("summary", has_text="History").click()
    story = visitor.page.get_by_role("region", name="History").inner_text()
    for name in ("Wang Fang", "Chen Jie", "Li Wei"):
        assert name in story
    visitor.open("/audit/").press("Verify now").see("Audit trail")
    expect(visitor.chip()).to_contain_text("Verified up to")


def test_pages_of_the_journey__have_no_error_no_violation_and_no_failed_request(done: MainJob, record: Record) -> None:
    assert record.problems == []


def test_pages_of_the_journey__put_no_serious_obstacle_in_anybodys_way(done: MainJob, record: Record) -> None:
    assert len(record.looked_at) > 20
    assert record.obstacles == []
