"""Log-in, accounts, audit trail and the API's page in a real browser, under the strict content security policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from lims.choices import Role
from lims.models import User
from tests.conftest import PASSWORD
from tests.factories import lims as make
from tests.factories import people as make_people
from tests.lims.actions.test_signatures import sign

OpenPage = Callable[..., Page]
# What every page shows, in each of the ways in which it must hold.
WAYS = [(1440, "dark", "zh-hans"), (390, "light", "en")]


@pytest.fixture
def crew(administrator: User, auditor: User, technician: User) -> dict[str, User]:
    make.person("second", Role.ADMINISTRATOR, Role.DIRECTOR)
    return {"administrator": administrator, "auditor": auditor, "technician": technician}


def check(page: Page, width: int) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "theme", "language"), WAYS)
@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("administrator", "/people/"),
        ("administrator", "/people/second/"),
        ("administrator", "/people/+new/"),
        ("administrator", "/people/technician/roles/+new/"),
        ("administrator", "/people/technician/deactivate/"),
        ("administrator", "/people/sequencer/"),
        ("administrator", "/people/sequencer/keys/+new/"),
        ("technician", "/account/"),
        ("technician", "/account/password/"),
        ("technician", "/account/second-factor/"),
        ("auditor", "/audit/"),
        ("auditor", "/signatures/{signature}/"),
    ],
)
def test_page__is_accessible_and_fits(
    open_page: OpenPage, crew: dict[str, User], who: str, path: str, width: int, theme: str, language: str
) -> None:
    make_people.machine_key(networks=("10.20.0.0/16", "2001:db8::/32"))
    signature = sign(crew["technician"])
    page = open_page(path.format(signature=signature.pk), crew[who], width=width, theme=theme, language=language)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    check(page, width)


def test_log_in__with_password_and_code_opens_the_day(chromium: Browser, live_server: Any, technician: User) -> None:
    device = make_people.authenticator(technician)
    context = chromium.new_context()
    page = context.new_page()
    page.goto(live_server.url + "/samples/")
    check(page, 1280)
    page.get_by_label("User name").fill("technician")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("The user name or the password is not right.")).to_be_visible()
    check(page, 1280)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("One-time code").fill(make_people.code_of(device))
    check(page, 1280)
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_url(live_server.url + "/samples/")
    assert {cookie["name"] for cookie in context.cookies()} >= {settings.SESSION_COOKIE_NAME}
    context.close()


def test_enrolment__shows_the_code_and_then_the_recovery_codes(open_page: OpenPage, technician: User) -> None:
    from django_otp.plugins.otp_totp.models import TOTPDevice

    page = open_page("/account/second-factor/", technician)
    page.get_by_role("button", name="Set up").click()
    picture = page.get_by_alt_text("QR code of the secret")
    assert picture.evaluate("image => image.complete && image.naturalWidth") > 100
    check(page, 1440)
    page.get_by_label("One-time code").fill(make_people.code_of(TOTPDevice.objects.get(user=technician)))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert page.locator("main ol.code li").count() == 10
    check(page, 1440)


def test_api_page__draws_the_description_without_breaking_the_policy(open_page: OpenPage, technician: User) -> None:
    page = open_page("/api/v1/docs/", technician)
    expect(page.get_by_role("heading", name="Exomark")).to_be_visible()
    operations = page.locator(".opblock")
    expect(operations.first).to_be_visible()
    assert operations.count() > 10
    operations.filter(has_text="/api/v1/me/").locator("button").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table").first).to_contain_text('"username": "technician"')
