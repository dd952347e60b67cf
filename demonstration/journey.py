"""The main job: numbers computed, a study that collects them against locked criteria, a signature, a report."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from demonstration.laboratory import Bench
from demonstration.people import Staff
from lims.actions import analyses
from lims.choices import VariantType
from lims.models import AssayVersion, Job, Metric
from lims.selectors import results
from validation.actions import criteria, evidence, reports, studies
from validation.actions.criteria import Demand
from validation.choices import Basis, StudyKind, StudyState, StudyTrigger
from validation.models import Study

LIMITS_ARE_EXAMPLES = "Example for the demonstration; not a recommendation"

# metric, variant type, limit, what is compared; a laboratory reports the calls that passed, so those are judged
DEMANDS: tuple[tuple[str, str, str, Basis], ...] = (
    ("mean_target_coverage", "", "60", Basis.POINT),
    ("target_fraction_20x", "", "0.95", Basis.POINT),
    ("ppa_pass", VariantType.SNP, "0.92", Basis.CONFIDENCE_BOUND),
    ("ppv_pass", VariantType.SNP, "0.97", Basis.CONFIDENCE_BOUND),
    ("ppa_pass", VariantType.INDEL, "0.90", Basis.POINT),
    ("ppv_pass", VariantType.INDEL, "0.90", Basis.POINT),
    ("genotype_concordance_pass", VariantType.SNP, "0.98", Basis.POINT),
)


def plan_study(staff: Staff, *, title: str, version: AssayVersion, trigger: StudyTrigger, kind: StudyKind) -> Study:
    """Return the study of a title; if it is new, plan it and let the supervisor lock the plan."""
    found = Study.objects.filter(title=title).first()
    study = found or studies.plan(
        by=staff.technician,
        title=title,
        assay_version=version,
        kind=kind,
        trigger=trigger,
        intended_use="Germline SNVs and small insertions and deletions in constitutional DNA (simulated).",
        design="Replicate libraries of the simulated individual SIM001 on one run; counts are pooled.",
    )
    if study.state == StudyState.DRAFT:
        _write_plan(staff, study)
    study.refresh_from_db()
    return study


def _write_plan(staff: Staff, study: Study) -> None:
    written = set(study.criteria.values_list("metric__code", "variant_type"))
    for code, variant_type, limit, basis in DEMANDS:
        if (code, variant_type) not in written:
            demand = Demand(
                metric=Metric.objects.get(code=code),
                limit=Decimal(limit),
                variant_type=variant_type,
                basis=basis,
                rationale=LIMITS_ARE_EXAMPLES,
            )
            criteria.add(by=staff.technician, study=study, demand=demand)
    studies.lock(by=staff.supervisor, study=study, password=staff.passwords[staff.supervisor.username])


def start_jobs(staff: Staff, benches: Sequence[Bench]) -> list[Job]:
    """Start coverage and concordance of every bench; work that was done before is not done again."""
    jobs = []
    for bench in benches:
        truth_set = results.truth_set_of(bench.run_library)
        assert truth_set is not None
        started = (
            analyses.start_coverage(by=staff.technician, run_library=bench.run_library, alignment=bench.reads),
            analyses.start_concordance(
                by=staff.technician, run_library=bench.run_library, query=bench.calls, truth_set=truth_set
            ),
        )
        jobs.extend(job for job, _created in started)
    return jobs


def collect_and_submit(staff: Staff, study: Study, jobs: Sequence[Job], *, conclusion: str, limitations: str) -> None:
    """Collect the finished jobs' results, judge, and hand the study to the director."""
    if study.state != StudyState.LOCKED:
        return
    counted = set(study.evidence.values_list("job_id", flat=True))
    fresh = [job for job in jobs if job.pk not in counted]
    if fresh:
        evidence.collect(by=staff.technician, study=study, jobs=fresh)
    studies.submit(by=staff.technician, study=study, conclusion=conclusion, limitations=limitations)
    study.refresh_from_db()


def approve_and_report(staff: Staff, study: Study) -> None:
    """Let the director sign, and issue the report in both languages."""
    if study.state == StudyState.SUBMITTED:
        studies.approve(by=staff.director, study=study, password=staff.passwords[staff.director.username])
        study.refresh_from_db()
    for language in ("zh-hans", "en"):
        reports.issue(by=staff.director, study=study, language=language)
