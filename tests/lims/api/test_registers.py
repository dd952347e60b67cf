"""Registers, metrics and measurements over REST: read, never written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from lims.actions import registers
from lims.models import User
from tests.factories import lims as make
from tests.factories import people as make_people
from tests.factories import validation as make_validation

pytestmark = pytest.mark.django_db


@pytest.fixture
def get() -> Callable[[str], tuple[int, Any]]:
    _key, secret = make_people.machine_key()
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    def ask(path: str) -> tuple[int, Any]:
        answer = client.get(f"/api/v1/{path}")
        return answer.status_code, answer.json()

    return ask


def test_assays__with_their_versions(get: Callable[..., Any]) -> None:
    version = make.assay_version(capture_kit="Twist 2.0", callable_depth_reads=30)
    code = version.assay.code
    _status, shown = get(f"assays/{code}/versions/v1/")

    assert get("assays/")[1]["results"][0]["versions"] == ["v1"]
    assert get(f"assays/{code}/")[1]["name_en"] == "Clinical exome"
    assert get(f"assays/{code}/versions/")[1]["results"] == [shown]
    assert (shown["assay"], shown["callable_depth_reads"], shown["baits"]) == (code, 30, None)
    assert shown["targets"] == {
        "id": str(version.targets.public_id),
        "name": "targets.bed",
        "sha256": version.targets.sha256,
    }
    assert get(f"assays/{code}/versions/v9/") == (
        404,
        {"message": f"There is no version v9 of {code}.", "code": "not_found", "fields": {}},
    )


def test_truth_sets__are_filtered(get: Callable[..., Any], supervisor: User) -> None:
    old, new = make.truth_set(), make.truth_set()
    registers.retire_truth_set(by=supervisor, truth_set=old, reason="superseded by v4.2.1")

    def materials(query: str) -> list[str]:
        return [row["reference_material"] for row in get(f"truth-sets/{query}")[1]["results"]]

    assert materials("") == [old.material.code, new.material.code]
    assert materials("?is_retired=false") == [new.material.code]
    assert materials("?is_retired=true") == [old.material.code]
    assert materials(f"?reference_material={new.material.code}&genome={new.genome.code}") == [new.material.code]
    assert materials(f"?reference_material={new.material.code}&genome={old.genome.code}") == []


def test_genomes_materials_and_metrics__by_code(get: Callable[..., Any]) -> None:
    genome, material, metric = make.genome(), make.reference_material(), make.metric("mean_target_coverage")

    assert get(f"genomes/{genome.code}/")[1]["contigs"] == [["chr1", 10_000], ["chr2", 5_000]]
    assert get("genomes/")[1]["results"][0]["code"] == genome.code
    assert get(f"reference-materials/{material.code}/")[1]["name"] == material.name
    assert get("reference-materials/")[1]["results"][0]["code"] == material.code
    assert get("metrics/mean_target_coverage/")[1]["name_zh"] == metric.name_zh
    assert get("metrics/")[1]["results"][0]["code"] == metric.code
    assert get("metrics/unknown/")[0] == 404


def test_measurements__are_filtered_and_name_their_job(get: Callable[..., Any]) -> None:
    metric = make_validation.proportion_metric()
    one, two = make.run_library(), make.run_library()
    job = make_validation.result(one, metric, counts=(970, 1000))
    make_validation.result(two, metric, counts=(0, 0))

    def found(query: str) -> list[Any]:
        return get(f"measurements/{query}")[1]["results"]

    (shown,) = found(f"?run={one.run.code}&library={one.library.code}&metric={metric.code}")
    assert (shown["value"], shown["numerator"], shown["denominator"]) == (0.97, 970, 1000)
    assert (shown["job"], shown["kernel_version"], shown["is_superseded"]) == (str(job.public_id), "1", False)
    assert [each["value"] for each in found(f"?sample={two.library.sample.code}")] == [None]
    assert found(f"?job={job.public_id}") == [shown]
    assert found("?metric=another") == []
    assert found("?is_superseded=true") == []


@pytest.mark.parametrize("path", ["assays/", "genomes/", "metrics/", "measurements/", "truth-sets/", "studies/"])
def test_registers__are_not_written_over_rest(client_of: Callable[[User], Client], supervisor: User, path: str) -> None:
    # Whether the method exists is not said to those who may not use it: a view without a write permission refuses.
    answer = client_of(supervisor).post(f"/api/v1/{path}", {}, content_type="application/json")
    assert answer.status_code == 403
