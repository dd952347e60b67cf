"""How the people of a laboratory come to their accounts: an administrator from the command line, the rest by pages."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import expect

from tests.browser.stack import Laboratory
from tests.browser.visitor import Visitor


@dataclass(frozen=True)
class Person:
    """Somebody with an account."""

    username: str
    printed_name: str
    role: str
    password: str


ROLES = {
    "technician": ("wang.fang", "Wang Fang", "Technician"),
    "supervisor": ("chen.jie", "Chen Jie", "Technical supervisor"),
    "director": ("li.wei", "Li Wei", "Laboratory director"),
    "auditor": ("zhao.min", "Zhao Min", "Auditor"),
}


def log_in(visitor: Visitor, person: Person) -> None:
    """Log in and land on Today."""
    visitor.open("/log-in/")
    _send(visitor, person.username, person.password)
    expect(visitor.page).not_to_have_url(re.compile("log-in"))


def engage(laboratory: Laboratory, enter: Callable[..., Visitor]) -> dict[str, Person]:
    """Make every account, hand over its one-time password, and let its owner choose another."""
    printed = laboratory.manage("create_administrator", "admin", "Administrator")
    one_time = re.search(r"password (\S+)", printed)
    assert one_time is not None, printed
    administrator = _choose_password(enter(), Person("admin", "Administrator", "Administrator", one_time[1]))
    desk = enter(administrator)
    engaged = {role: _choose_password(enter(), _make_account(desk, *facts)) for role, facts in ROLES.items()}
    return {**engaged, "administrator": administrator}


def _make_account(desk: Visitor, username: str, printed_name: str, role: str) -> Person:
    desk.navigate("People").see("People").follow("New account").see("New account")
    desk.fill({"User name": username, "Printed name": printed_name})
    desk.page.get_by_role("checkbox", name=role, exact=True).check()
    desk.press("Make the account").see("One-time password")
    one_time = desk.page.locator("dd.code").nth(1).inner_text()
    return Person(username, printed_name, role, one_time)


def _choose_password(window: Visitor, person: Person) -> Person:
    """Use the one-time password; another one must be chosen before anything else."""
    window.open("/log-in/")
    _send(window, person.username, person.password)
    window.see("Change password")
    chosen = f"exome-{secrets.token_hex(6)}"
    window.fill({"Password now": person.password, "New password": chosen, "New password again": chosen})
    window.press("Change password").see(person.printed_name)
    return Person(person.username, person.printed_name, person.role, chosen)


def _send(visitor: Visitor, username: str, password: str) -> None:
    """By the names of the fields, because the page speaks the browser's language."""
    visitor.page.fill("[name=username]", username)
    visitor.page.fill("[name=password]", password)
    visitor.page.click("main button[type=submit]")
