"""The API's description and its page: for those who are logged in, from our own assets alone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from lims.models import User
from tests.conftest import PASSWORD
from tests.factories import people as make_people

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


def test_page__loads_nothing_from_elsewhere_and_holds_no_inline_code(client_of: ClientOf, technician: User) -> None:
    page = client_of(technician).get("/api/v1/docs/").content.decode()
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(sources) >= 5
    assert all(source.startswith("/") and not source.startswith("//") for source in sources)
    assert not re.search(r"<style|<script>|\son\w+=|style=", page)


def test_start_up_script__is_a_script_of_our_own_address(client_of: ClientOf, technician: User) -> None:
    client = client_of(technician)
    page = client.get("/api/v1/docs/").content.decode()
    address = re.findall(r'<script src="([^"]+)"', page)[-1].replace("&amp;", "&")
    script = client.get(address)
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert "/api/v1/schema/" in script.content.decode()


def test_page__leads_the_anonymous_to_the_log_in(client: Client) -> None:
    assert client.get("/api/v1/docs/").headers["Location"] == "/log-in/?next=/api/v1/docs/"


def test_page__stays_closed_until_the_second_factor_is_shown(client: Client, technician: User) -> None:
    make_people.authenticator(technician)
    client.post("/log-in/", {"username": "technician", "password": PASSWORD})
    assert client.get("/api/v1/docs/").status_code == 401
    assert client.get("/api/v1/schema/").status_code == 401


def test_description__names_both_ways_in_and_the_problem_of_every_operation(
    client_of: ClientOf, technician: User
) -> None:
    schema = client_of(technician).get("/api/v1/schema/", headers={"accept": "application/vnd.oai.openapi+json"}).json()
    assert set(schema["components"]["securitySchemes"]) == {"machineKey", "browserSession"}
    operations = [operation for path in schema["paths"].values() for operation in path.values()]
    assert operations
    for operation in operations:
        assert {"401", "403", "429"} <= set(operation["responses"])
