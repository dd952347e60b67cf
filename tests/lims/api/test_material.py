"""Samples, libraries and runs over REST: as often as one likes, one record; other values are answered by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from lims.choices import KeyScope
from lims.models import AssayVersion, AuditEntry, Library, Run, RunLibrary, Sample, User
from tests.factories import lims as make
from tests.factories import people as make_people

pytestmark = pytest.mark.django_db

JSON = "application/json"


@pytest.fixture
def secret() -> str:
    _key, secret = make_people.machine_key(scopes=(KeyScope.READ, KeyScope.RUNS_WRITE))
    return secret


@pytest.fixture
def call(secret: str) -> Callable[..., Any]:
    """Call as a machine: `call("put", "samples/S1/", {...})` gives status and body."""

    def send(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        client = Client(headers={"Authorization": f"Bearer {secret}"})
        content = json.dumps(body) if body is not None else ""
        answer = client.generic(method.upper(), f"/api/v1/{path}", content, content_type=JSON)
        return answer.status_code, answer.json()

    return send


@pytest.fixture
def version() -> AssayVersion:
    return make.assay_version()


@pytest.fixture(params=["sample", "library", "run", "run library"])
def case(request: pytest.FixtureRequest, version: AssayVersion) -> tuple[str, dict[str, Any], dict[str, Any], type]:
    """Where a record goes, what is said of it, another value of one field, and the model that holds it."""
    if request.param == "sample":
        material = make.reference_material(code="NA12878")
        body = {"reference_material": material.code, "sequencing_name": "HG001", "received_at": "2026-03-01T08:00:00Z"}
        return "samples/S1/", body, {"sequencing_name": "HG002"}, Sample
    if request.param == "library":
        make.sample(code="S9")
        body = {"sample": "S9", "index_i7": "acgtacgt", "index_i5": "TTGGCCAA", "input_ng": "50.5", "note": "repeat"}
        return "libraries/L1/", body, {"index_i7": "AAAAAAAA"}, Library
    if request.param == "run":
        body = {"assay": version.assay.code, "assay_version": "v1", "instrument": "A00123", "flow_cell": "HXX"}
        return "runs/R1/", body, {"flow_cell": "HYY"}, Run
    make.run(code="R9", assay_version=version)
    make.library(code="L9")
    return "runs/R9/libraries/L9/", {"lane": 2}, {"lane": 3}, RunLibrary


def test_put__registers_once(call: Callable[..., Any], case: Any) -> None:
    path, body, _other, model = case
    status, first = call("put", path, body)
    again, second = call("put", path, body)

    assert (status, again) == (201, 200), (first, second)
    assert first == second
    assert model.objects.count() == 1
    assert call("get", path) == (200, first)
    entry = AuditEntry.objects.get(object_type=model._meta.db_table)
    assert (entry.actor, entry.operation) == ("sequencer", "insert")


def test_put__of_what_a_get_answered_changes_nothing(call: Callable[..., Any], case: Any) -> None:
    path, body, _other, _model = case
    _status, shown = call("put", path, body)
    assert call("put", path, shown) == (200, shown)


def test_put__with_other_values_is_refused_and_names_each(call: Callable[..., Any], case: Any) -> None:
    path, body, other, _model = case
    _status, shown = call("put", path, body)
    status, problem = call("put", path, {**body, **other})

    assert status == 409
    assert problem["code"] == "differs"
    (field, value), *_rest = other.items()
    assert set(problem["fields"]) == set(other)
    assert str(value) in problem["fields"][field]
    assert str(shown[field]) in problem["fields"][field]
    assert call("get", path) == (200, shown)


def test_put__compares_only_what_it_says(call: Callable[..., Any], case: Any) -> None:
    path, body, _other, model = case
    call("put", path, body)
    needed = {"library": {"sample": "S9"}, "run": {"assay": body.get("assay"), "assay_version": "v1"}}
    assert call("put", path, needed.get(model._meta.model_name, {}))[0] == 200


def test_put__refuses_a_field_that_it_does_not_know(call: Callable[..., Any], case: Any) -> None:
    path, body, _other, model = case
    status, problem = call("put", path, {**body, "nots": "a misspelt name"})
    assert status == 400
    assert list(problem["fields"]) == ["nots"]
    assert not model.objects.filter(**({"code": path.split("/")[1]} if model is not RunLibrary else {})).exists()


def test_put__twice_at_once_makes_one_record(transactional_db: None, secret: str) -> None:
    def put(_number: int) -> int:
        try:
            answer = Client(headers={"Authorization": f"Bearer {secret}"}).put(
                "/api/v1/samples/S1/", {"note": "the same"}, content_type=JSON
            )
            return answer.status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(put, range(8)))

    assert statuses == [200] * 7 + [201]
    assert Sample.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("samples/-bad/", {}, 422, "code"),
        ("samples/S1/", {"reference_material": "unknown"}, 400, "reference_material"),
        ("samples/S1/", {"received_at": "yesterday"}, 400, "received_at"),
        ("libraries/L1/", {}, 400, "sample"),
        ("libraries/L1/", {"sample": "unknown"}, 400, "sample"),
        ("runs/R1/", {"assay": "EXOME", "assay_version": "v9"}, 422, "assay_version"),
    ],
)
def test_put__with_values_that_cannot_be_used_names_the_field(
    call: Callable[..., Any], path: str, body: dict[str, Any], status: int, field: str
) -> None:
    answered, problem = call("put", path, body)
    assert answered == status
    assert list(problem["fields"]) == [field]
    assert set(problem) == {"message", "code", "fields"}


def test_put__onto_a_run_that_is_not_there_is_not_found(call: Callable[..., Any]) -> None:
    make.library(code="L9")
    status, problem = call("put", "runs/R404/libraries/L9/", {})
    assert (status, problem["message"]) == (404, "There is no run R404.")


def test_put__needs_the_scope(case: Any) -> None:
    path, body, _other, model = case
    _key, reading = make_people.machine_key(user=make_people.machine("reader"))
    before = model.objects.count()
    answer = Client(headers={"Authorization": f"Bearer {reading}"}).put(f"/api/v1/{path}", body, content_type=JSON)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert model.objects.count() == before


def test_put__needs_the_role(client_of: Callable[[User], Client], auditor: User, case: Any) -> None:
    path, body, _other, _model = case
    answer = client_of(auditor).put(f"/api/v1/{path}", body, content_type=JSON)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")


def codes(answer: Any, field: str = "code") -> list[str]:
    return [row[field] for row in answer["results"]]


def test_lists__filter(call: Callable[..., Any], version: AssayVersion) -> None:
    material = make.reference_material(code="NA12878")
    one, two = make.sample(code="S1", reference_material=material), make.sample(code="S2")
    make.library(code="L1", sample=one)
    make.library(code="L2", sample=two)
    run = make.run(code="R1", assay_version=version, instrument="A1")
    make.run(code="R2")
    make.run_library(run=run, library=Library.objects.get(code="L2"))

    assert codes(call("get", "samples/?reference_material=NA12878")[1]) == ["S1"]
    assert codes(call("get", "samples/?received_from=2999-01-01T00:00:00Z")[1]) == []
    assert codes(call("get", "libraries/?sample=S2")[1]) == ["L2"]
    assert codes(call("get", f"runs/?assay={version.assay.code}&assay_version=v1")[1]) == ["R1"]
    assert codes(call("get", "runs/?instrument=A1")[1]) == ["R1"]
    assert codes(call("get", "runs/R1/libraries/")[1], "library") == ["L2"]
    assert call("get", "samples/?received_from=nonsense")[0] == 400
    assert call("get", "runs/R404/libraries/")[0] == 404


def test_lists__are_walked_by_cursor_while_rows_are_added(call: Callable[..., Any]) -> None:
    for number in range(5):
        make.sample(code=f"S{number}")
    _status, page = call("get", "samples/?page_size=2")
    seen = codes(page)
    make.sample(code="S-later")
    while page["next"]:
        _status, page = call("get", page["next"].split("/api/v1/")[1])
        seen += codes(page)

    assert seen == ["S0", "S1", "S2", "S3", "S4", "S-later"]
