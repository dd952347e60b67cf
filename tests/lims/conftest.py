"""A database prepared as in production: an owner without special rights, and the runtime role beside it."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from tests.conftest import ROOT

_NAME = "exomark_prepared"
_OWNER = "exomark_prepared_owner"


@dataclass(frozen=True)
class PreparedDatabase:
    """URLs of one prepared database, as each of its roles."""

    owner_url: str
    runtime_url: str
    superuser_url: str

    def prepare(self) -> subprocess.CompletedProcess[str]:
        """Run `manage.py prepare_database` as the owner."""
        return subprocess.run(
            [sys.executable, "manage.py", "prepare_database", "--verbosity=0"],
            cwd=ROOT,
            env={**os.environ, "EXOMARK_DATABASE_URL": self.owner_url},
            capture_output=True,
            text=True,
            check=False,
        )

    @contextmanager
    def as_runtime(self) -> Iterator[Connection]:
        with _connected(self.runtime_url) as connection:
            yield connection

    @contextmanager
    def as_owner(self) -> Iterator[Connection]:
        with _connected(self.owner_url) as connection:
            yield connection


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()


def _renamed(url: str, *, user: str = "", password: str = "") -> str:
    parts = urlsplit(url)
    account = f"{user or parts.username}:{password or parts.password}"
    return f"postgresql://{account}@{parts.hostname}:{parts.port}/{_NAME}"


@pytest.fixture(scope="session")
def prepared_database() -> Iterator[PreparedDatabase]:
    """Make a database with an owner of its own and run `prepare_database` on it once."""
    if "EXOMARK_TEST_RUNTIME_URL" not in os.environ:
        pytest.skip("the database server is not ours to make roles in")
    superuser_url, password = os.environ["EXOMARK_OWNER_DATABASE_URL"], secrets.token_hex(16)
    with _connected(superuser_url) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {_OWNER} LOGIN PASSWORD %s", [password])
        cursor.execute(f"CREATE DATABASE {_NAME} OWNER {_OWNER}")
    prepared = PreparedDatabase(
        owner_url=_renamed(superuser_url, user=_OWNER, password=password),
        runtime_url=_renamed(os.environ["EXOMARK_TEST_RUNTIME_URL"]),
        superuser_url=_renamed(superuser_url),
    )
    done = prepared.prepare()
    assert done.returncode == 0, done.stderr
    yield prepared
    with _connected(superuser_url) as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {_NAME} WITH (FORCE)")
        cursor.execute(f"DROP ROLE {_OWNER}")


@pytest.fixture
def runtime_role(db: None) -> Iterator[Callable[[], None]]:
    """Continue the test with the rights of the runtime role; call it where the set-up is done."""
    from django.conf import settings
    from django.db import connection

    from lims import runtime_role as rights

    def become() -> None:
        rights.grant(settings.RUNTIME_ROLE)
        with connection.cursor() as cursor:
            cursor.execute(f"SET SESSION AUTHORIZATION {settings.RUNTIME_ROLE}")

    yield become
    with connection.cursor() as cursor:
        cursor.execute("RESET SESSION AUTHORIZATION")
