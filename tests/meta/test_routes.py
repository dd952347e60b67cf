"""Every address, of pages and of the REST interface, refuses the anonymous and the outsider unless it is listed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from lims.models import User
from tests.meta import world

# What anybody may open, and why.
PUBLIC = {
    "session-create": "it is the way in",
    "language-update": "the log-in page is read in a language, too",
    "healthz": "a load balancer asks without a key; it says only that the process answers",
    "readyz": "a load balancer asks without a key; it says only which part is not ready",
}
# What every account may open whatever its roles, and why.
OWN = {
    "session-verify": "it completes one's own log-in",
    "session-delete": "everybody may leave",
    "profile-detail": "it shows one's own account",
    "password-update": "it changes one's own password",
    "second-factor-detail": "it shows one's own second factor",
    "second-factor-create": "it begins one's own second factor",
    "second-factor-confirm": "it confirms one's own second factor",
    "second-factor-delete": "it removes one's own second factor",
    "recovery-codes-create": "it replaces one's own recovery codes",
    "api-me": "it says who the caller is",
    "api-schema": "it describes the interface and holds no record",
    "api-docs": "it describes the interface and holds no record",
}
# What is guarded by something else than log-in and roles, and by which test that is shown.
OTHERWISE = {
    "metrics": "guarded by the metrics key: tests of the health pages",
}
METHODS = ("get", "post", "put", "patch", "delete", "head")


@dataclass(frozen=True)
class Route:
    """One entry of the URL tree."""

    path: str
    name: str

    @property
    def is_api(self) -> bool:
        return self.path.startswith("api/")


def routes() -> list[Route]:
    return sorted(set(_walk(get_resolver(), "")), key=lambda route: route.path)


def _walk(resolver: URLResolver, prefix: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield Route(path, entry.name or "")
        else:
            yield from _walk(entry, path)


ROUTES = routes()
GUARDED = [route for route in ROUTES if route.name not in {**PUBLIC, **OTHERWISE}]
BY_ROLE = [route for route in GUARDED if route.name not in OWN]


def call(client: Client, method: str, address: str, *, is_api: bool) -> HttpResponse:
    content_type = {"content_type": "application/json"} if is_api and method in ("post", "put", "patch") else {}
    return getattr(client, method)(address, **content_type)


def is_refused(answer: HttpResponse) -> bool:
    is_sent_to_log_in = answer.status_code == 302 and answer.headers["Location"].startswith("/log-in/?next=")
    return answer.status_code == 401 or is_sent_to_log_in


def test_routes__have_names_and_none_stands_twice() -> None:
    names = [route.name for route in ROUTES]
    assert all(names), [route.path for route in ROUTES if not route.name]
    assert len(set(names)) == len(names), sorted(name for name in names if names.count(name) > 1)


def test_lists_of_exceptions__name_only_routes_that_exist() -> None:
    listed = {**PUBLIC, **OWN, **OTHERWISE}
    assert set(listed) <= {route.name for route in ROUTES}, set(listed) - {route.name for route in ROUTES}


@pytest.mark.django_db
def test_anonymous__is_refused_everywhere(client: Client) -> None:
    values = world.build()
    let_in = {}
    for route in GUARDED:
        address = world.address_of(route.path, values)
        answers = {method: call(client, method, address, is_api=route.is_api) for method in METHODS}
        refusals = [method for method in METHODS if is_refused(answers[method])]
        others = {answers[method].status_code for method in METHODS if method not in refusals}
        if others - {405} or not refusals:
            let_in[route.name] = {method: answer.status_code for method, answer in answers.items()}
    assert let_in == {}


@pytest.mark.django_db
def test_account_without_roles__is_refused_everywhere(outsider: User) -> None:
    values = world.build()
    client = Client()
    client.force_login(outsider, backend="django.contrib.auth.backends.ModelBackend")
    let_in = {}
    for route in BY_ROLE:
        address = world.address_of(route.path, values)
        statuses = {method: call(client, method, address, is_api=route.is_api).status_code for method in METHODS}
        if set(statuses.values()) - {403, 405} or 403 not in statuses.values():
            let_in[route.name] = statuses
    assert let_in == {}


@pytest.mark.django_db
@pytest.mark.parametrize("route", [route for route in ROUTES if route.name in OWN], ids=lambda route: route.name)
def test_own_pages__open_for_an_account_without_roles(outsider: User, route: Route) -> None:
    client = Client()
    client.force_login(outsider, backend="django.contrib.auth.backends.ModelBackend")
    statuses = {call(client, method, "/" + route.path, is_api=route.is_api).status_code for method in ("get", "post")}
    assert statuses & {200, 302}
    assert 403 not in statuses
