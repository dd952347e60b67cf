"""Coming in and going out, in a browser without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from lims.actions import people, second_factor
from lims.models import AuditEntry, User
from tests.conftest import PASSWORD
from tests.factories import people as make_people

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "a-fresh-long-pass-phrase"
ClientOf = Callable[[User], Client]


def log_in(client: Client, username: str = "technician", password: str = PASSWORD, query: str = "") -> Any:
    return client.post(f"/log-in/{query}", {"username": username, "password": password})


def events(action: str) -> list[tuple[str, dict[str, Any]]]:
    found = AuditEntry.objects.filter(action=action, operation="event").order_by("id")
    return list(found.values_list("actor", "after"))


def test_log_in__opens_the_page_that_was_asked_for(client: Client, technician: User) -> None:
    assert client.get("/samples/").headers["Location"] == "/log-in/?next=/samples/"
    answer = log_in(client, query="?next=/samples/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/samples/")
    assert client.get("/samples/").status_code == 200
    assert events("sessions.log_in") == [("technician", {"second_factor_pending": False})]


def test_log_in__does_not_lead_to_another_site(client: Client, technician: User) -> None:
    assert log_in(client, query="?next=https://evil.example/").headers["Location"] == "/"


def test_log_in__begins_a_new_session(client: Client, technician: User) -> None:
    client.session["seed"] = 1
    client.get("/log-in/")
    before = client.session.session_key
    log_in(client)
    assert client.session.session_key != before


def test_wrong_password__keeps_the_name_and_is_written(client: Client, technician: User) -> None:
    answer = log_in(client, password="wrong")
    assert answer.status_code == 422
    assert 'value="technician"' in answer.content.decode()
    assert events("sessions.refuse") == [("(anonymous)", {"username": "technician", "locked_out": False})]


def test_unknown_name__gets_the_same_answer_and_is_not_kept(client: Client, technician: User) -> None:
    known = log_in(client, password="wrong").content.decode()
    unknown = log_in(client, username="my-secret-password", password="wrong").content.decode()
    sentence = "The user name or the password is not right."
    assert sentence in known
    assert sentence in unknown
    assert events("sessions.refuse")[-1] == ("(anonymous)", {"username": "", "locked_out": False})


def test_machine_and_inactive_accounts__cannot_log_in(client: Client, technician: User) -> None:
    machine = make_people.machine("robot")
    assert log_in(client, username=machine.username).status_code == 422
    technician.is_active = False
    technician.save()
    assert log_in(client).status_code == 422
    assert "_auth_user_id" not in client.session


def test_fifth_wrong_password__locks_the_name_out(client: Client, technician: User) -> None:
    statuses = [log_in(client, password="wrong").status_code for _try in range(5)]
    assert statuses == [422, 422, 422, 422, 429]
    assert log_in(client).status_code == 429
    assert "_auth_user_id" not in client.session
    assert events("sessions.refuse")[4][1]["locked_out"] is True


def test_lock_out__counts_the_callers_address_and_not_the_proxys(client: Client, technician: User, settings) -> None:
    settings.AXES_IPWARE_PROXY_COUNT = 1
    client.post("/log-in/", {"username": "technician", "password": "wrong"}, headers={"x-forwarded-for": "203.0.113.7"})
    assert AccessAttempt.objects.get().ip_address == "203.0.113.7"


def test_log_out__ends_the_session_and_only_by_post(client_of: ClientOf, technician: User) -> None:
    client = client_of(technician)
    assert client.get("/log-out/").status_code == 405
    client.post("/log-out/")
    assert client.get("/account/").status_code == 302
    assert events("sessions.log_out") == [("technician", {})]


def test_second_factor__is_asked_before_anything_else_opens(client: Client, technician: User) -> None:
    device = make_people.authenticator(technician)
    answer = log_in(client, query="?next=/samples/")
    assert answer.headers["Location"] == "/log-in/code/?next=%2Fsamples%2F"
    assert client.get("/samples/").headers["Location"] == "/log-in/code/"

    wrong = client.post("/log-in/code/?next=/samples/", {"one_time_code": "000000"})
    assert wrong.status_code == 422
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)

    code = make_people.code_of(device)
    answer = client.post("/log-in/code/?next=/samples/", {"one_time_code": code})
    assert answer.headers["Location"] == "/samples/"
    assert client.get("/samples/").status_code == 200


def test_second_factor__that_is_pending_closes_the_api_too(client: Client, technician: User) -> None:
    make_people.authenticator(technician)
    log_in(client)
    answer = client.get("/api/v1/me/")
    assert (answer.status_code, answer.json()["code"]) == (401, "authentication_failed")


def test_recovery_code__opens_when_the_phone_is_lost(client: Client, technician: User) -> None:
    device = second_factor.begin(by=technician)
    codes = second_factor.confirm(by=technician, one_time_code=make_people.code_of(device))
    log_in(client)
    assert client.post("/log-in/code/", {"one_time_code": codes[0]}).status_code == 302
    assert client.get("/samples/").status_code == 200


def test_given_password__must_be_changed_first(client: Client, administrator: User, technician: User) -> None:
    password = people.reset_password(by=administrator, user=technician, reason="forgotten")
    log_in(client, password=password)
    assert client.get("/samples/").headers["Location"] == "/account/password/"
    answer = client.post(
        "/account/password/", {"old_password": password, "new_password": NEW_PASSWORD, "repeated": NEW_PASSWORD}
    )
    assert answer.status_code == 302
    assert client.get("/samples/").status_code == 200


def test_password_change__ends_the_other_sessions(client_of: ClientOf, technician: User) -> None:
    here, elsewhere = client_of(technician), client_of(technician)
    here.post("/account/password/", {"old_password": PASSWORD, "new_password": NEW_PASSWORD, "repeated": NEW_PASSWORD})
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"old_password": "wrong", "new_password": NEW_PASSWORD, "repeated": NEW_PASSWORD}, "old_password"),
        ({"old_password": PASSWORD, "new_password": "short", "repeated": "short"}, "new_password"),
        ({"old_password": PASSWORD, "new_password": NEW_PASSWORD, "repeated": "other"}, "repeated"),
    ],
)
def test_password_change__that_is_refused_says_where(
    client_of: ClientOf, technician: User, fields: dict[str, str], field: str
) -> None:
    answer = client_of(technician).post("/account/password/", fields)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]


def test_enrolment__shows_a_code_that_a_phone_can_read(client_of: ClientOf, technician: User) -> None:
    client = client_of(technician)
    assert client.post("/account/second-factor/+new/").headers["Location"] == "/account/second-factor/confirm/"
    page = client.get("/account/second-factor/confirm/")
    device = TOTPDevice.objects.get(user=technician)
    assert read_qr_code(page.context["picture"]) == device.config_url

    done = client.post("/account/second-factor/confirm/", {"one_time_code": make_people.code_of(device)})
    assert (done.status_code, done.headers["Cache-Control"].count("no-store")) == (200, 1)
    assert len(done.context["codes"]) == 10
    assert client.get("/account/second-factor/").context["recovery_codes_left"] == 10


def test_removal__asks_for_password_and_code(client_of: ClientOf, technician: User) -> None:
    device = make_people.authenticator(technician)
    client = client_of(technician)
    refused = client.post("/account/second-factor/remove/", {"password": "wrong", "one_time_code": "000000"})
    assert refused.status_code == 422
    done = client.post(
        "/account/second-factor/remove/", {"password": PASSWORD, "one_time_code": make_people.code_of(device)}
    )
    assert done.status_code == 302
    assert not TOTPDevice.objects.exists()


def read_qr_code(picture: str) -> str:
    """Draw the modules of the SVG as pixels and read them back with the decoder."""
    import base64
    import re

    import numpy as np
    import zxingcpp

    drawing = base64.b64decode(picture.partition(",")[2]).decode()
    width = int(re.search(r'<svg width="(\d+)"', drawing)[1])
    pixels = np.full((width, width), 255, dtype=np.uint8)
    for x, y, w, h in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)", drawing):
        pixels[int(y) : int(y) + int(h), int(x) : int(x) + int(w)] = 0
    return zxingcpp.read_barcodes(pixels)[0].text
