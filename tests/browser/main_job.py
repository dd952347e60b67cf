"""The main job as its people do it, on the public slice of NA12878: only with what the pages offer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.people import Person
from tests.browser.stack import Laboratory
from tests.browser.visitor import Visitor

BUILD, MATERIAL, ASSAY = "hg19-chr20", "NA12878", "SLICE"
RUN, WHOLE_RUN, LIBRARY = "230517_A00123", "230518_A00123", "NA12878-L1"
VERIFY_MS, COMPUTE_MS = 120_000, 300_000

# What the plan demands: metric, variant type, limit, what is compared. The numbers suit this slice and nothing else.
DEMANDS = (
    ("Mean target coverage", "", "50", "Point estimate"),
    ("Targets at ≥ 20×", "", "0.95", "Confidence bound"),
    ("PPA (recall) (ALL)", "SNV", "0.80", "Confidence bound"),
    ("PPV (precision) (ALL)", "SNV", "0.99", "Point estimate"),
)


@dataclass
class MainJob:
    """Where the main job left things, and what its people saw."""

    study: str = ""
    approved_sha256: str = ""
    coverage_page: str = ""
    whole_page: str = ""
    progress_seen: set[str] = field(default_factory=set)
    reports: dict[str, Path] = field(default_factory=dict)
    picard_text: str = ""


def run(laboratory: Laboratory, desks: dict[str, Visitor], staff: dict[str, Person], data: Path) -> MainJob:
    """Do all of it, in the order in which a laboratory would."""
    slice_folder, job = data / "na12878-chr20", MainJob()
    try:
        furnish_registers(desks["supervisor"], slice_folder)
        register_material(desks["technician"])
        upload_results(desks["technician"], slice_folder, RUN, ("reads.bam", "query.bcftools.vcf.gz"))
        upload_results(desks["technician"], slice_folder, WHOLE_RUN, ("query.bcftools.vcf.gz",))
        job.study = plan_study(desks["technician"])
        lock_plan(desks["supervisor"], job.study, staff["supervisor"])
        compute(desks["technician"], job)
        collect_and_submit(desks["technician"], job.study)
        job.approved_sha256 = approve(desks["director"], job.study, staff["director"])
        download_reports(desks["director"], job, laboratory.data_dir.path)
    except Exception:
        print(laboratory.logs())
        raise
    return job


def furnish_registers(desk: Visitor, folder: Path) -> None:
    """Register build, truth and two versions of the assay: its targets, and everything that the truth covers."""
    upload(desk, [folder / "reference.fasta.gz"])
    open_register(desk).follow("Build").see(re.compile("build", re.I))
    desk.fill({"Build": BUILD, "Sequence (FASTA)": "reference.fasta.gz"}).press("Register").see(BUILD)
    names = ("targets.bed", "baits.bed", "confident.bed", "truth.vcf.gz")
    upload(desk, [folder / name for name in names], {"Build": BUILD})

    open_register(desk).follow("Reference material").see(re.compile("reference material", re.I))
    desk.fill({"Code": MATERIAL, "Name": "Coriell NA12878", "Supplier": "Coriell"}).press("Register").see(MATERIAL)
    desk.follow("Register a truth set").see("Register a truth set")
    truth = {"Build": BUILD, "Version": "1", "Truth variants (VCF)": "truth.vcf.gz"}
    desk.fill({**truth, "Confident regions (BED)": "confident.bed", "Source": "Genome in a Bottle"})
    desk.press("Register").see(MATERIAL)

    open_register(desk).follow("Assay").see(re.compile("assay", re.I))
    desk.fill({"Code": ASSAY, "Name (Chinese)": "二十号染色体片段", "Name (English)": "Slice of chromosome 20"})
    desk.press("Register").see(ASSAY)
    for version, targets, baits in (("v1", "targets.bed", "baits.bed"), ("whole", "confident.bed", "")):
        desk.follow("Register a version").see(re.compile("version", re.I))
        desk.fill(
            {"Version": version, "Build": BUILD, "Targets (BED)": targets} | ({"Baits (BED)": baits} if baits else {})
        )
        desk.press("Register").see(ASSAY)
    expect(desk.page.locator("main")).to_contain_text("whole")


def open_register(desk: Visitor) -> Visitor:
    return desk.navigate("Registers").see("Registers")


def register_material(desk: Visitor) -> None:
    """Register the sample and its library, and put it on two runs, one for each version of the assay."""
    desk.navigate("Samples").see("Samples").follow("Register a sample").see("Register a sample")
    desk.fill({"Sample": MATERIAL, "Reference material": MATERIAL}).press("Register").see(MATERIAL)
    desk.follow("Register a library").see("Register a library")
    desk.fill({"Library": LIBRARY, "DNA input (ng)": "50"}).press("Register").see(LIBRARY)
    for run_code, version in ((RUN, "v1"), (WHOLE_RUN, "whole")):
        desk.navigate("Runs").see("Runs").follow("Register a run").see("Register a run")
        desk.fill({"Run": run_code, "Assay version": f"{ASSAY} {version}", "Instrument": "A00123"})
        desk.press("Register").see(run_code)
        desk.fill({"Library": LIBRARY}).press("Put on the run").see(run_code)
        expect(desk.page.get_by_role("link", name=LIBRARY).first).to_be_visible()


def upload_results(desk: Visitor, folder: Path, run_code: str, names: tuple[str, ...]) -> None:
    """Upload a library's files from its page on the run."""
    desk.open(f"/runs/{run_code}/{LIBRARY}/").follow("Add files…")
    send_files(desk, [folder / name for name in names])


def upload(desk: Visitor, paths: list[Path], values: dict[str, str] | None = None) -> None:
    """Upload files from the list of files."""
    desk.navigate("Files").see("Files").follow("Add files")
    send_files(desk.fill(values or {}), paths)


def send_files(desk: Visitor, paths: list[Path]) -> None:
    """Choose files, upload them, and wait on each file's page until it is verified."""
    desk.see("Add files")
    desk.page.wait_for_load_state()
    desk.page.set_input_files("#upload-files", paths)
    desk.press("Upload")
    rows = desk.page.locator("#upload-queue tbody tr")
    links = rows.get_by_role("link", name="Open")
    expect(links).to_have_count(len(paths), timeout=VERIFY_MS)
    for address in [link.get_attribute("href") or "" for link in links.all()]:
        desk.open(address)
        expect(desk.chip()).to_contain_text("Ready", timeout=VERIFY_MS)
        desk.look()


def plan_study(desk: Visitor) -> str:
    """Plan a study with its criteria; return its code."""
    desk.navigate("Validation").see("Validation studies").follow("Plan a study").see("Plan a study")
    desk.fill(
        {"Title": "Slice of NA12878", "Assay version": f"{ASSAY} v1", "Kind": "Validation", "Reason": "New assay"}
    )
    desk.fill({"Intended use": "Germline variants on a slice of chromosome 20.", "Design": "One library on one run."})
    desk.press("Begin the study").see(re.compile("Slice of NA12878"))
    code = desk.page.url.rstrip("/").rpartition("/")[2]
    desk.follow("Criterion").see("Add a criterion")
    for metric, variant_type, limit, basis in DEMANDS:
        desk.fill({"Metric": f"{metric} ·", "Limit": limit, "What is compared": basis})
        if variant_type:
            desk.fill({"Variant type": variant_type})
        desk.press("Add the criterion")
        expect(desk.page.get_by_role("region", name="Criteria")).to_contain_text(metric)
    return code


def lock_plan(desk: Visitor, study: str, signer: Person) -> None:
    """Sign the plan; from now on no criterion moves."""
    desk.open(f"/validation/{study}/").follow("Sign and lock the plan…").see("Sign and lock the plan")
    desk.fill({"Password": signer.password}).press("Sign the plan")
    expect(desk.chip()).to_contain_text("Plan locked")


def compute(desk: Visitor, job: MainJob) -> None:
    """Start coverage and comparison on the run of the study, and the comparison alone on the other."""
    job.coverage_page, job.whole_page = f"/runs/{RUN}/{LIBRARY}/", f"/runs/{WHOLE_RUN}/{LIBRARY}/"
    desk.open(job.coverage_page).press("Compute coverage").see("Coverage")
    watch_to_its_end(desk, job)
    job.picard_text = read_download(desk.page, "hs_metrics.txt")
    for address in (job.coverage_page, job.whole_page):
        desk.open(address).press(re.compile("Compare with")).see("Concordance")
        watch_to_its_end(desk, job)


def watch_to_its_end(desk: Visitor, job: MainJob) -> None:
    """Watch the progress, which refreshes itself, until the job is done; keep the states that were seen."""
    chip = desk.page.locator(".job-progress .chip")
    waited_ms = 0
    while (state := chip.inner_text().strip()) != "Done":
        job.progress_seen.add(state)
        assert waited_ms < COMPUTE_MS, f"still {state}"
        desk.page.wait_for_timeout(100)
        waited_ms += 100
    expect(desk.page.get_by_role("heading", name="Result", exact=True)).to_be_visible()
    desk.look()


def read_download(page: Page, name: str) -> str:
    """Open a file that a job made and return what a download of it holds."""
    page.get_by_role("link", name=name, exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    return Path(download.value.path()).read_text()


def collect_and_submit(desk: Visitor, study: str) -> None:
    """Take what was computed as evidence, and hand the study to the director."""
    desk.open(f"/validation/{study}/").follow(re.compile("Collect")).see("Collect results")
    offered = desk.page.get_by_role("checkbox")
    expect(offered).to_have_count(2)  # the comparison of the other version is no evidence for this one
    for box in offered.all():
        box.check()
    desk.press("Collect and judge").see(re.compile(study))
    desk.follow("Submit…").see("Submit the study")
    desk.fill({"Conclusion": "The slice meets what was asked of it.", "Limitations": "One library."})
    desk.press("Judge and submit").see(re.compile(study))
    expect(desk.chip()).to_contain_text("Submitted")


def approve(desk: Visitor, study: str, signer: Person) -> str:
    """Find the study on Today and sign it; return the checksum of what was signed."""
    desk.open("/").follow("Review and sign").see(re.compile(study))
    desk.follow("Sign…").see("Approve and sign")
    sha256 = desk.page.locator(".hash-line .code").inner_text()
    desk.fill({"Password": signer.password}).press("Sign and approve").see(re.compile(study))
    expect(desk.chip()).to_contain_text("Approved")
    return sha256


def download_reports(desk: Visitor, job: MainJob, folder: Path) -> None:
    """Issue the report in both languages and keep the files."""
    for language, words in (("zh-hans", "中文报告"), ("en", "English report")):
        with desk.page.expect_download() as download:
            desk.press(re.compile(words))
        job.reports[language] = folder / download.value.suggested_filename
        download.value.save_as(job.reports[language])
