"""The frame in a real browser: scanning, languages, narrow screens, and pages without scripts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from lims.choices import JobState
from lims.models import User
from tests.factories import lims as make

OpenPage = Callable[..., Page]


@pytest.mark.parametrize(("width", "theme", "language"), [(1440, "dark", "zh-hans"), (390, "light", "en")])
def test_today__is_accessible_and_fits(
    open_page: OpenPage, supervisor: User, width: int, theme: str, language: str
) -> None:
    make.job(state=JobState.FAILED, run_library=make.run_library(), error_message="The BAM holds no read.")
    make.job(state=JobState.RUNNING, run_library=make.run_library())
    page = open_page("/", supervisor, width=width, theme=theme, language=language)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_scanner__reaches_the_field_with_a_slash_and_goes_to_the_record(open_page: OpenPage, supervisor: User) -> None:
    make.sample(code="NA12878-03")
    page = open_page("/", supervisor)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("NA12878-03")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("NA12878-03")


def test_scanner__a_slash_typed_into_a_field_stays_there(open_page: OpenPage, supervisor: User) -> None:
    page = open_page("/gallery/", supervisor)
    note = page.get_by_label("Note").first
    note.focus()
    page.keyboard.press("/")
    expect(note).to_have_value("/")


def test_language__switches_on_the_same_page_and_back(open_page: OpenPage, supervisor: User) -> None:
    page = open_page("/search/?q=", supervisor)
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("搜索")
    assert page.url.endswith("/search/?q=")
    page.get_by_role("button", name="EN").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Search")


def test_navigation__is_folded_away_on_a_phone(open_page: OpenPage, supervisor: User) -> None:
    page = open_page("/", supervisor, width=390)
    navigation = page.get_by_role("navigation", name="Main navigation")
    expect(navigation).to_be_hidden()
    toggle = page.get_by_role("button", name="Navigation")
    toggle.click()
    expect(navigation).to_be_visible()
    expect(toggle).to_have_attribute("aria-expanded", "true")


def test_skip_link__is_first_and_leads_to_the_content(open_page: OpenPage, supervisor: User) -> None:
    page = open_page("/", supervisor)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


@pytest.mark.parametrize("width", [1440, 390])
def test_without_scripts__navigation_search_and_languages_work(
    open_page: OpenPage, supervisor: User, width: int
) -> None:
    make.sample(code="NA1")
    page = open_page("/", supervisor, width=width, scripts=False)
    expect(page.get_by_role("navigation", name="Main navigation")).to_be_visible()
    page.get_by_role("searchbox").fill("NA1")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("NA1")
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("navigation", name="主导航")).to_be_visible()


def test_refreshing_part__says_once_that_the_server_does_not_answer(open_page: OpenPage, supervisor: User) -> None:
    make.job()
    page = open_page("/", supervisor)
    page.route("**/*", lambda route: route.abort())
    told = page.get_by_role("alert")
    expect(told).to_contain_text("did not answer", timeout=8000)
    with page.expect_event("requestfailed", timeout=8000):
        pass
    expect(told).to_have_count(1)


def test_refreshing_part__leads_to_the_log_in_when_the_session_has_ended(open_page: OpenPage, supervisor: User) -> None:
    make.job()
    page = open_page("/", supervisor)
    page.context.clear_cookies()
    page.wait_for_url("**/log-in/**", timeout=8000)
    expect(page.get_by_role("navigation")).to_have_count(0)
