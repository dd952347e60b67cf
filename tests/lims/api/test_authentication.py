"""Who the API lets in: keys with scopes, expiry, addresses and successors; complete log-ins; and how refusals look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from lims.actions import machine_keys, people
from lims.choices import KeyScope
from lims.exceptions import NotPermitted
from lims.models import AuditEntry, MachineKey, Sample, User
from tests.conftest import PASSWORD
from tests.factories import people as make_people

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


@pytest.fixture(autouse=True)
def fresh_counters() -> None:
    cache.clear()


def call(client: Client, secret: str, path: str = "/api/v1/me/", **headers: str) -> Any:
    return client.get(path, headers={"authorization": f"Bearer {secret}", **headers})


def is_problem(answer: Any) -> bool:
    return answer.headers["Content-Type"] == "application/json" and set(answer.json()) == {"message", "code", "fields"}


def test_key__says_who_it_is_and_what_it_may(client: Client) -> None:
    key, secret = make_people.machine_key(scopes=(KeyScope.READ, KeyScope.RUNS_WRITE))
    answer = call(client, secret)
    assert answer.status_code == 200
    assert answer.json() == {
        "username": "sequencer",
        "printed_name": "Sequencer",
        "kind": "machine",
        "roles": ["machine"],
        "key": {
            "prefix": key.prefix,
            "label": "key",
            "scopes": ["read", "runs:write"],
            "expires_at": timezone.localtime(key.expires_at).isoformat(),
        },
    }


def test_no_key__is_401_with_how_to_do_it(client: Client) -> None:
    answer = client.get("/api/v1/me/")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Exomark"'
    assert is_problem(answer)


@pytest.mark.parametrize("secret", ["exm_unknown", "", "é", "a" * 10_000])
def test_unknown_key__is_401(client: Client, secret: str) -> None:
    answer = client.get("/api/v1/me/", headers={"authorization": f"Bearer {secret}".encode().decode("latin-1")})
    assert (answer.status_code, answer.json()["code"]) == (401, "key_invalid")
    assert is_problem(answer)


def test_expired_key__is_refused_by_name_and_the_refusal_is_written_once(client: Client) -> None:
    key, secret = make_people.machine_key()
    now = timezone.now()
    MachineKey.objects.update(created_at=now - timedelta(days=2), expires_at=now - timedelta(days=1))
    for _call in range(3):
        answer = call(client, secret)
    assert (answer.status_code, answer.json()["code"]) == (401, "key_expired")
    assert key.prefix in answer.json()["message"]
    entry = AuditEntry.objects.get(action="machine_keys.refuse")
    assert (entry.actor, entry.after) == (
        "sequencer",
        {"prefix": key.prefix, "code": "key_expired", "address": "127.0.0.1"},
    )


def test_revoked_key_and_inactive_account__are_refused(client: Client, administrator: User) -> None:
    key, secret = make_people.machine_key()
    assert call(client, secret).status_code == 200
    people.deactivate(by=administrator, user=key.user, reason="sold")
    assert call(client, secret).json()["code"] == "key_invalid"
    people.activate(by=administrator, user=key.user, reason="back")
    assert call(client, secret).status_code == 200
    machine_keys.revoke(by=administrator, key=key, reason="leaked")
    assert call(client, secret).json()["code"] == "key_invalid"


@pytest.mark.parametrize(
    ("networks", "address", "is_allowed"),
    [
        ((), "203.0.113.9", True),
        (("10.20.0.0/16",), "10.20.255.1", True),
        (("10.20.0.0/16",), "10.21.0.1", False),
        (("10.20.0.7",), "10.20.0.7", True),
        (("2001:db8::/32",), "2001:db8:1::5", True),
        (("2001:db8::/32",), "2001:db9::5", False),
        (("10.20.0.0/16",), "::ffff:10.20.0.7", True),
        (("10.20.0.0/16", "2001:db8::/32"), "2001:db8::1", True),
        (("10.20.0.0/16",), "not an address", False),
        (("10.20.0.0/16",), "", False),
    ],
)
def test_address_list(networks: tuple[str, ...], address: str, is_allowed: bool) -> None:
    _key, secret = make_people.machine_key(networks=networks)
    if is_allowed:
        assert machine_keys.authenticate(secret=secret, address=address)
    else:
        with pytest.raises(NotPermitted) as refused:
            machine_keys.authenticate(secret=secret, address=address)
        assert refused.value.code == "key_address"


def test_address__is_the_one_that_the_trusted_proxy_saw(client: Client, settings: Any) -> None:
    _key, secret = make_people.machine_key(networks=("10.20.0.0/16",))
    forged = {"x-forwarded-for": "10.20.0.1"}
    assert call(client, secret, **forged).status_code == 401
    settings.AXES_IPWARE_PROXY_COUNT = 1
    assert call(client, secret, **forged).status_code == 200
    assert call(client, secret, **{"x-forwarded-for": "10.20.0.1, 203.0.113.9"}).status_code == 401


def test_rotation__keeps_the_old_key_for_the_overlap(client: Client, administrator: User) -> None:
    key, old = make_people.machine_key(scopes=(KeyScope.READ, KeyScope.FILES_WRITE), networks=("127.0.0.0/8",))
    in_a_year = timezone.now() + timedelta(days=365)
    successor, new = machine_keys.rotate(by=administrator, key=key, expires_at=in_a_year, overlap=timedelta(hours=24))
    assert call(client, old).status_code == call(client, new).status_code == 200
    assert (successor.scopes, successor.allowed_networks) == (key.scopes, key.allowed_networks)
    key.refresh_from_db()
    assert timedelta(hours=23) < key.expires_at - timezone.now() <= timedelta(hours=24)

    MachineKey.objects.filter(pk=key.pk).update(
        created_at=timezone.now() - timedelta(days=3), expires_at=timezone.now() - timedelta(seconds=1)
    )
    assert call(client, old).json()["code"] == "key_expired"
    assert call(client, new).status_code == 200


def test_rotation__never_makes_a_key_live_longer(administrator: User) -> None:
    key, _secret = make_people.machine_key()
    before = key.expires_at
    machine_keys.rotate(
        by=administrator, key=key, expires_at=timezone.now() + timedelta(days=99), overlap=timedelta(days=90)
    )
    key.refresh_from_db()
    assert key.expires_at == before


def test_last_use__is_noted_with_its_address_once_a_minute(client: Client, django_assert_num_queries: Any) -> None:
    key, secret = make_people.machine_key()
    call(client, secret)
    key.refresh_from_db()
    first = key.last_used_at
    assert (key.last_used_address, timezone.now() - first < timedelta(minutes=1)) == ("127.0.0.1", True)
    call(client, secret)
    key.refresh_from_db()
    assert key.last_used_at == first
    assert not AuditEntry.objects.filter(object_type="lims_machinekey", operation="update").exists()


def test_scope__bounds_what_a_key_may_do(client: Client) -> None:
    _key, secret = make_people.machine_key(scopes=(KeyScope.READ,))
    assert call(client, secret, "/api/v1/samples/").status_code == 200
    answer = client.put(
        "/api/v1/samples/S-1/", {}, content_type="application/json", headers={"authorization": f"Bearer {secret}"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert not Sample.objects.exists()


def test_write_scope__does_not_let_read(client: Client) -> None:
    _key, secret = make_people.machine_key(scopes=(KeyScope.RUNS_WRITE,))
    assert call(client, secret, "/api/v1/samples/").json()["code"] == "scope_missing"
    answer = client.put(
        "/api/v1/samples/S-1/", {}, content_type="application/json", headers={"authorization": f"Bearer {secret}"}
    )
    assert answer.status_code == 201


def test_role__bounds_it_too(client_of: ClientOf, administrator: User) -> None:
    answer = client_of(administrator).get("/api/v1/samples/")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
    assert "Technician" in answer.json()["message"]


def test_session__needs_the_csrf_token_to_write(technician: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(technician, backend="django.contrib.auth.backends.ModelBackend")
    assert browser.get("/api/v1/samples/").status_code == 200
    refused = browser.put("/api/v1/samples/S-1/", {}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert "CSRF" in refused.json()["message"]

    browser.get("/account/password/")  # a page with a form gives the cookie
    token = browser.cookies["csrftoken"].value
    done = browser.put("/api/v1/samples/S-1/", {}, content_type="application/json", headers={"x-csrftoken": token})
    assert done.status_code == 201


def test_key__needs_no_csrf_token() -> None:
    _key, secret = make_people.machine_key(scopes=(KeyScope.RUNS_WRITE,))
    machine = Client(enforce_csrf_checks=True)
    answer = machine.put(
        "/api/v1/samples/S-1/", {}, content_type="application/json", headers={"authorization": f"Bearer {secret}"}
    )
    assert answer.status_code == 201


def test_session_that_is_not_complete__is_refused(client: Client, administrator: User, technician: User) -> None:
    password = people.reset_password(by=administrator, user=technician, reason="forgotten")
    client.post("/log-in/", {"username": "technician", "password": password})
    answer = client.get("/api/v1/samples/")
    assert (answer.status_code, answer.json()["code"]) == (401, "authentication_failed")
    assert "Change the password" in answer.json()["message"]


def test_enrolled_second_factor__must_be_shown_first(client: Client, technician: User) -> None:
    make_people.authenticator(technician)
    client.post("/log-in/", {"username": "technician", "password": PASSWORD})
    answer = client.get("/api/v1/samples/")
    assert (answer.status_code, answer.json()["message"]) == (401, "Enter your one-time code first.")


def rates(settings: Any, **changed: str) -> None:
    framework = settings.REST_FRAMEWORK
    settings.REST_FRAMEWORK = {
        **framework,
        "DEFAULT_THROTTLE_RATES": {**framework["DEFAULT_THROTTLE_RATES"], **changed},
    }


def test_throttle__counts_each_key_alone_and_says_when_to_come_back(client: Client, settings: Any) -> None:
    rates(settings, key="3/min")
    machine = make_people.machine()
    _one, first = make_people.machine_key(user=machine)
    _two, second = make_people.machine_key(user=machine)
    assert [call(client, first).status_code for _call in range(4)] == [200, 200, 200, 429]
    answer = call(client, first)
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert answer.json()["code"] == "throttled"
    assert is_problem(answer)
    assert call(client, second).status_code == 200


def test_throttle__counts_refused_keys_by_address(client: Client, settings: Any) -> None:
    rates(settings, anonymous="2/min")
    assert [call(client, "exm_guess").status_code for _call in range(3)] == [401, 401, 429]
    assert int(call(client, "exm_guess").headers["Retry-After"]) > 0
    _key, secret = make_people.machine_key()
    assert call(client, secret).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "content_type", "status", "code"),
    [
        ("get", "/api/v1/samples/nothing/", None, None, 404, "not_found"),
        ("get", "/api/v1/nothing-here/", None, None, 404, "not_found"),
        ("delete", "/api/v1/me/", None, None, 405, "method_not_allowed"),
        ("put", "/api/v1/samples/S-1/", "code=1", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        ("put", "/api/v1/samples/S-1/", "{broken", "application/json", 400, "parse_error"),
        ("put", "/api/v1/samples/S-1/", '{"note": 5, "nonsense": 1}', "application/json", 400, "invalid"),
    ],
)
def test_every_refusal__has_the_one_shape(
    client: Client, method: str, path: str, body: str | None, content_type: str | None, status: int, code: str
) -> None:
    _key, secret = make_people.machine_key(scopes=(KeyScope.READ, KeyScope.RUNS_WRITE))
    extra = {"data": body, "content_type": content_type} if body is not None else {}
    answer = getattr(client, method)(path, headers={"authorization": f"Bearer {secret}"}, **extra)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert is_problem(answer)


def test_refusals__speak_the_callers_language(client: Client) -> None:
    answer = client.get("/api/v1/me/", headers={"accept-language": "zh-hans"})
    assert answer.headers["Content-Language"] == "zh-hans"
    assert "身份认证" in answer.json()["message"]


def test_makers_of_keys__are_administrators(technician: User) -> None:
    with pytest.raises(NotPermitted):
        machine_keys.create(
            by=technician,
            user=make_people.machine(),
            label="x",
            scopes=[KeyScope.READ],
            expires_at=timezone.now() + timedelta(days=1),
        )
