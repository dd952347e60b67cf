"""Pages of accounts, roles and keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from lims.actions import machine_keys
from lims.choices import Role
from lims.models import AuditEntry, MachineKey, User
from tests.factories import lims as make
from tests.factories import people as make_people

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
NEW_PERSON = {"username": "wei.li", "printed_name": "Li Wei", "roles": ["technician"]}


def test_list__shows_names_and_roles_and_filters_by_role(
    client_of: ClientOf, auditor: User, technician: User, director: User
) -> None:
    client = client_of(auditor)
    page = client.get("/people/").content.decode()
    assert "Laboratory director" in page
    assert "Technician" in page
    shown = client.get("/people/", {"role": "director"}).context["table"].rows
    assert [row.record.username for row in shown] == ["director"]


def test_list__asks_the_database_as_often_for_many_as_for_few(
    client_of: ClientOf, auditor: User, django_assert_num_queries
) -> None:
    client = client_of(auditor)
    client.get("/people/")

    def queries() -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get("/people/").status_code == 200
        return len(captured)

    few = queries()
    for _number in range(20):
        make.person("", Role.TECHNICIAN, Role.AUDITOR)
    assert queries() == few


def test_create__shows_the_password_once_and_it_works(client_of: ClientOf, administrator: User, client: Client) -> None:
    answer = client_of(administrator).post("/people/+new/", NEW_PERSON)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    password = answer.context["password"]
    assert password in answer.content.decode()
    client.post("/log-in/", {"username": "wei.li", "password": password})
    assert client.get("/samples/").headers["Location"] == "/account/password/"


def test_create__that_is_refused_keeps_what_was_entered(client_of: ClientOf, administrator: User) -> None:
    answer = client_of(administrator).post("/people/+new/", {**NEW_PERSON, "username": "administrator"})
    assert answer.status_code == 422
    assert 'value="Li Wei"' in answer.content.decode()
    assert list(answer.context["form"].errors) == ["username"]


@pytest.mark.parametrize("path", ["/people/+new/", "/people/+new-machine/", "/people/technician/deactivate/"])
def test_acts__are_refused_to_who_may_only_look(
    client_of: ClientOf, auditor: User, technician: User, path: str
) -> None:
    client = client_of(auditor)
    assert client.get("/people/technician/").status_code == 200
    answer = client.get(path)
    assert answer.status_code == 403
    assert "Administrator" in answer.content.decode()


def test_detail__offers_only_what_may_be_done(client_of: ClientOf, administrator: User, auditor: User) -> None:
    own = client_of(administrator).get("/people/administrator/").content.decode()
    assert "/deactivate/" not in own
    other = client_of(administrator).get("/people/auditor/").content.decode()
    assert "/people/auditor/deactivate/" in other
    assert "/deactivate/" not in client_of(auditor).get("/people/administrator/").content.decode()


def test_deactivate_and_activate__ask_for_a_reason_and_show_it_in_the_story(
    client_of: ClientOf, administrator: User, technician: User
) -> None:
    client = client_of(administrator)
    assert client.post("/people/technician/deactivate/", {"reason": ""}).status_code == 422
    client.post("/people/technician/deactivate/", {"reason": "left in May"})
    page = client.get("/people/technician/").content.decode()
    assert "left in May" in page
    assert "/people/technician/activate/" in page
    client.post("/people/technician/activate/", {"reason": "back"})
    assert User.objects.get(username="technician").is_active


def test_deactivation__ends_the_session_at_once(client_of: ClientOf, administrator: User, technician: User) -> None:
    theirs = client_of(technician)
    assert theirs.get("/samples/").status_code == 200
    client_of(administrator).post("/people/technician/deactivate/", {"reason": "left"})
    assert theirs.get("/samples/").status_code == 302


def test_roles__are_given_and_taken(client_of: ClientOf, administrator: User, technician: User) -> None:
    client = client_of(administrator)
    client.post("/people/technician/roles/+new/", {"role": "supervisor", "reason": "trained"})
    assert User.objects.get(username="technician").roles == {Role.TECHNICIAN, Role.SUPERVISOR}
    assert "trained" in client.get("/people/technician/").content.decode()
    assert client.post("/people/technician/roles/+new/", {"role": "supervisor", "reason": "again"}).status_code == 422
    client.post("/people/technician/roles/supervisor/remove/", {"reason": "moved"})
    assert User.objects.get(username="technician").roles == {Role.TECHNICIAN}
    assert client.get("/people/technician/roles/supervisor/remove/").status_code == 404
    assert client.get("/people/technician/roles/nonsense/remove/").status_code == 404


def test_password_reset__is_for_others_only(client_of: ClientOf, administrator: User, technician: User) -> None:
    client = client_of(administrator)
    answer = client.post("/people/technician/password/", {"reason": "forgotten"})
    assert User.objects.get(username="technician").check_password(answer.context["password"])
    assert client.get("/people/administrator/password/").status_code == 403


def test_second_factor_reset__removes_it(client_of: ClientOf, administrator: User, technician: User) -> None:
    make_people.authenticator(technician)
    client = client_of(administrator)
    assert "second-factor/remove" in client.get("/people/technician/").content.decode()
    client.post("/people/technician/second-factor/remove/", {"reason": "lost phone"})
    assert "second-factor/remove" not in client.get("/people/technician/").content.decode()


def test_key__is_shown_once_and_then_only_its_prefix(client_of: ClientOf, administrator: User) -> None:
    client = client_of(administrator)
    client.post("/people/+new-machine/", {"username": "novaseq", "printed_name": "NovaSeq 1"})
    day = (timezone.localdate() + timedelta(days=30)).isoformat()
    fields = {
        "label": "config.toml",
        "scopes": ["read"],
        "expires_on": day,
        "allowed_networks": "10.0.0.0/8\n2001:db8::/32",
    }
    made = client.post("/people/novaseq/keys/+new/", fields)
    secret = made.context["secret"]
    assert secret in made.content.decode()
    assert "no-store" in made.headers["Cache-Control"]

    page = client.get("/people/novaseq/").content.decode()
    assert secret not in page
    assert re.search(secret[4:12] + "…", page)
    key = MachineKey.objects.get()
    assert key.allowed_networks == ["10.0.0.0/8", "2001:db8::/32"]
    assert timezone.localtime(key.expires_at).isoformat().startswith(f"{day}T23:59:59")
    assert secret not in str(list(AuditEntry.objects.values_list("after", flat=True)))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"expires_on": "2020-01-01"}, "expires_on"),
        ({"allowed_networks": "10.0.0.300"}, "allowed_networks"),
    ],
)
def test_key__with_a_bad_value_is_refused_at_its_field(
    client_of: ClientOf, administrator: User, changes: dict[str, object], field: str
) -> None:
    make_people.machine("novaseq")
    fields = {"label": "key", "scopes": ["read"], "expires_on": "2099-01-01", "allowed_networks": ""}
    answer = client_of(administrator).post("/people/novaseq/keys/+new/", {**fields, **changes})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]


def test_key__is_not_made_for_a_person(client_of: ClientOf, administrator: User, technician: User) -> None:
    assert client_of(administrator).get("/people/technician/keys/+new/").status_code == 409


def test_key__is_rotated_and_revoked(client_of: ClientOf, administrator: User) -> None:
    key, _secret = make_people.machine_key()
    client = client_of(administrator)
    path = f"/people/sequencer/keys/{key.prefix}"
    rotated = client.post(f"{path}/rotate/", {"expires_on": "2099-01-01", "overlap_hours": "24"})
    assert machine_keys.authenticate(secret=rotated.context["secret"], address="10.0.0.1").replaces == key
    assert client.post(f"{path}/rotate/", {"expires_on": "2099-01-01", "overlap_hours": "24"}).status_code == 422
    client.post(f"{path}/revoke/", {"reason": "instrument sold"})
    key.refresh_from_db()
    assert key.revoked_by == administrator
    assert client.post(f"{path}/revoke/", {"reason": "again"}).status_code == 422
    assert client.get("/people/sequencer/keys/ffffffff/revoke/").status_code == 404
