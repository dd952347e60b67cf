"""What the demonstration shows: one study approved with its report, and one that waits for the director's signature."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.management.base import CommandError

from demonstration import journey, laboratory, people, tables, waiting
from demonstration.laboratory import Bench
from demonstration.people import Staff
from validation.choices import StudyKind, StudyTrigger
from validation.models import Study


@dataclass(frozen=True, slots=True)
class Story:
    """A study of one run, and how far the demonstration takes it."""

    title: str
    run: str
    kind: StudyKind
    trigger: StudyTrigger
    conclusion: str
    limitations: str
    is_approved: bool


STORIES = (
    Story(
        title="Simulated exome v1: performance validation",
        run="SIM-RUN-01",
        kind=StudyKind.VALIDATION,
        trigger=StudyTrigger.NEW_ASSAY,
        conclusion="The simulated assay meets its criteria on three replicates of SIM001.",
        limitations="SIMG2 exon 1 has no coverage and SIMG3 exon 2 lies below 20×; both are planted by the simulator.",
        is_approved=True,
    ),
    Story(
        title="Simulated exome v2: verification of caller 2.0",
        run="SIM-RUN-02",
        kind=StudyKind.VERIFICATION,
        trigger=StudyTrigger.CHANGE,
        conclusion="Library SIM001-L5 was prepared from a low input and falls behind.",
        limitations="Not to be used below the recommended DNA input.",
        is_approved=False,
    ),
)


def load() -> list[str]:
    """Make the laboratory, lock the plans, start the jobs; return the log-ins as lines to print."""
    staff = people.engage()
    if _finished():
        return _log_ins()
    benches = laboratory.furnish(staff)
    for story in STORIES:
        _study(staff, story, benches[story.run])
        journey.start_jobs(staff, benches[story.run])
    return _log_ins()


def finish(*, seconds: float) -> list[str]:
    """Wait for the jobs and take each story to its end; return the first study's judgement as lines to print."""
    if not people.log_ins_path().exists():
        raise CommandError("The demonstration is not loaded. Run `manage.py load_demo` first.")
    if finished := _finished():
        return tables.judgement_lines(finished[0])
    staff = people.engage()
    benches = laboratory.furnish(staff)
    studies = [_take_to_its_end(staff, story, benches[story.run], seconds) for story in STORIES]
    return tables.judgement_lines(studies[0])


def _log_ins() -> list[str]:
    return ["Log-ins of the demonstration laboratory:", *people.log_in_lines()]


def _finished() -> list[Study]:
    """The stories' studies, once each has come as far as the demonstration takes it."""
    studies = list(Study.objects.filter(title__in=[story.title for story in STORIES]).order_by("id"))
    is_finished = len(studies) == len(STORIES) and all(study.submitted_at is not None for study in studies)
    return studies if is_finished and studies[0].reports.count() == len(settings.LANGUAGES) else []


def _study(staff: Staff, story: Story, benches: list[Bench]) -> Study:
    version = benches[0].run_library.run.assay_version
    return journey.plan_study(staff, title=story.title, version=version, trigger=story.trigger, kind=story.kind)


def _take_to_its_end(staff: Staff, story: Story, benches: list[Bench], seconds: float) -> Study:
    study = _study(staff, story, benches)
    jobs = journey.start_jobs(staff, benches)
    waiting.for_jobs(jobs, seconds=seconds)
    journey.collect_and_submit(staff, study, jobs, conclusion=story.conclusion, limitations=story.limitations)
    if story.is_approved:
        journey.approve_and_report(staff, study)
    return study
