"""A real browser on a live server, logged in, in a chosen language, width and theme."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from lims.models import User

# What is no fault of a page: what a browser says of a refused value, and of a connection that a test cuts.
HARMLESS = ("cannot be parsed, or is out of range", "net::ERR_FAILED", "htmx:")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium(django_db_setup: None) -> Iterator[Browser]:
    """The system's Chromium; Playwright's own where there is none.

    While it is there, Playwright runs a loop in this thread; the tests' own queries are not asynchronous for that.
    """
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("EXOMARK_TEST_CHROMIUM") or shutil.which("chromium")
        )
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def _gallery(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.browser.urls"


@pytest.fixture
def open_page(chromium: Browser, live_server: Any) -> Iterator[Callable[..., Page]]:
    """Return an opener: `open_page("/", user, width=390, theme="dark", language="zh-hans")`.

    The test fails when a page logged an error: a script's, or a violation of the content security policy.
    """
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def open_one(
        path: str, user: User, *, width: int = 1440, theme: str = "light", language: str = "en", scripts: bool = True
    ) -> Page:
        User.objects.filter(pk=user.pk).update(language=language)
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session_of(user), "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(live_server.url + path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert [text for text in complaints if not any(part in text for part in HARMLESS)] == []


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies[settings.SESSION_COOKIE_NAME].value
