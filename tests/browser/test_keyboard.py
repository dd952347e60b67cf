"""Logging in, finding a study and signing it, with nothing but the keyboard."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter
from tests.browser.main_job import ASSAY, MainJob
from tests.browser.people import Person
from tests.browser.visitor import Record

MOST_TABS = 80
_FOCUSED = """
() => {
  const element = document.activeElement;
  if (element === document.body) return null;
  const style = getComputedStyle(element);
  const label = element.labels && element.labels[0];
  return {
    words: ((label || element).innerText || element.getAttribute("aria-label") || "").trim(),
    isSeen: style.outlineStyle !== "none" || style.boxShadow !== "none",
  };
}
"""


def tab_to(page: Page, words: str) -> None:
    """Press Tab until what has these words has the focus; whatever has the focus must be seen to have it."""
    for _tab in range(MOST_TABS):
        focused = page.evaluate(_FOCUSED)
        if focused is not None:
            assert focused["isSeen"], f"nobody sees that {focused['words']!r} has the focus"
            if words in focused["words"]:
                return
        page.keyboard.press("Tab")
    raise AssertionError(f"{MOST_TABS} times Tab do not lead to {words!r}")


def test_keyboard__logs_in_plans_and_signs(done: MainJob, enter: Enter, staff: dict[str, Person]) -> None:
    alone = Record()
    author = enter(staff["technician"], into=alone)
    author.open("/validation/+new/")
    author.fill({"Title": "By keyboard", "Assay version": f"{ASSAY} v1", "Intended use": "A test of the keyboard."})
    author.press("Begin the study")
    study = author.page.url.rstrip("/").rpartition("/")[2]
    author.open(f"/validation/{study}/criteria/+new/")
    author.fill({"Metric": "Mean target coverage ·", "Limit": "50"}).press("Add the criterion")

    supervisor = staff["supervisor"]
    page = enter(into=alone).open("/log-in/").page
    tab_to(page, "User name")
    page.keyboard.type(supervisor.username)
    tab_to(page, "Password")
    page.keyboard.type(supervisor.password)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Today")

    page.keyboard.press("/")
    page.keyboard.type(study)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("By keyboard")
    tab_to(page, "Sign and lock the plan")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Sign and lock the plan")
    tab_to(page, "Password")
    page.keyboard.type(supervisor.password)
    page.keyboard.press("Enter")
    expect(page.locator(".page-heading .chip")).to_contain_text("Plan locked")
    assert alone.problems == []
