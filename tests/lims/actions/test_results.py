"""From a kernel's document to measurements, by the catalogue: counts stay with their quotient."""

from __future__ import annotations

from typing import Any

import pytest

from lims.actions import metrics, results
from lims.choices import JobKind
from lims.exceptions import InvalidInput
from lims.models import Job, Measurement, User
from tests.factories import lims as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalogue(supervisor: User) -> None:
    metrics.load_catalogue(by=supervisor)


@pytest.fixture
def coverage_job(catalogue: None) -> Job:
    return make.job(run_library=make.run_library())


@pytest.fixture
def concordance_job(catalogue: None) -> Job:
    return make.job(kind=JobKind.CONCORDANCE, kernel="concordance", run_library=make.run_library())


def coverage_document(**changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = {
        "hybrid_selection": {
            "MEAN_TARGET_COVERAGE": 81.25,
            "FOLD_80_BASE_PENALTY": None,
            "ON_TARGET_BASES": 600,
            "PF_BASES_ALIGNED": 1000,
        },
        "depth": {"bases": 200, "bases_at": {"20": 190, "100": 0}},
        "targets": {"zero": 0, "count": 0},
    }
    return document | changes


def stored(job: Job, document: dict[str, Any], by: User) -> dict[tuple[str, str], Measurement]:
    results.store(by=by, job=job, document=document)
    return {(row.metric.code, row.variant_type): row for row in Measurement.objects.filter(job=job)}


def test_store__keeps_numerator_and_denominator_of_a_proportion(coverage_job: Job, technician: User) -> None:
    rows = stored(coverage_job, coverage_document(), technician)

    row = rows["target_fraction_20x", ""]
    assert (row.numerator, row.denominator, row.value) == (190, 200, 0.95)
    assert (rows["on_target_base_fraction", ""].value, rows["mean_target_coverage", ""].value) == (0.6, 81.25)
    assert (row.run_library, row.source, row.recorded_by) == (coverage_job.run_library, "computed", technician)


def test_store__tells_undefined_from_absent(coverage_job: Job, technician: User) -> None:
    rows = stored(coverage_job, coverage_document(), technician)

    undefined = rows["fold_80_base_penalty", ""]
    assert (undefined.value, undefined.numerator) == (None, None)
    without_targets = rows["zero_coverage_target_fraction", ""]
    assert (without_targets.value, without_targets.numerator, without_targets.denominator) == (None, 0, 0)
    assert ("selected_base_fraction", "") not in rows
    assert rows["target_fraction_100x", ""].value == 0.0


def test_store__of_a_null_count_is_undefined(coverage_job: Job, technician: User) -> None:
    document = coverage_document(targets={"zero": None, "count": 10})
    assert stored(coverage_job, document, technician)["zero_coverage_target_fraction", ""].value is None


@pytest.mark.parametrize(
    "targets",
    [{"zero": 11, "count": 10}, {"zero": 1.5, "count": 10}, {"zero": -1, "count": 10}, {"zero": True, "count": 1}],
)
def test_store__refuses_counts_that_contradict_each_other(
    targets: dict[str, Any], coverage_job: Job, technician: User
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        stored(coverage_job, coverage_document(targets=targets), technician)
    assert refusal.value.code == "result_contradictory"
    assert not Measurement.objects.exists()


def test_store__measures_each_variant_type_for_itself(concordance_job: Job, technician: User) -> None:
    counts = {"truth_tp": 90, "truth_fn": 10, "query_tp": 88, "query_fp": 2, "fp_gt": 1}
    document = {
        "types": {
            "SNP": {"ALL": counts, "PASS": counts | {"truth_tp": 80, "truth_fn": 20}},
            "INDEL": {"ALL": dict.fromkeys(counts, 0)},
        }
    }
    rows = stored(concordance_job, document, technician)

    assert (rows["ppa_all", "SNP"].numerator, rows["ppa_all", "SNP"].denominator) == (90, 100)
    assert rows["ppa_pass", "SNP"].value == 0.8
    assert rows["ppv_all", "SNP"].denominator == 90
    assert (rows["ppa_all", "INDEL"].value, rows["ppa_all", "INDEL"].denominator) == (None, 0)
    assert ("ppa_pass", "INDEL") not in rows


def test_store__of_a_job_without_a_library_measures_nothing(catalogue: None, technician: User) -> None:
    assert results.store(by=technician, job=make.job(), document=coverage_document()) == []
