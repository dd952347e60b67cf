"""`prepare_database`: what the runtime role may do afterwards, tried with its own log-in."""

from __future__ import annotations

import psycopg2
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg2.extensions import connection as Connection

from lims import runtime_role as rights
from lims.actions import people
from lims.catalogue import METRICS
from lims.models import AuditEntry, User
from tests.lims.conftest import PreparedDatabase

INSERT_PERSON = (
    "INSERT INTO lims_user (username, password, printed_name, email, kind, language, is_active, must_change_password,"
    " created_at) VALUES (%s, '!', 'Wei', '', 'person', '', true, false, now())"
)


def run(connection: Connection, statement: str, parameters: list[object] | None = None) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


REFUSED_TO_RUNTIME_ROLE = [
    "UPDATE audit_entry SET actor = 'somebody else'",
    "DELETE FROM audit_entry",
    "TRUNCATE audit_entry",
    "INSERT INTO audit_entry SELECT * FROM audit_entry",
    "UPDATE audit_head SET sequence = 0",
    "DELETE FROM audit_head",
    "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
    "ALTER TABLE lims_sample DISABLE TRIGGER audit_capture",
    "DROP TRIGGER audit_capture ON lims_sample",
    "SET session_replication_role = 'replica'",
    "CREATE OR REPLACE FUNCTION audit_capture() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
    "SELECT audit_write('lims_sample', '1', 'insert', NULL, '{}')",
    "CREATE TABLE public.audit_entry_copy (id int)",
    "CREATE TEMPORARY TABLE audit_entry (id int)",
    "TRUNCATE lims_sample CASCADE",
    "UPDATE django_migrations SET name = 'x'",
    "ALTER DATABASE exomark_prepared SET exomark.allow_truncate = 'on'",
]


@pytest.mark.parametrize("statement", REFUSED_TO_RUNTIME_ROLE)
def test_runtime_role__cannot_lift_the_guards(prepared_database: PreparedDatabase, statement: str) -> None:
    with prepared_database.as_runtime() as connection, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        run(connection, statement)


def test_runtime_role__writes_records_which_the_trail_shows(prepared_database: PreparedDatabase) -> None:
    with prepared_database.as_runtime() as connection:
        run(connection, INSERT_PERSON, ["wei"])
        run(connection, "UPDATE lims_user SET printed_name = 'Li Wei' WHERE username = 'wei'")
        run(connection, "DELETE FROM lims_user WHERE username = 'wei'")
        rows = run(
            connection,
            "SELECT operation, actor, database_user, sequence IS NOT NULL AND hash = audit_hash(entry)"
            " FROM audit_entry entry WHERE object_type = 'lims_user' AND actor <> 'exomark-system' ORDER BY id",
        )
    role = "exomark_app"
    assert rows == [(operation, f"db:{role}", role, True) for operation in ("insert", "update", "delete")]


def test_runtime_role__records_events(prepared_database: PreparedDatabase) -> None:
    with prepared_database.as_runtime() as connection:
        run(connection, "SELECT audit_record_event('lims_datafile', '7', '{\"name\": \"reads.bam\"}')")
        found = run(connection, "SELECT operation, after FROM audit_entry WHERE object_type = 'lims_datafile'")
    assert found == [("event", {"name": "reads.bam"})]


def test_owner__meets_the_guards_too(prepared_database: PreparedDatabase) -> None:
    with prepared_database.as_owner() as connection:
        for statement in ("UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                run(connection, statement)


def test_temporary_table__of_the_same_name_does_not_catch_the_trail(prepared_database: PreparedDatabase) -> None:
    with prepared_database.as_owner() as connection:  # the runtime role may not even make one
        run(connection, "CREATE TEMPORARY TABLE audit_entry (LIKE public.audit_entry)")
        run(connection, INSERT_PERSON, ["hidden"])
        found = run(connection, "SELECT count(*) FROM public.audit_entry WHERE after ->> 'username' = 'hidden'")
        run(connection, "DELETE FROM lims_user WHERE username = 'hidden'")
    assert found == [(1,)]


def test_trigger_function__cannot_be_hung_on_a_table_of_ones_own(prepared_database: PreparedDatabase) -> None:
    with prepared_database.as_runtime() as connection:
        granted = run(
            connection,
            "SELECT proname FROM pg_proc WHERE prosecdef AND has_function_privilege(oid, 'EXECUTE')"
            " AND pronamespace = 'public'::regnamespace",
        )
    assert granted == [("audit_record_event",)]


def test_metric_catalogue__is_there_from_the_first_start_and_in_the_trail(prepared_database: PreparedDatabase) -> None:
    with prepared_database.as_runtime() as connection:
        found = run(connection, "SELECT code FROM lims_metric ORDER BY code")
        actors = run(connection, "SELECT DISTINCT actor FROM audit_entry WHERE object_type = 'lims_metric'")
    assert [code for (code,) in found] == sorted(metric.code for metric in METRICS)
    assert actors == [("exomark-system",)]


def test_second_run__changes_nothing(prepared_database: PreparedDatabase) -> None:
    state = (
        "SELECT relname, relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind <> 'i'"
        " UNION ALL SELECT 'accounts', count(*)::text FROM lims_user"
        " UNION ALL SELECT 'audit entries', count(*)::text FROM audit_entry ORDER BY 1"
    )
    with prepared_database.as_owner() as connection:
        before = run(connection, state)
        again = prepared_database.prepare()
        assert again.returncode == 0, again.stderr
        assert run(connection, state) == before


@pytest.mark.django_db
def test_append_only_tables__get_no_update_and_no_delete() -> None:
    privileges = rights.privileges_by_table()
    assert privileges["lims_signature"] == "SELECT, INSERT"
    assert privileges["audit_entry"] == "SELECT"
    assert privileges["lims_sample"] == "SELECT, INSERT, UPDATE, DELETE"


@pytest.mark.django_db
def test_unknown_role__is_refused_with_what_to_do() -> None:
    with pytest.raises(ImproperlyConfigured, match="CREATE ROLE nobody_knows LOGIN"):
        rights.grant("nobody_knows")


@pytest.mark.django_db
def test_mighty_role__is_refused_because_it_could_lift_the_guards(settings) -> None:
    settings.RUNTIME_ROLE = connection.settings_dict["USER"]
    with pytest.raises(CommandError, match="could switch the audit trail off"):
        call_command("prepare_database", verbosity=0)


@pytest.mark.django_db
def test_system_account__is_a_machine_that_cannot_log_in_and_is_made_once() -> None:
    account = people.system_account()

    assert (account.kind, account.has_usable_password()) == ("machine", False)
    assert people.system_account().pk == account.pk
    assert User.objects.filter(username="exomark-system").count() == 1
    assert AuditEntry.objects.get(object_type="lims_user").actor == "exomark-system"
