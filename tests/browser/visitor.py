"""A person before a browser: finds things by what they are called, and notices what goes wrong on the way."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from django.urls import resolve
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, Response, expect

SERIOUS = ("serious", "critical")
# The browser itself words these; the page has nothing to do with them.
_REFUSED_FORM = 422
_TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`Content Security Policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
});
"""


@dataclass
class Record:
    """What went wrong in any of the browser's windows, and which pages have been looked at."""

    problems: list[str] = field(default_factory=list)
    obstacles: list[str] = field(default_factory=list)
    looked_at: set[str] = field(default_factory=set)

    def watch(self, context: BrowserContext) -> None:
        """Note every script error, violation of the security policy, failed request and bad answer."""
        context.add_init_script(_TELL_VIOLATIONS)
        context.on("console", self._note_console)
        context.on("weberror", lambda error: self.problems.append(f"script error: {error.error}"))
        context.on("requestfailed", self._note_failed_request)
        context.on("response", self._note_answer)

    def _note_console(self, message: ConsoleMessage) -> None:
        is_about_a_refused_form = f"status of {_REFUSED_FORM}" in message.text
        if message.type in ("error", "warning") and not is_about_a_refused_form:
            self.problems.append(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def _note_failed_request(self, request: Request) -> None:
        # A download, and leaving a page while it still asks for something, end a request from the browser's side.
        if request.failure not in ("net::ERR_ABORTED", None):
            self.problems.append(f"{request.failure}: {request.method} {request.url}")

    def _note_answer(self, response: Response) -> None:
        if response.status >= 400 and response.status != _REFUSED_FORM:
            self.problems.append(f"{response.status}: {response.request.method} {response.url}")


class Visitor:
    """One window of one person's browser."""

    def __init__(self, page: Page, url: str, record: Record) -> None:
        self.page, self.url, self.record = page, url, record
        page.set_default_timeout(20_000)

    def open(self, path: str) -> Visitor:
        """Go to a path and look at the page."""
        self.page.goto(self.url + path)
        return self.look()

    def see(self, heading: str | re.Pattern[str]) -> Visitor:
        """Require the page's heading, and look at the page."""
        expect(self.page.locator("h1")).to_have_text(heading)
        return self.look()

    def look(self) -> Visitor:
        """Ask axe about a page of a kind that was not looked at before."""
        kind = page_kind(self.page.url.removeprefix(self.url))
        if kind not in self.record.looked_at:
            self.record.looked_at.add(kind)
            self.record.obstacles += [f"{kind}: {obstacle}" for obstacle in obstacles_on(self.page)]
        return self

    def follow(self, name: str | re.Pattern[str]) -> Visitor:
        """Click a link by its words."""
        self.page.locator("main").get_by_role("link", name=name).first.click()
        return self

    def navigate(self, name: str) -> Visitor:
        """Click an entry of the main navigation."""
        self.page.get_by_role("navigation", name=re.compile("Main navigation|主导航")).get_by_role(
            "link", name=name
        ).click()
        return self

    def press(self, name: str | re.Pattern[str]) -> Visitor:
        """Click a button of the page by its words."""
        self.page.locator("main").get_by_role("button", name=name).click()
        return self

    def field(self, label: str) -> Locator:
        """Return a form's control by its label, optional or not."""
        return self.page.locator("main").get_by_label(re.compile(rf"^\s*{re.escape(label)}\s*(optional|选填)?\s*$"))

    def fill(self, values: dict[str, str]) -> Visitor:
        """Fill controls by their labels; a choice is made by a part of its words."""
        for label, value in values.items():
            control = self.field(label)
            if control.evaluate("element => element.tagName") == "SELECT":
                control.select_option(value=self._value_of(control, value))
            else:
                control.fill(value)
        return self

    def _value_of(self, select: Locator, words: str) -> str:
        options: list[dict[str, str]] = select.evaluate(
            "element => [...element.options].map(option => ({ words: option.text, value: option.value }))"
        )
        matching = [option["value"] for option in options if words in option["words"]]
        assert len(matching) == 1, f"{words!r} is the name of {len(matching)} of {[each['words'] for each in options]}"
        return matching[0]

    def chip(self) -> Locator:
        """Return the state beside the heading."""
        return self.page.locator(".page-heading .chip")


def page_kind(path: str) -> str:
    """Return the name of an address's route, so that pages of one kind are equal."""
    return resolve(path.partition("?")[0].partition("#")[0]).view_name


def obstacles_on(page: Page) -> list[str]:
    """Return what axe finds serious or critical on a page."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{violation['impact']} {violation['id']}: {violation['help']}: {violation['nodes'][0]['html'][:200]}"
        for violation in found
        if violation["impact"] in SERIOUS
    ]
