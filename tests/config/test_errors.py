"""Errors are answered once: a page for people, one shape for machines; nothing inside is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from lims.models import User
from lims.selectors import material

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def test_unknown_address__is_a_page_or_a_problem(client_of: ClientOf, technician: User) -> None:
    client = client_of(technician)
    page = client.get("/nowhere/")
    problem = client.get("/api/v1/nowhere/")

    assert (page.status_code, page["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "There is nothing at this address." in page.content.decode()
    assert problem.status_code == 404
    assert problem.json() == {"message": "There is nothing at this address.", "code": "not_found", "fields": {}}


def test_unknown_record__says_which(client_of: ClientOf, technician: User) -> None:
    answer = client_of(technician).get("/samples/S404/")
    assert answer.status_code == 404
    assert "There is no sample S404." in answer.content.decode()


def test_refusal__names_the_role_and_who_holds_it(client_of: ClientOf, auditor: User, supervisor: User) -> None:
    answer = client_of(auditor).get("/registers/genomes/+new/")
    assert answer.status_code == 403
    body = answer.content.decode()
    assert "Technical supervisor" in body
    assert supervisor.printed_name in body


@pytest.mark.parametrize("path", ["/samples/", "/api/v1/samples/"])
def test_fault_of_ours__shows_the_request_and_nothing_else(
    client_of: ClientOf, technician: User, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def fail(**_options: Any) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(material, "samples_for", fail)
    client = client_of(technician)
    client.raise_request_exception = False
    answer = client.get(path, headers={"X-Request-ID": "request-1234"})

    assert answer.status_code == 500
    assert answer["X-Request-ID"] == "request-1234"
    body = answer.content.decode()
    assert "the secret inside" not in body
    if path.startswith("/api/"):
        assert answer.json()["code"] == "server_error"
    else:
        assert "request-1234" in body


def test_form_without_token__is_refused_with_a_way_out(technician: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(technician, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post("/samples/+new/", {"code": "S1"})
    assert answer.status_code == 403
    assert "Reload the page and send it again." in answer.content.decode()


def test_problems__speak_the_language_that_is_asked_for(client_of: ClientOf, technician: User) -> None:
    answer = client_of(technician).get("/api/v1/samples/S404/", headers={"Accept-Language": "zh-hans"})
    assert answer.json()["message"] == "没有编号为 S404 的样品。"


@pytest.mark.parametrize(
    ("method", "body", "status", "code"),
    [
        ("put", "{not json", 400, "parse_error"),
        ("delete", "", 405, "method_not_allowed"),
        ("post", "{}", 405, "method_not_allowed"),
    ],
)
def test_unreadable_calls__keep_the_one_shape(
    client_of: ClientOf, technician: User, method: str, body: str, status: int, code: str
) -> None:
    answer = client_of(technician).generic(method.upper(), "/api/v1/samples/S1/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert set(answer.json()) == {"message", "code", "fields"}


def test_request_id__that_is_not_well_formed_is_replaced(client_of: ClientOf, technician: User) -> None:
    answer = client_of(technician).get("/samples/", headers={"X-Request-ID": "<script>"})
    assert len(answer["X-Request-ID"]) == 32
