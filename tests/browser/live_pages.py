"""Single pages on Django's live server, logged in, in a chosen language, width and theme."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page

from lims.models import User

# What is no fault of a page: what a browser says of a refused value, and of a connection that a test cuts.
HARMLESS = ("cannot be parsed, or is out of range", "net::ERR_FAILED", "htmx:")


@pytest.fixture(scope="session", autouse=True)
def queries_beside_the_browser() -> Iterator[None]:
    """Playwright runs a loop in this thread while the browser is there; the tests' own queries are not asynchronous."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture
def open_page(chromium: Browser, settings: Any, live_server: Any) -> Iterator[Callable[..., Page]]:
    """Return an opener: `open_page("/", user, width=390, theme="dark", language="zh-hans")`.

    The test fails when a page logged an error: a script's, or a violation of the content security policy.
    """
    settings.ROOT_URLCONF = "tests.browser.urls"
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
        cookie = {"name": django_settings.SESSION_COOKIE_NAME, "value": session_of(user), "url": live_server.url}
        context.add_cookies([cookie])
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
    """Return the session of a logged-in browser."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies[django_settings.SESSION_COOKIE_NAME].value
