"""One laboratory for all tests of the browser; its main job is done once, and the tests look at what came of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser import main_job, people
from tests.browser.live_pages import open_page, queries_beside_the_browser
from tests.browser.main_job import MainJob
from tests.browser.people import Person
from tests.browser.stack import Laboratory, running_laboratory
from tests.browser.visitor import Record, Visitor

__all__ = ["open_page", "queries_beside_the_browser"]  # fixtures of the tests of single pages

Enter = Callable[..., Visitor]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    if "EXOMARK_TEST_RUNTIME_URL" not in os.environ:
        pytest.skip("the database server is not ours to make a database in")
    with running_laboratory(tmp_path_factory.mktemp("laboratory"), database="exomark_browser") as running:
        yield running


@pytest.fixture(scope="session")
def record() -> Record:
    """What went wrong on the way through the main job."""
    return Record()


@pytest.fixture(scope="session")
def enter(chromium: Browser, laboratory: Laboratory, record: Record) -> Iterator[Enter]:
    """Return a maker of windows: `enter(director)`, `enter(director, language="zh-CN", width=390)`."""
    contexts = []

    def open_window(
        person: Person | None = None, *, language: str = "en-US", width: int = 1440, into: Record = record, **more: Any
    ) -> Visitor:
        context = chromium.new_context(locale=language, viewport={"width": width, "height": 900}, **more)
        into.watch(context)
        contexts.append(context)
        visitor = Visitor(context.new_page(), laboratory.url, into)
        if person is not None:
            people.log_in(visitor, person)
        return visitor

    yield open_window
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def staff(laboratory: Laboratory, enter: Enter) -> dict[str, Person]:
    """The people of the laboratory by role, each of whom has chosen a password."""
    return people.engage(laboratory, enter)


@pytest.fixture(scope="session")
def done(laboratory: Laboratory, enter: Enter, staff: dict[str, Person], shared_data: Path) -> MainJob:
    """The main job on the real slice of NA12878, from the first register to the signed report."""
    return main_job.run(laboratory, {role: enter(person) for role, person in staff.items()}, staff, shared_data)
