"""What was found for libraries on runs: the newest measurement of each metric, and the documents behind the figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from lims import policies
from lims.choices import FileKind, FileState, JobKind, JobState, VariantType
from lims.models import DataFile, Job, JobResult, Measurement, RunLibrary, TruthSet, User
from lims.permissions import Permission
from lims.selectors import registers

# What a list shows of a library before one opens it.
SUMMARY_METRICS = ("mean_target_coverage", "target_fraction_20x", "ppa_all", "ppv_all")

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class RunLibrarySummary:
    """A library on a run with its newest measurements, by metric, variant type and stratum."""

    row: RunLibrary
    measurements: dict[Key, Measurement] = field(default_factory=dict)

    def newest(self, metric: str, variant_type: str = "", stratum: str = "") -> Measurement | None:
        return self.measurements.get((metric, variant_type, stratum))

    @property
    def has_coverage(self) -> bool:
        return self.newest("mean_target_coverage") is not None

    @property
    def has_agreement(self) -> bool:
        return self.newest("ppa_all", VariantType.SNP) is not None

    @property
    def cells(self) -> list[Measurement | None]:
        """The summary metrics in the order of `SUMMARY_COLUMNS`."""
        return [self.newest(metric, variant_type) for metric, variant_type in SUMMARY_COLUMNS]


SUMMARY_COLUMNS = (
    ("mean_target_coverage", ""),
    ("target_fraction_20x", ""),
    ("ppa_all", VariantType.SNP),
    ("ppv_all", VariantType.SNP),
    ("ppa_all", VariantType.INDEL),
    ("ppv_all", VariantType.INDEL),
)


def current_measurements(rows: Iterable[RunLibrary] | QuerySet[RunLibrary]) -> QuerySet[Measurement]:
    """Return the measurements of libraries on runs that nothing supersedes, oldest first."""
    return (
        Measurement.objects.filter(run_library__in=rows, superseded_by=None)
        .select_related("metric", "job", "recorded_by")
        .prefetch_related("job__inputs__file")
        .order_by("id")
    )


def measurements_for(*, user: User) -> QuerySet[Measurement]:
    """Return all measurements, each with whether another one supersedes it."""
    policies.check_has(user, Permission.LAB_READ)
    return (
        Measurement.objects.select_related(
            "metric", "job", "recorded_by", "run_library__run", "run_library__library__sample"
        )
        .annotate(is_superseded=ExpressionWrapper(Q(superseded_by__isnull=False), output_field=BooleanField()))
        .order_by("id")
    )


def newest_by_key(measurements: Iterable[Measurement]) -> dict[Key, Measurement]:
    """Return the newest measurement of each metric, variant type and stratum; they come oldest first."""
    return {(each.metric.code, each.variant_type, each.stratum): each for each in measurements}


def summaries_for(*, user: User, rows: QuerySet[RunLibrary]) -> list[RunLibrarySummary]:
    """Return the rows with their summary metrics, in three queries however many rows there are."""
    policies.check_has(user, Permission.LAB_READ)
    found = list(rows)
    grouped: dict[int, list[Measurement]] = {row.pk: [] for row in found}
    for measurement in current_measurements(found).filter(metric__code__in=SUMMARY_METRICS):
        grouped[measurement.run_library_id].append(measurement)
    return [RunLibrarySummary(row, newest_by_key(grouped[row.pk])) for row in found]


def latest_result(row: RunLibrary, kind: JobKind) -> JobResult | None:
    """Return the newest finished result of a kind for a library on a run."""
    return (
        JobResult.objects.filter(job__run_library=row, job__kind=kind, job__state=JobState.DONE)
        .select_related("job")
        .order_by("-job__finished_at")
        .first()
    )


def ready_files_of(row: RunLibrary, *kinds: FileKind) -> list[DataFile]:
    """Return the verified files of some kinds that belong to a library on a run, newest first."""
    return list(row.files.filter(kind__in=kinds, state=FileState.READY).order_by("-id"))


def truth_set_of(row: RunLibrary) -> TruthSet | None:
    """Return the truth set that a library's calls can be compared with, when its sample is a reference material."""
    material = row.library.sample.reference_material
    return registers.current_truth_set(material=material, genome=row.run.assay_version.genome) if material else None


def page_of(*, user: User, row: RunLibrary) -> dict[str, Any]:
    """Return everything that the page of a library on a run shows."""
    policies.check_has(user, Permission.LAB_READ)
    measurements = newest_by_key(current_measurements([row]))
    coverage = latest_result(row, JobKind.COVERAGE)
    concordance = latest_result(row, JobKind.CONCORDANCE)
    return {
        "row": row,
        "files": row.files.select_related("registered_by").order_by("-id"),
        "jobs": Job.objects.filter(run_library=row).select_related("requested_by").order_by("-id"),
        "alignments": ready_files_of(row, FileKind.BAM, FileKind.CRAM),
        "queries": ready_files_of(row, FileKind.VCF),
        "truth_set": truth_set_of(row),
        "coverage": coverage,
        "concordance": concordance,
        "quality": sorted(
            (each for key, each in measurements.items() if not key[1]), key=lambda each: each.metric_id
        ),  # as in the catalogue
        "agreement": agreement_rows(measurements),
        "why_not_start": policies.why_not(policies.check_has, user, Permission.JOB_START),
    }


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """PPA, PPV and genotype concordance of one variant type under one filter."""

    variant_type: VariantType
    filter_name: str
    ppa: Measurement | None
    ppv: Measurement | None
    genotype_concordance: Measurement | None

    @property
    def measurements(self) -> tuple[Measurement | None, ...]:
        return (self.ppa, self.ppv, self.genotype_concordance)


def agreement_rows(measurements: dict[Key, Measurement]) -> list[AgreementRow]:
    """Return the agreement with the truth, a row for each variant type and filter that was compared."""
    rows = []
    for variant_type in VariantType:
        for filter_name in ("all", "pass"):
            found = [
                measurements.get((f"{code}_{filter_name}", variant_type, ""))
                for code in ("ppa", "ppv", "genotype_concordance")
            ]
            if any(found):
                rows.append(AgreementRow(variant_type, filter_name.upper(), *found))
    return rows
