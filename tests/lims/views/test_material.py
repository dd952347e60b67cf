"""Pages of samples, libraries and runs: who sees them, who registers, and what a refused form keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from lims.choices import FileKind, FileState, JobKind, JobState
from lims.models import Library, Metric, Run, RunLibrary, Sample, User
from tests.factories import lims as make
from tests.factories import validation as make_validation

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def text(answer: Any) -> str:
    return answer.content.decode()


def test_sample_list__is_filtered(client_of: ClientOf, auditor: User) -> None:
    material = make.reference_material(code="NA12878")
    make.sample(code="S-1", reference_material=material)
    make.sample(code="T-2")
    client = client_of(auditor)

    def codes(**query: str) -> list[str]:
        return [row.record.code for row in client.get("/samples/", query).context["table"].rows]

    assert codes() == ["T-2", "S-1"]
    assert codes(code="s-") == ["S-1"]
    assert codes(reference_material=str(material.pk)) == ["S-1"]
    assert codes(code="nothing") == []


def test_lists__offer_registering_only_to_those_who_may(client_of: ClientOf, auditor: User, technician: User) -> None:
    for path in ("/samples/", "/runs/"):
        assert f"{path}+new/" not in text(client_of(auditor).get(path)).split("<main")[1].split("table-block")[0]
        assert f"{path}+new/" in text(client_of(technician).get(path))


def test_sample__is_registered_and_shown(client_of: ClientOf, technician: User) -> None:
    material = make.reference_material(code="NA12878")
    answer = client_of(technician).post(
        "/samples/+new/",
        {"code": "S1", "reference_material": material.pk, "sequencing_name": "HG001", "note": "from blood"},
        follow=True,
    )
    assert answer.redirect_chain == [("/samples/S1/", 302)]
    assert "Sample S1 is registered." in text(answer)
    sample = Sample.objects.get()
    assert (sample.reference_material, sample.sequencing_name, sample.registered_by) == (material, "HG001", technician)


@pytest.mark.parametrize(
    ("path", "values", "field"),
    [
        ("/samples/+new/", {"code": "S1", "note": "kept as it was"}, "code"),
        ("/samples/+new/", {"code": "not a code", "note": "kept as it was"}, "code"),
        ("/samples/+new/", {}, "code"),
        ("/libraries/+new/", {"code": "L2", "sample": "unknown", "note": "kept as it was"}, "sample"),
        ("/libraries/+new/", {"code": "L2", "sample": "S1", "input_ng": "-1", "note": "kept as it was"}, "input_ng"),
        ("/runs/+new/", {"code": "R2", "note": "kept as it was"}, "assay_version"),
    ],
)
def test_refused_form__answers_422_says_where_and_keeps_the_input(
    client_of: ClientOf, technician: User, path: str, values: dict[str, str], field: str
) -> None:
    make.sample(code="S1")
    answer = client_of(technician).post(path, values)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert "Nothing was saved." in text(answer)
    for value in values.values():
        assert value in text(answer)
    assert (Sample.objects.count(), Library.objects.count(), Run.objects.count()) == (1, 0, 0)


def test_library__is_registered_for_a_sample_by_its_code(client_of: ClientOf, technician: User) -> None:
    make.sample(code="S1")
    client = client_of(technician)
    assert 'value="S1"' in text(client.get("/libraries/+new/?sample=S1"))
    answer = client.post("/libraries/+new/", {"code": "L1", "sample": "S1", "index_i7": "acgt"}, follow=True)

    assert answer.redirect_chain == [("/libraries/L1/", 302)]
    assert Library.objects.get().index_i7 == "ACGT"
    assert "L1" in text(client.get("/samples/S1/"))


def test_run__is_registered_and_takes_libraries(client_of: ClientOf, technician: User) -> None:
    version = make.assay_version()
    make.library(code="L1")
    client = client_of(technician)
    client.post("/runs/+new/", {"code": "R1", "assay_version": version.pk, "instrument": "A00123"})
    answer = client.post("/runs/R1/", {"library": "L1", "lane": "2"}, follow=True)

    assert answer.redirect_chain == [("/runs/R1/", 302)]
    assert RunLibrary.objects.get().lane == 2
    again = client.post("/runs/R1/", {"library": "L1"})
    assert again.status_code == 422
    assert "L1 is already on R1." in text(again)


def test_run__offers_no_retired_assay_version(client_of: ClientOf, technician: User) -> None:
    retired = make.assay_version(retired_at=timezone.now())
    answer = client_of(technician).post("/runs/+new/", {"code": "R1", "assay_version": retired.pk})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["assay_version"]


@pytest.mark.parametrize("path", ["/samples/+new/", "/libraries/+new/", "/runs/+new/"])
def test_registering__is_refused_to_readers(client_of: ClientOf, auditor: User, path: str) -> None:
    client = client_of(auditor)
    assert client.get(path).status_code == 403
    assert client.post(path, {"code": "X1"}).status_code == 403
    assert not Sample.objects.exists()


def test_loading__is_refused_to_readers(client_of: ClientOf, auditor: User) -> None:
    make.run(code="R1")
    make.library(code="L1")
    client = client_of(auditor)
    assert "Put on the run" not in text(client.get("/runs/R1/"))
    assert client.post("/runs/R1/", {"library": "L1"}).status_code == 403
    assert not RunLibrary.objects.exists()


@pytest.fixture
def place() -> RunLibrary:
    return make.run_library(run=make.run(code="R1"), library=make.library(code="L1"))


def test_run__says_what_is_there_and_what_went_wrong(client_of: ClientOf, technician: User, place: RunLibrary) -> None:
    metric = make.metric("mean_target_coverage", decimals=1)
    make_validation.result(place, metric, value=118.24)
    make.run_library(run=place.run)
    make.data_file(name="bad.bam", kind=FileKind.BAM, state=FileState.VERIFYING, run_library=place, content=None)
    answer = client_of(technician).get("/runs/R1/")
    assert (answer.context["covered"], answer.context["compared"], answer.context["failures"]) == (1, 0, [])
    assert "118.2" in text(answer)
    make.job(state=JobState.FAILED, run_library=place)

    answer = client_of(technician).get("/runs/R1/")
    assert [row.what for row in answer.context["failures"]] == ["R1 · L1"]
    assert "Rejected files and failed jobs" in text(answer)


def test_results__show_metrics_in_the_catalogues_order_with_undefined_as_a_dash(
    client_of: ClientOf, auditor: User, place: RunLibrary
) -> None:
    second = make.metric("z_first", name_en="Zeta", decimals=1)
    third = make.metric("a_second", name_en="Alpha")
    make_validation.result(place, third, value=None)
    make_validation.result(place, second, value=2.0)
    answer = client_of(auditor).get("/runs/R1/L1/")

    assert [each.metric.code for each in answer.context["quality"]] == ["z_first", "a_second"]
    row = text(answer).split("Alpha</span>")[1].split("</tr>")[0]
    assert "—" in row


def test_results__draw_the_newest_coverage(client_of: ClientOf, auditor: User, place: RunLibrary) -> None:
    metric = make.metric("mean_target_coverage")
    for bases in (5, 7):
        depth = {"histogram": {"0": 1, "1": bases}, "mean": 1, "median": 1, "maximum": 1}
        make_validation.result(place, metric, value=1.0, document={"depth": depth})
    answer = client_of(auditor).get("/runs/R1/L1/")

    cumulative, histogram_chart = answer.context["charts"]
    assert histogram_chart.figure["data"][0]["y"] == [1, 7]
    assert cumulative.id == "cumulative-coverage"
    assert 'id="cumulative-coverage-figure"' in text(answer)


def test_results__of_a_library_that_is_not_on_the_run_are_not_found(client_of: ClientOf, auditor: User) -> None:
    make.run(code="R1")
    make.library(code="L1")
    answer = client_of(auditor).get("/runs/R1/L1/")
    assert answer.status_code == 404
    assert "There is no library L1 on run R1." in text(answer)


@pytest.fixture
def alignment(place: RunLibrary) -> Any:
    return make.data_file(name="L1.bam", kind=FileKind.BAM, run_library=place, genome=place.run.assay_version.genome)


def test_coverage__is_started_once(
    client_of: ClientOf, technician: User, place: RunLibrary, alignment: Any, django_capture_on_commit_callbacks: Any
) -> None:
    client = client_of(technician)
    with django_capture_on_commit_callbacks() as callbacks:
        answer = client.post("/runs/R1/L1/coverage/", {"file": alignment.public_id}, follow=True)
    job = place.jobs.get()

    assert answer.redirect_chain == [(f"/jobs/{job.public_id}/", 302)]
    assert "The job is queued." in text(answer)
    assert (job.kind, job.parameters["callable_depth_reads"]) == (JobKind.COVERAGE, 20)
    assert len(callbacks) == 1
    again = client.post("/runs/R1/L1/coverage/", {"file": alignment.public_id}, follow=True)
    assert "The same work was done before" in text(again)
    assert place.jobs.count() == 1


@pytest.mark.parametrize("chosen", ["", "no-uuid", "00000000-0000-0000-0000-000000000000"])
def test_coverage__of_a_file_that_is_not_the_librarys_is_not_found(
    client_of: ClientOf, technician: User, place: RunLibrary, chosen: str
) -> None:
    assert client_of(technician).post("/runs/R1/L1/coverage/", {"file": chosen}).status_code == 404
    assert not place.jobs.exists()


def test_analyses__are_refused_to_readers(
    client_of: ClientOf, auditor: User, place: RunLibrary, alignment: Any
) -> None:
    client = client_of(auditor)
    for act in ("coverage", "concordance"):
        assert client.post(f"/runs/R1/L1/{act}/", {"file": alignment.public_id}).status_code == 403
    assert "Compute coverage" not in text(client.get("/runs/R1/L1/"))
    assert not place.jobs.exists()


def test_concordance__needs_a_reference_material(client_of: ClientOf, technician: User, place: RunLibrary) -> None:
    query = make.data_file(name="L1.vcf.gz", kind=FileKind.VCF, run_library=place)
    answer = client_of(technician).post("/runs/R1/L1/concordance/", {"file": query.public_id})
    assert answer.status_code == 422
    assert "no reference material with a truth set on this build" in text(answer)


def test_metrics__are_grouped_by_stage(client_of: ClientOf, auditor: User) -> None:
    make.metric("b", stage="control")
    make.metric("a", stage="sample")
    answer = client_of(auditor).get("/registers/metrics/")
    assert [[metric.code for metric in metrics] for _stage, metrics in answer.context["stages"]] == [["a"], ["b"]]
    assert Metric.objects.count() == 2
