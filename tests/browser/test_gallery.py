"""Every component in a real browser: no accessibility fault, nothing that the security policy stops, no overflow."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from lims.models import User

OpenPage = Callable[..., Page]
LOOKS = [
    pytest.param(1440, "light", "en", id="desk"),
    pytest.param(1024, "dark", "zh-hans", id="small-desk-dark-chinese"),
    pytest.param(390, "light", "zh-hans", id="phone-chinese"),
    pytest.param(390, "dark", "en", id="phone-dark"),
]


@pytest.mark.parametrize(("width", "theme", "language"), LOOKS)
def test_gallery__is_accessible_and_fits(
    open_page: OpenPage, supervisor: User, width: int, theme: str, language: str
) -> None:
    page = open_page("/gallery/", supervisor, width=width, theme=theme, language=language)
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_attached()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_bare_pages__are_accessible(open_page: OpenPage, supervisor: User) -> None:
    found = Axe().run(open_page("/gallery/bare/", supervisor, width=390))
    assert found.violations_count == 0, found.generate_report()


def test_chart__is_drawn_in_the_colours_of_the_theme(open_page: OpenPage, supervisor: User) -> None:
    page = open_page("/gallery/", supervisor)
    line = page.locator(".js-plotly-plot .scatterlayer .js-line").first
    accent = "getComputedStyle(document.documentElement).getPropertyValue('--accent').trim()"
    expect(line).to_have_css("stroke", _rgb(page.evaluate(accent)))
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Dark", exact=True).click()
    dark = page.evaluate(accent)
    expect(line).to_have_css("stroke", _rgb(dark))
    page.reload()
    assert page.evaluate(accent) == dark


def _rgb(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"


def test_provenance__opens_beside_its_number_and_closes_with_escape(open_page: OpenPage, supervisor: User) -> None:
    page = open_page("/gallery/", supervisor)
    opener = page.locator('[popovertarget="full"]').first
    opener.click()
    panel = page.locator("#full")
    expect(panel).to_be_visible()
    expect(panel).to_contain_text("coverage 1.2.0")
    number, box = opener.bounding_box(), panel.bounding_box()
    assert number is not None
    assert box is not None
    assert abs(box["y"] - (number["y"] + number["height"])) < 12 or abs(box["y"] + box["height"] - number["y"]) < 12
    assert box["x"] + box["width"] <= 1440
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_signing__asks_for_the_password_in_a_dialog(open_page: OpenPage, supervisor: User) -> None:
    page = open_page("/gallery/", supervisor)
    page.get_by_role("button", name="Sign…").click()
    dialog = page.get_by_role("dialog", name="Approve VS-2026-004")
    expect(dialog.get_by_label("Password")).to_be_focused()
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()


def test_refused_form__takes_the_focus_and_leads_to_its_fields(open_page: OpenPage, supervisor: User) -> None:
    page = open_page("/gallery/", supervisor)
    summary = page.locator("[data-error-summary]")
    expect(summary).to_be_focused()
    field = page.locator("[aria-invalid=true]").first
    described = field.get_attribute("aria-describedby") or ""
    texts = [page.locator(f"[id='{name}']").first.inner_text() for name in described.split()]
    assert any("slug" in text for text in texts), texts


def test_timeline__filters_by_kind(open_page: OpenPage, supervisor: User) -> None:
    page = open_page("/gallery/", supervisor)
    entries = page.locator(".timeline li:visible")
    expect(entries).to_have_count(5)
    page.get_by_role("button", name="signature 2").click()
    expect(entries).to_have_count(2)
    page.get_by_role("button", name="signature 2").click()
    expect(entries).to_have_count(5)


def test_progress__is_asked_for_again_until_the_job_ends(open_page: OpenPage, supervisor: User) -> None:
    page = open_page("/gallery/", supervisor)
    for _ in range(2):
        with page.expect_response("**/gallery/progress/", timeout=6000) as answered:
            pass
        assert answered.value.ok


def test_print__unfolds_what_is_folded_and_leaves_the_frame_out(open_page: OpenPage, supervisor: User) -> None:
    page = open_page("/gallery/", supervisor)
    numbers = page.locator(".chart-numbers")
    expect(numbers).not_to_have_attribute("open", "")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(numbers).to_have_attribute("open", "")
    page.emulate_media(media="print")
    expect(page.locator(".topbar")).to_be_hidden()
    expect(numbers.get_by_role("table")).to_be_visible()
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(numbers).not_to_have_attribute("open", "")
