"""Append-only means in the database: for the runtime role, and for the owner of the tables too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

from lims.models import User
from tests.meta import world

pytestmark = pytest.mark.django_db

# What must be append-only; the database is asked whether it is.
APPEND_ONLY = {
    "audit_entry",
    "lims_jobinput",
    "lims_jobresult",
    "lims_measurement",
    "lims_signature",
    "validation_evaluation",
    "validation_judgement",
    "validation_judgement_measurements",
    "validation_studyreport",
}
STATEMENTS = ("UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE")


def guarded_tables() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
            " WHERE tgname IN ('append_only', 'audit_refuse') AND tgenabled = 'O'"
        )
        return {row[0] for row in cursor.fetchall()}


def test_list__is_what_the_database_guards() -> None:
    assert guarded_tables() == APPEND_ONLY


@pytest.mark.parametrize("table", sorted(APPEND_ONLY))
@pytest.mark.parametrize("statement", STATEMENTS)
def test_runtime_role__may_not_change_or_empty_it(
    table: str,
    statement: str,
    runtime_role: Callable[[], None],
) -> None:
    runtime_role()
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table))


@pytest.mark.parametrize("table", ["audit_entry", "lims_measurement", "lims_signature", "lims_jobresult"])
def test_owner__meets_the_triggers(table: str) -> None:
    world.build()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert cursor.fetchone()[0] > 0  # an empty table would refuse nothing
        cursor.execute("SET LOCAL exomark.allow_truncate = 'off'")
    for statement in STATEMENTS:
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement.format(table))


def test_runtime_role__makes_one_row_of_every_kind(runtime_role: Callable[[], None]) -> None:
    runtime_role()
    values = world.build()
    assert User.objects.filter(username=values["people/username"]).exists()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SELECT DISTINCT database_user FROM audit_entry")
        assert cursor.fetchall() == [("exomark_app",)]
