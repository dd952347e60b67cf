"""What was found for libraries on runs: the newest of each, in few queries, for those who may read it."""

from __future__ import annotations

import pytest
from django.utils import timezone

from lims.choices import JobKind, VariantType
from lims.exceptions import NotFound, NotPermitted
from lims.models import Measurement, Metric, RunLibrary, User
from lims.selectors import material, registers, results
from tests.factories import lims as make
from tests.factories import validation as make_validation

pytestmark = pytest.mark.django_db


@pytest.fixture
def place() -> RunLibrary:
    return make.run_library(run=make.run(code="R1"), library=make.library(code="L1"))


def test_summaries__hold_the_newest_of_each_summary_metric(place: RunLibrary, auditor: User) -> None:
    depth, other = make.metric("mean_target_coverage"), make.metric("insert_size")
    ppa = make_validation.proportion_metric("ppa_all")
    for value in (100.0, 120.0):
        make_validation.result(place, depth, value=value)
    make_validation.result(place, other, value=187.0)
    make_validation.result(place, ppa, counts=(99, 100), variant_type="SNP")
    (summary,) = results.summaries_for(user=auditor, rows=RunLibrary.objects.all())

    assert [cell and cell.value for cell in summary.cells] == [120.0, None, 0.99, None, None, None]
    assert (summary.has_coverage, summary.has_agreement) == (True, True)
    assert summary.newest("insert_size") is None


def test_superseded_measurement__is_shown_no_more(place: RunLibrary, technician: User) -> None:
    depth = make.metric("mean_target_coverage")
    job = make_validation.result(place, depth, value=100.0)
    wrong = Measurement.objects.get()
    Measurement.objects.create(
        metric=depth,
        run_library=place,
        value=101.0,
        source="computed",
        job=job,
        recorded_by=technician,
        supersedes=wrong,
        reason="misread",
    )
    assert [each.value for each in results.current_measurements([place])] == [101.0]
    marks = {each.value: each.is_superseded for each in results.measurements_for(user=technician)}  # type: ignore[attr-defined]
    assert marks == {100.0: True, 101.0: False}


def test_agreement__has_a_row_for_what_was_compared(place: RunLibrary) -> None:
    for code, counts in (("ppa_pass", (95, 100)), ("ppv_pass", (97, 100))):
        metric = make_validation.proportion_metric(code)
        make_validation.result(place, metric, counts=counts, variant_type="INDEL")
    rows = results.agreement_rows(results.newest_by_key(results.current_measurements([place])))

    (row,) = rows
    assert (row.variant_type, row.filter_name) == (VariantType.INDEL, "PASS")
    assert [each and each.value for each in row.measurements] == [0.95, 0.97, None]


def test_latest_result__is_of_the_kind_and_newest(place: RunLibrary) -> None:
    metric = make.metric()
    make_validation.result(place, metric, value=1.0)
    newer = make_validation.result(place, metric, value=2.0)
    make_validation.result(place, metric, value=3.0, kind=JobKind.CONCORDANCE)
    found = results.latest_result(place, JobKind.COVERAGE)
    assert found is not None
    assert found.job == newer
    assert results.latest_result(make.run_library(), JobKind.COVERAGE) is None


def test_truth_set__is_the_newest_in_use_on_the_build_of_the_assay(place: RunLibrary) -> None:
    genome = place.run.assay_version.genome
    known = make.reference_material()
    sample = place.library.sample
    sample.reference_material = known
    sample.save()
    assert results.truth_set_of(place) is None
    make.truth_set(material=known)  # on another build
    make.truth_set(material=known, genome=genome, version="v3")
    current = make.truth_set(material=known, genome=genome, version="v4")
    make.truth_set(material=known, genome=genome, version="v5", retired_at=timezone.now(), retired_by=make.somebody())
    assert results.truth_set_of(place) == current


def test_reading__is_refused_to_those_without_the_role(administrator: User, place: RunLibrary) -> None:
    for read in (
        lambda: material.samples_for(user=administrator),
        lambda: material.libraries_for(user=administrator),
        lambda: material.runs_for(user=administrator),
        lambda: material.run_libraries_for(user=administrator),
        lambda: registers.genomes_for(user=administrator),
        lambda: registers.truth_sets_for(user=administrator),
        lambda: registers.assays_for(user=administrator),
        lambda: registers.assay_versions_for(user=administrator),
        lambda: registers.reference_materials_for(user=administrator),
        lambda: registers.metrics_for(user=administrator),
        lambda: results.measurements_for(user=administrator),
        lambda: results.page_of(user=administrator, row=place),
    ):
        with pytest.raises(NotPermitted, match="read the laboratory's records"):
            read()


def test_what_is_not_there__is_named(auditor: User) -> None:
    for read, sentence in (
        (lambda: material.sample_for(user=auditor, code="X"), "no sample X"),
        (lambda: material.library_for(user=auditor, code="X"), "no library X"),
        (lambda: material.run_for(user=auditor, code="X"), "no run X"),
        (lambda: registers.genome_for(user=auditor, code="X"), "no genome build X"),
        (lambda: registers.assay_version_for(user=auditor, assay="A", version="v"), "no version v of A"),
        (lambda: registers.metric_for(user=auditor, code="X"), "no metric X"),
    ):
        with pytest.raises(NotFound, match=sentence):
            read()


def test_metrics__come_in_the_order_of_the_catalogue(auditor: User) -> None:
    first, second = make.metric("z"), make.metric("a")
    assert list(registers.metrics_for(user=auditor)) == [first, second]
    assert Metric.objects.count() == 2
