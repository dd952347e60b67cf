"""What every test may ask for: the shared data, the cast of people, and rows that are valid and minimal."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client
    from playwright.sync_api import Browser

    from lims.models import User

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = Path("/usr/bin/chromium")
PASSWORD = "correct-horse-battery"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of public data; without it the test is skipped, but in CI it fails."""
    folder = Path(os.environ.get("EXOMARK_TEST_DATA", ROOT.parent / "shared" / "data"))
    if folder.is_dir():
        return folder
    message = f"the public test data is not at {folder}; set EXOMARK_TEST_DATA to its folder"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's browser, one for the session; without it the test is skipped, but in CI it fails."""
    if not CHROMIUM.exists():
        message = f"there is no Chromium at {CHROMIUM}; on Debian: apt install chromium fonts-noto-cjk"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # root has none of its own
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Give tests the laboratory's fast password hasher; production keeps Argon2."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session", autouse=True)
def plain_static_files(request: pytest.FixtureRequest) -> None:
    """Name static files as they are: tests need no `collectstatic`."""
    if request.config.pluginmanager.has_plugin("django"):
        from django.conf import settings

        settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> None:
    """Let transactional tests empty the append-only tables: only this superuser on this database may."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:  # type: ignore[attr-defined]
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"ALTER DATABASE {name} SET exomark.allow_truncate = 'on'")
        cursor.execute("SET exomark.allow_truncate = 'on'")


@pytest.fixture(autouse=True)
def storage_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path | None]:
    """Give every test of the web application a storage folder and a file root of its own."""
    if not request.config.pluginmanager.has_plugin("django"):
        yield None
        return
    from django.test import override_settings

    folder = tmp_path_factory.mktemp("storage")
    root = tmp_path_factory.mktemp("sequencer")
    with override_settings(STORAGE_DIR=folder, FILE_ROOTS=[root]):
        yield folder


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    """Return a maker of people: `person("wei", Role.TECHNICIAN)`."""
    from tests.factories import lims as factories

    return factories.person


@pytest.fixture
def technician(person: Callable[..., User]) -> User:
    from lims.choices import Role

    return person("technician", Role.TECHNICIAN)


@pytest.fixture
def supervisor(person: Callable[..., User]) -> User:
    from lims.choices import Role

    return person("supervisor", Role.SUPERVISOR)


@pytest.fixture
def director(person: Callable[..., User]) -> User:
    from lims.choices import Role

    return person("director", Role.DIRECTOR)


@pytest.fixture
def auditor(person: Callable[..., User]) -> User:
    from lims.choices import Role

    return person("auditor", Role.AUDITOR)


@pytest.fixture
def administrator(person: Callable[..., User]) -> User:
    from lims.choices import Role

    return person("administrator", Role.ADMINISTRATOR)


@pytest.fixture
def outsider(person: Callable[..., User]) -> User:
    """A logged-in account without any role."""
    return person("outsider")


@pytest.fixture
def client_of(client: Client) -> Callable[[User], Client]:
    """Return a maker of logged-in browsers: `client_of(technician).get("/")`."""
    from django.test import Client as DjangoClient

    def log_in(user: User) -> DjangoClient:
        browser = DjangoClient()
        browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return browser

    return log_in
